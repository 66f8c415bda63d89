"""What a WAV file holds, whoever wrote it: RIFF's chunks around the samples. Pure.

The standard library's reader knows neither mu-law, nor the extensible header, nor a stream's.
Rule: a size that its writer did not know (0, or beyond the end) means: to the end.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PCM, FLOAT, MULAW = 1, 3, 7
_EXTENSIBLE = 0xFFFE


class Unreadable(ValueError):
    """The file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples as they stand in the file, and what its header says of them."""

    kind: int
    """PCM, FLOAT, MULAW or another of the format's many."""
    channels: int
    rate: int
    block: int
    """Bytes of one sample of every channel."""
    bits: int
    data: bytes

    @property
    def samples(self) -> NDArray[np.int16]:
        """Of 16-bit PCM in one channel."""
        return np.frombuffer(self.data[: len(self.data) // 2 * 2], "<i2").astype(np.int16)


def is_riff(content: bytes) -> bool:
    return content[:4] == b"RIFF"


def read(content: bytes) -> Sound:
    """Raises Unreadable."""
    if not is_riff(content) or content[8:12] != b"WAVE":
        raise Unreadable("not a WAV file")
    chunks = _chunks(content)
    if b"fmt " not in chunks or b"data" not in chunks:
        raise Unreadable("a WAV file without sound")
    layout = chunks[b"fmt "]
    try:
        kind, channels, rate, _bytes_a_second, block, bits = struct.unpack_from("<HHIIHH", layout)
        if kind == _EXTENSIBLE:
            (kind,) = struct.unpack_from("<H", layout, 24)
    except struct.error:
        raise Unreadable("the file is cut off") from None
    return Sound(kind, channels, rate, block, bits, chunks[b"data"])


def _chunks(content: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        at += 8
        if name == b"data" and not size:
            size = len(content) - at
        found.setdefault(name, content[at : at + size])
        at += size + size % 2
    return found
