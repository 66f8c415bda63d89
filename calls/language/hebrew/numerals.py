"""Numbers in Hebrew words, as callers read them out and recognisers write them. Pure.

Rule: what is one number stays one: "חמישים ושתיים" is 52, "חמישים שתיים" are 50 and 2. Both
genders, "כפול שבע" (77), hundreds; thousands are amounts, and not worked out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from calls.language.personal import SaidNumber

_LISTS = tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))
UNITS = {word: value for value, each in enumerate(_LISTS["digits"]) for word in each.split()}
TENS = {
    word: 10 * value for value, each in enumerate(_LISTS["tens"], start=2) for word in each.split()
}
TEN = {"עשר": 10, "עשרה": 10}
HUNDREDS = {"מאה": 100, "מאתיים": 200}
MANY_HUNDREDS = "מאות"
THOUSANDS = {"אלף", "אלפיים", "אלפים", "מיליון", "מיליארד"}
TWICE = {"כפול": 2, "פעמיים": 2, "דאבל": 2}
CONSTRUCT = {
    "שלושת": 3, "ארבעת": 4, "חמשת": 5, "ששת": 6, "שבעת": 7, "שמונת": 8, "תשעת": 9, "עשרת": 10,
}  # fmt: skip
"""Only thousands follow these."""
NUMERALS = UNITS | TENS | TEN | HUNDREDS
ATTACHED = re.compile("[בלמהשכ]{1,2}")
_WORD = re.compile(r"[א-ת'׳\"״]+")
_POINTS = re.compile("[\u0591-\u05c7]")


class _Words:
    """A text's words from one on, each with what it is without ו."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.found = list(_WORD.finditer(text))

    def said(self, place: int) -> str:
        """Only if nothing but blanks, or a hyphen, stands before it."""
        if place >= len(self.found):
            return ""
        if place:
            gap = self._text[self.found[place - 1].end() : self.found[place].start()]
            if gap.strip(" \t\u200e\u200f-־"):
                return ""
        return self.found[place][0]

    def joined(self, place: int) -> str:
        """What follows with "and": ושתיים, or ו שתיים as a recogniser may split it."""
        word = self.said(place)
        return word[1:] if word.startswith("ו") and word[1:] in NUMERALS else ""


def said_numbers(text: str) -> list[SaidNumber]:
    words = _Words(text)
    return list(_numbers(words))


def _numbers(words: _Words) -> Iterator[SaidNumber]:
    place = 0
    while place < len(words.found):
        read = _read(words, place)
        if read is None:
            place += 1
            continue
        digits, length, is_amount = read
        first, last = words.found[place], words.found[place + length - 1]
        yield SaidNumber(first.start(), last.end(), digits, is_amount)
        place += length


def _read(words: _Words, place: int) -> tuple[str, int, bool] | None:
    """The digits of the number that begins here, of how many words it is, whether an amount."""
    word = bare(words.found[place][0])
    if word in TWICE:
        unit = words.said(place + 1)
        return (str(UNITS[unit]) * TWICE[word], 2, False) if unit in UNITS else None
    if word in THOUSANDS or (word in CONSTRUCT and words.said(place + 1) in THOUSANDS):
        return "", _amount(words, place), True
    if word not in NUMERALS:
        return None
    digits, length = _below_thousand(words, place, word)
    if words.said(place + length) in THOUSANDS:
        return "", _amount(words, place), True
    return digits, length, False


def _below_thousand(words: _Words, place: int, word: str) -> tuple[str, int]:
    after = words.said(place + 1)
    if word in UNITS and word != "אפס" and after == MANY_HUNDREDS:
        value, length = _rest(words, place + 2)
        return f"{UNITS[word] * 100 + value}", 2 + length
    if word in HUNDREDS:
        value, length = _rest(words, place + 1)
        return f"{HUNDREDS[word] + value}", 1 + length
    if word in UNITS and UNITS[word] and after in TEN:
        return f"{10 + UNITS[word]}", 2
    if word in TENS and (unit := UNITS.get(words.joined(place + 1))):
        return f"{TENS[word] + unit}", 2
    if word in TENS and after == "ו" and (unit := UNITS.get(words.said(place + 2))):
        return f"{TENS[word] + unit}", 3
    return f"{NUMERALS[word]}", 1


def _rest(words: _Words, place: int) -> tuple[int, int]:
    """What is added to hundreds: "תשעים ושבע", "ושש", "שתים עשרה"; a bare digit is a number of its
    own."""
    if joined := words.joined(place):
        if joined in HUNDREDS:
            return 0, 0
        digits, length = _below_thousand(words, place, joined)
        return (int(digits), length) if int(digits) < 100 else (0, 0)
    word = words.said(place)
    if word == "ו" and words.said(place + 1) in TENS:
        value, length = _rest(words, place + 1)
        return value, length + 1
    if word in TENS or word in TEN or (word in UNITS and words.said(place + 1) in TEN):
        digits, length = _below_thousand(words, place, word)
        return int(digits), length
    return 0, 0


def _amount(words: _Words, place: int) -> int:
    """How many words a number of thousands is."""
    end = place + 1
    while bare(words.said(end)) in NUMERALS | {MANY_HUNDREDS: 0} or words.said(end) in THOUSANDS:
        end += 1
    return end - place


def bare(word: str) -> str:
    """Without attached letters: ושתיים, לאפס, ובשבע."""
    word = _POINTS.sub("", word)
    if word in NUMERALS or word in TWICE or word in THOUSANDS or word in CONSTRUCT:
        return word
    rest = word.removeprefix("ו")
    if rest in NUMERALS or rest in TWICE or rest in THOUSANDS:
        return rest
    if (attached := ATTACHED.match(rest)) and rest[attached.end() :] in NUMERALS:
        return rest[attached.end() :]
    if rest[:1] in "בלמהשכ" and rest[1:] in NUMERALS | TWICE:
        return rest[1:]
    return word
