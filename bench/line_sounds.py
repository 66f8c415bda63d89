"""What a caller's line sounds like: speech of several voices with its truth, and four noises.

Everything is made here, from a seed: speech by the embedded voice, noise by arithmetic. Rule: the
truth is measured on the clean speech, before any noise, loss of level or clipping.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bench import rig
from calls.audio.codec import BYTES_PER_MS, RATE, Samples, to_pcm
from calls.services.espeak.speaker import speech_bounds, synthesise

Wave = NDArray[np.float64]
Span = tuple[int, int]

VOICES = (
    ("he", 150, 50),
    ("he+f2", 165, 55),
    ("he+m3", 140, 35),
    ("he+f4", 180, 60),
    ("he+m7", 155, 45),
    ("he+f5", 150, 70),
)
"""An espeak-ng voice, words a minute, pitch."""
PHRASES = (
    "אשמח לקבוע תור",
    "כן",
    "ביום שלישי",
    "אני עוד לא יודע, אולי בשבוע הבא, תלוי מתי יש מקום",
    "לא",
    "בתשע בבוקר",
    "מה שעות הפתיחה",
    "לא תודה",
    "אפשר לחזור אליי מחר בבוקר בקשר לטיפול",
    "כמה עולה טיפול",
    "בסדר גמור",
    "רגע אחד, רציתי לשאול משהו שונה לגמרי",
)
PAUSES_MS = (700, 1000, 1500)
LEAD_MS = 2000
"""The line before the first word: a detector gets to know its noise."""
BAND_HZ = (200, 3400)
"""What a telephone line lets through."""
BABBLERS = 7


@dataclass(frozen=True, slots=True)
class Spoken:
    """Clean speech of one voice and where each phrase begins and ends in it (ms, to 10 ms)."""

    wave: Wave
    phrases: tuple[Span, ...]

    @property
    def active(self) -> NDArray[np.bool_]:
        """Which samples belong to a phrase."""
        mask = np.zeros(len(self.wave), np.bool_)
        for begin_ms, end_ms in self.phrases:
            mask[begin_ms * BYTES_PER_MS : end_ms * BYTES_PER_MS] = True
        return mask


def rms(wave: Wave) -> float:
    return float(np.sqrt((wave**2).mean()))


@cache
def speech() -> tuple[Spoken, ...]:
    """Every voice says every phrase, with known pauses in between."""
    rng = np.random.default_rng(1)
    return tuple(_said(voice, rng) for voice in VOICES)


def _said(voice: tuple[str, int, int], rng: np.random.Generator) -> Spoken:
    name, speed, pitch = voice
    parts, phrases, at_ms = [np.zeros(LEAD_MS * BYTES_PER_MS)], [], LEAD_MS
    for text in PHRASES:
        audio = to_pcm(synthesise(text, voice=name, speed=speed, pitch=pitch))
        begin_ms, end_ms = speech_bounds(audio)
        said = audio.astype(np.float64)
        phrases.append((at_ms + begin_ms, at_ms + end_ms))
        pause_ms = int(rng.choice(PAUSES_MS))
        whole_ms = len(said) // BYTES_PER_MS
        parts += [said[: whole_ms * BYTES_PER_MS], np.zeros(pause_ms * BYTES_PER_MS)]
        at_ms += whole_ms + pause_ms
    return Spoken(np.concatenate(parts), tuple(phrases))


def on_the_line(wave: Wave) -> Wave:
    """What passes the telephone's band: a windowed sinc of 16 ms."""
    at = np.arange(-64, 65)
    low, high = (2 * hertz / RATE * np.sinc(2 * hertz / RATE * at) for hertz in BAND_HZ)
    return np.convolve(wave, (high - low) * np.hamming(len(at)), "same")


def samples(wave: Wave) -> Samples:
    return np.clip(np.round(wave), -32768, 32767).astype(np.int16)


def with_noise(spoken: Spoken, noise: Wave, snr_db: float) -> Samples:
    """Speech so much louder than the noise, both within the band, while somebody speaks."""
    clean, noise = on_the_line(spoken.wave), on_the_line(noise)
    scale = rms(clean[spoken.active]) / rms(noise) / 10 ** (snr_db / 20)
    return samples(clean + noise * scale)


def faint(spoken: Spoken, speech_rms: float, noise: Wave, snr_db: float) -> Samples:
    """Speech of this level, in 16-bit steps, and noise so far below it."""
    clean = on_the_line(spoken.wave)
    clean *= speech_rms / rms(clean[spoken.active])
    return samples(clean + noise * speech_rms / rms(noise) / 10 ** (snr_db / 20))


def clipped(spoken: Spoken, times: float = 8.0) -> Samples:
    """Speech whose peaks are driven to so many times half of full scale, cut off, and a hiss."""
    return samples(on_the_line(spoken.wave) * times + quiet(len(spoken.wave)))


# Noises: so many samples, at any level.


