"""Who may see and do what: every page requires a sign-in, and nearly every one a permission."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from channels.db import database_sync_to_async
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
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


async def may_still(scope: dict[str, Any], *permissions: str) -> bool:
    """Is whoever opened this socket, perhaps hours ago, still signed in and allowed to?"""
    return bool(await database_sync_to_async(_may_still)(scope, permissions))


def _may_still(scope: dict[str, Any], permissions: tuple[str, ...]) -> bool:
    session = scope["session"]
    person = User.objects.filter(pk=scope["user"].pk, is_active=True).first()
    if person is None or not session.exists(session.session_key):
        return False
    is_same = constant_time_compare(
        session.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash()
    )
    return is_same and person.has_perms(permissions)
