"""The words of one call, judged by the local judge whenever they change."""

from __future__ import annotations

from collections.abc import Callable

from calls.language.completion.judge import Verdict
from tuning.turns.events import JudgedLocally
from tuning.turns.turn_taker import TurnTaker

Judge = Callable[[str, str], Verdict]
"""Judges a caller's words after the agent's question."""


class WordsJudge:
    def __init__(self, judge: Judge | None) -> None:
        """judge: of the language; None: it has none, and the core hears of no verdict."""
        self._judge = judge
        self._judged = ""

    def verdict(self, turns: TurnTaker, question: Callable[[], str]) -> JudgedLocally | None:
        """To be fed to the core after what has just been; None: there is no news. Looked for on
        every frame, so `question` is only asked for when the words have changed."""
        if self._judge is None or turns.profile.endpointing == "fixed":
            return None
        words = turns.words_so_far
        if words == self._judged:
            return None
        self._judged = words
        if not words:
            return None
        found = self._judge(question(), words)
        return JudgedLocally(
            turns.now_ms,
            words,
            round(found.whole, 3),
            round(found.cut_short, 3),
            round(found.needs_time, 3),
            found.version,
        )
