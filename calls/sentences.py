"""Pieces of text, as a writer streams them, into sentences that can be spoken. Pure.

A sentence ends at . ! ? … or a line break, once what follows shows that it is an end: a space, or
the end of the text. So "14.30" and "050.123" stay whole.
"""

from __future__ import annotations

import re

_END = re.compile(r"(?:[.!?…]+[\"”״')]*(?=\s)|\n)\s*")


class Sentences:
    """Feed it pieces; it gives back the sentences that are complete."""

    def __init__(self) -> None:
        self._text = ""

    def add(self, piece: str) -> list[str]:
        self._text += piece
        *complete, self._text = self._split()
        return complete

    def rest(self) -> list[str]:
        """What is left when the writer has finished."""
        rest, self._text = self._text.strip(), ""
        return [rest] if rest else []

    def _split(self) -> list[str]:
        sentences, begin = [], 0
        for end in _END.finditer(self._text):
            if sentence := self._text[begin : end.end()].strip():
                sentences.append(sentence)
            begin = end.end()
        return [*sentences, self._text[begin:]]
