"""G.711 mu-law <-> 16-bit PCM, levels and resampling. Pure.

Tables after ITU-T G.711: 8 bits hold sign, 3 bits of exponent and 4 of mantissa, all inverted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

RATE = 8000
BYTES_PER_MS = RATE // 1000
FRAME_BYTES = 20 * BYTES_PER_MS
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
_POWER = _PCM.astype(np.float32) ** 2 / 32768**2


def to_pcm(mulaw: bytes) -> Samples:
    return _PCM[np.frombuffer(mulaw, np.uint8)]


def to_mulaw(samples: Samples) -> bytes:
    return _MULAW[samples.astype(np.int32) + 32768].tobytes()


def level_db(mulaw: bytes) -> int:
    """Loudness in dB below full scale, -100 for digital silence."""
    power = float(_POWER[np.frombuffer(mulaw, np.uint8)].mean()) if mulaw else 0.0
    return max(-100, round(10 * np.log10(power))) if power else -100


def resample(samples: Samples, rate: int, to_rate: int = RATE) -> Samples:
    """Another sampling rate, band-limited by dropping the spectrum above the lower half-rate."""
    if rate == to_rate or not len(samples):
        return samples
    wanted = round(len(samples) * to_rate / rate)
    spectrum = np.fft.rfft(samples.astype(np.float64))
    kept = np.zeros(wanted // 2 + 1, complex)
    count = min(len(spectrum), len(kept))
    kept[:count] = spectrum[:count]
    wave = np.fft.irfft(kept, wanted) * (wanted / len(samples))
    return np.clip(np.round(wave), -32768, 32767).astype(np.int16)
