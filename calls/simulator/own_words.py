"""A caller's own words from a WAV file, of any rate and any usual kind.

PCM of 8, 16, 24 or 32 bits, 32-bit float, mu-law; any number of channels, mixed down.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calls.audio import riff
from calls.audio.codec import RATE, level_db, resample, to_mulaw, to_pcm
from calls.audio.riff import Unreadable
from calls.services.espeak.speaker import speech_bounds
from calls.simulator.utterances import Utterance

FAINTEST_DB = -60
"""A file fainter than this on the whole holds no speech."""
LONGEST_S = 300


def utterance(path: Path) -> Utterance:
    """The file as a line to be said; where its speech begins and ends is measured by level."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    try:
        samples, rate = _read(content)
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
    sound = riff.read(content)
    if not sound.channels or not sound.rate or not sound.block:
        raise Unreadable("its header makes no sense")
    whole = sound.data[: len(sound.data) // sound.block * sound.block]
    samples = _samples(whole, sound.kind, sound.bits)
    if not len(samples):
        raise Unreadable("a WAV file without sound")
    return samples.reshape(-1, sound.channels).mean(axis=1), sound.rate


def _samples(data: bytes, kind: int, bits: int) -> NDArray[np.float64]:
    match kind, bits:
        case riff.PCM, 8:
            return np.frombuffer(data, np.uint8) / 128.0 - 1
        case riff.PCM, 16:
            return np.frombuffer(data, "<i2") / 2.0**15
        case riff.PCM, 24:
            three = np.frombuffer(data, np.uint8).reshape(-1, 3)
            four = np.pad(three, ((0, 0), (1, 0)))  # a zero byte below makes it 32 bits
            return np.ascontiguousarray(four).view("<i4")[:, 0] / 2.0**31
        case riff.PCM, 32:
            return np.frombuffer(data, "<i4") / 2.0**31
        case riff.FLOAT, 32:
            return np.nan_to_num(np.frombuffer(data, "<f4").astype(np.float64))
        case riff.MULAW, 8:
            return to_pcm(data) / 2.0**15
    raise Unreadable(
        f"kind {kind} with {bits} bits: PCM (8-32 bits), 32-bit float or mu-law are read"
    )
