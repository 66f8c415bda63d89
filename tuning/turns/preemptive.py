"""Preemptive generation: a reply begun before the turn is decided. Pure.

Rule: one at a time, and at most think_limit in a turn. Each answers certain words: it is kept if
the words change but mean the same, and ended if they mean something else.
"""

from __future__ import annotations

from dataclasses import dataclass

from tuning.turns.completion import same_words
from tuning.turns.events import Action, Forget, Think
from tuning.turns.profile import Profile
from tuning.turns.words import LanguageWords

THINK_AFTER_MS = 200
"""The silence after which a reply may be begun. As a VAD hangs on after speech, a partial with the
last word comes at about that time; any sooner, the work would be wasted."""


@dataclass(slots=True)
class PreemptiveGeneration:
    language: LanguageWords
    turn: int = -1
    text: str = ""
    """The words that the reply under way answers; "": there is no reply under way."""
    attempts: int = 0

    def think(self, turn: int, text: str, quiet_ms: int, profile: Profile) -> list[Action]:
        """Begin a reply to these words, unless one is under way or the limit is reached."""
        if not profile.think_limit or quiet_ms < THINK_AFTER_MS:
            return []
        if turn != self.turn:
            self.turn, self.text, self.attempts = turn, "", 0
        if self.text and same_words(self.text, text, self.language):
            return []
        forgotten = self.forget()
        if self.attempts >= profile.think_limit:
            return forgotten
        self.text, self.attempts = text, self.attempts + 1
        return [*forgotten, Think(turn, text)]

    def take(self, text: str) -> bool:
        """The turn is decided: is the reply under way an answer to these words?"""
        is_taken = bool(self.text) and same_words(self.text, text, self.language)
        if is_taken:
            self.text = ""
        return is_taken

    def forget(self) -> list[Action]:
        if not self.text:
            return []
        self.text = ""
        return [Forget(self.turn)]
