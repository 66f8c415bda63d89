"""What a call leaves to be written from: the words, the messages, what its tools did. Pure.

Rules: of the words, MOST_CHARACTERS are told to a model, from the call's beginning and its end, in
whole lines. All of it is data, between signs that it cannot close.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from calls.language.language import AfterCallTexts, Instructions
from calls.services import By, HistoryLine, Message
from calls.services.instructions import as_data

MOST_CHARACTERS, OF_THE_BEGINNING = 12_000, 3_000
LONGEST_GIVEN = 1_000
"""Characters of the arguments of one use of a tool."""
SPEAKERS = (By.CALLER, By.AGENT, By.PERSON)


class End(Enum):
    WELL = "well"
    """Goodbye was said, or the caller left after an answer."""
    BROKEN = "broken"
    """The caller left without an answer to their last words, or the call broke off."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a tool. outcome: ToolUse's; acts: it did more than look something up."""

    name: str
    given: Mapping[str, Any]
    outcome: str
    acts: bool = True
    why: str = ""

    @property
    def is_done(self) -> bool:
        return self.outcome == "done"

    @property
    def has_failed(self) -> bool:
        """The system has not answered it, whether or not it was asked."""
        return self.outcome in {"begun", "failed", "late", "barred", "forbidden"}


@dataclass(frozen=True, slots=True)
class Material:
    """was_held: a person spoke in the agent's place."""

    lines: Sequence[HistoryLine] = ()
    messages: Sequence[Message] = ()
    uses: Sequence[Use] = ()
    was_held: bool = False
    end: End = End.WELL
    began_at: datetime = field(default_factory=datetime.now)

    @property
    def has_callers_words(self) -> bool:
        return any(line.by is By.CALLER for line in self.lines)

    @property
    def last_use(self) -> Use | None:
        """The one that counts: the last that acts or, where none does, the last look-up."""
        return next(reversed([each for each in self.uses if each.acts] or self.uses), None)

    @property
    def was_answered(self) -> bool:
        """Something was said to the caller after their first words."""
        speakers = [line.by for line in self.lines]
        return By.CALLER in speakers and any(
            by is not By.CALLER for by in speakers[speakers.index(By.CALLER) :]
        )

    def told(self, instructions: Instructions) -> str:
        """To a model: when it was, and then the data."""
        texts = instructions.after_call
        parts = [texts.words, *cut([_line(texts, each) for each in self.lines], texts.left_out)]
        if self.messages:
            parts += ["", texts.messages]
            parts += [_json({"name": each.name, "number": each.number, "reason": each.reason})
                      for each in self.messages]  # fmt: skip
        if self.uses:
            parts += ["", texts.uses]
            parts += [_use(each) for each in self.uses]
        return texts.told.format(
            moment=instructions.moment(self.began_at), data=as_data("\n".join(parts))
        )


def cut(lines: Sequence[str], left_out: str) -> list[str]:
    """The first and the last of them, within MOST_CHARACTERS, with a word between."""
    if sum(len(line) + 1 for line in lines) <= MOST_CHARACTERS:
        return [*lines]
    first = _within(lines, OF_THE_BEGINNING)
    last = _within(lines[len(first) :][::-1], MOST_CHARACTERS - OF_THE_BEGINNING)[::-1]
    return [*first, left_out, *last]


def _within(lines: Sequence[str], most: int) -> list[str]:
    kept = list[str]()
    for line in lines:
        most -= len(line) + 1
        if most < 0:
            break
        kept.append(line)
    return kept


def _line(texts: AfterCallTexts, line: HistoryLine) -> str:
    speaker = dict(zip(SPEAKERS, texts.speakers, strict=True))[line.by]
    return f"{speaker}: {' '.join(line.text.split())}"


def _use(use: Use) -> str:
    given = _json(use.given)
    if len(given) > LONGEST_GIVEN:
        given = f"{given[:LONGEST_GIVEN]}…"
    return f"{use.name} {given}: {use.outcome} {use.why}".strip()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
