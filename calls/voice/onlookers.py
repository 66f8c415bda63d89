"""The people who watch a call in progress or listen in on it, and what they are shown.

Rule: no onlooker can delay the call. The audio path only stores things here; a task beside the
conversation sends them, and whatever cannot be sent in time is lost. It sends only while somebody
keeps asking, every few seconds: a page that has been closed stops asking.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from calls.audio.codec import level_db
from calls.records.recording import LANES, Recording
from calls.voice.person.person import Person
from hevoice import bus

ASKED_S = 8.0
"""For how long one request holds."""
LEVELS_S = 0.1
SOUND_S, NEAR_S = 0.2, 0.06
"""How much sound of both sides one message carries; and while a person speaks with the caller, who
must not be answered late."""
FORGET_FRAMES = 50
"""While nobody asks, sound older than a second is forgotten."""
MOST_LISTENERS = 10

Asked = dict[str, tuple[str, float]]
"""By the channel that asks: who asks, and until when that holds."""


class Audience:
    def __init__(
        self,
        call_pk: int,
        changed: Callable[[], None],
        person: Callable[[], Person | None] = lambda: None,
    ) -> None:
        """person: says whether anybody may hear the call yet, and whether somebody speaks in it."""
        self._call_pk, self._changed, self._person = call_pk, changed, person
        self._sound = Recording()
        self._heard_ms = 0
        self._frames = 0
        self._lookers: Asked = {}
        self._listeners: Asked = {}
        self._asked = asyncio.Event()

    # What the audio path brings.

    def hear(self, at_ms: int, frame: bytes) -> None:
        self._sound.hear(at_ms, frame)
        self._heard_ms = at_ms
        self._frames += 1
        if self._frames >= FORGET_FRAMES:
            self._take()

    def speak(self, from_ms: int, audio: bytes) -> None:
        self._sound.speak(from_ms, audio)

    def fall_silent(self, at_ms: int) -> None:
        self._sound.fall_silent(at_ms)

    # Who asks.

    @property
    def listeners(self) -> list[str]:
        """The names of those who listen."""
        return sorted({who for who, _until_s in _still(self._listeners).values()})

    def take_news(self, message: dict[str, Any]) -> None:
        """Somebody looks at the call, listens in on it, or has stopped to."""
        before = self.listeners
        asked = self._listeners if message["listens"] else self._lookers
        if message["stops"]:
            asked.pop(message["channel"], None)
        elif len(asked) < MOST_LISTENERS or message["channel"] in asked:
            asked[message["channel"]] = message["who"], time.monotonic() + ASKED_S
            self._asked.set()
        if self.listeners != before:
            self._changed()

    async def attend(self, details: Callable[[], dict[str, Any]]) -> None:
        """Tell those who ask, for as long as the call lives."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self._tell_all(details)
            self._changed()

    async def _tell_all(self, details: Callable[[], dict[str, Any]]) -> None:
        batch, levels_s = bytearray(), 0.0
        self._take()
        while (lookers := _still(self._lookers)) or _still(self._listeners):
            person = self._person()
            is_near = person is not None and person.is_on_line
            await asyncio.sleep(NEAR_S if is_near else LEVELS_S)
            sound = self._take()
            levels_s += NEAR_S if is_near else LEVELS_S
            if lookers and levels_s >= LEVELS_S:
                await self._tell("details", details() | _levels(sound))
                levels_s = 0.0
            batch += sound
            if len(batch) < (NEAR_S if is_near else SOUND_S) * 8000 * LANES * 0.75:
                continue
            if _still(self._listeners) and (person is None or person.may_listen):
                await self._tell("sound", {"sound": bytes(batch)})
            batch.clear()

    async def _tell(self, what: str, content: dict[str, Any]) -> None:
        group = f"{what}.{self._call_pk}"
        await bus.tell(group, {"type": f"call.{what}", "call": self._call_pk} | content)

    def _take(self) -> bytes:
        self._frames = 0
        return self._sound.take(self._heard_ms)[1]


def _still(asked: Asked) -> Asked:
    now_s = time.monotonic()
    return {channel: each for channel, each in asked.items() if each[1] > now_s}


def _levels(sound: bytes) -> dict[str, Any]:
    """Caller and agent, in dB below full scale."""
    return {"levels": [level_db(sound[lane::LANES]) if sound else -100 for lane in range(LANES)]}
