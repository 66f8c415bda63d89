"""Whoever rings by a shared link: nobody we know, so an address and a browser have limits.

Rule: an address is in the cache alone, as long as its ringings count or its calls last, and in no
log and no record of ours. A browser is known by the cookie that its forms need anyway.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.models import TOKEN_LIFETIME, Call
from calls.telephony.browser.talk_link import FAREWELL_S, Closed

ONE_AT_ONCE = 1


def _closed(words: Promise) -> Closed:
    return Closed(HTTPStatus.TOO_MANY_REQUESTS, _("too many"), words)


TOO_OFTEN = _closed(_("There were too many calls from here in a short time. Wait a minute."))
TOO_MANY = _closed(_("There are too many calls from here at once. Try again when one is over."))
HAS_ONE = _closed(_("You are in a call already, perhaps in another window."))


class Refused(Exception):
    def __init__(self, why: Closed) -> None:
        self.why = why


@contextmanager
def admitted(request: HttpRequest) -> Iterator[Callable[[int, int], None]]:
    """Let this visitor ring, and be told which call came of it, and how long it may last. Refused.
    Nobody else from there rings meanwhile."""
    rate = {"ring": f"{settings.LINK_RINGS_A_MINUTE}/m/ip"}
    if not ratelimit.consume(request, app="calls", action="ring", config=rate):
        raise Refused(TOO_OFTEN)
    address = f"link.address:{ratelimit.get_ip(request)}"
    cookie = request.META.get("CSRF_COOKIE", "")
    browser = f"link.browser:{hashlib.sha256(cookie.encode()).hexdigest()}"
    with ratelimit.cache_lock(address) as is_locked:
        if not is_locked:
            raise Refused(TOO_OFTEN)
        if cookie and len(_open(browser)) >= ONE_AT_ONCE:
            raise Refused(HAS_ONE)
        if len(_open(address)) >= settings.LINK_CALLS_AT_ONCE:
            raise Refused(TOO_MANY)

        def rang(call: int, longest_s: int) -> None:
            until_s = longest_s + FAREWELL_S + TOKEN_LIFETIME.total_seconds()
            for key in (address, browser):
                cache.set(key, [*_open(key), call], until_s)

        yield rang


def _open(key: str) -> list[int]:
    """Their calls that go on, or may still begin."""
    if not (calls := cache.get(key)):
        return []
    Call.close_unconnected()
    found = Call.objects.filter(pk__in=calls, ended_at=None)
    return list(found.values_list("pk", flat=True))


def language_of(request: HttpRequest) -> str:
    """What the visitor has chosen, else the first of their browser's that we have."""
    chosen = request.POST.get("language") or request.GET.get("language")
    if chosen in dict(settings.LANGUAGES):
        return chosen
    return translation.get_language_from_request(request)
