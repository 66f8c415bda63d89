"""Google's recogniser: one endless stream for a call, out of as many of Google's as it takes.

Rules: a stream never ends a call. It is replaced in a pause before Google's limit, at once when it
breaks, and when the caller speaks and nothing comes back; the new one hears again all that no final
has covered, and what the old one already said is not said twice. Only a refusal that no other
model and no other moment would lift raises ServiceFailed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from google.api_core.exceptions import GoogleAPICallError

from calls.services import NO_BRIEF, Brief, ServiceLate, Standing, Transcript
from calls.services.google import channels, faults
from calls.services.google import speech_pairs as pairs
from calls.services.google.faults import Fault
from calls.services.google.speech_api import Pair
from calls.services.google.speech_stream import Stream, opened, tried
from calls.services.tape import Tape

logger = logging.getLogger(__name__)

PHRASES, PHRASE_LETTERS = 20, 100
"""Hints that are passed on. More make other words worse; longer ones are refused, with the rest."""
RECOGNISE_S = 6.0
WARM_UP_S = 10.0
"""The first connection of a process also resolves, shakes hands and fetches a token."""
WARM_UP_TRIES = 3
"""Where gRPC hides why a stream was refused."""
WATCH_S = 0.25
WRITE_S = 3.0
"""A message that is not taken for so long finds nobody at the other end."""
HOLD_BACK_S = 0.3
"""How long Google may take to refuse a stream, where gRPC hid why those before were."""
KEEP_ALIVE_MS = 1000
SOUND_S = 1.0
"""A stream that lived so long was no failed attempt."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a stream is given up. Google's own: 300 s (v2) or 305 s (v1), 10 s without audio."""

    rotate_s: float = 240.0
    """In the next pause; without one, after `last_s`."""
    last_s: float = 295.0
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


class Over(Exception):
    """This stream has served: go on in another. Says why."""


class Idle(Exception):
    """Nobody is listening any more."""


