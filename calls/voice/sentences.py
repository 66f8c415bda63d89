"""Turns pieces of text, as a writer streams them, into sentences that can be spoken. Pure.

A sentence ends at . ! ? … or a line break, once what follows confirms it: a space, or the end of
the text. So "14.30" and "050.123" stay whole, as do abbreviations ("ת.ז. שלך", "רח. הרצל") and
numbered points ("1. שעות").

If the first sentence is long, its opening clause is sent by itself, so that speech starts sooner.
An opener (calls.language.openers) is sent by itself as soon as its mark has come.
Rule: where the text is cut depends only on the text, never on the pieces it came in.
"""

from __future__ import annotations

import re
from functools import cache

from calls.language.language import Language
from calls.language.openers import NO_OPENERS, Openers

LONG_OPENING = 40
"""Characters from which the first sentence is cut."""
SHORTEST_CLAUSE = 12
"""Less, and the voice would stop for breath after a word or two."""

SENTENCE_ENDS = (".", "!", "?", "…")

_CLOSING = r"[\"”״'’׳)\]»]*"
_END = re.compile(rf"([.!?…]+){_CLOSING}(?=\s)|\n")
_AFTER_OPENER = " \t\n.,;:!?…–—-"
"""More marks of an opener, that are no beginning of what follows it."""
_CLAUSE_END = re.compile(rf"[,;:]{_CLOSING}(?=\s)|\s[–—-](?=\s)")
_ANYWHERE = r"(?:[A-Za-z]\.)+[A-Za-z]|Dr|Mr|Mrs|Ms|Prof|St|^\W*\d{1,2}"
"""Ends no sentence in any language: foreign titles, and the number of a point (1.)."""


@cache
def _abbreviated(abbreviations: str) -> re.Pattern[str]:
    """What a full stop may follow without ending a sentence."""
    every = "|".join(filter(None, (abbreviations, _ANYWHERE)))
    return re.compile(rf"""(?:^|[^\w"״'׳.])(?:{every})$""")


class Sentences:
    """Feed it pieces; it returns the sentences that are complete."""

    def __init__(
        self, language: Language, openers: Openers = NO_OPENERS, unwanted: str = ""
    ) -> None:
        """unwanted: an opener that is left out, unless it is all that there is."""
        self._abbreviated = _abbreviated(language.abbreviations)
        self._openers, self._unwanted = openers, unwanted
        self._text = self._left_out = ""
        self._is_opening = self._may_open = True
        self._follows_opener = False

    def add(self, piece: str) -> list[str]:
        self._text += piece
        sentences = self._opened() if self._may_open else []
        if self._follows_opener:
            self._text = self._text.lstrip(_AFTER_OPENER)
            self._follows_opener = not self._text
        while end := self._next_end():
            if sentence := self._text[:end].strip():
                sentences.append(sentence)
                self._is_opening = self._may_open = False
                self._left_out = ""
            self._text = self._text[end:]
        return sentences

    def rest(self) -> list[str]:
        """What is left when the writer has finished."""
        sentences = self.add("\n")
        return [self._left_out] if self._left_out else sentences

    def _opened(self) -> list[str]:
        """The opener that the text begins with, if any; the next sentence still counts as the
        first."""
        while found := self._openers.at_head(self._text.lstrip(_AFTER_OPENER)):
            opener, end = found
            self._text = self._text.lstrip(_AFTER_OPENER)[end:]
            self._follows_opener = True
            if opener != self._unwanted:
                self._may_open, self._left_out = False, ""
                return [opener]
            self._left_out = opener
        return []

    def _next_end(self) -> int | None:
        end = self._sentence_end()
        return (self._is_opening and _clause_end(self._text[:end])) or end

    def _sentence_end(self) -> int | None:
        for found in _END.finditer(self._text):
            before = self._text[: found.start()].lstrip()
            if found[1] != "." or not self._abbreviated.search(before):
                return found.end()
        return None


def _clause_end(sentence: str) -> int | None:
    """Where the opening clause of a long sentence ends: as late as may be without waiting."""
    margin = len(sentence) - len(sentence.lstrip())
    if len(sentence.strip()) <= LONG_OPENING:
        return None
    ends = [found.end() for found in _CLAUSE_END.finditer(sentence)]
    ends = [end for end in ends if end - margin >= SHORTEST_CLAUSE]
    early = [end for end in ends if end - margin <= LONG_OPENING]
    return early[-1] if early else next(iter(ends), None)
