"""By what a text is found: what a language makes of the words of texts and of questions. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class SearchKeys:
    """A text and a question meet where they share a key: letters and digits, or after ~ or @."""

    of_text: Callable[[str], Collection[str]]
    of_question: Callable[[str], Sequence[Mapping[str, float]]]
    """Of each word, what each of its keys weighs; a word that any question may have has none."""
    asks: Callable[[str], Collection[str]]
    """What kind of question it is: when, where ..., as far as those words have no keys."""


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(WORD.findall(text.casefold())))


PLAIN = SearchKeys(
    _words, lambda text: [{word: 1.0} for word in _words(text)], lambda text: frozenset()
)
"""Whole words, of any language."""
