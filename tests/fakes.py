"""Services that behave: they hear, write and speak with known delays and without any model.

Tests and benches name them in settings. Class attributes are the knobs; `tuned()` makes a subclass
with others, so that no test changes another's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any, ClassVar

from calls.audio.codec import FRAME_BYTES, level_db
from calls.services import (
    NO_NUMBER,
    Availability,
    CalledNumber,
    Expect,
    Farewell,
    HistoryLine,
    Piece,
    ServiceFailed,
    Transcript,
)
from calls.services.verdicts import Verdict
from tuning.turns.events import SILENCE, SPEECH

LOUD_DB = -45
TONE = bytes([0x00, 0x80]) * 80
CALLERS_TONE = bytes([0x00, 0x00, 0x00, 0x80, 0x80]) * 32
"""Another than the agent's: the same would be its echo."""
"""A frame that the fakes take for speech, at the line's highest level."""
HUSH = b"\xff" * FRAME_BYTES


class LoudnessVad:
    """A frame is speech if it is loud."""

    def __call__(self, frame: bytes) -> int:
        return SPEECH if level_db(frame) > LOUD_DB else SILENCE


class FakeTranscriber:
    """Brings the next of its `sayings` a fixed time after a stretch of loud audio has ended."""

    name = "fake transcriber"
    sayings: ClassVar[Sequence[str]] = ("שלום אני רוצה לקבוע תור", "כן", "מחר בבוקר")
    silence_ms = 200
    delay_s = 0.1
    fails_after_s: ClassVar[float | None] = None

    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        self.dropped_frames = self.replaced = 0
        self.messages: list[int] = []
        """Sizes of what was pushed, in bytes."""
        self.expected: tuple[str, ...] = ()
        self._heard: asyncio.Queue[Transcript | None] = asyncio.Queue()
        self._count = 0
        self._spoke_until_ms, self._is_due = 0, False

    @classmethod
    async def warm_up(cls) -> None:
        return None

    @classmethod
    def availability(cls) -> Availability:
        return Availability(cls.name, cls.name)

    def push(self, audio: bytes, until_ms: int) -> None:
        self.messages.append(len(audio))
        if level_db(audio) > LOUD_DB:
            self._spoke_until_ms, self._is_due = until_ms, True
        elif self._is_due and until_ms - self._spoke_until_ms >= self.silence_ms:
            self._is_due = False
            transcript = self._next(until_ms)
            asyncio.get_running_loop().call_later(self.delay_s, self._heard.put_nowait, transcript)

    def _next(self, until_ms: int) -> Transcript:
        self._count += 1
        return Transcript(self.sayings[(self._count - 1) % len(self.sayings)], until_ms, final=True)

    def expect(self, phrases: Sequence[str]) -> None:
        self.expected = tuple(phrases)

    async def transcripts(self) -> AsyncIterator[Transcript]:
        if self.fails_after_s is not None:
            await asyncio.sleep(self.fails_after_s)
            raise ServiceFailed("the fake transcriber was told to fail")
        while transcript := await self._heard.get():
            yield transcript

    async def recognise(self, audio: bytes, until_ms: int) -> Transcript | None:
        await asyncio.sleep(self.delay_s)
        return self._next(until_ms) if level_db(audio) > LOUD_DB else None

    async def aclose(self) -> None:
        self._heard.put_nowait(None)


class FakeWriter:
    """Answers with the same sentences, the first token after a fixed time."""

    name = "fake writer"
    gives_verdicts = False
    takes_whispers = True
    openers: Sequence[str] = ()
    greeting = "שלום, במה אפשר לעזור?"
    answer: ClassVar[Sequence[str]] = ("בשמחה. ", "מתי נוח?")
    expects: ClassVar[tuple[str, ...]] = ("מחר", "כן")
    says_farewell = False
    first_token_s = 0.1
    fails = False

    @classmethod
    async def warm_up(cls) -> None:
        return None

    @classmethod
    def availability(cls) -> Availability:
        return Availability(cls.name, cls.name)

    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        self.called = called

    def fixed_phrases(self) -> Sequence[str]:
        return (self.greeting,)

    async def write(
        self, history: Sequence[HistoryLine], *, with_verdict: bool = False
    ) -> AsyncGenerator[Piece, None]:
        if not history:
            yield self.greeting
            return
        await asyncio.sleep(self.first_token_s)
        if self.fails:
            raise ServiceFailed("the fake writer was told to fail")
        if with_verdict:
            yield Verdict.WHOLE
        yield Expect(self.expects)
        for piece in self.answer:
            yield piece
        if self.says_farewell:
            yield Farewell()


class FakeSpeaker:
    """Speaks a loud tone, so much for each character, the first byte after a fixed time."""

    name = "fake speaker"
    first_byte_s = 0.05
    ms_per_character = 20
    fails = False

    @classmethod
    async def warm_up(cls) -> None:
        return None

    @classmethod
    def availability(cls) -> Availability:
        return Availability(cls.name, cls.name)

    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        self.called = called

    async def speak(self, texts: AsyncIterator[str]) -> AsyncGenerator[str | bytes, None]:
        async for text in texts:
            yield text
            await asyncio.sleep(self.first_byte_s)
            if self.fails:
                raise ServiceFailed("the fake speaker was told to fail")
            for _frame in range(len(text) * self.ms_per_character // 20):
                yield TONE


class NobodyHolds:
    """Nobody keeps who held a call."""

    def began(self, at_ms: int) -> None: ...

    def refused(self, why: str) -> None: ...

    def ended(self, at_ms: int, why: str, note: str) -> None: ...


def tuned(kind: type, **attributes: Any) -> type:
    return type(kind.__name__, (kind,), attributes)
