"""The embedded recogniser: Whisper base on this machine, a stand-in for a cloud transcriber.

It does not stream: a recognition starts whenever 200 ms of silence begin after speech, and its
words are a partial; they become final when the silence has lasted 300 ms more, without another
recognition unless more was said. The audio waits in a bounded queue meanwhile, and `push` only
appends to it; recognitions run on a few threads of the process, leaving one core to the event loop.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

from calls.audio.codec import FRAME_BYTES
from calls.audio.vad import WebRtcVad
from calls.language.language import Language, spoken
from calls.services import NO_NUMBER, Availability, CalledNumber, ServiceLate, Transcript
from calls.services.segments import SegmentEdge, Segments
from calls.services.whisper import model
from calls.services.whisper.engine import Engine, RecognisedWords, loaded
from tuning.turns.profile import FRAME_MS

QUEUE_FRAMES = 1500
"""30 s, which only a recogniser that has stalled can fill."""
DEADLINE_S = 10.0
WORKERS = max(1, (os.cpu_count() or 2) - 1)

_workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="whisper")
Result = TypeVar("Result")
Given = TypeVarTuple("Given")


class WhisperTranscriber:
    """calls.services.Transcriber by Whisper on this machine. One per call."""

    name = "embedded Whisper base (stand-in)"

    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        self.dropped_frames = self.replaced = 0
        self.language = called.language
        self._queue: deque[tuple[bytes, int]] = deque()
        self._arrived = asyncio.Event()
        self._is_closed = False
        self._phrases: tuple[str, ...] = ()
        self._engine: Engine | None = None

    @classmethod
    async def warm_up(cls) -> None:
        """Load the model and try it. Raises ServiceFailed if there is none."""
        language = spoken()
        engine = await _on_worker(_load, language)
        await _on_worker(engine.warm_up, language.hello)

    @classmethod
    def availability(cls) -> Availability:
        return Availability(cls.name, cls.name)

    def push(self, audio: bytes, until_ms: int) -> None:
        """Any number of whole frames of 20 ms."""
        count = len(audio) // FRAME_BYTES
        for index in range(count):
            if len(self._queue) == QUEUE_FRAMES:
                self._queue.popleft()
                self.dropped_frames += 1
            frame = audio[index * FRAME_BYTES : (index + 1) * FRAME_BYTES]
            self._queue.append((frame, until_ms - (count - 1 - index) * FRAME_MS))
        self._arrived.set()

    def expect(self, phrases: Sequence[str]) -> None:
        self._phrases = tuple(phrases)
        if self._engine and phrases:
            # While the question is being spoken. A failure shows when the phrases are needed.
            _workers.submit(self._engine.weigh, self._phrases)

    async def transcripts(self) -> AsyncIterator[Transcript]:
        self._engine = await _on_worker(_load, self.language)
        segments, words = Segments(WebRtcVad()), None
        while await self._has_audio():
            frame, until_ms = self._queue.popleft()
            cut = segments.hear(frame)
            if not cut:
                continue
            if segments.has_news:
                words = await self._recognised(segments.take())
            if words and not self._is_closed:
                is_final = cut is SegmentEdge.END
                yield Transcript(
                    words.text, until_ms, final=is_final, chosen_from=words.chosen_from
                )
            if cut is SegmentEdge.END:
                segments.close()
                words = None

    async def _has_audio(self) -> bool:
        """Wait for the next frame. False: closed."""
        while not self._queue and not self._is_closed:
            self._arrived.clear()
            await self._arrived.wait()
        return not self._is_closed

    async def recognise(self, audio: bytes, until_ms: int) -> Transcript | None:
        self._engine = self._engine or await _on_worker(_load, self.language)
        segments = Segments(WebRtcVad())
        for start in range(0, len(audio) - FRAME_BYTES + 1, FRAME_BYTES):
            segments.hear(audio[start : start + FRAME_BYTES])
        if not segments.has_news:
            return None
        words = await self._recognised(audio)
        if not words:
            return None
        return Transcript(words.text, until_ms, final=True, chosen_from=words.chosen_from)

    async def aclose(self) -> None:
        self._is_closed = True
        self._queue.clear()
        self._arrived.set()

    async def _recognised(self, audio: bytes) -> RecognisedWords | None:
        assert self._engine
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await _on_worker(self._engine.words, audio, self._phrases)
        except TimeoutError:
            raise ServiceLate(
                f"recognition took over {DEADLINE_S:g} s: too slow a machine for so many calls"
            ) from None


def _load(language: Language) -> Engine:
    return loaded(model.present(), WORKERS, language.code)


async def _on_worker(work: Callable[[*Given], Result], *given: *Given) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_workers, work, *given)
