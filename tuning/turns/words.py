"""The words of one language, as far as the core's decisions hang on them. Pure.

Rules: the core has no language of its own: it is given these words when it is made, and replay
finds them by the language that CallBegan names. What a list lacks is no evidence: a language
without any words is judged by its silences alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

NOTHING = frozenset[str]()
NEVER = re.compile("(?!)")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LanguageWords:
    """Lists of words, as `completion.plain` leaves them.

    One is made per language and process, and it is equal to itself only: it is a key of what is
    remembered from frame to frame, and must be hashed as fast as an address.
    """

    hesitation: frozenset[str] = NOTHING
    floor: tuple[str, ...] = ()
    """Phrases that ask for time: the caller keeps the floor."""
    please: frozenset[str] = NOTHING
    """May follow such a phrase."""
    yes_no: frozenset[str] = NOTHING
    but: frozenset[str] = NOTHING
    """Takes a yes or a no back, or adds to it."""
    backchannel: frozenset[str] = NOTHING
    """Says "I am listening", and takes no floor."""
    digits: Mapping[str, str] = field(default_factory=dict)
    """Each digit by the words for it."""
    tens: Mapping[str, str] = field(default_factory=dict)
    """The first digit of twenty, thirty ... by the words for them."""
    numerals: frozenset[str] = NOTHING
    """Other words of numbers: teens, hundreds, thousands."""
    joining: frozenset[str] = NOTHING
    """Letters that stand before a word and join it to the ones before."""
    telephone: re.Pattern[str] = NEVER
    """All the digits of a telephone number of the country."""
    number_asked: re.Pattern[str] = NEVER
    """In a question of the agent's: it asks for a number that is dictated."""
    identity: frozenset[str] = NOTHING
    """Says that this number is the caller's identity number."""
    identity_digits: int = 0
    alternatives: frozenset[str] = NOTHING
    """Stands between what a question lets one choose from: "or"."""
    open_question: frozenset[str] = NOTHING
    """Asks for more than yes or no, wherever it stands in a question."""
    broad_question: frozenset[str] = NOTHING
    """Asks for a story, not for an answer of a few words."""
    attached: frozenset[str] = NOTHING
    """Letters that stand before a word as part of it: in, the, and, to, from, that."""


WordsOf = Callable[[str], LanguageWords]
"""Finds the words of a language by its code; raises KeyError for one that is not known."""


def from_toml(text: str) -> LanguageWords:
    """The lists of a file, named as LanguageWords' fields. Raises ValueError for any other."""
    given = tomllib.loads(text)
    if unknown := set(given) - {each.name for each in fields(LanguageWords)}:
        raise ValueError(f"no such lists of words: {', '.join(sorted(unknown))}")
    return LanguageWords(**{name: _MADE.get(name, _set)(given[name]) for name in given})


def _set(words: str) -> frozenset[str]:
    return frozenset(words.casefold().split())


def _digits(words_of_each: Sequence[str]) -> dict[str, str]:
    return {
        word: f"{digit}"
        for digit, words in enumerate(words_of_each)
        for word in words.casefold().split()
    }


_MADE: Mapping[str, Callable[[Any], Any]] = {
    "floor": lambda phrases: tuple(phrase.casefold() for phrase in phrases),
    "digits": _digits,
    "tens": lambda words_of_each: _digits(["", "", *words_of_each]),
    "telephone": re.compile,
    "number_asked": re.compile,
    "identity_digits": int,
}
"""How what is no plain list is made."""
