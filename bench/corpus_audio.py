"""The sound of bench.corpus: phrases joined by exact silences, coughs, and telephone lines.

Rule: the truth of where speech lies is measured on the clean audio, before the line's noise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calls.audio import BYTES_PER_MS, FRAME_BYTES, RATE, to_mulaw, to_pcm
from calls.services.espeak import phonetic, speech_bounds, synthesise

Floats = npt.NDArray[np.float64]

KEPT = Path("/tmp/hevoice-corpus")
SPEECH_RMS = 2600.0
"""Of the embedded voice, whose peak is -6 dBFS."""
LINE_RMS = 8.0
"""A telephone line is never digital silence."""
BABBLERS = ("he+Annie", "he+Alex", "he+Andrea", "he+Denis")
BABBLE = "בוא נראה מה עוד יש לנו היום אולי נלך אחר כך לשוק ונקנה משהו לאכול"


@dataclass(frozen=True, slots=True)
class Said:
    """bounds: where each phrase's speech begins and ends, in ms."""

    samples: Floats
    bounds: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """gain: of the caller's voice; limit: above it the line clips; level: the noise's RMS."""

    name: str
    kind: str
    level: float
    gain: float
    limit: float
    seed: int

    def noise(self, length_ms: int) -> bytes:
        return self.through(np.zeros(length_ms * RATE // 1000))

    def through(self, samples: Floats) -> bytes:
        """As it arrives: in whole frames of mu-law."""
        whole = -(-len(samples) // FRAME_BYTES) * FRAME_BYTES
        sound = np.zeros(whole)
        sound[: len(samples)] = samples * self.gain
        sound = np.clip(sound, -self.limit, self.limit)
        sound += _noise(self.kind, whole, self.seed) * self.level
        return to_mulaw(np.clip(sound, -32000, 32000).astype(np.int16))


def line_named(name: str, seed: int) -> Line:
    """clean, quiet (speech at RMS 12), clipping, or a noise with its distance from speech."""
    if name == "quiet":
        return Line(name, "pink", 1.0, 12 / SPEECH_RMS, 32000, seed)
    if name == "clipping":
        return Line(name, "pink", LINE_RMS, 6.0, 12000, seed)
    if name == "clean":
        return Line(name, "pink", LINE_RMS, 1.0, 32000, seed)
    kind, decibel, _unit = name.split()
    return Line(name, kind, SPEECH_RMS / 10 ** (float(decibel) / 20), 1.0, 32000, seed)


def joined(
    phrases: Sequence[str], pauses_ms: Sequence[int], *, voice: str, speed: int, pitch: int
) -> Said:
    """The phrases with so much silence between the end of one's speech and the next's begin."""
    parts: list[Floats] = []
    bounds: list[tuple[int, int]] = []
    at_ms = 0
    for number, phrase in enumerate(phrases):
        audio = to_pcm(_spoken(phrase, voice, speed, pitch))
        begin_ms, end_ms = speech_bounds(audio)
        speech = audio[begin_ms * BYTES_PER_MS : end_ms * BYTES_PER_MS].astype(np.float64)
        if number:
            parts.append(np.zeros(pauses_ms[number - 1] * BYTES_PER_MS))
            at_ms += pauses_ms[number - 1]
        bounds.append((at_ms, at_ms + end_ms - begin_ms))
        parts.append(speech)
        at_ms = bounds[-1][1]
    return Said(np.concatenate(parts), tuple(bounds))


def cough(lasts_ms: int, seed: int) -> Floats:
    """A burst of coloured noise that dies away."""
    drawn = np.random.default_rng(seed)
    count = max(1, lasts_ms * RATE // 1000)
    burst = np.convolve(drawn.normal(size=count), np.ones(4) / 4, mode="same")
    envelope = np.exp(-3 * np.arange(count) / count)
    return np.asarray(burst * envelope * 9000)


def _spoken(text: str, voice: str, speed: int, pitch: int) -> bytes:
    digest = hashlib.sha256(repr((phonetic(text), voice, speed, pitch)).encode()).hexdigest()[:16]
    kept = KEPT / f"{digest}.ulaw"
    if not kept.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        made = kept.with_suffix(".part")
        made.write_bytes(synthesise(text, voice=voice, speed=speed, pitch=pitch))
        made.replace(kept)
    return kept.read_bytes()


@cache
def _noise(kind: str, count: int, seed: int) -> Floats:
    """Noise of RMS 1."""
    drawn = np.random.default_rng([seed, count])
    if kind == "babble":
        sound = _babble(count, seed)
    else:
        spectrum = np.fft.rfft(drawn.normal(size=count))
        frequency = np.fft.rfftfreq(count, 1 / RATE)
        steepness = {"pink": 0.5, "car": 1.5}[kind]
        spectrum /= np.maximum(frequency, 50) ** steepness
        sound = np.fft.irfft(spectrum, count)
    return np.asarray(sound / (np.sqrt(np.mean(sound**2)) + 1e-9))


def _babble(count: int, seed: int) -> Floats:
    sound = np.zeros(count)
    for number, voice in enumerate(BABBLERS):
        talk = to_pcm(_spoken(BABBLE, voice, 150, 50)).astype(np.float64)
        sound += np.resize(np.roll(talk, seed * 3571 + number * 4001), count)
    return sound
