"""A caller's audio cut into segments of speech, for a recogniser that does not stream.

Pure but for the detector. A segment begins with what came just before its first voice, pauses when
200 ms of silence have passed, and ends when 300 ms more have, or when it grows too long.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from calls.audio.codec import BYTES_PER_MS, FRAME_BYTES, SILENCE_BYTE
from calls.audio.vad import Vad
from tuning.turns.profile import FRAME_MS

AGGRESSIVENESS = 2
MIN_SPEECH_MS = 60
"""A shorter run of voiced frames is a click: it opens no segment and breaks no silence."""
PRE_ROLL_MS = 300
PAUSE_MS = 200
END_MS = 500
LONGEST_MS = 25_000
"""Whisper's window is 30 s and needs some room after the last word."""


class SegmentEdge(Enum):
    """How the newest frame affects the open segment."""

    PAUSE = auto()
    END = auto()


class Segments:
    def __init__(self, vad: Vad) -> None:
        self._vad = vad
        self._run_ms = self._silent_ms = 0
        self._before: deque[bytes] = deque(maxlen=(PRE_ROLL_MS + MIN_SPEECH_MS) // FRAME_MS)
        self._open = bytearray()
        self.has_news = False
        """Has there been speech since the open segment was last taken?"""

    def hear(self, frame: bytes) -> SegmentEdge | None:
        is_voiced = self._vad(frame) >> AGGRESSIVENESS & 1
        self._run_ms = self._run_ms + FRAME_MS if is_voiced else 0
        is_speech = self._run_ms >= MIN_SPEECH_MS
        self._silent_ms = 0 if is_speech else self._silent_ms + FRAME_MS
        self.has_news = self.has_news or is_speech
        self._before.append(frame)
        if not self._open:
            if is_speech:
                self._begin()
            return None
        self._open += frame
        if self._silent_ms == PAUSE_MS:
            return SegmentEdge.PAUSE
        if self._silent_ms == END_MS or len(self._open) >= LONGEST_MS * BYTES_PER_MS:
            return SegmentEdge.END
        return None

    def _begin(self) -> None:
        missing = (self._before.maxlen or 0) - len(self._before)
        self._open += SILENCE_BYTE * (missing * FRAME_BYTES) + b"".join(self._before)

    def take(self) -> bytes:
        """The open segment so far, to be recognised."""
        self.has_news = False
        return bytes(self._open)

    def close(self) -> None:
        """What comes next is another segment, even if speech goes on without a gap."""
        self._open.clear()
        self._run_ms = 0
        if not self._silent_ms:
            self._before.clear()  # or the new segment would begin with words of this one
