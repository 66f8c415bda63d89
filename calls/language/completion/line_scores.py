"""What the local judge says of a place in a caller's line, and how long a call would wait. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from calls.language.completion.judge import OUTCOMES, Verdict
from calls.language.completion.lines import Place
from calls.language.completion.words_judge import Judge
from tuning.turns.completion import asked_in, must_go_on
from tuning.turns.endpointing import NO_OPINION, Opinion, Reading, adaptive
from tuning.turns.profile import DEFAULT, SHIPPED, Profile
from tuning.turns.words import LanguageWords


@dataclass(frozen=True, slots=True)
class Scored:
    """rule: why the words cannot be all, as completion.must_go_on finds it."""

    place: Place
    verdict: Verdict
    rule: str

    def silence_ms(self, model: Opinion = NO_OPINION) -> int:
        """What the default profile asks for once the words stand still. model: says nothing, unless
        told, as when it is late."""
        said = Reading(self.rule, self.verdict.whole)
        return adaptive(Profile(**SHIPPED[DEFAULT]), said, model).asked_ms

    @property
    def judges(self) -> dict[str, dict[str, float | str]]:
        shares = {outcome: round(getattr(self.verdict, outcome), 4) for outcome in OUTCOMES}
        rule: dict[str, dict[str, float | str]] = {"rule": {"why": self.rule}} if self.rule else {}
        return {"local": {**shares, "version": self.verdict.version}} | rule


def scored(place: Place, judge: Judge, words: LanguageWords) -> Scored:
    """judge, words: of the language."""
    rule = must_go_on(place.text, asked_in(place.question, words), words)
    return Scored(place, judge(place.question, place.text), rule)
