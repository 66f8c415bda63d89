"""The embedded recogniser: Whisper base on this machine, a stand-in for a cloud transcriber.

It does not stream: a recognition starts whenever 200 ms of silence begin after speech, and its
words are a partial; they become final when the silence has lasted 600 ms more, without another
recognition unless more was said. The audio waits in a bounded queue meanwhile, and `push` only
appends to it; recognitions run on a few threads of the process, one core left to the event loop.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto
from typing import TypeVar

from calls.audio import BYTES_PER_MS, FRAME_BYTES, SILENCE_BYTE
from calls.services import ServiceLate, Transcript, whisper_model
from calls.services.whisper_engine import Engine, Words, loaded
from calls.vad import WebRtcVad

FRAME_MS = 20
AGGRESSIVENESS = 2
MIN_SPEECH_MS = 60
PRE_ROLL_MS = 300
PAUSE_MS = 200
END_MS = 800
LONGEST_SEGMENT_MS = 25_000
"""Whisper's window is 30 s, and needs some room."""
QUEUE_FRAMES = 1500
"""30 s, which only a recogniser that has stalled can fill."""
DEADLINE_S = 10.0
WORKERS = max(1, (os.cpu_count() or 2) - 1)

_workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="whisper")
Result = TypeVar("Result")


class Cut(Enum):
    """What the newest frame does to the open segment of speech."""

    PAUSE = auto()
    END = auto()


class Ear:
    """Cuts a caller's audio into segments of speech, each with what came just before it."""

    def __init__(self) -> None:
        self._vad = WebRtcVad()
        self._run_ms = self._silent_ms = 0
        self._before: deque[bytes] = deque(maxlen=(PRE_ROLL_MS + MIN_SPEECH_MS) // FRAME_MS)
        self._segment = bytearray()
        self.has_news = False
        """Speech since the segment was last taken."""

    def hear(self, frame: bytes) -> Cut | None:
        is_voiced = self._vad(frame) >> AGGRESSIVENESS & 1
        self._run_ms = self._run_ms + FRAME_MS if is_voiced else 0
        is_speech = self._run_ms >= MIN_SPEECH_MS
        self._silent_ms = 0 if is_speech else self._silent_ms + FRAME_MS
        self.has_news = self.has_news or is_speech
        if not self._segment:
            self._before.append(frame)
            if is_speech:
                self._open()
            return None
        self._segment += frame
        if self._silent_ms == PAUSE_MS:
            return Cut.PAUSE
        if self._silent_ms == END_MS or len(self._segment) >= LONGEST_SEGMENT_MS * BYTES_PER_MS:
            return Cut.END
        return None

    def _open(self) -> None:
        missing = (self._before.maxlen or 0) - len(self._before)
        self._segment += SILENCE_BYTE * (missing * FRAME_BYTES) + b"".join(self._before)
        self._before.clear()

    def take(self) -> bytes:
        """The open segment so far, to be recognised."""
        self.has_news = False
        return bytes(self._segment)

    def close(self) -> None:
        self._segment.clear()
        self._run_ms = 0


class WhisperTranscriber:
    """calls.services.Transcriber by Whisper on this machine. One per call."""

    name = "embedded Whisper base (stand-in)"

    def __init__(self) -> None:
        self.dropped_frames = 0
        self._queue: deque[tuple[bytes, int]] = deque()
        self._arrived = asyncio.Event()
        self._is_closed = False
        self._phrases: tuple[str, ...] = ()
        self._engine: Engine | None = None

    @classmethod
    async def warm_up(cls) -> None:
        """Load the model. Raises ServiceFailed if there is none."""
        await _on_worker(_load)

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
        self._engine = await _on_worker(_load)
        ear, words = Ear(), None
        while await self._has_audio():
            frame, until_ms = self._queue.popleft()
            cut = ear.hear(frame)
            if not cut:
                continue
            if ear.has_news:
                words = await self._recognised(ear.take())
            if words and not self._is_closed:
                is_final = cut is Cut.END
                yield Transcript(
                    words.text, until_ms, final=is_final, chosen_from=words.chosen_from
                )
            if cut is Cut.END:
                ear.close()
                words = None

    async def _has_audio(self) -> bool:
        """Wait for the next frame. False: closed."""
        while not self._queue and not self._is_closed:
            self._arrived.clear()
            await self._arrived.wait()
        return not self._is_closed

    async def recognise(self, audio: bytes, until_ms: int) -> Transcript | None:
        self._engine = self._engine or await _on_worker(_load)
        ear = Ear()
        for start in range(0, len(audio) - FRAME_BYTES + 1, FRAME_BYTES):
            ear.hear(audio[start : start + FRAME_BYTES])
        if not ear.has_news:
            return None
        words = await self._recognised(audio)
        if not words:
            return None
        return Transcript(words.text, until_ms, final=True, chosen_from=words.chosen_from)

    async def aclose(self) -> None:
        self._is_closed = True
        self._queue.clear()
        self._arrived.set()

    async def _recognised(self, audio: bytes) -> Words | None:
        assert self._engine
        engine, phrases = self._engine, self._phrases
        return await _on_worker(lambda: engine.words(audio, phrases))


def _load() -> Engine:
    return loaded(whisper_model.present(), WORKERS)


async def _on_worker(work: Callable[[], Result]) -> Result:
    """Raises ServiceLate when the machine is too busy to recognise in time for a conversation."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await asyncio.get_running_loop().run_in_executor(_workers, work)
    except TimeoutError:
        raise ServiceLate(
            f"recognition took over {DEADLINE_S:g} s: this machine is too slow for so many calls"
        ) from None
