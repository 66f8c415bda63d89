"""Personal data in a text, and the text without it: telephone numbers, identity numbers, cards,
addresses of e-mail, and other long numbers, in digits, in words or mixed. Pure.

Rules: what belongs together is hidden whole, with what callers say between its parts. Hours, dates,
prices and small quantities stay. When in doubt about a long number, it is hidden. What it does not
know are names and addresses of houses: docs/data-flow.md says how much is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from calls.language.personal import PersonalWords

LONG = 6
"""Digits: a number of so many is nobody's quantity, unless its unit is said."""
NAMED, SECRET = 4, 3
"""Digits: enough where it is said what they are ("the code is 4821")."""
REST = 7
"""Digits that are a number by themselves, whatever is counted after them."""
READ_OUT = 4
"""Single digits, one after the other: nobody counts so; after a zero, one less."""
CARD = range(13, 20)
INTERNATIONAL = range(8, 16)
WORDS_BEFORE_AT, WORDS_AFTER_AT = 12, 8
NEAR = 200
"""Characters: nothing farther away is looked at, so that a long text takes no longer a piece."""
_DIGITS = re.compile(r"\d+")
_AMOUNT = re.compile(
    r"(?<![\d,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|(?<![\d.])\d+\.\d{1,2}(?![\d.])"
)
_SIGNS = re.compile(r"[\s\-–—־.,/()\u200e\u200f\u202a-\u202e\u2066-\u2069]*")
_WRITTEN = re.compile(r"(?<![\w.+'-])[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_WORD = re.compile(r"\S+")
_SENTENCE = re.compile(r"[?!;:\n]|\.(?=\s)|,(?=\s)")


class Spoken(Protocol):
    """A language, as far as it is asked."""

    @property
    def personal(self) -> PersonalWords: ...


@dataclass(frozen=True, slots=True)
class Found:
    """One piece of personal data. kind: of calls.language.personal.KINDS."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class _Part:
    """Of a number, as it was said or written in one."""

    start: int
    end: int
    digits: str
    is_word: bool


def redacted(text: str, language: Spoken, *, goes_on: bool = False) -> str:
    """With a word in brackets in the place of each piece. goes_on: more words will come, so that a
    number at the end is hidden before it is long."""
    parts, place = [], 0
    for each in found(text, language, goes_on=goes_on):
        parts += [text[place : each.start], f"[{language.personal.names[each.kind]}]"]
        place = each.end
    return "".join([*parts, text[place:]])


def found(text: str, language: Spoken, *, goes_on: bool = False) -> list[Found]:
    """In order; none within another."""
    words = language.personal
    addresses = list(_addresses(text, words))
    taken = [(each.start, each.end) for each in addresses]
    numbers = _numbers(text, words, taken, goes_on=goes_on)
    return sorted([*addresses, *numbers], key=lambda each: each.start)


def luhn_holds(digits: str) -> bool:
    """The check digit of a payment card (ISO/IEC 7812)."""
    doubled = (int(each) * (1 + place % 2) for place, each in enumerate(reversed(digits)))
    return sum(each // 10 + each % 10 for each in doubled) % 10 == 0


# Numbers.


def _numbers(
    text: str, words: PersonalWords, taken: Sequence[tuple[int, int]], *, goes_on: bool
) -> Iterator[Found]:
    for run in _runs(text, words, taken):
        is_open = goes_on and not _after(text, run[-1].end).strip(" .,-")
        kind = _kind(text, run, words) or ("number" if is_open else "")
        if kind:
            yield Found(_begins(text, run[0]), run[-1].end, kind)


def _begins(text: str, part: _Part) -> int:
    """With the sign of an international number."""
    return part.start - 1 if _before(text, part.start).endswith("+") else part.start


def _before(text: str, place: int) -> str:
    return text[max(0, place - NEAR) : place]


def _after(text: str, place: int) -> str:
    return text[place : place + NEAR]


def _runs(
    text: str, words: PersonalWords, taken: Sequence[tuple[int, int]]
) -> Iterator[list[_Part]]:
    """Parts that belong together: between them is nothing else, but what may be."""
    run: list[_Part] = []
    for part in _parts(text, words, taken):
        is_counted = bool(words.counts.match(_after(text, part.end).lstrip(" -")))
        is_other = part.is_word and bool(run) and not run[-1].is_word
        is_apart = is_counted and (is_other or sum(len(each.digits) for each in run) >= REST)
        if run and (is_apart or not _is_joined(text[run[-1].end : part.start], words)):
            yield run
            run = []
        run.append(part)
    if run:
        yield run


def _parts(text: str, words: PersonalWords, taken: Sequence[tuple[int, int]]) -> list[_Part]:
    closed = [*taken, *(each.span() for each in words.dates.finditer(text))]
    closed += [each.span() for each in _AMOUNT.finditer(text)]
    written = (_Part(*each.span(), _plain(each[0]), False) for each in _DIGITS.finditer(text))
    said = words.said_numbers(text)
    closed += [(each.start, each.end) for each in said if each.is_amount]
    told = (_Part(each.start, each.end, each.digits, True) for each in said if not each.is_amount)
    free = (
        part
        for part in (*written, *told)
        if not any(part.start < end and start < part.end for start, end in closed)
    )
    return sorted(free, key=lambda part: part.start)


def _plain(digits: str) -> str:
    """Of any script."""
    return "".join(str(int(each)) for each in digits)


def _is_joined(gap: str, words: PersonalWords) -> bool:
    return len(gap) <= 24 and not _SIGNS.sub("", words.between.sub("", gap))


def _kind(text: str, run: Sequence[_Part], words: PersonalWords) -> str:
    """ "": a number that is nobody's."""
    digits = "".join(part.digits for part in run)
    before, after = _before(text, run[0].start), _after(text, run[-1].end)
    if before.endswith("*") or words.public.fullmatch(digits):
        return ""
    if before.endswith("+") and len(digits) in INTERNATIONAL:
        return "telephone"
    if kind := _kind_of_digits(digits, words, is_one=len(run) == 1):
        return kind
    if words.counts.match(after.lstrip(" -")):
        return ""
    named, after = " ".join(before.split()[-4:]), " ".join(after.split()[:3])
    is_secret = bool(words.names_secret.search(named))
    is_named = words.names_number.search(named) or words.follows_name.search(after)
    enough = SECRET if is_secret else NAMED if is_named else LONG
    return "number" if _is_long(run, digits, enough) else ""


def _kind_of_digits(digits: str, words: PersonalWords, *, is_one: bool) -> str:
    """What their form, and check digit, says."""
    if len(digits) in CARD and luhn_holds(digits):
        return "card"
    if words.telephone.fullmatch(digits):
        return "telephone"
    if words.identity_holds(digits) and (len(digits) == 9 or not is_one):
        return "identity"
    return ""


def _is_long(run: Sequence[_Part], digits: str, enough: int) -> bool:
    """Whether they are a number rather than a quantity, or several."""
    size, count = len(digits), len(run)
    has_words = any(part.is_word for part in run)
    if enough < LONG and size >= enough and (count > 1 or not has_words):
        return True
    singles = sum(len(part.digits) == 1 for part in run)
    if singles == count and count >= (READ_OUT - 1 if digits.startswith("0") else READ_OUT):
        return True
    if has_words:
        return size >= LONG and count > 2
    # Blanks within a written number, or a zero before others: it was read out in pieces.
    has_zero = any(part.digits.startswith("0") and len(part.digits) > 1 for part in run)
    in_pieces = count > 1 and (max(len(part.digits) for part in run) > 2 or has_zero)
    return size >= (LONG - 1 - has_zero if in_pieces else LONG)


# Addresses of e-mail.


def _addresses(text: str, words: PersonalWords) -> Iterator[Found]:
    """Those that overlap are one."""
    pieces: list[tuple[int, int]] = []
    for start, end in sorted([*_written(text), *_said(text, words)]):
        if pieces and start < pieces[-1][1]:
            pieces[-1] = pieces[-1][0], max(pieces[-1][1], end)
        else:
            pieces.append((start, end))
    return (Found(start, end, "email") for start, end in pieces)


def _written(text: str) -> Iterator[tuple[int, int]]:
    return (each.span() for each in _WRITTEN.finditer(text))


def _said(text: str, words: PersonalWords) -> Iterator[tuple[int, int]]:
    """From the words before the sign that may belong to it, to the end of the domain."""
    for at in words.at.finditer(_WRITTEN.sub(lambda each: "\n" * len(each[0]), text)):
        if (start := _address_begins(text, at.start(), words)) < at.start():
            yield start, _address_ends(text, at.end(), words)


def _address_begins(text: str, at: int, words: PersonalWords) -> int:
    near = _before(text, at)
    breaks = [each.end() for each in (*_SENTENCE.finditer(near), *_WRITTEN.finditer(near))]
    start = len(near)
    for word in reversed(list(_WORD.finditer(near, max(breaks, default=0)))[-WORDS_BEFORE_AT:]):
        if start < len(near) and word[0].strip(".,-") in words.before_address:
            break
        start = word.start()
    return at - len(near) + start


def _address_ends(text: str, at: int, words: PersonalWords) -> int:
    near = _after(text, at)
    ends = [each.end() for each in _WORD.finditer(near)][: 1 + WORDS_AFTER_AT]
    if not ends:
        return at
    parts = words.domain.finditer(near, ends[0], ends[-1])
    return at + max([ends[0], *(part.end() for part in parts)])
