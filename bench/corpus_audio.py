"""The sounds of bench/corpus.py's calls: phrases, coughs, and what a telephone line adds.

Rule: everything follows from its arguments, bytes included; where a phrase's speech begins and
ends is measured on its audio.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from calls.audio.codec import BYTES_PER_MS, FRAME_BYTES, RATE, SILENCE_BYTE, to_mulaw, to_pcm
from calls.language.hebrew import HEBREW
from calls.services.espeak.speaker import speech_bounds, synthesise

Wave = NDArray[np.float64]

LOOP_MS = 3000
TALKERS = 6
"""People who make a babble."""
BAND_HZ = (300, 3400)
"""What a telephone line lets through: ITU-T G.712."""
CAR_SLOPE = 2.0
"""Power falls with frequency to this power: a car's rumble, of which a telephone keeps the top."""


@dataclass(frozen=True, slots=True)
class Voice:
    """name: espeak-ng's; speed: words a minute; pitch: 0-99."""

    name: str
    speed: int
    pitch: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is said without a pause. from_ms, until_ms: where its speech is, to 10 ms."""

    text: str
    wave: Wave
    from_ms: int
    until_ms: int


@cache
def phrase(text: str, voice: Voice) -> Phrase:
    """The text, said. Raises ServiceFailed without espeak-ng."""
    digest = hashlib.sha256(repr((HEBREW.phonetic(text), voice)).encode()).hexdigest()[:16]
    kept = Path(settings.VAR_DIR) / "corpus" / f"{digest}.ulaw"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        made = kept.with_suffix(".part")
        made.write_bytes(synthesise(text, voice=voice.name, speed=voice.speed, pitch=voice.pitch))
        made.replace(kept)
    audio = kept.read_bytes()
    samples = to_pcm(audio[: len(audio) // BYTES_PER_MS * BYTES_PER_MS])
    return Phrase(text, samples.astype(np.float64), *speech_bounds(samples))


def silence(length_ms: int) -> Wave:
    return np.zeros(length_ms * BYTES_PER_MS)


def rms(wave: Wave) -> float:
    return float(np.sqrt(np.mean(wave**2)))


def cough(length_ms: int, rng: np.random.Generator) -> Wave:
    """A burst of noise that begins within 5 ms and dies away; as loud as a voice."""
    length = length_ms * BYTES_PER_MS
    at_ms = np.arange(length) / BYTES_PER_MS
    shape = np.minimum(1, (at_ms + 0.5) / 5) * np.exp(-3 * at_ms / length_ms)
    burst = _coloured(length, 0.5, rng) * shape
    return np.asarray(burst / np.abs(burst).max() * 16_000)


def background(line: str, around: tuple[str, ...], rng: np.random.Generator) -> Wave:
    """A loop of LOOP_MS of what is heard on this line, of RMS 1. line: the noise's kind."""
    length = LOOP_MS * BYTES_PER_MS
    match line:
        case "pink":
            noise = _coloured(length, 1.0, rng)
        case "car":
            noise = _coloured(length, CAR_SLOPE, rng)
        case "babble":
            noise = babble(around, rng)
        case _:
            raise ValueError(f"no such noise: {line}")
    return np.asarray(noise / rms(noise))


BABBLED = "אז אמרתי לו שאם הוא בא בערב אני אכין משהו לאכול ונשב כולם ביחד עד מאוחר כמו פעם"


def babble(around: tuple[str, ...], rng: np.random.Generator) -> Wave:
    """Several people at once, each in a voice of `around` and somewhere in the same talk."""
    length = LOOP_MS * BYTES_PER_MS
    mixed = np.zeros(length)
    for talker in range(TALKERS):
        voice = Voice(around[talker % len(around)], 140 + 12 * talker, 30 + 8 * talker)
        said = phrase(BABBLED, voice).wave
        mixed += np.resize(np.roll(said, int(rng.integers(len(said)))), length)
    return mixed


def _coloured(length: int, slope: float, rng: np.random.Generator) -> Wave:
    """Noise in the telephone's band whose power falls with frequency to the power `slope`."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    hz = np.fft.rfftfreq(length, 1 / RATE)
    inside = (hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])
    gain = np.where(inside, np.maximum(hz, 1) ** (-slope / 2), 0)
    return np.asarray(np.fft.irfft(spectrum * gain, length))


def on_the_line(wave: Wave, noise: Wave, offset_ms: int = 0) -> bytes:
    """What the telephone carries, in whole frames: the wave over a noise that loops for ever."""
    length = -(-len(wave) // FRAME_BYTES) * FRAME_BYTES
    heard = np.pad(wave, (0, length - len(wave)))
    if noise.any():
        heard = heard + np.resize(np.roll(noise, -offset_ms * BYTES_PER_MS), length)
    elif not wave.any():
        return SILENCE_BYTE * length
    return to_mulaw(np.clip(heard, -32768, 32767).astype(np.int16))
