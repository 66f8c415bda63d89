"""What each judge of completion says of a place in a caller's line. Pure."""

from __future__ import annotations

from collections.abc import Callable

from calls.language import completion_judge
from calls.language.lines import Place
from tuning.turns.completion import asked_in, read
from tuning.turns.endpointing import CallerPauses, adaptive
from tuning.turns.heard import CallerWords
from tuning.turns.profile import DEFAULT, SHIPPED, Profile

Said = dict[str, float | int | str]


def silence_ms(place: Place) -> int:
    """What the default profile asks for once the words stand still, of a caller of whom nothing else
    is known yet."""
    words = CallerWords()
    words.add(place.text, 0)
    reading = read(place.text, asked_in(place.question))
    return adaptive(Profile(**SHIPPED[DEFAULT]), reading, words, CallerPauses(), 0).asked_ms


def by_lists(place: Place) -> Said:
    return {"silence_ms": silence_ms(place)}


def by_local(place: Place) -> Said:
    verdict = completion_judge.stored().judge(place.question, place.text)
    shares = {outcome: round(getattr(verdict, outcome), 4) for outcome in completion_judge.OUTCOMES}
    return {**shares, "version": verdict.version}


JUDGES: dict[str, Callable[[Place], Said]] = {"local": by_local, "lists": by_lists}
"""silence_ms follows the lists until the core hears the local judge."""
