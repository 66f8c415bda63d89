"""The language of a page is the one in its address."""

from __future__ import annotations

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware


class AddressLanguage(LocaleMiddleware):
    """An address without a language gets the one chosen last, else the first one we speak.

    What the browser prefers is not asked: two operators looking at one address see one page.
    """

    def process_request(self, request: HttpRequest) -> None:
        request.META.pop("HTTP_ACCEPT_LANGUAGE", None)
        super().process_request(request)
