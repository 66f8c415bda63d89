"""What a shared link opens: the call and nothing else, for somebody whom nobody knows.

Rules: no sign-in, no menu, nothing of anybody else; a link that gives no call is one page with a
sentence, and of one that never was nothing more is told than of one that was altered. Its language
is the visitor's browser's, or the one that they switch to.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from calls.telephony.browser.talk_link import UNKNOWN, TalkLink
from calls.telephony.browser.visitors import language_of
from dashboard.talk.talk_views import KEYPAD


@require_safe
@never_cache
def visit(request: HttpRequest, address: str) -> HttpResponse:
    language = language_of(request)
    link = TalkLink.found(address)
    closed = link.closed() if link else UNKNOWN
    context: dict[str, Any] = {"link": link, "closed": closed, "keys": KEYPAD, "is_visitor": True}
    status = closed.status if closed else HTTPStatus.OK
    page = "closed" if closed else "visit"
    with translation.override(language):
        response = render(request, f"dashboard/talk/{page}.html", context, status=status)
    response["Content-Language"] = language
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    return response