def quiet(count: int) -> Wave:
    """A line's own hiss, white."""
    return np.random.default_rng(2).normal(0, rig.NOISE, count)


def pink(count: int) -> Wave:
    """Power falling with frequency: 3 dB an octave."""
    return _shaped(count, 0.5, seed=3)


def car(count: int) -> Wave:
    """Road and engine: 9 dB an octave, a rumble of harmonics, and bumps."""
    rng = np.random.default_rng(4)
    road = _shaped(count, 1.5, seed=4)
    time_s = np.arange(count) / RATE
    revs = 2 * np.pi * np.cumsum(38 + 4 * np.sin(2 * np.pi * 0.1 * time_s)) / RATE
    rumble = sum(np.sin(n * revs) / n for n in range(1, 16))
    bumps = np.zeros(count)
    for at in rng.integers(0, count, count // (2 * RATE)):
        length = min(RATE // 8, count - at)
        decay = np.exp(-np.arange(length) / (RATE * 0.02))
        bumps[at : at + length] += decay * np.sin(2 * np.pi * 220 * np.arange(length) / RATE)
    return road / rms(road) + 0.7 * rumble / rms(np.asarray(rumble)) + 2 * bumps


def babble(count: int) -> Wave:
    """A room of people: other voices, each telling something else all the time."""
    rng = np.random.default_rng(7)
    mixed = np.zeros(count)
    for number in range(BABBLERS):
        variant = ("m1", "f1", "m2", "f3", "m4", "m5", "m6")[number]
        said = _told(variant, 130 + 10 * number, 30 + 7 * number)
        mixed += np.resize(np.roll(said, int(rng.integers(len(said)))), count) / rms(said)
    return mixed


@cache
def _told(variant: str, speed: int, pitch: int) -> Wave:
    texts = PHRASES[::-1] if pitch % 2 else PHRASES
    audio = synthesise(", ".join(texts), voice=f"he+{variant}", speed=speed, pitch=pitch)
    return to_pcm(audio).astype(np.float64)


CHORDS = ((220, 277, 330), (147, 185, 220), (165, 208, 247), (110, 139, 165))
BEAT_S = 0.5


def music(count: int) -> Wave:
    """Chords of plucked strings over a bass, a tune above them, and a drum on every beat."""
    rng = np.random.default_rng(8)
    made = np.zeros(count + 4 * RATE)
    for beat in range(int(count / RATE / BEAT_S) + 1):
        at = int(beat * BEAT_S * RATE)
        chord = CHORDS[beat // 4 % len(CHORDS)]
        for note in chord if beat % 2 == 0 else ():
            made[at : at + 2 * RATE] += _string(2 * note, 2.0)
        made[at : at + RATE] += 1.5 * _string(chord[0], 1.0)
        for half in (0, 1):
            tune = float(rng.choice(chord)) * 4
            begin = at + int(half * BEAT_S / 2 * RATE)
            made[begin : begin + RATE // 2] += 1.2 * _string(tune, 0.5)
        drum = rng.normal(0, 1, RATE // 10) * np.exp(-np.arange(RATE // 10) / (RATE * 0.015))
        made[at : at + len(drum)] += 2 * drum
    return made[:count]


def _string(hertz: float, lasts_s: float) -> Wave:
    time_s = np.arange(int(lasts_s * RATE)) / RATE
    harmonics = [n for n in range(1, 9) if n * hertz < RATE / 2]
    tones = (np.sin(2 * np.pi * n * hertz * time_s) * np.exp(-n * time_s) / n for n in harmonics)
    return np.exp(-2 * time_s) * sum(tones, np.zeros(len(time_s)))


def _shaped(count: int, power: float, seed: int) -> Wave:
    """Noise whose amplitude falls with this power of the frequency, flat below 20 Hz."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(0, 1, count))
    spectrum /= np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20) ** power
    return np.fft.irfft(spectrum, count)


NOISES: dict[str, Callable[[int], Wave]] = {
    "pink": pink,
    "car": car,
    "babble": babble,
    "music": music,
}
SNRS_DB = (20, 10, 5)


def lines() -> Iterator[tuple[str, Sequence[tuple[Spoken, Samples]]]]:
    """Each kind of line by its name, with what every voice sounds like on it."""
    yield "silence", [(each, samples(each.wave + quiet(len(each.wave)))) for each in speech()]
    for name, noise in NOISES.items():
        for snr_db in SNRS_DB:
            heard = [(each, with_noise(each, noise(len(each.wave)), snr_db)) for each in speech()]
            yield f"{name} {snr_db} dB", heard
    for level in (12, 100):
        heard = [(each, faint(each, level, quiet(len(each.wave)), 20)) for each in speech()]
        yield f"faint: RMS {level}, hiss 20 dB below", heard
    heard = [(each, faint(each, 100, on_the_line(pink(len(each.wave))), 10)) for each in speech()]
    yield "faint: RMS 100, pink 10 dB", heard
    yield "clipped", [(each, clipped(each)) for each in speech()]
