"""Callers' lines in text files: what the agent asked, what the caller said, where they may pause.

Pure. A row is `agent's question = caller's line`; between the caller's words stand signs, each with
a space on both sides: `|` more must come, `~` it could be all, `○` the caller needs time. Whatever
stands before a sign is a place to be judged, and so is the whole line: whole, unless `○` ends it.
Blank rows and rows that begin with `#` say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Kind = Literal["whole", "cut_short", "open", "needs_time"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SIGNS: dict[str, Kind] = {"|": "cut_short", "~": "open", "○": "needs_time"}
JOINED = " = "


class Malformed(ValueError):
    """The message says where, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a caller has fallen silent. text: all that they have said so far, without signs."""

    question: str
    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance. where: its file and row; places: in their order, the last is its end."""

    where: str
    question: str
    words: tuple[str, ...]
    places: tuple[Place, ...]

    @property
    def text(self) -> str:
        return " ".join(self.words)


def parsed(text: str, name: str) -> list[Line]:
    """The lines of a file's text. Raises Malformed, which calls the file by `name`."""
    rows = (row.strip() for row in text.lstrip("\ufeff").splitlines())
    return [
        _line(row, f"{name}:{number}")
        for number, row in enumerate(rows, 1)
        if row and not row.startswith("#")
    ]


def read_lines(path: Path) -> list[Line]:
    """Raises Malformed or OSError."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"{path}: not UTF-8: save it as UTF-8 ({error.reason})") from error
    return parsed(text, f"{path}")


def by_business(folder: Path) -> dict[str, list[Line]]:
    """All lines under a folder that holds a folder for each business."""
    return {
        business.name: [
            line for path in sorted(business.glob("*.txt")) for line in read_lines(path)
        ]
        for business in sorted(folder.iterdir())
        if business.is_dir()
    }


def _line(row: str, where: str) -> Line:
    question, joined, said = row.partition(JOINED)
    if not joined:
        raise Malformed(
            f"{where}: no ' = ': write the agent's question, ' = ' and the caller's words"
        )
    if JOINED in said:
        raise Malformed(f"{where}: two ' = ': only one stands between the question and the words")
    marked = said.split()
    words = tuple(word for word in marked if word not in SIGNS)
    if not words or marked[0] in SIGNS:
        raise Malformed(f"{where}: no words before the first sign: write what the caller has said")
    for word in words:
        if not set(word).isdisjoint(SIGNS):
            raise Malformed(f"{where}: {word!r}: put a space on both sides of the sign")
    if marked[-1] in ("|", "~"):
        raise Malformed(
            f"{where}: ends with {marked[-1]!r}: write what comes after it, or leave the sign out"
        )
    return Line(where, question.strip(), words, tuple(_places(question.strip(), marked)))


def _places(question: str, marked: list[str]) -> Iterator[Place]:
    said: list[str] = []
    for word in marked:
        if word in SIGNS:
            yield Place(question, " ".join(said), SIGNS[word])
        else:
            said.append(word)
    if marked[-1] not in SIGNS:
        yield Place(question, " ".join(said), "whole")
