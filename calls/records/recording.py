"""A call's sound, where its number records: the caller left, the agent right, in one WAV.

Rule: both lanes run on the caller-audio clock, and the agent's audio stands where it is heard: what
waits in the carrier's buffer is not yet recorded, and `clear` takes it away. The file is 8 kHz
mu-law in stereo, readable by its owner only, and written where the journal is (recorder.py).
"""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings

from calls.audio.codec import BYTES_PER_MS, RATE, SILENCE_BYTE, to_pcm

if TYPE_CHECKING:
    from calls.models import Call

LANES = 2
PEAK_MS = 50
PEAK_TOP = 100
_HEADER = struct.Struct("<4sI4s4sIHHIIHHH4sI")
MULAW_FORMAT = 7


class Recording:
    """What was said and heard and is not written yet."""

    def __init__(self) -> None:
        self._written_ms = 0
        self._caller, self._agent = bytearray(), bytearray()

    def hear(self, at_ms: int, frame: bytes) -> None:
        """A frame of the caller's, which ends at this moment."""
        self._place(self._caller, at_ms - len(frame) // BYTES_PER_MS, frame)

    def speak(self, from_ms: int, audio: bytes) -> None:
        """The agent's, heard from this moment on."""
        self._place(self._agent, from_ms, audio)

    def fall_silent(self, at_ms: int) -> None:
        """Nothing of the agent's is heard from this moment on."""
        del self._agent[max(0, (at_ms - self._written_ms) * BYTES_PER_MS) :]

    def take(self, until_ms: int) -> tuple[int, bytes]:
        """Everything up to here, as it stands in the file; and the byte where that begins."""
        size = max(0, (until_ms - self._written_ms) * BYTES_PER_MS)
        begins = self._written_ms * BYTES_PER_MS * LANES
        lanes = [
            bytes(lane[:size]).ljust(size, SILENCE_BYTE) for lane in (self._caller, self._agent)
        ]
        del self._caller[:size], self._agent[:size]
        self._written_ms += size // BYTES_PER_MS
        stereo = np.empty(size * LANES, np.uint8)
        for number, lane in enumerate(lanes):
            stereo[number::LANES] = np.frombuffer(lane.ljust(size, SILENCE_BYTE), np.uint8)
        return begins, stereo.tobytes()

    def _place(self, lane: bytearray, from_ms: int, audio: bytes) -> None:
        begin = (from_ms - self._written_ms) * BYTES_PER_MS
        if begin < 0:  # too late for the file
            audio, begin = audio[-begin:], 0
        if len(lane) < begin:
            lane.extend(SILENCE_BYTE * (begin - len(lane)))
        lane[begin : begin + len(audio)] = audio


def path_of(call: Call) -> Path:
    folder = Path(settings.VAR_DIR) / "recordings" / f"{call.rang_at:%Y}" / f"{call.rang_at:%m}"
    return folder / f"{call.pk}.wav"


def peaks_of(call: Call) -> Path:
    return path_of(call).with_suffix(".peaks.json")


def length_of(path: Path) -> int:
    """Bytes of sound in the file so far; 0: there is none."""
    size = path.stat().st_size - _HEADER.size if path.exists() else 0
    return max(0, size // LANES * LANES)


def drawn_ms(call: Call) -> int:
    """How long the waveform of its recording is: whole peaks; 0: there is none."""
    return -(-length_of(path_of(call)) // (LANES * BYTES_PER_MS * PEAK_MS)) * PEAK_MS


def write(path: Path, begins: int, audio: bytes) -> None:
    """Put the audio where it belongs: safe to run twice. OSError: the disk is full, or the like."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        end = file.seek(max(file.seek(0, os.SEEK_END), _HEADER.size))
        # What a full disk refused was silence: a hole would be read as the loudest sound there is.
        file.write(SILENCE_BYTE * (_HEADER.size + begins - end))
        file.seek(_HEADER.size + begins)
        file.write(audio)
        size = max(0, file.seek(0, os.SEEK_END) - _HEADER.size)
        file.seek(0)
        file.write(_header(size))


def make_peaks(call: Call) -> bool:
    """Each lane's loudest sample of every 50 ms, 0 to 100, for a waveform; False: no recording."""
    lanes = lanes_of(call)
    if lanes:
        peaks = {"every_ms": PEAK_MS, "lanes": [_peaks(lane) for lane in lanes]}
        peaks_of(call).write_text(json.dumps(peaks))
    return bool(lanes)


def lanes_of(call: Call) -> list[bytes]:
    """The caller's mu-law and the agent's; empty without a recording."""
    try:
        stereo = np.frombuffer(path_of(call).read_bytes()[_HEADER.size :], np.uint8)
    except FileNotFoundError:
        return []
    return [stereo[number::LANES].tobytes() for number in range(LANES)]


def forget(call: Call) -> None:
    for path in (path_of(call), peaks_of(call)):
        path.unlink(missing_ok=True)


def _peaks(mulaw: bytes) -> list[int]:
    step = PEAK_MS * BYTES_PER_MS
    loud = np.abs(to_pcm(mulaw.ljust(-(-len(mulaw) // step) * step, SILENCE_BYTE)).astype(np.int32))
    highest = loud.reshape(-1, step).max(axis=1) if len(loud) else loud
    return [int(each) for each in highest * PEAK_TOP // 32768]


def _header(size: int) -> bytes:
    return _HEADER.pack(
        b"RIFF", _HEADER.size - 8 + size, b"WAVE",
        b"fmt ", 18, MULAW_FORMAT, LANES, RATE, RATE * LANES, LANES, 8, 0,
        b"data", size,
    )  # fmt: skip
