"""What every page goes through: its language is the one in its address, and it travels small."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware


class AddressLanguage(LocaleMiddleware):
    """An address without a language gets the one chosen last, else the first one we speak.

    What the browser prefers is not asked: two operators looking at one address see one page.
    """

    def process_request(self, request: HttpRequest) -> None:
        request.META.pop("HTTP_ACCEPT_LANGUAGE", None)
        super().process_request(request)


TEXT = {"text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"}


class CompressText(GZipMiddleware):
    """Pages, styles and scripts; never sound, of which a player asks for parts."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if kind not in TEXT:
            return response
        return super().process_response(request, response)
