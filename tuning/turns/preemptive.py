"""A reply begun before the decision: what for, and how often. Pure.

Rule: one at a time, and at most think_limit a turn. It is for certain words; other words that mean
the same keep it, any others end it.
"""

from __future__ import annotations

from dataclasses import dataclass

from tuning.turns.completion import same_words
from tuning.turns.events import Action, Forget, Think
from tuning.turns.profile import Profile
from tuning.turns.words import LanguageWords

THINK_AFTER_MS = 200
"""Silence after which a reply may be begun: with a VAD's hanging on, about when a partial with the
last word comes; sooner, it would be thought about in vain."""


@dataclass(slots=True)
class PreemptiveGeneration:
    language: LanguageWords
    turn: int = -1
    text: str = ""
    """What the reply under way answers; "" if there is none."""
    attempts: int = 0

    def think(self, turn: int, text: str, quiet_ms: int, profile: Profile) -> list[Action]:
        """Begin a reply to these words, unless it has begun or too many have."""
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
        """The decision is to answer this: is that what the reply under way answers?"""
        is_taken = bool(self.text) and same_words(self.text, text, self.language)
        if is_taken:
            self.text = ""
        return is_taken

    def forget(self) -> list[Action]:
        if not self.text:
            return []
        self.text = ""
        return [Forget(self.turn)]