class GoogleTranscriber:
    """calls.services.Transcriber by Google Speech. One per call."""

    def __init__(self, brief: Brief = NO_BRIEF, limits: Limits = Limits()) -> None:
        self.name = f"Google Speech ({pairs.in_use()})"
        self.dropped_frames = self.replaced = 0
        self._limits, self._loop = limits, asyncio.get_running_loop()
        self._tape, self._pushed, self._pushed_s = Tape(), asyncio.Event(), 0.0
        # Never more than Google sends: a few a second, taken at once.
        self._heard: asyncio.Queue[Transcript | Exception | None] = asyncio.Queue()
        self._life: asyncio.Task[None] | None = None
        self._is_closed = False
        self._brief, self._phrases = brief, tuple[str, ...]()
        self._reached_ms = self._closed_ms = -1
        """How far the transcripts, and the finals among them, have come."""
        self._dead_s = limits.dead_s
        self._failures, self._failing_since_s, self._holds_back = 0, 0.0, False
        self._fault: Fault | None = None
        """The last one that was explained."""

    @classmethod
    async def warm_up(cls) -> None:
        """Connect, and learn which models Google refuses, before a caller would wait for it."""
        project = await channels.prepare()
        again = WARM_UP_TRIES
        while True:
            pair = pairs.chosen(project)
            try:
                async with asyncio.timeout(WARM_UP_S):
                    await tried(pair, project, WARM_UP_S)
                return
            except (GoogleAPICallError, TimeoutError) as fault:
                again -= faults.is_unexplained(fault)
                is_known = not again or not faults.is_unexplained(fault)
                if is_known and not pairs.learn(pair, fault):
                    raise faults.failed(f"Google Speech ({pair})", fault) from fault

    @classmethod
    def standing(cls) -> Standing:
        return pairs.standing()

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
        self._phrases = tuple(phrases)

    async def transcripts(self) -> AsyncIterator[Transcript]:
        while (heard := await self._heard.get()) is not None:
            if isinstance(heard, Exception):
                raise heard
            yield heard

    async def recognise(self, audio: bytes, until_ms: int) -> Transcript | None:
        try:
            async with asyncio.timeout(RECOGNISE_S):
                text = await self._whole(audio)
        except TimeoutError:
            raise ServiceLate(f"{self.name} was silent for {RECOGNISE_S:g} s") from None
        return Transcript(text, until_ms, final=True) if text else None

    async def aclose(self) -> None:
        self._is_closed = True
        if self._life:
            self._life.cancel()
            await asyncio.wait({self._life})
        self._heard.put_nowait(None)

    async def _whole(self, audio: bytes) -> str:
        has_failed = False
        project = await channels.prepare()
        while True:
            pair = pairs.chosen(project)
            phrases = self._hints(pair)
            try:
                with channels.leased(pair) as speech:
                    return await speech.recognise(pair, project, phrases, audio, RECOGNISE_S)
            except GoogleAPICallError as fault:
                if pairs.learn(pair, fault, bool(phrases)):
                    continue
                if has_failed or faults.is_about_credentials(fault):
                    raise faults.failed(self.name, fault) from fault
                has_failed = True

    # The life of a call's streams.

    async def _live(self) -> None:
        try:
            project = await channels.prepare()
            while True:
                pair = pairs.chosen(project)
                self.name = f"Google Speech ({pair})"
                try:
                    await self._stream(pair, project)
                except Idle:
                    await self._pushed.wait()
                except Over as over:
                    logger.info("A new stream: %s", over)
                except (GoogleAPICallError, TimeoutError) as fault:
                    await self._survive(fault)
        except Exception as error:
            self._heard.put_nowait(error)

    async def _stream(self, pair: Pair, project: str) -> None:
        """One stream, until it is over (raises Over or Idle) or breaks."""
        limits, phrases = self._limits, self._hints(pair)
        self._tape.rewind()
        life_s = limits.last_s + 2 * limits.keep_alive_s
        stream: Stream | None = None
        try:
            async with opened(
                pair, project, phrases, open_s=limits.open_s, life_s=life_s
            ) as stream:
                if self._holds_back:
                    self._holds_back = False
                    await stream.hold_back(HOLD_BACK_S)
                await self._converse(stream)
        except GoogleAPICallError as fault:
            if not (stream and stream.has_answered) and pairs.learn(pair, fault, bool(phrases)):
                raise Over(f"{pair} was refused: {faults.text(fault)}") from None
            raise
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
            raise Over(f"after {age_s:.0f} s")
        if self._loop.time() - self._pushed_s >= limits.idle_s:
            raise Idle
        if stream.stuck_s >= WRITE_S:
            raise TimeoutError
        spoken_s = stream.unanswered_ms / 1000
        if min(spoken_s, stream.unanswered_s) >= self._dead_s:
            waited_s, self._dead_s = self._dead_s, 2 * self._dead_s
            self.replaced += 1
            raise Over(f"no words although the caller spoke for {waited_s:g} s")

    async def _read(self, stream: Stream) -> None:
        said_ms = self._reached_ms
        while (answer := await stream.read()) is not None:
            for transcript in answer:
                self._take(transcript, said_ms)
        raise faults.ended()

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

    async def _survive(self, fault: Fault) -> None:
        """Go on at once; after several failures in a row a little later, and at last not at all."""
        now_s = self._loop.time()
        if is_hidden := faults.is_unexplained(fault):
            fault = self._fault or fault
        self._holds_back = is_hidden and self._failures > 0
        self._fault = fault
        if not self._failures:
            self._failing_since_s = now_s
        self._failures += 1
        is_hopeless = now_s - self._failing_since_s >= self._limits.give_up_s
        if is_hopeless or faults.is_about_credentials(fault):
            raise faults.failed(self.name, fault) from fault
        logger.warning("%s: a new stream after %s", self.name, faults.text(fault))
        if self._failures > 1:
            await asyncio.sleep(min(1.0, 0.05 * 2**self._failures))

    def _hints(self, pair: Pair) -> tuple[str, ...]:
        if not pairs.takes_hints(pair):
            return ()
        phrases = dict.fromkeys((*self._phrases, *self._brief.hints))
        return tuple(each for each in phrases if len(each) <= PHRASE_LETTERS)[:PHRASES]
