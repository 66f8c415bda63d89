"""What the called business knows, as the writers of answers are given it. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from calls.language.search_keys import SearchKeys

SURE = 0.5
"""What the key weighs by which two words are the same beyond doubt: a skeleton of three letters."""


@dataclass(frozen=True, slots=True)
class KnownPassage:
    """heading: what it stands under; of a question with its answer, the question."""

    heading: str
    words: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What the business knows was looked up for this reply. is_late: it was not there in time.
    is_told: nothing had to be, because all of it stands in the instructions."""

    passages: tuple[KnownPassage, ...] = ()
    is_late: bool = False
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """A question in one wording, as it is recognised, with its answer."""

    wording: str
    answer: str
    words: Sequence[Mapping[str, float]]
    asks: Collection[str]

    @classmethod
    def of(cls, wording: str, answer: str, keys: SearchKeys) -> KnownQuestion:
        return cls(wording, answer, keys.of_question(wording), keys.asks(wording))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """told: all of it, where that is little. search: the passages that answer some words; None:
    there is nothing to find."""

    told: str = ""
    questions: tuple[KnownQuestion, ...] = ()
    search: Callable[[str], Awaitable[Sequence[KnownPassage]]] | None = None

    def certain(self, words: str, keys: SearchKeys) -> KnownPassage | None:
        """The answer of a question that is just what the words ask."""
        asked, asks = list(keys.of_question(words)), keys.asks(words)
        for each in self.questions if asked else ():
            if asks == each.asks and _are_same(asked, each.words):
                return KnownPassage(each.wording, each.answer)
        return None

    def without_model(self, words: str, keys: SearchKeys) -> Looked | None:
        """What certainly answers them; empty: a question that is none of the business's. By its
        question word: of what has none, nobody knows whether it asks."""
        if passage := self.certain(words, keys):
            return Looked((passage,))
        return Looked() if self.questions and keys.asks(words) else None


NOTHING_KNOWN = Knowledge()


def _are_same(some: Sequence[Mapping[str, float]], others: Sequence[Mapping[str, float]]) -> bool:
    """Whether each word of either is a word of the other."""

    def has(word: Mapping[str, float], among: Sequence[Mapping[str, float]]) -> bool:
        sure = {key for key, weight in word.items() if weight >= SURE}
        return any(each.get(key, 0.0) >= SURE for each in among for key in sure)

    return all(has(word, others) for word in some) and all(has(word, some) for word in others)
