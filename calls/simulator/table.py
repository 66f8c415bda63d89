"""Tables for a terminal, Hebrew included. Pure.

Columns line up in terminals with and without bidirectional text: widths are counted in cells, each
Hebrew cell is isolated (FSI ... PDI), and lines start from the left (LRM).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

FSI, PDI, LRM = "\u2068", "\u2069", "\u200e"
GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """heading: its lines from top to bottom. is_flexible: shares the remaining width. keeps_end: of
    a text that is too long, its last words are shown."""

    heading: tuple[str, ...]
    is_number: bool = False
    is_flexible: bool = False
    keeps_end: bool = False


def width(text: str) -> int:
    """Cells that the text takes in a terminal."""
    return sum(map(_cells, text))


def clip(text: str, cells: int) -> str:
    """The text, or its beginning and an ellipsis, in at most so many cells."""
    if width(text) <= cells:
        return text
    kept, taken = "", 0
    for character in text:
        taken += _cells(character)
        if taken > cells - 1:
            break
        kept += character
    return kept.rstrip() + "…"


def clip_before(text: str, cells: int) -> str:
    """The text, or an ellipsis and its end, in at most so many cells."""
    at = 0
    while width(text[at:]) > cells - (at > 0):
        at += 1
    return f"…{text[at:].lstrip()}" if at else text


def render(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], cells: int, narrowest: int = 12
) -> str:
    """The table in at most so many cells, unless its flexible columns are at their narrowest."""
    widths = [
        max(width(text) for text in [*column.heading, *(row[at] for row in rows)])
        for at, column in enumerate(columns)
    ]
    flexible = [at for at, column in enumerate(columns) if column.is_flexible]
    excess = sum(widths) + len(GAP) * (len(columns) - 1) - cells
    while excess > 0 and any(widths[at] > narrowest for at in flexible):
        widths[max(flexible, key=widths.__getitem__)] -= 1
        excess -= 1
    depth = max(len(column.heading) for column in columns)
    padded = [("",) * (depth - len(column.heading)) + column.heading for column in columns]
    head = [[heading[line] for heading in padded] for line in range(depth)]
    rule = GAP.join("─" * cells for cells in widths)
    lines = [_line(columns, widths, row) for row in [*head, *rows]]
    return "\n".join([*lines[:depth], rule, *lines[depth:]])


def _line(columns: Sequence[Column], widths: Sequence[int], row: Sequence[str]) -> str:
    placed = []
    for column, cells, text in zip(columns, widths, row, strict=True):
        clipped = clip_before(text, cells) if column.keeps_end else clip(text, cells)
        padding = " " * (cells - width(clipped))
        isolated = f"{FSI}{clipped}{PDI}" if _is_rtl(clipped) else clipped
        placed.append(padding + isolated if column.is_number else isolated + padding)
    return LRM + GAP.join(placed).rstrip()


def _is_rtl(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text)


def _cells(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
