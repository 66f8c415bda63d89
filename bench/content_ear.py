"""An ear that tells what an answer says from its opener: bench.held_out_cloud's voice has two
pitches."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from calls.audio.codec import BYTES_PER_MS, FRAME_BYTES, RATE, to_pcm
from calls.simulator.earpiece import JOINED_MS, Earpiece, Sound

CONTENT_HZ, OPENER_HZ = 120, 240
QUIET = 200
"""RMS of what is no voice."""
_at_s = np.arange(FRAME_BYTES) / RATE
_TONES = np.exp(-2j * np.pi * np.outer((CONTENT_HZ, OPENER_HZ), _at_s))


def is_content(audio: bytes) -> bool:
    """Of at most 20 ms."""
    samples = to_pcm(audio).astype(float)
    low, high = abs(_TONES[:, : len(samples)] @ samples)
    return bool(low > high and np.sqrt(np.mean(samples**2)) > QUIET)


@dataclass(slots=True)
class ContentEar(Earpiece):
    contents: list[Sound] = field(default_factory=list)
    """As `sounds`, of what is said in the pitch of content; to 20 ms."""

    def play(self, now_ms: float, audio: bytes) -> None:
        starts_ms = max(now_ms, self.ends_ms)
        Earpiece.play(self, now_ms, audio)
        for at in range(0, len(audio), FRAME_BYTES):
            frame = audio[at : at + FRAME_BYTES]
            if is_content(frame):
                from_ms = starts_ms + at / BYTES_PER_MS
                until_ms = from_ms + len(frame) / BYTES_PER_MS
                if self.contents and from_ms - self.contents[-1].until_ms < JOINED_MS:
                    from_ms = self.contents.pop().from_ms
                self.contents.append(Sound(from_ms, until_ms))

    def clear(self, now_ms: float) -> None:
        Earpiece.clear(self, now_ms)
        self.contents = [
            Sound(each.from_ms, min(each.until_ms, now_ms))
            for each in self.contents
            if each.from_ms < now_ms
        ]

    def content_after(self, from_ms: float, until_ms: float) -> float | None:
        """When content begins in this time; None: it does not."""
        return next(
            (each.from_ms for each in self.contents if from_ms <= each.from_ms < until_ms), None
        )
