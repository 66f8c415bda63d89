"""Hebrew telephone calls with their truth: what is said, when, and which pauses are not the end.

Made by the embedded voice from corpus.toml, a half and a seed; these three determine every byte.
Pauses inside a turn are log-normal, as within-speaker pauses are (Campione and Véronis 2002, "A
large-scale multilingual study of silent pause duration": median about 0.5 s in spontaneous speech,
with a tail over a second); every caller has a habit of 0.7 to 1.4 times that. Synthetic voices give
no cue to an end in pitch or lengthening: what is measured here is what words and silence tell.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, log
from pathlib import Path
from typing import Any

from bench.corpus_audio import Line, cough, joined, line_named
from tuning.finished import Asked

CALLS = 48
PAUSES = {
    "story": (550, 0.6),
    "number": (430, 0.35),
    "trailing": (800, 0.5),
    "restart": (450, 0.5),
    "floor": (1600, 0.3),
}
"""Median in ms, and sigma of the logarithm. Groups of a number are short, trailing off is long."""
SHORTEST_MS, LONGEST_MS = 200, 4000
HABIT = (0.7, 1.4)
LINES = ("clean", "clean", "clean", "pink 20 dB", "car 15 dB", "babble 20 dB", "quiet", "clipping")
DIGITS = ("אפס", "אחת", "שתיים", "שלוש", "ארבע", "חמש", "שש", "שבע", "שמונה", "תשע")
PLAN = (
    *("yes_no", "short", "over", "long", "yes_no", "interruption", "short", "long"),
    *("over", "long"),
)
"""The turns of a call; over: a backchannel, cough or talk in the background, over the agent."""
LONG = ("sentence", "story", "story", "sentence", "number", "restart", "trailing", "floor",
        "story", "sentence", "number")  # fmt: skip
OVER = ("backchannel", "cough", "backchannel", "background")
GROUPS = (((3, 3, 3), (2, 3, 4)), ((3, 3, 4), (3, 2, 2, 3)))
"""Of an identity card's nine digits, and of a telephone number's ten."""
COUGH_MS = (4, 95, 126, 80, 180, 250, 400)


@dataclass(frozen=True, slots=True)
class Word:
    """On the clock of its turn's audio."""

    text: str
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class CallerTurn:
    """asked: what the agent's words before it ask. speech_ends_ms: the end of the last word.
    pauses: those inside it. over_agent_ms: begins so long after the agent; None: after its end.
    takes_floor: is to be answered, or stopped for. audio: whole frames of 8 kHz mu-law."""

    kind: str
    asked: Asked
    text: str
    words: tuple[Word, ...]
    audio: bytes
    speech_ends_ms: int
    pauses: tuple[tuple[int, int], ...]
    over_agent_ms: int | None
    takes_floor: bool


@dataclass(frozen=True, slots=True)
class CallerCall:
    """noise: a stretch of the bare line, in whole frames."""

    name: str
    half: str
    voice: str
    line: str
    turns: tuple[CallerTurn, ...]
    noise: bytes


def calls(half: str, seed: int = 1, count: int = CALLS) -> list[CallerCall]:
    """half: weights or unseen."""
    return [_Caller(half, seed, number).call() for number in range(count)]


@cache
def texts() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("corpus.toml").read_text("utf-8"))


