"""What the local recogniser makes of audio. It understands no speech, and does not pretend to.

`spoken` writes words as tones, one pitch a word, and these are read back from the audio itself:
audio that was lost is a lost word, audio that came twice is a word twice. Any other sound is
answered with the text that the book has for it: the one it was taught, or the script's next. The
same sound (its first 60 ms) always gets the same text, so that a replay does not turn the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from calls.audio.codec import FRAME_BYTES, RATE, SILENCE_BYTE, level_db, to_mulaw, to_pcm

FRAME_MS = 20
LOUD_DB = -45
PITCH_HZ = 50
"""Between one word's pitch and the next: what 20 ms can tell apart."""
LOWEST, HIGHEST = 6, 68
TONE_MS, GAP_MS, HEARD_MS = 240, 40, 60
PARTIAL_MS, FINAL_MS = 100, 500
WORD_MS = 300
"""A word of the script's for each of so much speech."""

_words: list[str] = []


def spoken(text: str) -> bytes:
    """The text as tones: 280 ms a word. At most 62 different words in one process."""
    return b"".join(_tone(word) for word in text.split())


def silence(length_ms: int) -> bytes:
    return SILENCE_BYTE * (length_ms * RATE // 1000)


def _tone(word: str) -> bytes:
    if word not in _words:
        _words.append(word)
    pitch = LOWEST + _words.index(word)
    if pitch > HIGHEST:
        raise ValueError("there are no more pitches for words")
    at = np.arange(RATE * TONE_MS // 1000) / RATE
    wave = 8000 * np.sin(2 * np.pi * PITCH_HZ * pitch * at)
    return to_mulaw(wave.astype(np.int16)) + silence(GAP_MS)


def _word_in(frame: bytes) -> str:
    """The word whose tone fills this frame; "": it is no tone."""
    power = np.abs(np.fft.rfft(to_pcm(frame).astype(np.float64))) ** 2
    pitch = int(power.argmax())
    is_word = power[pitch] > 0.8 * power.sum() and 0 <= pitch - LOWEST < len(_words)
    return _words[pitch - LOWEST] if is_word else ""


@dataclass(slots=True)
class Book:
    """Texts for sounds that are no tones."""

    script: list[str] = field(default_factory=lambda: ["שלום"])
    _page: int = 0
    _known: dict[bytes, str] = field(default_factory=dict)

    def teach(self, audio: bytes, text: str) -> None:
        """audio: as it will come, in whole frames."""
        frames = (audio[at : at + FRAME_BYTES] for at in range(0, len(audio), FRAME_BYTES))
        loud = [frame for frame in frames if frame and level_db(frame) > LOUD_DB]
        self._known[b"".join(loud[: HEARD_MS // FRAME_MS])] = text

    def teach_parts(self, audio: bytes, parts: Sequence[str]) -> None:
        """An utterance with pauses: those that end a segment part its texts."""
        begins = _segments(audio)
        if len(begins) < len(parts):
            parts = [" ".join(parts)]
        for begin, text in zip(begins, parts, strict=False):
            self.teach(audio[begin:], text)

    def text(self, onset: bytes) -> str:
        if onset not in self._known:
            self._known[onset] = self.script[self._page % len(self.script)]
            self._page += 1
        return self._known[onset]


def _segments(audio: bytes) -> list[int]:
    """Where sound begins after a silence that ends a segment."""
    begins, quiet_ms = list[int](), FINAL_MS
    for at in range(0, len(audio) - FRAME_BYTES + 1, FRAME_BYTES):
        is_loud = level_db(audio[at : at + FRAME_BYTES]) > LOUD_DB
        if is_loud and quiet_ms >= FINAL_MS:
            begins.append(at)
        quiet_ms = 0 if is_loud else quiet_ms + FRAME_MS
    return begins


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer; until_ms: where its speech ends on the stream's clock. stable: how many of the
    words will not change."""

    words: tuple[str, ...]
    until_ms: int
    is_final: bool
    stable: int


class Ear(Protocol):
    """Hears one stream's audio, frame by frame."""

    def hear(self, frame: bytes) -> Iterator[Heard]: ...

    def finish(self) -> Iterator[Heard]: ...


class Hearing:
    """One stream's audio, frame by frame."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._now_ms = self._loud_ms = self._run_ms = 0
        self._voiced_until_ms = 0
        self._tones: list[str] = []
        self._run = ""
        self._onset = b""

    def hear(self, frame: bytes) -> Iterator[Heard]:
        self._now_ms += FRAME_MS
        if level_db(frame) > LOUD_DB:
            self._hear_loud(frame)
            words = self._words(is_final=False)
            if self._loud_ms % PARTIAL_MS == 0 and words:  # the same again, if need be
                yield Heard(words, self._now_ms, False, len(words) - 1)
        else:
            self._run = ""
            if self._loud_ms and self._now_ms - self._voiced_until_ms >= FINAL_MS:
                yield from self.finish()

    def finish(self) -> Iterator[Heard]:
        """The utterance is over, if there is one."""
        if self._loud_ms and (words := self._words(is_final=True)):
            yield Heard(words, self._voiced_until_ms, True, len(words))
        self._loud_ms, self._tones, self._onset = 0, [], b""

    def _hear_loud(self, frame: bytes) -> None:
        self._loud_ms += FRAME_MS
        self._voiced_until_ms = self._now_ms
        if len(self._onset) < HEARD_MS // FRAME_MS * FRAME_BYTES:
            self._onset += frame
        word = _word_in(frame)
        self._run_ms = self._run_ms + FRAME_MS if word == self._run else FRAME_MS
        self._run = word
        if word and self._run_ms == HEARD_MS:
            self._tones.append(word)

    def _words(self, is_final: bool) -> tuple[str, ...]:
        if self._tones or self._loud_ms < HEARD_MS:
            return tuple(self._tones)
        words = self._book.text(self._onset).split()
        return tuple(words if is_final else words[: 1 + self._loud_ms // WORD_MS])
