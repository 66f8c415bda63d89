"""What each judge of completion says of a place in a caller's line. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from calls.language.completion import judge
from calls.language.completion.judge import Verdict
from calls.language.completion.lines import Place
from tuning.turns.completion import asked_in, read
from tuning.turns.endpointing import CallerPauses, adaptive
from tuning.turns.heard import CallerWords
from tuning.turns.profile import DEFAULT, SHIPPED, Profile
from tuning.turns.words import LanguageWords


@dataclass(frozen=True, slots=True)
class Scored:
    """lists_ms: the silence that the word lists make the default profile ask for."""

    place: Place
    verdict: Verdict
    lists_ms: int

    @property
    def silence_ms(self) -> int:
        """What is waited for: as the lists say, until the core hears the local judge."""
        return self.lists_ms

    @property
    def judges(self) -> dict[str, dict[str, float | str]]:
        shares = {outcome: round(getattr(self.verdict, outcome), 4) for outcome in judge.OUTCOMES}
        return {
            "local": {**shares, "version": self.verdict.version},
            "lists": {"silence_ms": self.lists_ms},
        }


def scored(place: Place, language: LanguageWords) -> Scored:
    """language: of the lists."""
    verdict = judge.stored().judge(place.question, place.text)
    return Scored(place, verdict, by_lists_ms(place, language))


def by_lists_ms(place: Place, language: LanguageWords) -> int:
    """What the default profile asks for once the words stand still, of a caller of whom nothing
    else is known yet."""
    words = CallerWords(language)
    words.add(place.text, 0)
    reading = read(place.text, asked_in(place.question, language), language)
    return adaptive(Profile(**SHIPPED[DEFAULT]), reading, words, CallerPauses(), 0).asked_ms
