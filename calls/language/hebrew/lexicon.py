"""Plain Hebrew to vocalised Hebrew, word by word, from vocalised.txt.

Rule: a word that already has vowel marks stays as it is; a word that the file lacks is guessed
at, and logged once: better said oddly than left out.
"""

from __future__ import annotations

import logging
from functools import cache, lru_cache
from pathlib import Path

from calls.language.hebrew.phonemes import MARKS, WORD

logger = logging.getLogger(__name__)

VOCALISED = Path(__file__).with_name("vocalised.txt")
PREFIXES = {"ב": "בֶּ", "ה": "הַ", "ו": "וֶ", "כ": "כֶּ", "ל": "לֶ", "מ": "מֶ", "ש": "שֶׁ"}
"""In, the, and, as, to, from, that: written as one word with what follows, said before it."""
PATAH, HIRIQ, HOLAM, DAGESH = "\u05b7", "\u05b4", "\u05b9", "\u05bc"


@cache
def words() -> dict[str, str]:
    """Vocalised words by their plain spelling."""
    lines = VOCALISED.read_text("utf-8").splitlines()
    return {MARKS.sub("", word): word for word in lines if WORD.match(word)}


def vocalise(text: str) -> str:
    return WORD.sub(lambda found: _vocalised(found[0]), text)


def _vocalised(word: str) -> str:
    return word if MARKS.search(word) else words().get(word) or _guessed(word)


@lru_cache(maxsize=10_000)
def _guessed(word: str) -> str:
    """A known word behind a prefix; otherwise "a" after every consonant that no vav or yod
    follows: סניף -> סַנִיף (right), מכבי -> מַכַבִי, לכתוב -> לַכַתוֹב (understandable)."""
    prefix, rest = PREFIXES.get(word[0], ""), words().get(word[1:], "")
    if prefix and rest:
        guess = prefix + rest
    else:
        guess = "".join(
            char + _guessed_marks(char, word[index + 1 : index + 2], is_first=index == 0)
            for index, char in enumerate(word)
        )
    logger.warning("%r is not in %s: said as %s", word, VOCALISED.name, guess)
    return guess


def _guessed_marks(char: str, following: str, *, is_first: bool) -> str:
    hard = DAGESH if is_first and char in "בכפ" else ""
    if char == "ו" and not is_first:
        return HOLAM
    if (char == "י" and not is_first) or not following or following == "ו":
        return hard
    return hard + (HIRIQ if following == "י" else PATAH)
