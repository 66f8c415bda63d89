"""How finished an utterance is, by its words: evidence, each piece by its name.

Pure. Rules: a word list is evidence only at the end of the text, where it says what must still
come; an answer is one only to the question that was just asked. The lists are those of the call's
language (words.py). What the evidence is worth, in silence, says the profile (endpointing.py):
nothing here is a weight.
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
DETAILED_WISH = 8
"""Words: "אני רוצה לקבוע תור" still lacks what for."""
SHORTEST_REQUEST = 4
"""Words: "תבדוק לי בבקשה" does not say what."""
LONG_SPEECH = 9
"""Words."""
SHORTEST_QUESTION = 3
"""Words: "מתי אתם פותחים"."""
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
def read(text: str, asked: Asked, language: LanguageWords) -> Reading:
    """Asked on every frame of a silence: remembered while it is the same."""
    return Reading(
        dangling=dangling(text, asked, language),
        asks_for_time=asks_for_time(text, language),
        answers=answers(text, asked, language),
        closes=closes(text, language),
        wishes=wishes(text, language),
        details=details(text, language),
    )


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


def dangling(text: str, asked: Asked, language: LanguageWords) -> str:
    """Why the text cannot be all of it: leaning, wanting, hesitation, number; "" if it can."""
    words = plain(text)
    if not words:
        return ""
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in language.hesitation or text.rstrip().endswith(("...", "…", ",", "-")):
        return "hesitation"
    digits = dictated(words, language, 1 if asked.kind == "number" else DICTATED)
    if digits and not _is_whole(digits, asked, language):
        return "number"
    is_time = last in language.before_after and before in language.time_before
    if last in language.leaning and asked.kind != "choice" and not is_time:
        return "leaning"
    is_begun = not language.wanting.isdisjoint(words[:-1])
    if last in language.transitive and (is_begun or asked.kind in ("open", "")):
        return "wanting"
    is_alone = len(words) == 1 and last in language.whole_alone
    is_whole = is_alone or before in language.complete_after
    if last in language.wanting and not is_whole:
        return "wanting"
    return ""


def asks_for_time(text: str, language: LanguageWords) -> bool:
    """ "רגע", "שנייה": the caller keeps the floor for longer."""
    words = plain(text)
    if len(words) > 1 and words[-1] in language.please:
        words.pop()
    said = " ".join(words)
    return any(said == phrase or said.endswith(f" {phrase}") for phrase in language.floor)


def answers(text: str, asked: Asked, language: LanguageWords) -> bool:
    """Is this a full answer to what was just asked?"""
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
        case "open":
            return _is_telegraphic(words, language)
        case "number":
            return _is_whole(dictated(words, language), asked, language)
    return False


def wishes(text: str, language: LanguageWords) -> bool:
    """Has a wish, a question or a complaint been said, not only the story that leads to it?"""
    return any(_is_in(language.wish, word, language) for word in plain(text))


def details(text: str, language: LanguageWords) -> bool:
    """Is it a wish with all that belongs to one, or as much as people say in one breath?"""
    count = len(plain(text))
    return count >= LONG_SPEECH or (wishes(text, language) and count >= DETAILED_WISH)


def _is_telegraphic(words: Sequence[str], language: LanguageWords) -> bool:
    """ "לבטל תור", "מחלקת משלוחים": a wish in a few words, without a sentence around it."""
    is_short = 1 < len(words) <= LONGEST_PHRASE and words[0] not in language.imperative
    is_wanting = not language.wanting.isdisjoint(words)
    return is_short and not is_wanting and not any(_is_sentence(word, language) for word in words)


def _is_sentence(word: str, language: LanguageWords) -> bool:
    """Does it belong to somebody who tells or asks in sentences?"""
    is_past = len(word) > 3 and word.endswith(language.past_endings)
    return is_past or _is_in(language.sentence, word, language)


def _is_in(words: frozenset[str], word: str, language: LanguageWords) -> bool:
    """Is it one of the words, by itself or joined to the one before?"""
    return word in words or (word[:1] in language.joining and word[1:] in words)


def closes(text: str, language: LanguageWords) -> bool:
    """Does the text say itself that it is over: a full stop, a question, a thank-you?"""
    words = plain(text)
    if not words:
        return False
    is_question = len(words) >= SHORTEST_QUESTION and words[0] in language.asking
    is_request = words[0] in language.imperative and len(words) < SHORTEST_REQUEST
    is_closed = words[-1] in language.closing and not is_request
    return text.rstrip().endswith((".", "?", "!")) or is_closed or is_question


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
