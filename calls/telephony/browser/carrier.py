"""A browser as a telephone: from the Talk page, or from the page that a shared link opens.

Rule: its socket is opened from our own pages only, with the session of somebody who may talk, or
with the proof that somebody has rung by a shared link (`?rang=`); the one-time token that was given
to whoever pressed the button ties it to their call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.db import database_sync_to_async
from django.core import signing
from django.core.cache import cache

from calls.models import TOKEN_LIFETIME
from calls.telephony.browser import messages
from calls.telephony.browser.talk_link import MOST_MINUTES_A_CALL
from calls.telephony.carrier import Started

PERMISSION = "calls.talk_call"
RANG = "talk.rang"
PROVES_S = MOST_MINUTES_A_CALL * 60 + TOKEN_LIFETIME.seconds
"""As long as the longest call by a link."""
MOST_SOCKETS = 60
"""Of each kind, for one call: a page whose network comes and goes tries again and again."""


class Browser:
    name = "browser"
    socket = "talk/media"
    urls = "calls.telephony.browser.urls"
    asks_for_sign_in = True

    async def admits(self, scope: Mapping[str, Any]) -> bool:
        if not _is_of_our_page(dict(scope["headers"])):
            return False
        return bool(await database_sync_to_async(_may_open)(scope))

    parse = staticmethod(messages.parse)

    def stream(self, started: Started) -> messages.Line:
        return messages.Line()

    def check(self) -> str:
        return "the Talk page: whoever may talk, at any hour"


BROWSER = Browser()


def proof_of_ringing(call_sid: str) -> str:
    """For a page without a session: it opens the sockets of a call, and begins nothing."""
    return signing.dumps(call_sid, salt=RANG)


def _may_open(scope: Mapping[str, Any]) -> bool:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    if proof := query.get("rang"):
        return _is_of_a_call(scope["path"], proof[0])
    user = scope.get("user")
    return user is not None and bool(user.has_perm(PERMISSION))


def _is_of_a_call(path: str, proof: str) -> bool:
    try:
        call_sid = signing.loads(proof, salt=RANG, max_age=PROVES_S)
    except signing.BadSignature:
        return False
    places = (f"{RANG}:{path}:{call_sid}:{number}" for number in range(MOST_SOCKETS))
    return any(cache.add(place, True, PROVES_S) for place in places)


def _is_of_our_page(headers: Mapping[bytes, bytes]) -> bool:
    """The page came from the host that the socket is opened at; a proxy may leave out the port."""
    origin, host = (headers.get(name, b"").decode("latin-1") for name in (b"origin", b"host"))
    try:
        page, here = urlsplit(origin).hostname, urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return page is not None and page == here
