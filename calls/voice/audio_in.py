"""The caller's audio on its way in: frames for the VAD, batches for the transcriber, and a count.

Frames in = forwarded + dropped by a named reason: `forwarded` and `dropped` say it at any moment.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

from calls.audio.codec import BYTES_PER_MS, FRAME_BYTES
from calls.services import Transcriber
from calls.telephony.carrier import Media
from calls.voice.clock import CallClock
from tuning.turns.profile import FRAME_MS, Profile

LARGEST_JUMP_MS = 60_000
"""A timestamp further ahead than this is no line's silence but a broken sender."""
PRE_ROLL_MS = 300
"""Audio before the first voiced frame that a recogniser needs to hear the first syllable."""
KEPT_MS = 30_000
"""Audio kept for recognition in one piece, while streaming is off."""


class AudioIn:
    def __init__(self, transcriber: Transcriber, clock: CallClock) -> None:
        """clock: goes on with the frames that come."""
        self._transcriber, self._clock = transcriber, clock
        self.frames_in = 0
        self._dropped: Counter[str] = Counter()
        self._pushed = 0
        self._losses = (0, 0)
        self._rest = b""
        self._batch: list[bytes] = []
        self._kept: deque[tuple[int, bytes]] = deque()

    @property
    def dropped(self) -> dict[str, int]:
        """Frames that no transcriber got, by reason; those that still wait to be sent included."""
        waiting = len(self._batch) + len(self._kept)
        reasons = self._dropped | Counter(
            {"transcriber queue full": self._transcriber.dropped_frames, "not yet sent": waiting}
        )
        return {reason: count for reason, count in reasons.items() if count}

    def take_losses(self) -> tuple[int, int]:
        """Frames that the transcriber dropped, and streams that it gave up, since last asked."""
        now = self._transcriber.dropped_frames, self._transcriber.replaced
        before, self._losses = self._losses, now
        return now[0] - before[0], now[1] - before[1]

    @property
    def forwarded(self) -> int:
        return self._pushed - self._transcriber.dropped_frames

    def frames(self, media: Media) -> Iterator[tuple[int, bytes]]:
        """The whole frames in a message of any length, each with the clock at its end."""
        audio = self._rest + media.payload if self._rest else media.payload
        at_ms = media.timestamp_ms - len(self._rest) // BYTES_PER_MS
        whole = len(audio) - len(audio) % FRAME_BYTES
        self._rest = audio[whole:]
        for begin in range(0, whole, FRAME_BYTES):
            at_ms += FRAME_MS
            self.frames_in += 1
            if not media.is_inbound:
                self._dropped["not the caller's track"] += 1
            elif not self._clock.at_ms < at_ms <= self._clock.at_ms + LARGEST_JUMP_MS:
                self._dropped["timestamp out of order"] += 1
            else:
                self._clock.advance(at_ms)
                yield at_ms, audio[begin : begin + FRAME_BYTES]

    def forward(self, at_ms: int, frame: bytes, profile: Profile) -> None:
        """Give the transcriber its audio, in messages of stt_batch_ms."""
        if not profile.streaming_stt:
            self.flush()
            self._kept.append((at_ms, frame))
            if len(self._kept) * FRAME_MS > KEPT_MS:
                self._let_go()
            return
        if self._kept:  # streaming was switched on: the utterance so far comes first
            self._batch = [kept for _at_ms, kept in self._kept]
            self._kept.clear()
        self._batch.append(frame)
        if len(self._batch) * FRAME_MS >= profile.stt_batch_ms:
            self.flush()

    def flush(self) -> None:
        if self._batch:
            self._transcriber.push(b"".join(self._batch), self._clock.at_ms)
            self._pushed += len(self._batch)
            self._batch = []

    def utterance(self, from_ms: int, until_ms: int) -> bytes:
        """The kept audio of one utterance, with its pre-roll; what lies before it is let go."""
        while self._kept and self._kept[0][0] <= from_ms - PRE_ROLL_MS:
            self._let_go()
        frames = [frame for at_ms, frame in self._kept if at_ms <= until_ms + PRE_ROLL_MS]
        return b"".join(frames)

    def recognised(self, until_ms: int) -> None:
        """The kept audio up to here has been recognised: it counts as forwarded."""
        while self._kept and self._kept[0][0] <= until_ms:
            self._kept.popleft()
            self._pushed += 1

    def _let_go(self) -> None:
        self._kept.popleft()
        self._dropped["outside any utterance"] += 1
