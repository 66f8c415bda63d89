"""The calls of bench.voice_to_voice: lines of callers that no judge was trained or chosen on.

Rule: everything follows from the lines and SEED. Two kinds of line: whole ones, said in one go, and
those with a place where more must come, at which the caller stops to think (`|`, and `○` in the
same line; over `~`, where it could be all, they speak on). A call begins with a line that is not
counted, since nobody asked its question; each later one answers the question that is put to it.
"""

from __future__ import annotations

import math
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, pairwise, zip_longest

import numpy as np

from bench.corpus import PAUSES
from bench.corpus_audio import Voice, on_the_line, phrase, silence
from bench.train_completion import LEFT_OUT, LINES
from calls.audio.codec import BYTES_PER_MS
from calls.language.completion.lines import Line, by_business

SEED = 14
LINES_A_CALL = 12
LONGEST_PAUSE_MS = 2400
LEAD_MS = 20
"""Of the line's noise before and after the speech."""
NOISE = 8
"""As bench.rig's: RMS of the soft noise on a line."""
VOICES = tuple(
    Voice(name, speed, pitch)
    for name, speed, pitch in (
        ("he", 165, 50), ("he+m2", 175, 45), ("he+m4", 160, 40), ("he+m6", 180, 50),
        ("he+f1", 170, 55), ("he+f3", 180, 60), ("he+f2", 160, 50), ("he+m3", 170, 50),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HeldLine:
    """parts: the words between the caller's pauses; needs_time: the beginnings that ask for it."""

    question: str
    parts: tuple[str, ...]
    pauses_ms: tuple[int, ...] = ()
    needs_time: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        return " ".join(self.parts)


@dataclass(frozen=True)
class Spoken:
    """A line as it is heard; `calls.simulator.caller.SpokenLine`."""

    line: HeldLine
    audio: bytes
    speech_from_ms: int
    speech_until_ms: int
    ends_ms: tuple[tuple[str, float], ...]
    """Each word, and when it is over."""

    @property
    def name(self) -> str:
        return self.text

    @cached_property
    def text(self) -> str:
        return self.line.text


def calls(kind: str, most: int) -> list[list[HeldLine]]:
    """So many counted lines of this kind (whole or paused) at most, as calls."""
    rng = random.Random(f"{SEED}/{kind}")
    whole, paused = _drawn(rng)
    counted = (whole if kind == "whole" else paused)[:most]
    first = whole[len(counted) :] if kind == "whole" else whole
    size = LINES_A_CALL
    groups = [counted[begin : begin + size] for begin in range(0, len(counted), size)]
    if len(first) < len(groups):
        raise ValueError(
            f"at most {len(whole) * size // (size + 1)} lines, so that calls can begin"
        )
    return [[opening, *group] for opening, group in zip(first, groups, strict=False)]


def _drawn(rng: random.Random) -> tuple[list[HeldLine], list[HeldLine]]:
    """All whole lines and all with a pause, evenly over the businesses."""
    businesses = by_business(LINES)
    mixed: list[list[Line]] = [list(businesses[name]) for name in LEFT_OUT]
    for lines in mixed:
        rng.shuffle(lines)
    known: set[str] = set()
    whole, paused = list[HeldLine](), list[HeldLine]()
    for line in chain.from_iterable(zip_longest(*mixed)):
        if line is None or line.text in known or line.places[-1].kind != "whole":
            continue
        known.add(line.text)
        if len(line.places) == 1:
            whole.append(HeldLine(line.question, (line.text,)))
        elif any(place.kind == "cut_short" for place in line.places):
            held = with_pauses(line, rng)
            if all(len(part) > 1 for part in held.parts):  # the voice is mute on a lone letter
                paused.append(held)
    return whole, paused


def with_pauses(line: Line, rng: random.Random) -> HeldLine:
    stops = [place for place in line.places[:-1] if place.kind != "open"]
    begins = [0, *(len(place.text.split()) for place in stops), len(line.words)]
    parts = [" ".join(line.words[begin:end]) for begin, end in pairwise(begins)]
    median_ms, sigma = PAUSES["thinking"]
    drawn = (rng.lognormvariate(math.log(median_ms), sigma) for _stop in stops)
    return HeldLine(
        line.question,
        tuple(parts),
        tuple(min(round(ms), LONGEST_PAUSE_MS) for ms in drawn),
        frozenset(place.text for place in stops if place.kind == "needs_time"),
    )


def spoken(line: HeldLine, voice: Voice) -> Spoken:
    """Raises ServiceFailed without espeak-ng."""
    pieces, ends, at_ms = [silence(LEAD_MS)], list[tuple[str, float]](), LEAD_MS
    for pause_ms, part in zip((0, *line.pauses_ms), line.parts, strict=True):
        said = phrase(part, voice)
        lasts_ms = said.until_ms - said.from_ms
        speech = said.wave[said.from_ms * BYTES_PER_MS : said.until_ms * BYTES_PER_MS]
        pieces += [silence(pause_ms), speech]
        ends += shared_out(part.split(), at_ms + pause_ms, lasts_ms)
        at_ms += pause_ms + lasts_ms
    wave = np.concatenate([*pieces, silence(LEAD_MS)])
    own = np.random.default_rng(zlib.crc32(line.text.encode()))
    noise = own.normal(0, NOISE, len(wave))  # its own: no two lines sound alike, even begun alike
    return Spoken(line, on_the_line(wave + noise, np.zeros(1)), LEAD_MS, at_ms, tuple(ends))


def shared_out(
    words: Sequence[str], from_ms: float, lasts_ms: float
) -> Iterator[tuple[str, float]]:
    """Each word and its end, if letters take equally long."""
    letters = list(accumulate(map(len, words)))
    for word, until in zip(words, letters, strict=True):
        yield word, from_ms + lasts_ms * until / letters[-1]


def spoken_calls(kind: str, most: int) -> list[list[Spoken]]:
    """Each call in one voice."""
    return [
        [spoken(line, VOICES[number % len(VOICES)]) for line in lines]
        for number, lines in enumerate(calls(kind, most))
    ]
