"""The caller's audio on its way to a recogniser's stream, and the clock of such a stream.

Pure. Rules: audio stays on the tape until a final covers it, so that a new stream can hear it
again. The tape is bounded; audio that falls off before any stream had it is counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

from calls.audio.codec import BYTES_PER_MS, FRAME_BYTES, level_db

LONGEST_MS = 30_000
QUIET_MS = 2000
"""Kept of a silence, in which an onset may hide."""
LOUD_DB = -50
TAIL_MS = 200
"""Sound so little after the end of a final belongs to it: vendors give times in steps of 100."""
MESSAGE_BYTES = 800 * BYTES_PER_MS
"""The longest message: Google takes 25,600 bytes, its documentation says 15 KB."""


@dataclass(slots=True)
class TapeStretch:
    """Some of the caller's audio. until_ms: where it ends on the caller-audio clock."""

    audio: bytes
    until_ms: int
    is_loud: bool
    was_sent: bool = False

    @property
    def length_ms(self) -> int:
        return len(self.audio) // BYTES_PER_MS


class Tape:
    def __init__(self) -> None:
        self.dropped_frames = 0
        """Frames of 20 ms that fell off before they were taken once."""
        self._sent: deque[TapeStretch] = deque()
        self._waiting: deque[TapeStretch] = deque()
        self._length_ms = 0

    @property
    def has_speech(self) -> bool:
        """Is there sound on it that no final has covered?"""
        return any(each.is_loud for each in self._sent) or any(
            each.is_loud for each in self._waiting
        )

    @property
    def is_taken(self) -> bool:
        return not self._waiting

    def push(self, audio: bytes, until_ms: int) -> None:
        for begin in range(0, len(audio), MESSAGE_BYTES):
            part = audio[begin : begin + MESSAGE_BYTES]
            rest_ms = (len(audio) - begin - len(part)) // BYTES_PER_MS
            self._waiting.append(TapeStretch(part, until_ms - rest_ms, level_db(part) > LOUD_DB))
            self._length_ms += self._waiting[-1].length_ms
        while self._length_ms > LONGEST_MS:
            self._let_go()

    def take(self) -> TapeStretch | None:
        """The next stretch for the stream; None: it has everything."""
        if not self._waiting:
            return None
        stretch = self._waiting.popleft()
        stretch.was_sent = True
        self._sent.append(stretch)
        if not any(each.is_loud for each in self._sent):
            quiet_ms = sum(each.length_ms for each in self._sent)
            while quiet_ms > QUIET_MS + self._sent[0].length_ms:
                quiet_ms -= self._sent[0].length_ms
                self._let_go()
        return stretch

    def rewind(self) -> None:
        """For a new stream: all that is on the tape will be taken again."""
        self._sent.extend(self._waiting)
        self._sent, self._waiting = deque(), self._sent

    def settle(self, until_ms: int) -> None:
        """A final covers the audio up to here."""
        while self._sent and self._sent[0].until_ms <= until_ms:
            self._let_go()
        if self._sent:
            head = self._sent[0]
            kept_ms = min(head.length_ms, head.until_ms - until_ms)
            self._length_ms -= head.length_ms - kept_ms
            head.audio = head.audio[-kept_ms * BYTES_PER_MS :]
        for each in self._sent:
            if each.until_ms > until_ms + TAIL_MS:
                break
            each.is_loud = False
        if self._sent and (head := self._sent[0]).is_loud:
            head.is_loud = level_db(head.audio) > LOUD_DB

    def _let_go(self) -> None:
        stretch = (self._sent or self._waiting).popleft()
        self._length_ms -= stretch.length_ms
        if not stretch.was_sent:
            self.dropped_frames += len(stretch.audio) // FRAME_BYTES


class StreamClock:
    """Converts a stream's own time, which its results use, to the caller-audio clock.

    The two differ by frames lost on the line and by silence sent to keep the stream alive.
    """

    def __init__(self) -> None:
        self._now_ms = 0
        self._begins: list[int] = []
        self._runs: list[tuple[int, int]] = []
        """For each begin, the unbroken caller audio sent from there on: where it begins, ends."""

    def sent(self, length_ms: int, until_ms: int) -> None:
        from_ms = until_ms - length_ms
        if self._runs and self._runs[-1][1] == from_ms and self._end_of_run_ms == self._now_ms:
            self._runs[-1] = (self._runs[-1][0], until_ms)
        else:
            self._begins.append(self._now_ms)
            self._runs.append((from_ms, until_ms))
        self._now_ms += length_ms

    def sent_silence(self, length_ms: int) -> None:
        self._now_ms += length_ms

    def caller_ms(self, stream_ms: int) -> int:
        """A moment in inserted silence is the end of the audio before it; -1: there was none."""
        if not self._runs:
            return -1
        index = max(0, bisect_right(self._begins, stream_ms) - 1)
        from_ms, until_ms = self._runs[index]
        return min(until_ms, from_ms + max(0, stream_ms - self._begins[index]))

    @property
    def _end_of_run_ms(self) -> int:
        from_ms, until_ms = self._runs[-1]
        return self._begins[-1] + until_ms - from_ms
