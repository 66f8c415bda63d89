"""Lines with personal data marked in them, and how much of it redaction finds:

.venv/bin/python -m tests.privacy.lines unseen     # or: tuned --each
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from calls.language.hebrew import HEBREW
from calls.privacy.redaction import found

_PIECE = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Line:
    """pieces: where the personal ones stand in its text."""

    kind: str
    text: str
    pieces: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, kind: str, marked: str) -> Line:
        pieces = [
            (each.start() - 2 * place, each.end() - 2 * place - 2)
            for place, each in enumerate(_PIECE.finditer(marked))
        ]
        return cls(kind, _PIECE.sub(r"\1", marked), tuple(pieces))

    @property
    def covered(self) -> int:
        """How many of the pieces are hidden whole."""
        hidden: set[int] = set()
        for each in found(self.text, HEBREW):
            hidden |= set(range(each.start, each.end))
        wanted = ({at for at in range(*piece) if self.text[at].isalnum()} for piece in self.pieces)
        return sum(piece <= hidden for piece in wanted)

    @property
    def false_alarms(self) -> int:
        """Hidden stretches in which nothing is personal."""
        return sum(
            not any(each.start < end and start < each.end for start, end in self.pieces)
            for each in found(self.text, HEBREW)
        )


def lines(name: str) -> list[Line]:
    """name: unseen or tuned."""
    kept = tomllib.loads((Path(__file__).parent / f"lines_{name}.toml").read_text("utf-8"))
    return [
        Line.of(kind.removesuffix("_theirs"), marked)
        for kind, own in kept.items()
        for marked in own
    ]
