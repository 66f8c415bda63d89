"""What somebody must do before anything else: replace a one-time password, add the second step.

Rule: until it is done every page leads there, and to the sockets they are nobody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from dashboard import preferences
from dashboard.people.roles import role_of

PASSWORD, SECOND_STEP = "account_change_password", "mfa_activate_totp"
ALWAYS_OPEN = {"set_language", "login", "logout", "account_login", "account_logout"}
ON_THE_WAY = {
    PASSWORD: {PASSWORD},
    SECOND_STEP: {SECOND_STEP, "account_reauthenticate"},
}


def due(user: Any) -> str:
    """The name of the page where it is done; "": nothing is due."""
    if not user.is_authenticated:
        return ""
    if preferences.of(user).has_one_time_password:
        return PASSWORD
    if needs_second_step(user) and not is_mfa_enabled(user):
        return SECOND_STEP
    return ""


def needs_second_step(user: Any) -> bool:
    """REQUIRE_MFA says so."""
    if settings.REQUIRE_MFA == "admin":
        return role_of(user) == "admin"
    return bool(settings.REQUIRE_MFA == "all")


class RequiredSteps:
    """Middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:  # a carrier, a health check
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in ALWAYS_OPEN or not (first := due(request.user)) or name in ON_THE_WAY[first]:
            return None
        if request.headers.get("HX-Request"):
            return HttpResponseClientRedirect(resolve_url(first))
        return redirect(first)


Application = Callable[[Any, Any, Any], Awaitable[Any]]


def nobody_until_done(consumer: Application) -> Application:
    """A socket as it is for somebody who has not signed in."""

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> Any:
        if await database_sync_to_async(due)(scope["user"]):
            scope = scope | {"user": AnonymousUser()}
        return await consumer(scope, receive, send)

    return answer
