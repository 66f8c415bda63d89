"""Twenty calls at once, at the pace of a telephone, over the real clients of a breakable cloud.

What is measured is what a caller hears: the longest silence from the end of their own speech until
the agent has said what it had to say.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

from asgiref.sync import sync_to_async
from django.test import override_settings

from calls.audio.codec import FRAME_BYTES
from calls.models import Call
from calls.records.turn_in_progress import TurnInProgress
from calls.services.google import channels as google_channels
from calls.services.google import speech_pairs as pairs
from calls.services.openai import api as openai_api
from calls.simulator.earpiece import Earpiece
from calls.voice import live
from tests.fakes import HUSH
from tests.phone import FRAME_S, PhoneCall
from tests.servers.cloud import Cloud
from tests.servers.hearing import spoken
from tests.servers.openai_answers import Answer
from tuning.models import TimingProfile
from tuning.turns.profile import Profile

CALLS = 20
ASKS, ANSWER = "מה שעות הפתיחה", "עד שש."
REAL = {
    "TRANSCRIBER": "calls.services.google.speech.GoogleTranscriber",
    "WRITER": "calls.services.openai.writer.OpenAiWriter",
    "SPEAKER": "calls.services.google.voice.GoogleSpeaker",
    "VAD": "tests.fakes.LoudnessVad",
    "GREETING": "שלום.",
    "GCP_STT_MODEL": "chirp_3",
}


class Line(PhoneCall):
    """One call, whose caller sends audio all the time, as a telephone does."""

    def __init__(self, number: int) -> None:
        super().__init__(f"CA{number}", speed=1)
        self._to_say: deque[bytes] = deque()
        self._spoke_until_s = 0.0
        self._ear, self._listened = Earpiece(), 0
        """What has been heard, and after how many of the agent's messages."""

    async def __aenter__(self) -> Line:
        await super().__aenter__()
        self._talking = asyncio.create_task(self._talk())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._talking.cancel()
        await asyncio.wait({self._talking})
        await self.hang_up()

    async def _talk(self) -> None:
        loop = asyncio.get_running_loop()
        next_s = loop.time()
        while self.close_code is None:
            if self._to_say:
                await self.frame(self._to_say.popleft())
                self._spoke_until_s = loop.time()
            else:
                await self.frame(HUSH)
            next_s += FRAME_S
            await asyncio.sleep(next_s - loop.time())

    async def send(self, message: dict[str, Any]) -> None:
        # The test client patches modules for every message: a fifth of all that these tests do.
        text = json.dumps(message)
        self._socket.input_queue.put_nowait({"type": "websocket.receive", "text": text})

    async def row(self) -> Call:
        return await Call.objects.aget(call_sid=self.call_sid)

    def say_aloud(self, text: str) -> None:
        audio = spoken(text)
        self._to_say.extend(
            audio[at : at + FRAME_BYTES] for at in range(0, len(audio), FRAME_BYTES)
        )
        while self._to_say[-1] == HUSH:
            self._to_say.pop()

    @property
    def is_over(self) -> bool:
        """The caller has spoken, and the agent has been heard to the end of what it says."""
        if self.close_code is not None:
            return True
        call = live.calls.get(self.call_sid)
        if self._to_say or not call or not call.conversation or not self.silences_s():
            return False
        is_silent = call.conversation.turns.state in {"listening", "refractory"}
        return is_silent and call.conversation.replies.current is None

    def silences_s(self) -> list[float]:
        """Between the end of the caller's speech, and every sound of the agent's after it."""
        new = zip(self.sent[self._listened :], self.sent_s[self._listened :], strict=True)
        for message, at_s in new:
            if message["event"] == "media":
                self._ear.play(1000 * at_s, b64decode(message["media"]["payload"]))
            elif message["event"] == "clear":
                self._ear.clear(1000 * at_s)
        self._listened = len(self.sent)
        ends = [(self._spoke_until_s, self._spoke_until_s)]
        ends += [
            (sound.from_ms / 1000, sound.until_ms / 1000)
            for sound in self._ear.sounds
            if sound.until_ms / 1000 > self._spoke_until_s
        ]
        return [begins - ended for (_, ended), (begins, _) in pairwise(ends)]


class Callers:
    """All calls together."""

    def __init__(self, cloud: Cloud, lines: list[Line]) -> None:
        self.cloud, self.lines = cloud, lines

    async def ask(self, text: str = ASKS, limit_s: float = 40.0) -> list[float]:
        """Everybody says it; the longest silence that each had to bear until the agent was done."""
        for line in self.lines:
            line.say_aloud(text)
        await asyncio.sleep(len(spoken(text)) / 8000 + 0.5)
        await self.all_over(limit_s)
        return [max(line.silences_s(), default=float("inf")) for line in self.lines]

    async def all_over(self, limit_s: float = 40.0) -> None:
        async with asyncio.timeout(limit_s):
            while not all(line.is_over for line in self.lines):
                await asyncio.sleep(0.05)

    def answered(self) -> list[str]:
        """The agent's last words in each call."""
        return [last.answered if (last := _last_turn(line.call_sid)) else "" for line in self.lines]


def _last_turn(call_sid: str) -> TurnInProgress | None:
    call = live.calls.get(call_sid)
    return call.conversation.replies.last if call and call.conversation else None


@asynccontextmanager
async def calls_in_progress(count: int = CALLS, **settings: Any) -> AsyncIterator[Callers]:
    """Calls whose greeting has been heard. At the end: they are over, and nothing is left."""
    pairs.forget()
    profile = await TimingProfile.objects.aget(is_default=True)
    await sync_to_async(profile.publish)(Profile(), by=None, note="as shipped, with its filler")
    async with Cloud() as cloud:
        cloud.openai.answers[ASKS.split()[0]] = Answer(ANSWER)
        given = REAL | _settings(cloud) | settings
        with override_settings(**given):
            lines = [Line(number) for number in range(count)]
            callers = Callers(cloud, lines)
            try:
                await asyncio.gather(*(line.__aenter__() for line in lines))
                await callers.all_over()
                yield callers
            finally:
                await asyncio.gather(*(line.__aexit__() for line in lines))
                await _until_nothing_is_left(cloud)
                await google_channels.close()
                await openai_api.aclose()


def _settings(cloud: Cloud) -> dict[str, Any]:
    skipped = {"HEVOICE_TRANSCRIBER", "HEVOICE_WRITER", "HEVOICE_SPEAKER"}
    given: dict[str, Any] = {k: v for k, v in cloud.environ.items() if k not in skipped}
    return given | {"GOOGLE_INSECURE": True}


async def _until_nothing_is_left(cloud: Cloud) -> None:
    """No stream at a server and no task of a call may outlive the calls."""
    async with asyncio.timeout(10):
        while cloud.speech.in_progress or cloud.voice.in_progress or _tasks_of_calls():
            await asyncio.sleep(0.05)


def _tasks_of_calls() -> list[str]:
    own = ("Conversation.", "AudioOut.", "Reply.", "LiveCall.", "GoogleTranscriber.", "Recorder.")
    return [name for task in asyncio.all_tasks() if (name := _name(task)).startswith(own)]


def _name(task: asyncio.Task[Any]) -> str:
    return getattr(task.get_coro(), "__qualname__", "")
