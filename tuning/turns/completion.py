"""How finished an utterance is, by its Hebrew words: evidence, each piece by its name.

Pure. Rules: a word list is evidence only at the end of the text, where it says what must still
come; an answer is one only to the question that was just asked. What the evidence is worth, in
silence, says the profile (endpointing.py): nothing here is a weight.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

VOWEL_MARKS = re.compile(r"[\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7]")
"""Not the marks between words: the maqaf, the paseq."""
_WORD = re.compile(r"[\w'\"״׳]+")

_LISTS = tomllib.loads(Path(__file__).with_name("completion.toml").read_text("utf-8"))


def listed(name: str) -> frozenset[str]:
    """The words of one of completion.toml's lists."""
    return frozenset(_LISTS[name].split())


LEANING, WANTING, COMPLETE_AFTER = listed("leaning"), listed("wanting"), listed("complete_after")
TIME_BEFORE, TRANSITIVE = listed("time_before"), listed("transitive")
HESITATION, YES_NO, BUT = listed("hesitation"), listed("yes_no"), listed("but")
ASKING, CLOSING, IMPERATIVE = listed("asking"), listed("closing"), listed("imperative")
FLOOR: tuple[str, ...] = tuple(_LISTS["floor"])
DIGIT_WORDS = {
    word: f"{digit}" for digit, words in enumerate(_LISTS["digits"]) for word in words.split()
}
OPEN_QUESTION, BROAD_QUESTION = listed("open_question"), listed("broad_question")
WISH, SENTENCE = listed("wish"), listed("sentence")
NUMBER_ASKED = re.compile(r"\bמספר (?:ה)?(?:טלפון|נייד|זהות|תעודת|הזמנה)|\bתעודת ה?זהות\b")
LONGEST_YES_NO = 4
"""Words; and "כן אבל רציתי לשאול" is no answer yet."""
LONGEST_PHRASE = 4
"""Words: "קוראים לי דנה לוי"."""
DETAILED_WISH = 8
"""Words: "אני רוצה לקבוע תור" still lacks what for."""
SHORTEST_REQUEST = 4
"""Words: "תבדוק לי בבקשה" does not say what."""
LONG_SPEECH = 9
"""Words."""
ATTACHED = "בהולמש"
"""Letters that stand before a word as part of it: in, the, and, to, from, that."""
JOINING = frozenset("וש")
"""Letters that stand before a word and join it to the ones before."""
SHORTEST_QUESTION = 3
"""Words: "מתי אתם פותחים"."""
TELEPHONE = range(9, 13)
"""Digits of a telephone number, with or without the country."""
LOCAL = 7
"""Digits of one without its area."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the words of an utterance say about whether it is over: each as the function of its
    name finds it."""

    dangling: str = ""
    asks_for_time: bool = False
    answers: bool = False
    closes: bool = False
    wishes: bool = False
    details: bool = False


@lru_cache(maxsize=64)
def read(text: str, asked: Asked) -> Reading:
    """Asked on every frame of a silence: remembered while it is the same."""
    return Reading(
        dangling=dangling(text, asked),
        asks_for_time=asks_for_time(text),
        answers=answers(text, asked),
        closes=closes(text),
        wishes=wishes(text),
        details=details(text),
    )


def asked_in(text: str) -> Asked:
    """What the agent's words ask, by their last sentence; after a statement, anything."""
    *_before, last = re.split(r"(?<=[.!?…])\s+", f" {text.strip()}")
    words = plain(last)
    if not last.endswith("?") or not words:
        return Asked("open")
    if NUMBER_ASKED.search(" ".join(words)):
        return Asked("number", digits=9 if {"זהות", "הזהות"} & set(words) else 0)
    if any(word in BROAD_QUESTION for word in words):
        return Asked("open")
    is_phrase = "או" in words or any(word in OPEN_QUESTION for word in words)
    return Asked("phrase" if is_phrase else "yes_no")


def plain(text: str) -> list[str]:
    """Its words, without vowel marks and punctuation."""
    return [re.sub("[\"'״׳]", "", word) for word in _WORD.findall(VOWEL_MARKS.sub("", text))]


def same_words(one: str, other: str) -> bool:
    """Do both mean the same reply? The same words, apart from punctuation, case and hesitation."""
    return meant(one) == meant(other)


