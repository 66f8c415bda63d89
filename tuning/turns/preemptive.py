"""Preemptive generation: a reply begun before the turn is decided. Pure.

Rules: one at a time. Each answers certain words: it is kept if the words change but mean the same,
and ended if they mean something else. The model is asked for its verdict with it, at most
think_limit times in a turn. Where that verdict, or a rule, says that more must come, the reply is
begun once more, without a verdict, before the silence is over, so that it is ready by then.
"""

from __future__ import annotations

from dataclasses import dataclass

from tuning.turns.completion import same_words
from tuning.turns.endpointing import NO_OPINION, Opinion, Reading
from tuning.turns.events import Action, Forget, JudgedByModel, Think
from tuning.turns.profile import Profile
from tuning.turns.words import LanguageWords

SOON_MS, LATER_MS = 60, 200
"""The silence after which a reply may be begun: soon where nothing says that more must come, which
is while a VAD still hangs on after speech; else when a partial with the last word would have come,
because any sooner the work would be wasted."""
READY_MS = 1200
"""So long before the end of the silence it is begun for the last time: longer than a reply takes
from the question to its first sound, as a rule."""


@dataclass(slots=True)
class PreemptiveGeneration:
    language: LanguageWords
    turn: int = -1
    text: str = ""
    """The words that the reply under way answers; "": there is no reply under way."""
    attempts: int = 0
    """To have a verdict on the words of this turn."""
    _opinion: Opinion = NO_OPINION
    """The model's, of `text`."""
    _is_answer: bool = False
    """Something to be heard comes of it, as far as is known."""

    def think(
        self, turn: int, text: str, said: Reading, quiet_ms: int, now_ms: int, profile: Profile
    ) -> list[Action]:
        """Begin a reply to these words, unless one is under way or the limit is reached."""
        if not profile.think_limit or quiet_ms < (SOON_MS if said.is_likely else LATER_MS):
            return []
        self._enter(turn)
        if self._is_of(text):
            return []
        forgotten = self.forget()
        if said.rule or self.attempts >= profile.think_limit:
            return forgotten
        is_judged = profile.endpointing == "adaptive"
        self.attempts += 1
        self._opinion = Opinion("", now_ms) if is_judged else NO_OPINION
        return [*forgotten, self._begin(turn, text, is_judged)]

    def be_ready(self, turn: int, text: str, left_ms: int, profile: Profile) -> list[Action]:
        """So much is left of a silence after words that seem to be cut short: begin an answer,
        unless one is under way. It counts towards no limit."""
        if not profile.think_limit or left_ms > READY_MS:
            return []
        self._enter(turn)
        is_known = self._is_of(text)
        if is_known and self._is_answer:
            return []
        opinion = self._opinion if is_known else NO_OPINION
        forgotten = self.forget()
        self._opinion = opinion
        return [*forgotten, self._begin(turn, text, is_judged=False)]

    def _enter(self, turn: int) -> None:
        if turn != self.turn:
            self.turn, self.text, self.attempts = turn, "", 0

    def _begin(self, turn: int, text: str, is_judged: bool) -> Think:
        self.text, self._is_answer = text, True
        return Think(turn, text, is_judged)

    def judged(self, event: JudgedByModel) -> None:
        """The verdict is in; a late one on other words is void."""
        if event.turn == self.turn and self._is_of(event.text) and not self._opinion.verdict:
            self._opinion = Opinion(event.verdict, event.at_ms)
            self._is_answer = not self._opinion.asks_to_wait

    def awaits_answer(self, text: str) -> bool:
        """Has the verdict on these words left nothing to be heard?"""
        return self._is_of(text) and not self._is_answer

    def opinion(self, text: str) -> Opinion:
        """What the model says of these words."""
        return self._opinion if self._is_of(text) else NO_OPINION

    def take(self, text: str) -> bool:
        """The turn is decided: is the reply under way an answer to these words?"""
        is_taken = self._is_of(text) and self._is_answer
        if is_taken:
            self.text = ""
        return is_taken

    def begin_anew(self) -> list[Action]:
        """More than the words has changed: the reply under way is no answer any more, and was not
        one of the attempts."""
        if self.text:
            self.attempts = max(0, self.attempts - 1)
        return self.forget()

    def forget(self) -> list[Action]:
        if not self.text:
            return []
        self.text, self._opinion = "", NO_OPINION
        return [Forget(self.turn)]

    def _is_of(self, text: str) -> bool:
        if not self.text:
            return False
        return text == self.text or same_words(self.text, text, self.language)
