"""What is known to be personal, hidden in the texts that tell of it: names above all, which nothing
else recognises there. Pure.

Rule: a value goes whole, and so does each of its words of LETTERS or more, wherever it stands as a
word; what the language writes together with it (to, from, and) stays before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from calls.privacy.redaction import Spoken

HIDDEN = "•••"
LETTERS = 2
_BETWEEN, _AROUND = re.compile(r"[\s\-–־]+"), ".,;:!?()\"'׳״"


def without(text: str, known: Iterable[object], language: Spoken) -> str:
    """known: values of a form; a yes or a no is nothing to be found."""
    values = [f"{each}" for each in known if each is not None and not isinstance(each, bool)]
    pieces = {piece for value in values for piece in _pieces(value)}
    if not (text and pieces):
        return text
    longest_first = sorted(pieces, key=lambda piece: (-len(piece), piece))
    either = "|".join(r"\s+".join(map(re.escape, piece.split())) for piece in longest_first)
    before = f"[{language.personal.joined}]{{0,3}}" if language.personal.joined else ""
    pattern = re.compile(rf"(?<!\w)({before})(?:{either})(?!\w)", re.IGNORECASE)
    return pattern.sub(rf"\1{HIDDEN}", text)


def _pieces(value: str) -> Iterable[str]:
    if len(whole := value.strip(_AROUND + " ")) >= LETTERS:
        yield whole
    for word in _BETWEEN.split(value):
        if sum(letter.isalpha() for letter in word) >= LETTERS:
            yield word.strip(_AROUND)
