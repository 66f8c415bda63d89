"""What every page goes through: its language is the one in its address, it travels small, and
nobody keeps it."""

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
    """An address without a language gets the one chosen last, else the first one we speak.

    What the browser prefers is not asked: two operators looking at one address see one page.
    """

    def process_request(self, request: HttpRequest) -> None:
        request.META.pop("HTTP_ACCEPT_LANGUAGE", None)
        super().process_request(request)


class KeptByNobody:
    """No browser and nothing on the way keeps a page of whoever is signed in: what callers said is
    gone from the screen when its reader signs out, whoever presses "back"."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            patch_cache_control(response, private=True, no_store=True)
        return response


TEXT = {"text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"}


class CompressText(GZipMiddleware):
    """Pages, styles and scripts; never sound, of which a player asks for parts."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if kind not in TEXT:
            return response
        return super().process_response(request, response)
