"""How long the lists of Hebrew words would have waited: the policy of before, kept to be compared.

Pure. A judge that has learned took their place (docs/decisions/0011-judges.md); nothing in a call
uses them. The weights are those that shipped.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace

from calls.language.hebrew import HEBREW
from tuning.turns import completion
from tuning.turns.completion import (
    ASKED_FOR_TIME,
    Asked,
    asked_in,
    dictated,
    must_go_on,
    plain,
)

LISTS = Path(__file__).with_suffix(".toml")
LONGEST_MS, SHORTEST_MS, MORE_MS = 2600, 340, 1500
WEIGHTS = {"answered": 100, "closed": 65, "wish": 40, "detail": 25, "stable": 30}
"""Of each piece of evidence: per cent of the way from the longest silence to the shortest."""
LONGEST_PHRASE, SHORTEST_NUMBER = 4, 3
DETAILED_WISH, SHORTEST_REQUEST, LONG_SPEECH, SHORTEST_QUESTION = 8, 4, 9, 3
"""Words."""


@cache
def lists() -> SimpleNamespace:
    found = tomllib.loads(LISTS.read_text("utf-8"))
    sets = {name: frozenset(f"{words}".split()) for name, words in found.items()}
    return SimpleNamespace(**sets | {"past_endings": tuple(found["past_endings"].split())})


def silence_ms(question: str, text: str) -> int:
    """What the default profile asked for once the words stood still."""
    asked, words = asked_in(question, HEBREW.words), lists()
    if must_go_on(text, asked, HEBREW.words) == ASKED_FOR_TIME:
        return LONGEST_MS + MORE_MS
    if is_dangling(text, asked, words):
        return LONGEST_MS
    evidence = {
        "answered": answers(text, asked, words),
        "closed": closes(text, words),
        "wish": wishes(text, words),
        "detail": details(text, words),
        "stable": True,
    }
    share = min(100, sum(WEIGHTS[name] for name, is_there in evidence.items() if is_there))
    return LONGEST_MS - (LONGEST_MS - SHORTEST_MS) * share // 100


def is_dangling(text: str, asked: Asked, language: SimpleNamespace) -> bool:
    words = plain(text)
    if not words:
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in language.hesitation or text.rstrip().endswith(("...", "…", ",", "-")):
        return True
    digits = dictated(words, HEBREW.words)
    fewest = 1 if asked.kind == "number" else SHORTEST_NUMBER
    if len(digits) >= fewest and not _is_whole(digits, asked):
        return True
    is_time = last in language.before_after and before in language.time_before
    if last in language.leaning and asked.kind != "choice" and not is_time:
        return True
    is_begun = not language.wanting.isdisjoint(words[:-1])
    if last in language.transitive and (is_begun or asked.kind in ("open", "")):
        return True
    is_alone = len(words) == 1 and last in language.whole_alone
    is_whole = is_alone or before in language.complete_after
    return last in language.wanting and not is_whole


def answers(text: str, asked: Asked, language: SimpleNamespace) -> bool:
    """Is this a full answer to what was just asked?"""
    words = plain(text)
    match asked.kind:
        case "open":
            return _is_telegraphic(words, language)
        case "number":
            return _is_whole(dictated(words, HEBREW.words), asked)
    return completion.answers(text, asked, HEBREW.words)


def wishes(text: str, language: SimpleNamespace) -> bool:
    """Has a wish, a question or a complaint been said, not only the story that leads to it?"""
    return any(_is_in(language.wish, word, language) for word in plain(text))


def details(text: str, language: SimpleNamespace) -> bool:
    """Is it a wish with all that belongs to one, or as much as people say in one breath?"""
    count = len(plain(text))
    return count >= LONG_SPEECH or (wishes(text, language) and count >= DETAILED_WISH)


def _is_telegraphic(words: Sequence[str], language: SimpleNamespace) -> bool:
    """ "לבטל תור", "מחלקת משלוחים": a wish in a few words, without a sentence around it."""
    is_short = 1 < len(words) <= LONGEST_PHRASE and words[0] not in language.imperative
    is_wanting = not language.wanting.isdisjoint(words)
    return is_short and not is_wanting and not any(_is_sentence(word, language) for word in words)


def _is_sentence(word: str, language: SimpleNamespace) -> bool:
    """Does it belong to somebody who tells or asks in sentences?"""
    is_past = len(word) > 3 and word.endswith(language.past_endings)
    return is_past or _is_in(language.sentence, word, language)


def _is_in(words: frozenset[str], word: str, language: SimpleNamespace) -> bool:
    """Is it one of the words, by itself or joined to the one before?"""
    return word in words or (word[:1] in language.joining and word[1:] in words)


def closes(text: str, language: SimpleNamespace) -> bool:
    """Does the text say itself that it is over: a full stop, a question, a thank-you?"""
    words = plain(text)
    if not words:
        return False
    is_question = len(words) >= SHORTEST_QUESTION and words[0] in language.asking
    is_request = words[0] in language.imperative and len(words) < SHORTEST_REQUEST
    is_closed = words[-1] in language.closing and not is_request
    return text.rstrip().endswith((".", "?", "!")) or is_closed or is_question


def _is_whole(digits: str, asked: Asked) -> bool:
    if asked.kind == "number" and asked.digits:
        return len(digits) >= asked.digits
    return bool(HEBREW.words.telephone.fullmatch(digits))
