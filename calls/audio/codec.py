"""G.711 mu-law <-> 16-bit PCM, levels and resampling. Pure.

Tables follow ITU-T G.711: 8 bits hold a sign, 3 bits of exponent and 4 of mantissa, all inverted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

RATE = 8000
BYTES_PER_MS = RATE // 1000
FRAME_BYTES = 20 * BYTES_PER_MS
CHUNK_BYTES = 100 * BYTES_PER_MS
"""What audio goes out in: less would cost a message each, more would come later."""
SILENCE_BYTE = b"\xff"
"""Silence in mu-law; 0x00 would be full negative swing."""


def _decoded() -> Samples:
    code = ~np.arange(256) & 0xFF
    exponent, mantissa = (code >> 4) & 7, code & 15
    magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


_PCM = _decoded()


def _encoded() -> NDArray[np.uint8]:
    """The nearest code for every 16-bit sample, indexed by sample + 32768."""
    order = np.argsort(_PCM, kind="stable")
    levels = _PCM[order].astype(np.int32)
    edges = (levels[1:] + levels[:-1]) / 2
    return order[np.searchsorted(edges, np.arange(-32768, 32768))].astype(np.uint8)


_MULAW = _encoded()
_AMPLITUDE = _PCM.astype(np.float32) / 32768


def to_pcm(mulaw: bytes) -> Samples:
    # Here and below: take() needs half the time of an index on so few samples.
    return _PCM.take(np.frombuffer(mulaw, np.uint8))


def to_mulaw(samples: Samples) -> bytes:
    return _MULAW[samples.astype(np.int32) + 32768].tobytes()


def power(mulaw: bytes) -> float:
    """The mean square of the samples, of full scale: 0 to 1; of no samples 0."""
    samples = _AMPLITUDE.take(np.frombuffer(mulaw, np.uint8))
    return float(samples.dot(samples)) / max(1, len(mulaw))


def level_db(mulaw: bytes) -> int:
    """Loudness in dB below full scale, -100 for digital silence."""
    mean = power(mulaw)
    return max(-100, round(10 * math.log10(mean))) if mean else -100


def resample(samples: Samples, rate: int, to_rate: int = RATE) -> Samples:
    """Another sampling rate, band-limited to the lower half-rate.

    A block of at least 20 ms is one product with a matrix of windowed sincs (1 ms for 8 s of
    22.05 kHz: small enough for the event loop; a Fourier transform of the whole takes 20 ms).
    """
    if rate == to_rate or not len(samples):
        return samples
    filters, block = _filters(rate, to_rate), _block(rate, to_rate)
    reach = (len(filters) - block) // 2
    blocks = -(-len(samples) // block)
    padded = np.zeros(blocks * block + 2 * reach, np.float32)
    padded[reach : reach + len(samples)] = samples
    wave = np.lib.stride_tricks.sliding_window_view(padded, len(filters))[::block] @ filters
    wanted = round(len(samples) * to_rate / rate)
    return np.clip(np.round(wave.ravel()[:wanted]), -32768, 32767).astype(np.int16)


def _block(rate: int, to_rate: int) -> int:
    """The fewest samples that last 20 ms or more and become a whole number of new ones."""
    least = rate // math.gcd(rate, to_rate)
    return least * -(-rate // (50 * least))


@cache
def _filters(rate: int, to_rate: int) -> NDArray[np.float32]:
    """Column n makes the block's nth new sample from the block's samples and `reach` around it."""
    block = _block(rate, to_rate)
    share = min(1.0, to_rate / rate)
    reach = round(24 / share)
    at = np.arange(-reach, block + reach)[:, None]
    distance = at - np.arange(block * to_rate // rate) * rate / to_rate
    window = np.where(abs(distance) < reach, 0.5 + 0.5 * np.cos(np.pi * distance / reach), 0)
    return (share * np.sinc(share * distance) * window).astype(np.float32)


def chunks(audio: bytes) -> Iterator[bytes]:
    """Audio that is there already in pieces of at least CHUNK_BYTES, as it goes out: none is so
    short that it would wait for what comes next."""
    while len(audio) >= 2 * CHUNK_BYTES:
        yield audio[:CHUNK_BYTES]
        audio = audio[CHUNK_BYTES:]
    if audio:
        yield audio
