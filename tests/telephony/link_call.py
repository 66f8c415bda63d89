"""A call by a shared link, straight into the consumer, by somebody who has not signed in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from calls.telephony.browser.talk_link import TalkLink
from tests.phone import PhoneCall
from tests.telephony.far_browser import FarBrowser

OURS = "http://here"


class LinkCall(PhoneCall):
    def __init__(self, link: TalkLink, *, origin: str = OURS, speed: float = 10) -> None:
        headers = [(b"host", b"here"), (b"origin", origin.encode())]
        super().__init__(speaks=FarBrowser, headers=headers, speed=speed)
        self._socket.scope["user"] = AnonymousUser()
        self.link = link

    async def ring(self) -> None:
        ringing = f"/try/{self.link.address}/ring"
        told: dict[str, Any] = (await sync_to_async(Client().post)(ringing)).json()
        self.call_sid, self.token = told["call"], told["token"]
        self.prove(told["rang"])

    def prove(self, rang: str) -> None:
        self._socket.scope["query_string"] = urlencode({"rang": rang}).encode()
