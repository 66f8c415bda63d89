"""A caller's own words, from a WAV file of any rate and any common format.

PCM of 8, 16, 24 or 32 bits, 32-bit float, or mu-law; any number of channels, mixed down. The
standard library's reader knows neither mu-law nor the extensible header, so the chunks are read
here.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calls.audio.codec import RATE, level_db, resample, to_mulaw, to_pcm
from calls.services.espeak.speaker import speech_bounds
from calls.simulator.utterances import Utterance

EXTENSIBLE = 0xFFFE
FAINTEST_DB = -60
"""A file fainter than this on the whole holds no speech."""
LONGEST_S = 300


class Unreadable(ValueError):
    """The file cannot be used as a caller's words; the message says why."""


def utterance(path: Path) -> Utterance:
    """The file as a line to be said; where its speech begins and ends is measured by level."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    try:
        samples, rate = _read(content)
    except struct.error:
        raise Unreadable(f"{path}: the file is cut off") from None
    except Unreadable as error:
        raise Unreadable(f"{path}: {error}") from None
    if len(samples) > LONGEST_S * rate:
        raise Unreadable(f"{path}: longer than {LONGEST_S} seconds")
    pcm = np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)
    audio = to_mulaw(resample(pcm, rate, RATE))
    if level_db(audio) < FAINTEST_DB:
        raise Unreadable(f"{path}: silent, or nearly")
    return Utterance(path.stem, (path.name,), audio, *speech_bounds(to_pcm(audio)))


def _read(content: bytes) -> tuple[NDArray[np.float64], int]:
    """Samples from -1 to 1, mixed to one channel, and their rate."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise Unreadable("not a WAV file")
    chunks = _chunks(content)
    if b"fmt " not in chunks or b"data" not in chunks:
        raise Unreadable("a WAV file without sound")
    layout = chunks[b"fmt "]
    kind, channels, rate, _bytes_a_second, size, bits = struct.unpack_from("<HHIIHH", layout)
    if kind == EXTENSIBLE:
        (kind,) = struct.unpack_from("<H", layout, 24)
    if not channels or not rate or not size:
        raise Unreadable("its header makes no sense")
    data = chunks[b"data"]
    samples = _samples(data[: len(data) // size * size], kind, bits)
    if not len(samples):
        raise Unreadable("a WAV file without sound")
    return samples.reshape(-1, channels).mean(axis=1), rate


def _chunks(content: bytes) -> dict[bytes, bytes]:
    """By name. A size beyond the end (a stream's header) means: to the end."""
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        found.setdefault(name, content[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return found


def _samples(data: bytes, kind: int, bits: int) -> NDArray[np.float64]:
    match kind, bits:  # 1 is PCM, 3 float, 7 mu-law
        case 1, 8:
            return np.frombuffer(data, np.uint8) / 128.0 - 1
        case 1, 16:
            return np.frombuffer(data, "<i2") / 2.0**15
        case 1, 24:
            three = np.frombuffer(data, np.uint8).reshape(-1, 3)
            four = np.pad(three, ((0, 0), (1, 0)))  # a zero byte below makes it 32 bits
            return np.ascontiguousarray(four).view("<i4")[:, 0] / 2.0**31
        case 1, 32:
            return np.frombuffer(data, "<i4") / 2.0**31
        case 3, 32:
            return np.nan_to_num(np.frombuffer(data, "<f4").astype(np.float64))
        case 7, 8:
            return to_pcm(data) / 2.0**15
    raise Unreadable(
        f"kind {kind} with {bits} bits: PCM (8-32 bits), 32-bit float or mu-law are read"
    )
