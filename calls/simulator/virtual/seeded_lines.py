"""Lines of invented callers on the clock: words, thinking pauses, and what detectors make of them.

Pure, but for the list that it reads once. The pauses are log-normal, as in bench/corpus.py: half of
the thinking pauses are over 500 ms, one in fourteen over 1.5 s; a caller's habit scales all of
them. A detector hangs on after speech for 118-158 ms (measured), its lower modes for longer, and
misses a frame here and there.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from calls.language.openers import Openers
from calls.services import Expect
from calls.simulator.virtual.agent import Answer
from calls.simulator.virtual.line import Line, Word
from tuning.turns.completion import plain
from tuning.turns.events import JUDGED
from tuning.turns.profile import FRAME_MS
from tuning.turns.words import LanguageWords

LIST = Path(__file__).with_name("callers.toml")
PAUSE_MARK = re.compile(r" //? ")
THINKING, DICTATING = (500, 0.75), (450, 0.45)
"""Median (ms) and sigma of the logarithm."""
SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS = 200, 3000
HABIT, LETTER_MS = (0.7, 1.4), (60, 85)
WORD_MS, GAP_MS = 60, (0, 40)
"""A word's length beside its letters; between words there is hardly a gap."""
BEGINS_MS = 40
HANGS_ON_MS, LONGER_MS = (118, 158), 20
"""So much longer does each lower mode of the detector hang on."""
MODES = 4
HOLES = 0.06
"""So often a frame within a word is no speech to the stricter modes and to the model."""
SPEAKS_MS = 70
"""A letter of the agent's."""
SAYS_GOODBYE = 0.4
NODS = 0.12
"""So often a caller gives a sign of listening over an answer that is long enough."""
NODS_MS, LONG_ANSWER_MS = (900, 2000), 3000


@cache
def listed() -> dict[str, Any]:
    return tomllib.loads(LIST.read_text("utf-8"))


def greeting(words: LanguageWords) -> Answer:
    return _answer(listed()["greeting"], words, Openers())


def lines(drawn: Random, words: LanguageWords, openers: Openers) -> list[Line]:
    """Of one caller: a conversation in their own pace."""
    habit, letter_ms = drawn.uniform(*HABIT), drawn.uniform(*LETTER_MS)
    said = drawn.choice(listed()["conversations"])["lines"]
    found: list[Line] = []
    for at, (text, answer) in enumerate(said):
        is_farewell = at == len(said) - 1 and drawn.random() < SAYS_GOODBYE
        found.append(
            _line(
                text, _answer(answer, words, openers, is_farewell), habit, letter_ms, words, drawn
            )
        )
        if found[-1].answer.speaks_ms >= LONG_ANSWER_MS and drawn.random() < NODS:
            nod = drawn.choice(listed()["backchannels"])
            found.append(_line(nod, None, habit, letter_ms, words, drawn))
    return found


def _answer(text: str, words: LanguageWords, openers: Openers, is_farewell: bool = False) -> Answer:
    opener_ms = len(openers.opening(text)) * SPEAKS_MS
    asks = Expect.of(text, words).asked
    return Answer(text, len(text) * SPEAKS_MS, asks, opener_ms, is_farewell)


def _line(
    text: str,
    answer: Answer | None,
    habit: float,
    letter_ms: float,
    language: LanguageWords,
    drawn: Random,
) -> Line:
    """answer: None for what is said over the agent, and takes no floor."""
    phrases = [phrase.split() for phrase in PAUSE_MARK.split(text)]
    words: list[Word] = []
    pauses: list[tuple[int, int]] = []
    at_ms = BEGINS_MS
    for number, phrase in enumerate(phrases):
        if number:
            pause_ms = _pause_ms(phrases[number - 1], habit, language, drawn)
            pauses.append((words[-1].until_ms, words[-1].until_ms + pause_ms))
            at_ms = pauses[-1][1]
        for each in phrase:
            until_ms = at_ms + round(WORD_MS + len(each) * letter_ms)
            words.append(Word(each, at_ms, until_ms))
            at_ms = until_ms + drawn.randint(*GAP_MS)
    over_ms = drawn.randint(*NODS_MS) if answer is None else None
    return Line(
        text=" ".join(word.text for word in words),
        words=tuple(words),
        heard=_heard(words, drawn),
        ends_ms=words[-1].until_ms,
        pauses=tuple(pauses),
        over_agent_ms=over_ms,
        takes_floor=answer is not None,
        answer=answer or Answer(),
    )


def _pause_ms(before: Sequence[str], habit: float, language: LanguageWords, drawn: Random) -> int:
    digits = {*language.digits, *language.tens}
    median_ms, sigma = DICTATING if set(plain(" ".join(before))) <= digits else THINKING
    drawn_ms = habit * drawn.lognormvariate(math.log(median_ms), sigma)
    return round(min(max(drawn_ms, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS))


def _heard(words: Sequence[Word], drawn: Random) -> list[int]:
    """Of each frame: which modes, and the model, call it speech."""
    stretches: list[list[int]] = []
    for word in words:
        if stretches and word.from_ms - stretches[-1][1] < SHORTEST_PAUSE_MS // 2:
            stretches[-1][1] = word.until_ms
        else:
            stretches.append([word.from_ms, word.until_ms])
    longest_ms = HANGS_ON_MS[1] + LONGER_MS * MODES
    bits = [0] * (-(-(words[-1].until_ms + longest_ms) // FRAME_MS))
    for from_ms, until_ms in stretches:
        hangs_on_ms = drawn.randint(*HANGS_ON_MS)
        first, last = from_ms // FRAME_MS, until_ms // FRAME_MS
        for mode in range(MODES):
            ends_ms = until_ms + hangs_on_ms + LONGER_MS * (2 - mode)
            for at in range(first + (mode == MODES - 1), ends_ms // FRAME_MS):
                bits[at] |= 1 << mode
        for at in range(first + drawn.randint(1, 2), (until_ms + hangs_on_ms) // FRAME_MS):
            bits[at] |= JUDGED
        for at in range(first + 3, last):
            if drawn.random() < HOLES:
                bits[at] &= 0b11
    return bits
