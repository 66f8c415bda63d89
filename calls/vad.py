"""Is this frame speech? WebRTC's voice activity detector behind one small interface.

All four aggressiveness modes judge every frame (5 us together), so that the journal holds each
verdict and another aggressiveness can be replayed without audio.
"""

from __future__ import annotations

from typing import Protocol

import webrtcvad

from calls.audio import FRAME_BYTES, RATE, to_pcm

MODES = range(4)


class Vad(Protocol):
    def __call__(self, frame: bytes) -> int:
        """Which aggressiveness modes call this 20 ms mu-law frame speech: bit m is mode m."""


class WebRtcVad:
    """One per call: the detector adapts to the line's noise."""

    def __init__(self) -> None:
        self._modes = [webrtcvad.Vad(mode) for mode in MODES]

    def __call__(self, frame: bytes) -> int:
        if len(frame) != FRAME_BYTES:
            raise ValueError(f"a frame has {FRAME_BYTES} bytes, not {len(frame)}")
        pcm = to_pcm(frame).tobytes()
        return sum(vad.is_speech(pcm, RATE) << mode for mode, vad in enumerate(self._modes))
