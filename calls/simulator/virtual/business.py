"""Who answers a caller that reacts: what is said to each line, by services of which each line has
its own times.

Pure. Rule: everything hangs on the call's seed and on the line, so that the same caller on another
profile is answered with the same words by services that take as long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from zlib import crc32

from calls.simulator.virtual.agent import Answer, Services
from tuning.turns.completion import meant
from tuning.turns.endpointing import CUT_SHORT, NO_VERDICT, WHOLE
from tuning.turns.events import Prompt, Reply
from tuning.turns.words import LanguageWords

TOKEN_MS, VOICE_MS = (5.9, 0.25), (5.2, 0.2)
"""Mean and sigma of the logarithm: about 365 and 180 ms."""
SENTENCE_MS, HEARD_AFTER_MS, MARKER_MS = 60.0, 130.0, 17.0
SPEED = (0.0, 0.15)
"""Of the model in one call: how much faster or slower than usual."""


def said_of(text: str, *, is_whole: bool, wrong_share: float) -> str:
    """A model's verdict that is wrong of some words, and always says the same of the same."""
    is_wrong = crc32(text.encode()) % 1000 < 1000 * wrong_share
    return WHOLE if is_whole != is_wrong else CUT_SHORT


@dataclass(slots=True)
class LineBusiness:
    """wrong_share: of the model's verdicts; None: it gives none. line: the number and the text of
    what the caller said last. answer_to: the agent's words to a line, by number, -1 the greeting.
    """

    seed: int
    words: LanguageWords
    wrong_share: float | None
    line: Callable[[], tuple[int, str]]
    answer_to: Callable[[int], Answer]

    def answer(self, decision: Reply | Prompt) -> Answer:
        if isinstance(decision, Reply):
            return self.answer_to(self.line()[0])
        return self.answer_to(-1) if decision.name == "greeting" else Answer()

    def services(self, text: str) -> Services:
        speed = Random(f"{self.seed} model").lognormvariate(*SPEED)
        drawn = Random(f"{self.seed} {self.line()[0]}")
        token_ms = round(drawn.lognormvariate(*TOKEN_MS) * speed, 1)
        voice_ms = round(drawn.lognormvariate(*VOICE_MS), 1)
        verdict_ms = 0.0 if self.wrong_share is None else max(0.0, token_ms - MARKER_MS)
        return Services(verdict_ms, token_ms, SENTENCE_MS, voice_ms, HEARD_AFTER_MS)

    def verdict(self, text: str) -> str:
        """It is whole if it is the end of what the caller wants to say."""
        if self.wrong_share is None:
            return NO_VERDICT
        words, line = meant(text, self.words), meant(self.line()[1], self.words)
        is_whole = bool(words) and line[-len(words) :] == words
        return said_of(text, is_whole=is_whole, wrong_share=self.wrong_share)
