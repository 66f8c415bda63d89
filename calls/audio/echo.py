"""How much of the agent's speech comes back from the caller's telephone. Pure.

A speakerphone returns the agent's own voice, late, fainter and blurred by the room. The newest
stretch of the caller's audio is compared with what was played before it: the peak of the normalised
cross-correlation over every lag that a telephone and a room can have. Both are differenced once, so
that the low, periodic part of voices, in which any two people resemble each other, counts little.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from calls.audio.codec import BYTES_PER_MS, RATE, to_pcm

Floats = npt.NDArray[np.float64]

WINDOW_MS = 200
"""Of the caller's audio; shorter, and a vowel of somebody else's fits somewhere."""
LONGEST_LAG_MS = 600
"""The way to the caller and back, and the room."""
_SIZE = 8192
"""For the Fourier transform: both stretches together, and more."""


class Echo:
    """One per call: an AudioListener."""

    def __init__(self) -> None:
        self._played: deque[tuple[int, bytes]] = deque()
        self._heard, self._heard_ms = b"", 0

    def speak(self, from_ms: int, audio: bytes) -> None:
        """This audio of the agent's will be played from then on."""
        self._played.append((from_ms, audio))

    def fall_silent(self, at_ms: int) -> None:
        """What would have been played from then on will not be."""
        self._played = deque(
            (from_ms, audio[: max(0, at_ms - from_ms) * BYTES_PER_MS])
            for from_ms, audio in self._played
            if from_ms < at_ms
        )

    def hear(self, at_ms: int, frame: bytes) -> None:
        """The caller's next frame, which ends at this moment."""
        self._heard = (self._heard + frame)[-WINDOW_MS * BYTES_PER_MS :]
        self._heard_ms = at_ms
        while self._played and _end_of(self._played[0]) <= at_ms - WINDOW_MS - LONGEST_LAG_MS:
            self._played.popleft()

    def percent(self) -> int:
        """How much of the audio heard up to now is echo: 0 to 100."""
        played = self._stretch(self._heard_ms - WINDOW_MS - LONGEST_LAG_MS, self._heard_ms)
        if played is None or len(self._heard) < WINDOW_MS * BYTES_PER_MS:
            return 0
        heard = np.diff(to_pcm(self._heard).astype(np.float64))
        played = np.diff(played)
        products = np.fft.irfft(
            np.fft.rfft(played, _SIZE) * np.conj(np.fft.rfft(heard, _SIZE)), _SIZE
        )[: len(played) - len(heard) + 1]
        energy = np.concatenate(([0.0], np.cumsum(played**2)))
        around = energy[len(heard) :] - energy[: len(played) - len(heard) + 1]
        scale = np.sqrt(np.maximum(around, 1.0) * max(float(heard @ heard), 1.0))
        return round(100 * min(1.0, float(np.abs(products / scale).max())))

    def _stretch(self, from_ms: int, until_ms: int) -> Floats | None:
        """What was played in this time, silence included; None: nothing."""
        samples = np.zeros((until_ms - from_ms) * RATE // 1000)
        is_silent = True
        for begins_ms, audio in self._played:
            begin = max(0, from_ms - begins_ms) * BYTES_PER_MS
            end = max(0, until_ms - begins_ms) * BYTES_PER_MS
            if part := audio[begin:end]:
                place = max(0, begins_ms - from_ms) * BYTES_PER_MS
                samples[place : place + len(part)] = to_pcm(part)
                is_silent = False
        return None if is_silent else samples


def _end_of(played: tuple[int, bytes]) -> int:
    from_ms, audio = played
    return from_ms + len(audio) // BYTES_PER_MS