class _Caller:
    def __init__(self, half: str, seed: int, number: int) -> None:
        self._half, self._number = half, number
        self._texts = texts()[half]
        self._random = random.Random(f"{half} {seed} {number}")
        self._voice = self._texts["voices"][number % len(self._texts["voices"])]
        self._speed = self._random.randint(130, 185)
        self._pitch = self._random.randint(30, 70)
        self._habit = self._random.uniform(*HABIT)
        self._line: Line = line_named(LINES[number % len(LINES)], seed=number)

    def call(self) -> CallerCall:
        turns = tuple(self._turn(place, slot) for place, slot in enumerate(PLAN))
        name = f"{self._half} {self._number}"
        line = self._line
        return CallerCall(name, self._half, self._voice, line.name, turns, line.noise(3000))

    def _turn(self, place: int, slot: str) -> CallerTurn:
        kinds = {"long": LONG, "over": OVER}.get(slot, (slot,))
        kind = kinds[(self._number * len(PLAN) + place) // 3 % len(kinds)]
        if kind in ("cough", "background"):
            return self._sound(kind)
        pool: Sequence[str] = self._texts[kind]
        asked, text = self._filled(pool[self._random.randrange(len(pool))], kind)
        phrases = [phrase.strip() for phrase in text.split("|")]
        pauses_ms = [self._pause_ms(kind) for _ in phrases[1:]]
        return self._spoken(kind, asked, phrases, pauses_ms)

    def _filled(self, template: str, kind: str) -> tuple[Asked, str]:
        found = re.match(r"\((\w+)\) (.*)", template)
        asked_kind, text = (found[1], found[2]) if found else ("open", template)
        if asked_kind == "number":
            return self._dictated(text)
        text = re.sub(r"{(\w+)}", lambda slot: self._random.choice(self._texts[slot[1]]), text)
        if kind == "yes_no":
            asked_kind = "yes_no"
        phrases = (text,) if asked_kind == "choice" else ()
        return Asked(asked_kind, phrases), text

    def _dictated(self, form: str) -> tuple[Asked, str]:
        """A telephone number, or the nine digits of an identity card, in groups."""
        is_phone = form != "ת"
        size = 10 if is_phone else 9
        digits = ("05" if is_phone else "") + "".join(
            str(self._random.randrange(10)) for _ in range(size - 2 * is_phone)
        )
        sizes = self._random.choice(
            ((3, 3, 4), (3, 2, 2, 3)) if is_phone else ((3, 3, 3), (2, 3, 4))
        )
        groups, begin = [], 0
        for group in sizes:
            spoken = (DIGITS[int(digit)] for digit in digits[begin : begin + group])
            groups.append(" ".join(spoken))
            begin += group
        return Asked("number", digits=0 if is_phone else 9), " | ".join(groups)

    def _pause_ms(self, kind: str) -> int:
        middle_ms, sigma = PAUSES[kind]
        drawn_ms = exp(self._random.gauss(log(middle_ms * self._habit), sigma))
        return round(min(LONGEST_MS, max(SHORTEST_MS, drawn_ms)) / 20) * 20

    def _spoken(
        self, kind: str, asked: Asked, phrases: Sequence[str], pauses_ms: Sequence[int]
    ) -> CallerTurn:
        said = joined(phrases, pauses_ms, voice=self._voice, speed=self._speed, pitch=self._pitch)
        words = [
            word
            for phrase, bounds in zip(phrases, said.bounds, strict=True)
            for word in _spread(phrase, *bounds)
        ]
        pauses = tuple(
            (before[1], after[0])
            for before, after in zip(said.bounds, said.bounds[1:], strict=False)
        )
        is_over = kind in ("backchannel", "interruption")
        return CallerTurn(
            kind,
            asked,
            " ".join(phrases),
            tuple(words),
            self._line.through(said.samples),
            said.bounds[-1][1],
            pauses,
            self._random.randint(700, 2200) if is_over else None,
            kind != "backchannel",
        )

    def _sound(self, kind: str) -> CallerTurn:
        if kind == "cough":
            lasts_ms = self._random.choice(COUGH_MS)
            samples = cough(lasts_ms, seed=self._random.randrange(1 << 30))
        else:
            text = self._random.choice(self._texts["sentence"])
            _asked, words = self._filled(text, "sentence")
            said = joined([words], [], voice="he+croak", speed=170, pitch=40)
            samples = said.samples * 0.06  # 24 dB below: somebody else in the room
            lasts_ms = said.bounds[-1][1]
        audio = self._line.through(samples)
        over_ms = self._random.randint(700, 2200)
        return CallerTurn(kind, Asked(), "", (), audio, lasts_ms, (), over_ms, False)


def _spread(phrase: str, from_ms: int, until_ms: int) -> Iterator[Word]:
    """The words of an unbroken phrase, by their letters."""
    words = phrase.split()
    letters = sum(map(len, words))
    begins = 0
    for word in words:
        ends = begins + len(word)
        length_ms = until_ms - from_ms
        yield Word(
            word,
            from_ms + length_ms * begins // letters,
            from_ms + length_ms * ends // letters,
        )
        begins = ends
