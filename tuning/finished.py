"""How finished an utterance is, by its Hebrew words: evidence, each piece by its name.

Pure. Rules: a word list is evidence only at the end of the text, where it says what must still
come; an answer is one only to the question that was just asked. What the evidence is worth, in
silence, says the profile (endpoint.py): nothing here is a weight.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

VOWEL_MARKS = re.compile(r"[֑-ׇ]")
_WORD = re.compile(r"[\w'\"״׳]+")

_LISTS = tomllib.loads(Path(__file__).with_name("finished.toml").read_text("utf-8"))


def listed(name: str) -> frozenset[str]:
    """The words of one of finished.toml's lists."""
    return frozenset(_LISTS[name].split())


LEANING, WANTING, COMPLETE_AFTER = listed("leaning"), listed("wanting"), listed("complete_after")
HESITATION, YES_NO = listed("hesitation"), listed("yes_no")
ASKING, CLOSING = listed("asking"), listed("closing")
FLOOR: tuple[str, ...] = tuple(_LISTS["floor"])
DIGIT_WORDS = {
    word: f"{digit}" for digit, words in enumerate(_LISTS["digits"]) for word in words.split()
}
LONGEST_YES_NO = 4
"""Words; "כן אבל רציתי לשאול" is no answer yet."""
SHORTEST_QUESTION = 3
"""Words: "מתי אתם פותחים"."""
TELEPHONE = range(9, 13)
"""Digits of a telephone number, with or without the country."""
DICTATED = 3
"""So many digits in a row are being dictated."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the agent's last words ask for.

    kind: "yes_no", "choice" (one of `phrases`), "number" (of `digits` digits, 0: a telephone
    number), "open", or "" when nothing was asked.
    """

    kind: str = ""
    phrases: tuple[str, ...] = ()
    digits: int = 0


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
    digits = dictated(words)
    if digits and not _is_whole(digits, asked):
        return "number"
    if last in LEANING and asked.kind != "choice":
        return "leaning"
    if last in WANTING and before not in COMPLETE_AFTER and len(words) > 1 - (last != "אפשר"):
        return "wanting"
    return ""


def asks_for_time(text: str) -> bool:
    """ "רגע", "שנייה": the caller keeps the floor for longer."""
    words = " ".join(plain(text))
    return any(words == phrase or words.endswith(f" {phrase}") for phrase in FLOOR)


def answers(text: str, asked: Asked) -> bool:
    """Is this a full answer to what was just asked?"""
    words = plain(text)
    match asked.kind:
        case "yes_no":
            meaning = [word for word in words if word not in HESITATION]
            return bool(meaning) and meaning[0] in YES_NO and len(meaning) <= LONGEST_YES_NO
        case "choice":
            said = f" {' '.join(words)} "
            return any(f" {' '.join(plain(phrase))} " in said for phrase in asked.phrases)
        case "number":
            return _is_whole(dictated(words), asked)
    return False


def closes(text: str) -> bool:
    """Does the text say itself that it is over: a full stop, a question, a thank-you?"""
    words = plain(text)
    if not words:
        return False
    is_question = len(words) >= SHORTEST_QUESTION and words[0] in ASKING
    return text.rstrip().endswith((".", "?", "!")) or words[-1] in CLOSING or is_question


def dictated(words: Sequence[str]) -> str:
    """The digits in a row at the end of the text, if they are being dictated."""
    digits = ""
    for word in reversed(words):
        found = DIGIT_WORDS.get(word) or (word if word.isdecimal() else "")
        if not found:
            break
        digits = found + digits
    return digits if len(digits) >= DICTATED else ""


def _is_whole(digits: str, asked: Asked) -> bool:
    if asked.kind == "number" and asked.digits:
        return len(digits) >= asked.digits
    return len(digits) in TELEPHONE and (not digits.startswith("05") or len(digits) >= 10)
