"""What applies to every page: its address sets its language; it is compressed and never cached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils.cache import patch_cache_control


class AddressLanguage(LocaleMiddleware):
    """Adds a language to an address without one: the last one chosen, or else our first.

    The browser's preference does not count: two operators at the same address see the same page.
    (What a shared link opens has no language in its address, and asks for that preference itself.)
    """

    def process_request(self, request: HttpRequest) -> None:
        accepted = request.META.pop("HTTP_ACCEPT_LANGUAGE", None)
        super().process_request(request)
        if accepted is not None:
            request.META["HTTP_ACCEPT_LANGUAGE"] = accepted


class KeptByNobody:
    """No browser or proxy may keep a signed-in person's pages: once they sign out, "back" shows
    nothing that callers said."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            patch_cache_control(response, private=True, no_store=True)
        return response


TEXT = {"text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"}


class CompressText(GZipMiddleware):
    """Compresses pages, styles and scripts; never sound, which players request in parts."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if kind not in TEXT:
            return response
        return super().process_response(request, response)
