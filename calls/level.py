"""How loud a caller speaks, and a faint caller's audio at a usual level. Pure.

Rule: only what was judged to be speech counts, so noise alone is never raised. A usual or loud
line is passed on unchanged: detectors judge speech alike from -33 to -10 dB (`bench.vad`).
"""

from __future__ import annotations

import math

import numpy as np

from calls.audio import Samples, to_pcm

USUAL_DB = -26.0
"""Speech on a telephone line, below full scale: the nominal level of ITU-T P.56 measurements."""
DOUBLING_DB = 20 * math.log10(2)
MOST_DOUBLINGS = 7
"""42 dB: speech of RMS 12 in 16 bits, six codes of mu-law either way, comes up to the usual."""
MEMORY_FRAMES = 50
"""A second of speech: the level follows the caller, not each word."""

_CODES = np.arange(256, dtype=np.uint8).tobytes()
_RAISED: list[Samples] = [
    np.clip(to_pcm(_CODES).astype(np.int32) << times, -32768, 32767).astype(np.int16)
    for times in range(MOST_DOUBLINGS + 1)
]
"""By the number of doublings, the 16-bit sample of every mu-law code."""


class SpeechLevel:
    """One per call. The mean of the first frames of speech, then of about the last second."""

    def __init__(self, most_doublings: int = MOST_DOUBLINGS) -> None:
        self._most = most_doublings
        self._power = 0.0
        self._frames = 0
        self.doublings = 0
        """How often the audio is to be doubled, 6 dB each: 0 to MOST_DOUBLINGS."""

    def raised(self, frame: bytes) -> Samples:
        """The frame's 16-bit samples at the level of speech on a usual line."""
        return _RAISED[self.doublings].take(np.frombuffer(frame, np.uint8))

    def hear(self, speech: bytes) -> None:
        """A frame that was judged to be speech. Digital silence in it tells nothing."""
        samples = to_pcm(speech).astype(np.float32)
        power = float(samples.dot(samples)) / len(samples) / 32768**2
        self._frames = min(self._frames + 1, MEMORY_FRAMES)
        self._power += (power - self._power) / self._frames
        if self._power:
            lacking_db = USUAL_DB - 10 * math.log10(self._power)
            self.doublings = max(0, min(self._most, int(lacking_db / DOUBLING_DB)))
