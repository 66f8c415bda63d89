"""A question of the embedded receptionist, and what a caller's words answer to it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from calls.services.receptionist.words import plain

KINDS = {"answers": "choice", "anything": "open", "number": "number"}
"""What a question listens for, as tuning.turns.completion.Asked calls it."""
PHONE_DIGITS = range(9, 13)


@dataclass(frozen=True, slots=True)
class ExpectedAnswer:
    """One thing that a caller may mean, recognised by any of its phrases or by its key."""

    hear: tuple[str, ...]
    key: str = ""
    reply: str = ""
    note: dict[str, str] = field(default_factory=dict)
    then: str = ""
    keeps: bool = False
    """What was remembered is the caller's message."""
    asks_person: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the answers it understands; the fields are those of the file."""

    ask: str
    again: str = ""
    answers: tuple[ExpectedAnswer, ...] = ()
    then: str = ""
    listen: Literal["answers", "anything", "number"] = "answers"
    keep: str = ""
    hint: str = ""
    keypad: str = ""
    ends: bool = False

    @property
    def phrases(self) -> tuple[str, ...]:
        """What the transcriber should choose from; nothing where anything may be said."""
        if self.listen != "answers":
            return ()
        return tuple(phrase for answer in self.answers for phrase in answer.hear)


def meant(question: Question, heard: str) -> ExpectedAnswer | None:
    """The answer whose key or phrase was heard; else, unless anything may be said, the one with
    the longest phrase in what was heard. A single word counts only where it comes first."""
    words = plain(heard)
    longest, meant = "", None
    for answer in question.answers:
        if (answer.key and heard.strip() == answer.key) or words in answer.hear:
            return answer
        for phrase in answer.hear if question.listen == "answers" else ():
            is_in = f" {phrase} " in f" {words} " and (" " in phrase or words.startswith(phrase))
            if is_in and len(phrase) > len(longest):
                longest, meant = phrase, answer
    return meant


def kept(question: Question, heard: str, digit_words: Mapping[str, str]) -> str | None:
    if question.listen == "anything":
        return heard
    if question.listen == "number":
        digits = "".join(digit_words.get(word, "") or word for word in plain(heard).split())
        digits = re.sub(r"\D", "", digits)
        return digits if len(digits) in PHONE_DIGITS else None
    return None
