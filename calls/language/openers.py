"""Openers: the short beginnings of replies, like "בשמחה,", that are ready to be heard. Pure.

A reply begins with one if its first words, up to a mark, are an opener's: which mark it is does not
matter, nor what follows, so an opener is known as soon as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MARK = re.compile(r"[,;:.!?…\n]|\s[–—-]")
_WORD = re.compile(r"\w+")


class Openers:
    """Those of one call; there may be none."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._by_words = {words: text for text in texts if (words := _words(text))}
        self._longest = max(map(len, self._by_words), default=0)

    def at_head(self, text: str) -> tuple[str, int] | None:
        """The opener that a text begins with, as it is written here, and where it ends there."""
        if not self._by_words:
            return None
        for mark in _MARK.finditer(text):
            words = _words(text[: mark.end()])
            if opener := self._by_words.get(words):
                return opener, mark.end()
            if len(words) > self._longest:
                return None
        return None

    def opening(self, text: str) -> str:
        """The opener that a text begins with; "": none."""
        found = self.at_head(text)
        return found[0] if found else ""


NO_OPENERS = Openers()


def with_mark(text: str) -> str:
    """An opener as it is written and said: something follows."""
    return text if _MARK.search(text[-1:]) else f"{text},"


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(text))
