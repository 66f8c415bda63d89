"""A third recogniser, as a vendor's would be written: this file, and its name in VENDORS.

It speaks to a server over a websocket: audio as binary messages, answers as JSON. Everything that
makes one endless stream of many is resumable_stt's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from django.conf import settings as django_settings

from calls.services import NO_NUMBER, Availability, CalledNumber, ServiceFailed
from calls.services.per_loop import PerLoop
from calls.services.resumable_stt import Limits, ResumableTranscriber
from calls.services.stt_stream import Result, StreamBroke
from calls.services.vendors import Setting, Vendor

VENDOR = Vendor(
    "tin",
    plays={"transcriber": "tests.services.tin_ear.TinTranscriber"},
    settings=(
        Setting("TIN_EAR_URL", "where the tin ear listens", chooses=("transcriber",)),
        Setting("TIN_EAR_KEY", "of the account", is_secret=True),
    ),
    checks={"tin ear key": "tests.services.tin_ear.key_is_set"},
)
NAME = "Tin ear"
ADVICE = "check TIN_EAR_URL"
UNLIMITED = Limits()
settings: Any = django_settings
"""Only tests register this vendor: mypy does not know its settings."""

sessions: PerLoop[aiohttp.ClientSession] = PerLoop(aiohttp.ClientSession)


def key_is_set() -> str:
    if not settings.TIN_EAR_KEY:
        raise ServiceFailed("TIN_EAR_KEY is not set: set it to the key of your account")
    return "set"


def _headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.TIN_EAR_KEY}"}


class TinWire:
    """calls.services.stt_stream.Wire."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def write(self, audio: bytes) -> bool:
        try:
            await self._socket.send_bytes(audio)
        except (ConnectionError, aiohttp.ClientError):
            return False
        return True

    async def read(self) -> Sequence[Result] | None:
        message = await self._socket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            return [Result(**each) for each in message.json()]
        if message.extra:
            raise StreamBroke(f"{message.extra}", ADVICE)
        return None


class TinTranscriber(ResumableTranscriber):
    advice = ADVICE

    def __init__(self, called: CalledNumber = NO_NUMBER, limits: Limits = UNLIMITED) -> None:
        super().__init__(NAME, called, limits)

    @classmethod
    async def warm_up(cls) -> None:
        try:
            async with cls().opened(open_s=5, life_s=5, asks_why=False):
                pass
        except (StreamBroke, TimeoutError) as broke:
            raise ServiceFailed(f"{NAME}: {broke} ({ADVICE})") from broke

    @classmethod
    def availability(cls) -> Availability:
        return Availability(NAME, NAME)

    @asynccontextmanager
    async def opened(
        self, *, open_s: float, life_s: float, asks_why: bool
    ) -> AsyncIterator[TinWire]:
        url = f"{settings.TIN_EAR_URL}/stream"
        try:
            async with sessions().ws_connect(url, headers=_headers()) as socket:
                yield TinWire(socket)
        except aiohttp.WSServerHandshakeError as refused:
            raise StreamBroke(refused.message, ADVICE, is_hopeless=refused.status == 401) from None
        except aiohttp.ClientError as error:
            raise StreamBroke(f"{error}", ADVICE) from None

    async def whole(self, audio: bytes) -> str:
        url = f"{settings.TIN_EAR_URL}/whole"
        async with sessions().post(url, data=audio, headers=_headers()) as answer:
            return await answer.text()
