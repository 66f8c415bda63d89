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
"""So many digits in a row are being dictated, or any that were asked for."""


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
    digits = dictated(words, language, 1 if asked.kind == "number" else DICTATED)
    return "number" if digits and not _is_whole(digits, asked, language) else ""


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


def dictated(words: Sequence[str], language: LanguageWords, fewest: int = DICTATED) -> str:
    """The digits in a row at the end of the text, if there are enough."""
    digits = ""
    for word in reversed(words):
        found = language.digits.get(word) or (word if word.isdecimal() else "")
        if not found:
            break
        digits = found + digits
    return digits if len(digits) >= fewest else ""


def _is_whole(digits: str, asked: Asked, language: LanguageWords) -> bool:
    if asked.kind == "number" and asked.digits:
        return len(digits) >= asked.digits
    return bool(language.telephone.fullmatch(digits))
