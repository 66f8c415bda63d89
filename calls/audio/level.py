"""How loudly a caller speaks, and how to raise a faint caller's audio to a usual level. Pure.

Rule: only frames judged to be speech count, so noise alone is never raised for the gate, and
anything far quieter than the speech stays quiet. Lines with speech at a usual or loud level are
left unchanged: the detectors hear speech at -10 dB as well as at -26 (`bench.vad`).
"""

from __future__ import annotations

import math

import numpy as np

from calls.audio.codec import Samples, power, to_pcm
from tuning.turns.profile import FRAME_MS

USUAL_DB = -26.0
"""Speech on a telephone line, below full scale: the nominal level of ITU-T P.56 measurements."""
DOUBLING_DB = 20 * math.log10(2)
MOST_DOUBLINGS = 7
"""42 dB: speech of RMS 12 in 16 bits, six codes of mu-law either way, comes up to the usual."""
MEMORY_FRAMES = 50
"""A second of speech: the level follows the caller, not each word."""

BELOW_DB = 15.0
"""A frame so far below the speech is not raised: a faint line's hiss, rounded to mu-law's coarsest
steps and raised, is crackle that webrtcvad takes for speech."""

FADES = 10 ** (-0.1 * FRAME_MS / 1000)

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
        self._frames = 0
        self._power = self._floor = 0.0
        self.doublings = 0
        """How often the audio is to be doubled, 6 dB each: 0 to MOST_DOUBLINGS."""

    @property
    def is_known(self) -> bool:
        """Has there been any speech?"""
        return self._frames > 0

    def raised(self, frame: bytes) -> Samples:
        """The frame's 16-bit samples, at the level of speech on a usual line."""
        if not self.doublings or (self._floor and power(frame) < self._floor):
            return to_pcm(frame)
        return _raised(frame, self.doublings)

    def guessed(self, frame: bytes) -> Samples:
        """The samples of a frame that may be speech, before there has been any: as if the loudest
        of these frames so far were. For a judge that raised noise does not deceive."""
        self._power = max(self._power, power(frame))
        return _raised(frame, self._lacking())

    def hear(self, speech: bytes) -> bool:
        """A frame that was judged to be speech: is it the caller's, not somebody else's in the
        room? Who speaks more softly from now on is heard again after a while: the level fades by a
        dB a second of such speech."""
        loudness = power(speech)
        if loudness < self._floor:
            self._power *= FADES
            self._floor *= FADES
            return False
        if not self._frames:
            self._power = 0.0
        self._frames = min(self._frames + 1, MEMORY_FRAMES)
        self._power += (loudness - self._power) / self._frames
        self._floor = self._power / 10 ** (BELOW_DB / 10)
        self.doublings = self._lacking()
        return True

    def _lacking(self) -> int:
        """Doublings from the present level up to the usual one. Digital silence tells nothing."""
        if not self._power:
            return 0
        lacking_db = USUAL_DB - 10 * math.log10(self._power)
        return max(0, min(self._most, int(lacking_db / DOUBLING_DB)))


def _raised(frame: bytes, doublings: int) -> Samples:
    return _RAISED[doublings].take(np.frombuffer(frame, np.uint8))
