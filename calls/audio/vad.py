"""Is this frame speech? WebRTC's voice activity detector, with Silero's as the judge.

Every frame is judged in all four aggressiveness modes (5 us together), so that the journal holds
each verdict and another aggressiveness can be replayed without audio. Where any mode fires,
Silero's model is asked as well: webrtcvad tells sound from silence, but takes noise for speech.
"""

from __future__ import annotations

from typing import Protocol

import webrtcvad

from calls.audio.codec import FRAME_BYTES, RATE, Samples, to_pcm
from calls.audio.level import MOST_DOUBLINGS, SpeechLevel
from calls.audio.silero import Silero
from tuning.turns.events import JUDGED

MODES = range(4)
USUAL_MODE = 2
KEPT_FRAMES = 50
"""A second: so long the gate may hold a voice that the model has heard."""
REMEMBERED_FRAMES = 250
TRUSTED = 0.15
"""Above this share of false frames the gate holds nothing: `bench.vad` has it at 0 to 0.07 on quiet
lines and from 0.15 on noisy ones."""


class Vad(Protocol):
    def __call__(self, frame: bytes) -> int:
        """What calls this 20 ms mu-law frame speech: bit m is aggressiveness mode m (0-3), the
        bit JUDGED is the model, of a detector that has one."""


class WebRtcVad:
    """One per call: the detector adapts to the line's noise."""

    def __init__(self) -> None:
        self._modes = [webrtcvad.Vad(mode) for mode in MODES]

    def __call__(self, frame: bytes) -> int:
        return self.modes(to_pcm(_whole(frame)))

    def modes(self, samples: Samples) -> int:
        """The verdicts on 20 ms of 16-bit samples."""
        pcm = samples.tobytes()
        return sum(vad.is_speech(pcm, RATE) << mode for mode, vad in enumerate(self._modes))


class JudgedVad:
    """One per call; the first in a process loads the model. A faint caller is amplified for the two
    detectors only."""

    def __init__(self, most_doublings: int = MOST_DOUBLINGS) -> None:
        self._gate, self._judge = WebRtcVad(), Silero()
        self._level = SpeechLevel(most_doublings)
        self._since = KEPT_FRAMES
        """Frames since the model heard the caller."""
        self._falsely = 0.0
        """How often the gate fires while nobody speaks."""

    @property
    def windows(self) -> int:
        """How often the model has run."""
        return self._judge.windows

    def __call__(self, frame: bytes) -> int:
        samples = self._level.raised(_whole(frame))
        modes = self._gate.modes(samples)
        if self._since >= KEPT_FRAMES:
            is_false = modes >> USUAL_MODE & 1
            self._falsely += (is_false - self._falsely) / REMEMBERED_FRAMES
        if not modes:
            self._judge.pause()
            self._since += 1
            return 0
        if not self._level.is_known:
            samples = self._level.guessed(frame)
        if self._judge.hear(samples) and self._level.hear(frame):
            self._since = 0
            return modes | JUDGED
        return modes | JUDGED if self._goes_on(modes) else modes

    def _goes_on(self, modes: int) -> bool:
        """The model has just lost the caller, and the gate has not. The gate is right where it is
        usually shut while nobody speaks: on a quiet line it is the model that loses soft sounds."""
        self._since += 1
        return self._since <= KEPT_FRAMES and self._falsely < TRUSTED


def _whole(frame: bytes) -> bytes:
    if len(frame) != FRAME_BYTES:
        raise ValueError(f"a frame has {FRAME_BYTES} bytes, not {len(frame)}")
    return frame
