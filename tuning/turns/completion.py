"""What the words of an utterance say: what was asked, what answers it, and what must go on.

Pure. Whether words are all that a caller had to say is judged elsewhere (endpointing.py says by
whom); here are only the rules that are certain, by the words of the call's language (words.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tuning.turns.words import LanguageWords

VOWEL_MARKS = re.compile(r"[\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7]")
"""Hebrew's. Not the marks between words: the maqaf, the paseq."""
_WORD = re.compile(r"[\w'\"״׳]+")

LONGEST_YES_NO = 4
"""Words; and "כן אבל רציתי לשאול" is no answer yet."""
LONGEST_PHRASE = 4
"""Words: "קוראים לי דנה לוי"."""
ASKED_FOR_TIME = "asked for time"
DICTATED = 3
"""So many digits in a row are being dictated."""
LONGEST_TELEPHONE = 10
"""Digits, without the country."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the agent's last words ask for.

    kind: "yes_no", "choice" (one of `phrases`), "number" (of `digits` digits, 0: a telephone
    number), "phrase" (a few words: a name, a place, a day), "open" (anything), or "" when nothing
    was asked.
    """

    kind: str = ""
    phrases: tuple[str, ...] = ()
    digits: int = 0


def asked_in(text: str, language: LanguageWords) -> Asked:
    """What the agent's words ask, by their last sentence; after a statement, anything."""
    *_before, last = re.split(r"(?<=[.!?…])\s+", f" {text.strip()}")
    words = plain(last)
    if not last.endswith("?") or not words:
        return Asked("open")
    if language.number_asked.search(" ".join(words)):
        is_identity = not language.identity.isdisjoint(words)
        return Asked("number", digits=language.identity_digits if is_identity else 0)
    if not language.broad_question.isdisjoint(words):
        return Asked("open")
    is_phrase = not (language.alternatives | language.open_question).isdisjoint(words)
    return Asked("phrase" if is_phrase else "yes_no")


def plain(text: str) -> list[str]:
    """Its words, without case, vowel marks and punctuation."""
    words = _WORD.findall(VOWEL_MARKS.sub("", text.casefold()))
    return [re.sub("[\"'״׳]", "", word) for word in words]


def same_words(one: str, other: str, language: LanguageWords) -> bool:
    """Do both mean the same reply? The same words, apart from punctuation, case and hesitation."""
    return meant(one, language) == meant(other, language)


def meant(text: str, language: LanguageWords) -> list[str]:
    return [word for word in plain(text) if word not in language.hesitation]


@lru_cache(maxsize=64)
def must_go_on(text: str, asked: Asked, language: LanguageWords) -> str:
    """Why the text cannot be all: asked for time, hesitation, number; "" if it can.

    Asked on every frame of a silence: remembered while it is the same.
    """
    words = plain(text)
    if not words:
        return ""
    if asks_for_time(text, language):
        return ASKED_FOR_TIME
    if words[-1] in language.hesitation or text.rstrip().endswith(("...", "…", ",", "-")):
        return "hesitation"
    return "number" if _is_too_short(words, asked, language) else ""


def asks_for_time(text: str, language: LanguageWords) -> bool:
    """ "רגע", "שנייה": the caller keeps the floor for longer."""
    words = plain(text)
    if len(words) > 1 and words[-1] in language.please:
        words.pop()
    said = " ".join(words)
    return any(said == phrase or said.endswith(f" {phrase}") for phrase in language.floor)


def answers(text: str, asked: Asked, language: LanguageWords) -> bool:
    """Can these few words, said over a question, be the answer to it?"""
    words = plain(text)
    match asked.kind:
        case "yes_no":
            meaning = meant(text, language)
            is_short = len(meaning) <= LONGEST_YES_NO and language.but.isdisjoint(meaning)
            return is_short and not language.yes_no.isdisjoint(meaning[:2])
        case "choice":
            said, attached = " ".join(words), "|".join(language.attached)
            return any(
                re.search(rf"(?:^| )(?:{attached})?{re.escape(phrase)}(?: |$)", said)
                for phrase in (" ".join(plain(each)) for each in asked.phrases)
            )
        case "phrase":
            return 0 < len(words) <= LONGEST_PHRASE
    return False


def _is_too_short(words: Sequence[str], asked: Asked, language: LanguageWords) -> bool:
    """Are digits missing for certain? Of a number that was asked for, or of a telephone number that
    is dictated unasked: then its first digit is 0."""
    digits = dictated(words, language)
    if asked.kind == "number":
        if asked.digits:
            return 0 < len(digits) < asked.digits
    elif len(digits) < DICTATED or not digits.startswith("0"):
        return False
    is_telephone = language.telephone.fullmatch(digits)
    return bool(digits) and not is_telephone and len(digits) < LONGEST_TELEPHONE


def dictated(words: Sequence[str], language: LanguageWords) -> str:
    """The digits in a row at the end of the text, "fifty-six" being two; "" where a numeral beside
    them leaves it open how many there are."""
    digits, is_unit = "", False
    for word in reversed(words):
        bare = word[1:] if word[:1] in language.joining and len(word) > 1 else word
        if found := _digit(word, language) or _digit(bare, language):
            digits, is_unit = found + digits, len(found) == 1 and found != "0"
        elif ten := language.tens.get(bare):
            digits, is_unit = ten + ("" if is_unit else "0") + digits, False
        else:
            return "" if bare in language.numerals else digits
    return digits


def _digit(word: str, language: LanguageWords) -> str:
    return language.digits.get(word) or (word if word.isdecimal() else "")
