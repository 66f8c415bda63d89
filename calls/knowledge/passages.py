"""A text cut into passages: what is found, and told to the model, as one. Pure.

Rules: a heading (a line that begins with #, or is underlined as in Markdown) begins a new part and
stands over each of its passages; a paragraph is one passage, and one that is too long is cut
between sentences, or where nothing else is left between words. Nothing is lost but blank lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 600
"""Characters of a passage: three of them are some 900 tokens."""
LONGEST_HEADING = 120
HEADING = re.compile(r"(#{1,6})\s+(.*)")
"""With what may close it. No pattern looks for its end: long lines would cost the cube of them."""
UNDERLINE = re.compile(r"(=+|-{3,})\s*\Z")
SENTENCE = re.compile(r"(?<=[.!?…:;])\s+")
BULLET = re.compile(r"\s*(?:[-*•]|\d+[.)])\s")


@dataclass(frozen=True, slots=True)
class Cut:
    """heading: of its part, the outermost first; empty where the text has none."""

    heading: str
    words: str


def cut(text: str) -> list[Cut]:
    cuts = list[Cut]()
    headings = dict[int, str]()
    for block in _blocks(text):
        if isinstance(block, tuple):
            level, words = block
            headings = {above: each for above, each in headings.items() if above < level}
            headings[level] = words
        else:
            heading = " · ".join(headings.values())[-LONGEST_HEADING:]
            cuts += [Cut(heading, part) for part in _parts(block)]
    return cuts


def _blocks(text: str) -> Iterator[tuple[int, str] | str]:
    """Headings with their level, and paragraphs."""
    paragraph = list[str]()
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        underline = UNDERLINE.match(line) if len(paragraph) == 1 else None
        heading = HEADING.match(line)
        if underline:
            yield (1 if line[0] == "=" else 2), paragraph.pop().strip()
            continue
        if paragraph and (heading or not line.strip()):
            yield "\n".join(paragraph)
            paragraph = []
        if heading:
            yield len(heading[1]), heading[2].rstrip().rstrip("#").rstrip()
        elif line.strip():
            paragraph.append(line.rstrip())


def _parts(paragraph: str) -> Iterator[str]:
    """Of at most LONGEST characters each; a list is cut between its lines first."""
    is_list = any(map(BULLET.match, paragraph.split("\n")))
    joint = "\n" if is_list else " "
    pieces = paragraph.split("\n") if is_list else SENTENCE.split(" ".join(paragraph.split()))
    gathered = ""
    for piece in (short for long in pieces for short in _short(long.strip())):
        longer = f"{gathered}{joint}{piece}" if gathered else piece
        if len(longer) > LONGEST:
            yield gathered
            longer = piece
        gathered = longer
    if gathered:
        yield gathered


def _short(piece: str) -> Iterator[str]:
    while len(piece) > LONGEST:
        end = piece.rfind(" ", 0, LONGEST) + 1 or LONGEST
        yield piece[:end].strip()
        piece = piece[end:].strip()
    if piece:
        yield piece
