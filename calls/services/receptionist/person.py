"""Does a caller ask the embedded receptionist for a person?

Rule: these are words that ask, not an ear for meaning: few, and certain. Whoever asks in others is
not understood, and hears what may be said; who only speaks of a person, or says that none is
needed, has nobody called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypedDict

from calls.services.receptionist.words import plain


class PersonWords(TypedDict):
    """As the dialogue's file has them, and what they are for."""

    alone: Sequence[str]
    named: Sequence[str]
    wishes: Sequence[str]
    ways: Sequence[str]
    handing: Sequence[str]
    polite: Sequence[str]
    denials: Sequence[str]
    nobody: str


class AsksForPerson:
    def __init__(self, words: PersonWords) -> None:
        alone, polite = _any(words["alone"]), _any(words["polite"])
        person = _any([*words["alone"], *words["named"]])
        way = f"{_any(words['ways'])}{person}"
        asks = (
            rf"{_any(words['wishes'])} (?:{polite} )*(?:{way}|{alone})"
            rf"|{_any(words['handing'])}{person}"
        )
        self._asks = re.compile(rf"(?<!\S)(?:{asks})(?!\S)")
        more = f"(?: (?:{polite}|{alone}))*"
        self._whole = re.compile(rf"(?:{polite} )*(?:{asks}|{way}|{alone}){more}")
        self._begins = re.compile(rf"(?:{polite} )*{way}(?!\S)")
        self._denials = frozenset(words["denials"])

    def whole(self, heard: str) -> bool:
        """All of this does nothing else, where anything may be said."""
        return bool(self._whole.fullmatch(plain(heard)))

    def anywhere(self, heard: str) -> bool:
        """A part of this does."""
        return any(map(self._clause, re.split(r"[.,;:!?\n–—]+", heard)))

    def _clause(self, clause: str) -> bool:
        words = plain(clause)
        if self._whole.fullmatch(words) or self._begins.match(words):
            return True
        return any(
            not self._denials & {*words[: found.start()].split()[-1:]}
            for found in self._asks.finditer(words)
        )


def _any(of: Iterable[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, sorted(of, key=len, reverse=True)))})"