def meant(text: str) -> list[str]:
    words = [word.casefold() for word in plain(text)]
    return [word for word in words if word not in HESITATION]


def dangling(text: str, asked: Asked) -> str:
    """Why the text cannot be all of it: leaning, wanting, hesitation, number; "" if it can."""
    words = plain(text)
    if not words:
        return ""
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in HESITATION or text.rstrip().endswith(("...", "…", ",", "-")):
        return "hesitation"
    digits = dictated(words, 1 if asked.kind == "number" else DICTATED)
    if digits and not _is_whole(digits, asked):
        return "number"
    is_time = last in ("אחרי", "לפני") and before in TIME_BEFORE
    if last in LEANING and asked.kind != "choice" and not is_time:
        return "leaning"
    is_begun = any(word in WANTING for word in words[:-1])
    if last in TRANSITIVE and (is_begun or asked.kind in ("open", "")):
        return "wanting"
    if last in WANTING and before not in COMPLETE_AFTER and len(words) > 1 - (last != "אפשר"):
        return "wanting"
    return ""


def asks_for_time(text: str) -> bool:
    """ "רגע", "שנייה": the caller keeps the floor for longer."""
    words = " ".join(plain(text)).removesuffix(" בבקשה")
    return any(words == phrase or words.endswith(f" {phrase}") for phrase in FLOOR)


def answers(text: str, asked: Asked) -> bool:
    """Is this a full answer to what was just asked?"""
    words = plain(text)
    match asked.kind:
        case "yes_no":
            meaning = [word for word in words if word not in HESITATION]
            is_short = len(meaning) <= LONGEST_YES_NO and BUT.isdisjoint(meaning)
            return is_short and not YES_NO.isdisjoint(meaning[:2])
        case "choice":
            said = " ".join(words)
            return any(
                re.search(rf"(?:^| )[{ATTACHED}]?{re.escape(' '.join(plain(phrase)))}(?: |$)", said)
                for phrase in asked.phrases
            )
        case "phrase":
            return 0 < len(words) <= LONGEST_PHRASE
        case "open":
            return _is_telegraphic(words)
        case "number":
            return _is_whole(dictated(words), asked)
    return False


def wishes(text: str) -> bool:
    """Has a wish, a question or a complaint been said, not only the story that leads to it?"""
    return any(word in WISH or (word[:1] in JOINING and word[1:] in WISH) for word in plain(text))


def details(text: str) -> bool:
    """Is it a wish with all that belongs to one, or as much as people say in one breath?"""
    count = len(plain(text))
    return count >= LONG_SPEECH or (wishes(text) and count >= DETAILED_WISH)


def _is_telegraphic(words: Sequence[str]) -> bool:
    """ "לבטל תור", "מחלקת משלוחים": a wish in a few words, without a sentence around it."""
    is_short = 1 < len(words) <= LONGEST_PHRASE and words[0] not in IMPERATIVE
    return is_short and WANTING.isdisjoint(words) and not any(map(_is_sentence, words))


def _is_sentence(word: str) -> bool:
    """Does it belong to somebody who tells or asks in sentences?"""
    is_past = len(word) > 3 and word.endswith(("תי", "נו"))
    return is_past or word in SENTENCE or (word[:1] in JOINING and word[1:] in SENTENCE)


def closes(text: str) -> bool:
    """Does the text say itself that it is over: a full stop, a question, a thank-you?"""
    words = plain(text)
    if not words:
        return False
    is_question = len(words) >= SHORTEST_QUESTION and words[0] in ASKING
    is_request = words[0] in IMPERATIVE and len(words) < SHORTEST_REQUEST
    is_closed = words[-1] in CLOSING and not is_request
    return text.rstrip().endswith((".", "?", "!")) or is_closed or is_question


def dictated(words: Sequence[str], fewest: int = DICTATED) -> str:
    """The digits in a row at the end of the text, if there are enough."""
    digits = ""
    for word in reversed(words):
        found = DIGIT_WORDS.get(word) or (word if word.isdecimal() else "")
        if not found:
            break
        digits = found + digits
    return digits if len(digits) >= fewest else ""


def _is_whole(digits: str, asked: Asked) -> bool:
    if asked.kind == "number" and asked.digits:
        return len(digits) >= asked.digits
    if len(digits) == LOCAL:
        return not digits.startswith("0")
    return len(digits) in TELEPHONE and (not digits.startswith("05") or len(digits) >= 10)
