"""One stream of a vendor's recogniser: what it must be able to do, and an account of what it did.

Rule: every transcript is on the caller-audio clock, whatever clock the vendor uses. The times of
what was sent and what came back are kept, so that a stream that hangs is noticed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from calls.audio.codec import BYTES_PER_MS, SILENCE_BYTE
from calls.services import Transcript
from calls.services.tape import StreamClock, TapeStretch


class StreamBroke(Exception):
    """A stream ended before its time, in the vendor's own words.

    advice: what a person should do about it. is_late: nobody answered. is_hidden: the reason was
    lost on the way. is_hopeless: any other stream, at any time, would be refused as well.
    """

    def __init__(
        self,
        words: str,
        advice: str = "",
        *,
        is_late: bool = False,
        is_hidden: bool = False,
        is_hopeless: bool = False,
    ) -> None:
        super().__init__(words)
        self.advice = advice
        self.is_late, self.is_hidden, self.is_hopeless = is_late, is_hidden, is_hopeless


@dataclass(frozen=True, slots=True)
class Result:
    """One part of an answer; end_ms is on the stream's own clock (0: the vendor did not say)."""

    text: str
    end_ms: int
    is_final: bool
    stability: float = 0.0


class Wire(Protocol):
    """The vendor's own stream, open."""

    async def write(self, audio: bytes) -> bool:
        """Send 8 kHz mu-law. False: the stream has ended, and `read` tells why."""

    async def read(self) -> Sequence[Result] | None:
        """The next answer, which may be empty; None: the stream has ended without a reason."""


class Stream:
    """opened_s: when opening it began, by the loop's clock."""

    def __init__(self, wire: Wire, opened_s: float) -> None:
        self._wire, self._clock, self._opened_s = wire, StreamClock(), opened_s
        self._loop = asyncio.get_running_loop()
        self._wrote_s, self._answered_s = self._loop.time(), opened_s
        self._is_writing = False
        self._loud_until_ms = 0
        self.has_answered = False
        self.unanswered_ms = 0
        """Sound that was sent since the last answer."""

    @property
    def age_s(self) -> float:
        return self._loop.time() - self._opened_s

    @property
    def unanswered_s(self) -> float:
        return self._loop.time() - self._answered_s

    @property
    def unwritten_s(self) -> float:
        """Since the last message began to be sent."""
        return self._loop.time() - self._wrote_s

    @property
    def stuck_s(self) -> float:
        """How long the message under way has not been taken."""
        return self.unwritten_s if self._is_writing else 0.0

    async def write(self, stretch: TapeStretch) -> bool:
        """False, here and below: the stream has ended."""
        self._clock.sent(stretch.length_ms, stretch.until_ms)
        if stretch.is_loud:
            self._loud_until_ms = stretch.until_ms
            self.unanswered_ms += stretch.length_ms
        return await self._write(stretch.audio)

    async def write_silence(self, length_ms: int) -> bool:
        self._clock.sent_silence(length_ms)
        return await self._write(SILENCE_BYTE * (length_ms * BYTES_PER_MS))

    async def read(self) -> list[Transcript] | None:
        """The next answer; None: the stream has ended without a reason."""
        results = await self._wire.read()
        if results is None:
            return None
        if results:
            self.has_answered = True
            self.unanswered_ms, self._answered_s = 0, self._loop.time()
        finals = [result for result in results if result.is_final]
        partials = [result for result in results if not result.is_final]
        return [self._transcript(some) for some in (finals, partials) if some]

    def _transcript(self, results: Sequence[Result]) -> Transcript:
        """The parts of one answer are one text: what is stable, and what may still change."""
        end_ms = max(result.end_ms for result in results)
        return Transcript(
            "".join(result.text for result in results).strip(),
            self._clock.caller_ms(end_ms) if end_ms else self._loud_until_ms,
            final=results[0].is_final,
            stability=min(result.stability for result in results),
        )

    async def _write(self, audio: bytes) -> bool:
        self._wrote_s, self._is_writing = self._loop.time(), True
        try:
            return await self._wire.write(audio)
        finally:
            self._is_writing = False
