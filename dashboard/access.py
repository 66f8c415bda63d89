"""Who may see and do what: everything needs a sign-in, and nearly everything a permission."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.http import HttpResponseClientRefresh

View = Callable[..., HttpResponseBase]


def may(*permissions: str) -> Callable[[View], View]:
    """Signed in, and with all of these permissions ("app.codename")."""

    def guard(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perms(permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return signed_in(answer)

    return guard


def signed_in(view: View) -> View:
    """Like login_required; a fragment asked for without a sign-in makes the page ask for one."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.headers.get("HX-Request") and not request.user.is_authenticated:
            return HttpResponseClientRefresh()
        return login_required(view)(request, *args, **kwargs)

    return answer
