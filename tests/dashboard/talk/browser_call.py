"""A call from the browser, straight into the consumer, by whoever is signed in."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import Client

from tests.phone import PhoneCall
from tests.telephony.far_browser import FarBrowser


class BrowserCall(PhoneCall):
    """client: the browser's session."""

    proof = ""

    def __init__(self, person: User) -> None:
        super().__init__(
            speaks=FarBrowser, headers=[(b"host", b"here"), (b"origin", b"http://here")]
        )
        self._socket.scope["user"] = person
        self._person, self.client = person, Client()

    async def ring(self) -> None:
        self.client = await sync_to_async(signed_in)(self._person)
        told = (await sync_to_async(self.client.post)("/talk/ring")).json()
        self.call_sid, self.token, self.proof = told["call"], told["token"], told["proof"]

    async def tries(self, client: Client | None = None, **knobs: Any) -> Any:
        return await self.asks("try", client, **knobs)

    async def asks(self, what: str, client: Client | None = None, **knobs: Any) -> Any:
        """What the server answers to this, of the call's own browser or of another."""
        form = {"proof": self.proof, **knobs}
        return await sync_to_async((client or self.client).post)(f"/en/talk/knobs/{what}/", form)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client
