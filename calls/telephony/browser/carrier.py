"""A browser as a telephone: whoever may talk to the agent does so from the Talk page.

Rule: its socket is opened from our own pages only, with the session of somebody who may talk; the
one-time token that `ring` gave to whoever pressed the button ties it to their call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async

from calls.telephony.browser import messages
from calls.telephony.carrier import Started

PERMISSION = "calls.talk_call"


class Browser:
    name = "browser"
    socket = "talk/media"
    urls = "calls.telephony.browser.urls"
    asks_for_sign_in = True

    async def admits(self, scope: Mapping[str, Any]) -> bool:
        user = scope.get("user")
        if user is None or not _is_of_our_page(dict(scope["headers"])):
            return False
        return bool(await database_sync_to_async(user.has_perm)(PERMISSION))

    parse = staticmethod(messages.parse)

    def stream(self, started: Started) -> messages.Line:
        return messages.Line()

    def check(self) -> str:
        return "the Talk page: whoever may talk, at any hour"


BROWSER = Browser()


def _is_of_our_page(headers: Mapping[bytes, bytes]) -> bool:
    """The page came from the host that the socket is opened at; a proxy may leave out the port."""
    origin, host = (headers.get(name, b"").decode("latin-1") for name in (b"origin", b"host"))
    try:
        page, here = urlsplit(origin).hostname, urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return page is not None and page == here
