"""A streaming recogniser: one endless stream for a call, made of as many of a vendor's as it takes.

Rules: the end of a stream never ends a call. A stream is replaced during a pause before the
vendor's limit, at once when it breaks, and when the caller speaks but nothing comes back. The new
one hears again whatever no final has covered, and nothing that the old one reported is reported
twice. Only a refusal that would not go away with time raises ServiceFailed.

A vendor provides how to open its streams (`opened`) and how to recognise one utterance (`whole`).
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from math import inf
from typing import ClassVar

from calls.services import Availability, CalledNumber, ServiceFailed, ServiceLate, Transcript
from calls.services.stt_stream import Stream, StreamBroke, Wire
from calls.services.tape import Tape

logger = logging.getLogger(__name__)

RECOGNISE_S = 6.0
WATCH_S = 0.25
WRITE_S = 3.0
"""A message that is not taken for so long finds nobody at the other end."""
KEEP_ALIVE_MS = 1000
SOUND_S = 1.0
"""A stream that lived so long was no failed attempt."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When to give up a stream. A vendor whose streams have limits of their own sets the first
    ones."""

    rotate_s: float = inf
    """In the next pause; without one, after `last_s`."""
    last_s: float = inf
    keep_alive_s: float = 3.0
    """No audio for so long: silence is sent."""
    idle_s: float = 60.0
    """No audio for so long (streaming was switched off): closed until there is some."""
    dead_s: float = 3.0
    """The caller spoke for so long and nothing came back. Twice that for the next stream, and so
    on: it may have been no speech."""
    open_s: float = 4.0
    give_up_s: float = 20.0
    """No stream lived meanwhile: the call is told that there will be no more words."""


class StreamOver(Exception):
    """This stream has done its job: continue in another. The message says why."""


class Idle(Exception):
    """Nobody is listening any more."""


class ResumableTranscriber(ABC):
    """calls.services.Transcriber, except for the vendor's part. One per call."""

    advice: ClassVar[str] = "check the network"
    """What a person should do when the vendor does not answer."""

    def __init__(self, name: str, called: CalledNumber, limits: Limits) -> None:
        self.name = name
        self.dropped_frames = self.replaced = 0
        self.called, self.phrases = called, tuple[str, ...]()
        """What the called number wants; the likely answers to what was just asked."""
        self._limits, self._loop = limits, asyncio.get_running_loop()
        self._tape, self._pushed, self._pushed_s = Tape(), asyncio.Event(), 0.0
        # Never more than a vendor sends: a few a second, taken at once.
        self._heard: asyncio.Queue[Transcript | Exception | None] = asyncio.Queue()
        self._life: asyncio.Task[None] | None = None
        self._is_closed = False
        self._reached_ms = self._closed_ms = -1
        """How far the transcripts, and the finals among them, have come."""
        self._dead_s = limits.dead_s
        self._failures, self._failing_since_s, self._asks_why = 0, 0.0, False
        self._broke: StreamBroke | None = None
        """Why a stream last broke, as far as that was told."""

    # What a vendor brings.

    @classmethod
    @abstractmethod
    async def warm_up(cls) -> None: ...

    @classmethod
    @abstractmethod
    def availability(cls) -> Availability: ...

    @abstractmethod
    def opened(
        self, *, open_s: float, life_s: float, asks_why: bool
    ) -> AbstractAsyncContextManager[Wire]:
        """The next stream, connected within open_s and closed at the block's end, life_s at most.

        asks_why: those before ended without a reason; wait for one, if that helps. What breaks it,
        in opening or within the block, raises StreamBroke, TimeoutError, or Over where the vendor
        will ask for something else next time (another model).
        """

    @abstractmethod
    async def whole(self, audio: bytes) -> str:
        """The words of one utterance; empty: there are none. Raises ServiceFailed."""

    # What a call asks for.

    def push(self, audio: bytes, until_ms: int) -> None:
        """Any number of whole frames of 20 ms. The first opens the stream."""
        if self._is_closed:
            return
        self._tape.push(audio, until_ms)
        self.dropped_frames = self._tape.dropped_frames
        self._pushed_s = self._loop.time()
        self._pushed.set()
        if self._life is None:
            self._life = self._loop.create_task(self._live())

    def expect(self, phrases: Sequence[str]) -> None:
        """Hints for the next recognition or stream. The stream that is open goes on without: a new
        one for each question would cost the caller's first words more than hints bring."""
        self.phrases = tuple(phrases)

    async def transcripts(self) -> AsyncIterator[Transcript]:
        while (heard := await self._heard.get()) is not None:
            if isinstance(heard, Exception):
                raise heard
            yield heard

    async def recognise(self, audio: bytes, until_ms: int) -> Transcript | None:
        try:
            async with asyncio.timeout(RECOGNISE_S):
                text = await self.whole(audio)
        except TimeoutError:
            raise ServiceLate(f"{self.name} was silent for {RECOGNISE_S:g} s") from None
        return Transcript(text, until_ms, final=True) if text else None

    async def aclose(self) -> None:
        self._is_closed = True
        if self._life:
            self._life.cancel()
            await asyncio.wait({self._life})
        self._heard.put_nowait(None)

    # The life of a call's streams.

    async def _live(self) -> None:
        try:
            while True:
                try:
                    await self._stream()
                except Idle:
                    await self._pushed.wait()
                except StreamOver as over:
                    logger.info("A new stream: %s", over)
                except TimeoutError:
                    await self._survive(StreamBroke("no answer", self.advice, is_late=True))
                except StreamBroke as broke:
                    await self._survive(broke)
        except Exception as error:
            self._heard.put_nowait(error)

    async def _stream(self) -> None:
        """One stream, until it is over (raises Over or Idle) or breaks."""
        limits = self._limits
        self._tape.rewind()
        asks_why, self._asks_why = self._asks_why, False
        life_s = limits.last_s + 2 * limits.keep_alive_s
        opened_s, stream = self._loop.time(), None
        try:
            opened = self.opened(open_s=limits.open_s, life_s=life_s, asks_why=asks_why)
            async with opened as wire:
                stream = Stream(wire, opened_s)
                await self._converse(stream)
        finally:
            if stream and (stream.has_answered or stream.age_s >= SOUND_S):
                self._failures = 0

    async def _converse(self, stream: Stream) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                for job in (self._read(stream), self._watch(stream)):
                    tasks.create_task(job)
                await self._write(stream)
        except ExceptionGroup as group:
            if self._is_closed:  # a group with an error swallows the cancellation that came with it
                raise asyncio.CancelledError from None
            raise group.exceptions[0] from None

    async def _write(self, stream: Stream) -> None:
        is_open = True
        while is_open:  # if it is not, the reader hears why
            if stretch := self._tape.take():
                is_open = await stream.write(stretch)
                continue
            self._pushed.clear()
            await self._pushed.wait()
            if self._tape.is_taken:
                is_open = await stream.write_silence(KEEP_ALIVE_MS)

    async def _watch(self, stream: Stream) -> None:
        """All that waits for time, here: a timeout for each message would cost as much again."""
        while True:
            await asyncio.sleep(WATCH_S)
            self._raise_if_over(stream)
            if stream.unwritten_s >= self._limits.keep_alive_s:
                self._pushed.set()

    def _raise_if_over(self, stream: Stream) -> None:
        limits, age_s = self._limits, stream.age_s
        if age_s >= limits.last_s or (age_s >= limits.rotate_s and not self._tape.has_speech):
            raise StreamOver(f"after {age_s:.0f} s")
        if self._loop.time() - self._pushed_s >= limits.idle_s:
            raise Idle
        if stream.stuck_s >= WRITE_S:
            raise TimeoutError
        spoken_s = stream.unanswered_ms / 1000
        if min(spoken_s, stream.unanswered_s) >= self._dead_s:
            waited_s, self._dead_s = self._dead_s, 2 * self._dead_s
            self.replaced += 1
            raise StreamOver(f"no words although the caller spoke for {waited_s:g} s")

    async def _read(self, stream: Stream) -> None:
        said_ms = self._reached_ms
        while (answer := await stream.read()) is not None:
            for transcript in answer:
                self._take(transcript, said_ms)
        raise StreamBroke("the stream was ended", self.advice)

    def _take(self, transcript: Transcript, said_ms: int) -> None:
        """said_ms: how far the streams before this one had come."""
        self._dead_s = self._limits.dead_s
        until_ms = transcript.until_ms
        if transcript.final:
            is_new = until_ms > self._closed_ms
            self._tape.settle(until_ms)
            self._closed_ms = max(self._closed_ms, until_ms)
        else:
            is_new = until_ms > max(said_ms, self._closed_ms)
        if is_new and transcript.text:
            self._reached_ms = max(self._reached_ms, until_ms)
            self._heard.put_nowait(transcript)

    async def _survive(self, broke: StreamBroke) -> None:
        """Go on at once; after several failures in a row a little later, and at last not at all."""
        now_s = self._loop.time()
        self._asks_why = broke.is_hidden and self._failures > 0
        if broke.is_hidden:
            broke = self._broke or broke
        self._broke = broke
        if not self._failures:
            self._failing_since_s = now_s
        self._failures += 1
        if broke.is_hopeless or now_s - self._failing_since_s >= self._limits.give_up_s:
            raise self._failed(broke) from broke
        logger.warning("%s: a new stream after %s", self.name, broke)
        if self._failures > 1:
            await asyncio.sleep(min(1.0, 0.05 * 2**self._failures))

    def _failed(self, broke: StreamBroke) -> ServiceFailed:
        told = f"{self.name}: {broke}" + (f" ({broke.advice})" if broke.advice else "")
        return (ServiceLate if broke.is_late else ServiceFailed)(told)
