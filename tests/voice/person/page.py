"""A page of a person who steps in, as the bus sees it: how the tests of that speak."""

from __future__ import annotations

import asyncio
from typing import Any, Self

from channels.layers import get_channel_layer

from calls.voice import live
from calls.voice.live import LiveCall
from hevoice import bus
from tests.fakes import HUSH

BATCH_FRAMES = 3
VOICE = b"\x05\x85" * 80
"""A frame of the person's voice: another tone than the agent's and the caller's."""


class Page:
    """One window of a person's, beside one call."""

    def __init__(self, who: str, call_sid: str = "CA1") -> None:
        self.who, self._call_sid = who, call_sid
        self.told: list[dict[str, Any]] = []
        """What it was told, in order."""

    @property
    def call(self) -> LiveCall:
        return live.calls[self._call_sid]

    async def __aenter__(self) -> Self:
        layer = get_channel_layer()
        while self._call_sid not in live.calls:
            await asyncio.sleep(0.01)
        self.pk, self.channel = self.call.call.pk, await layer.new_channel()
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reader.cancel()

    async def _read(self) -> None:
        while True:
            self.told.append(await get_channel_layer().receive(self.channel))

    async def tell(self, what: str, **content: Any) -> None:
        message = {"type": f"call.{what}", "call": self.pk, "channel": self.channel}
        await bus.tell("calls", message | {"who": self.who} | content)

    def got(self, what: str) -> list[dict[str, Any]]:
        return [each for each in self.told if each["type"] == f"hold.{what}"]

    async def until(self, what: str) -> dict[str, Any]:
        """Until it is told so."""
        async with asyncio.timeout(20):
            while not self.got(what):
                await asyncio.sleep(0.01)
        return self.got(what)[-1]

    async def take_over(self) -> None:
        await self.tell("take_over")
        await self.until("granted")

    async def speak(self, frames: int, frame: bytes = VOICE, every_s: float = 0.02) -> None:
        """So much of their voice, in batches, as a browser sends it."""
        channel = self.got("granted")[-1]["channel"]
        for _batch in range(frames // BATCH_FRAMES):
            message = {"type": "call.voice", "call": self.pk, "channel": self.channel}
            await bus.tell_one(channel, message | {"audio": frame * BATCH_FRAMES})
            await asyncio.sleep(every_s * BATCH_FRAMES)

    async def be_silent(self, seconds: float) -> None:
        await self.speak(int(seconds * 50), HUSH)

    async def say(self, seconds: float = 0.6) -> None:
        """A sentence, and the silence by which its words are known."""
        await self.speak(int(seconds * 50))
        await self.be_silent(0.6)
