"""Questions about a business, put to the language model that answers: does it tell what the
business knows, and say that it does not know where nothing is known?

Rule: each is asked as in a call: with the passages that a search finds, under the same
instructions, to the end of the answer. What is right is a matter of words and numbers, so that it
is judged the same whoever asks: the file says which.
"""

from __future__ import annotations

import asyncio
import re
import time
import tomllib
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from calls.knowledge.shelf import Shelf
from calls.language.language import Language
from calls.measures.latency import percentile
from calls.measures.shares import wilson
from calls.services import By, HistoryLine, ServiceFailed
from calls.services.judging import Judge, Malformed
from calls.services.known import KnownPassage
from calls.services.tools import ToolCall

NUMBER = re.compile(r"\d+(?:[:.]\d+)*")
MOST_WRONG = 20
"""Shown; `--json` has all."""


@dataclass(frozen=True, slots=True)
class Question:
    """facts: what a right answer has in it, each in one of several ways; none: nothing is known,
    and a right answer has one of says_unknown."""

    business: str
    asked: str
    facts: tuple[tuple[str, ...], ...]
    says_unknown: tuple[str, ...]
    passages: tuple[KnownPassage, ...]

    @property
    def is_known(self) -> bool:
        return bool(self.facts)

    @property
    def is_found(self) -> bool:
        """The answer is in the passages."""
        return self.is_known and self._has_facts(" ".join(each.words for each in self.passages))

    def is_right(self, answer: str) -> bool:
        if self.is_known:
            return self._has_facts(answer)
        invented = set(NUMBER.findall(answer)) - set(NUMBER.findall(self.asked))
        return not invented and any(each in answer for each in self.says_unknown)

    def _has_facts(self, text: str) -> bool:
        text = text.replace(",", "")
        numbers = set(NUMBER.findall(text))
        return all(
            any(way in (numbers if way[0].isdigit() and "-" not in way else text) for way in ways)
            for ways in self.facts
        )


@dataclass(frozen=True, slots=True)
class Answered:
    """ms: until its first piece. failure: why there is no answer."""

    question: Question
    answer: str = ""
    ms: float | None = None
    failure: str = ""

    @property
    def is_right(self) -> bool:
        return not self.failure and self.question.is_right(self.answer)


def read(path: Path, root: Path, language: Language) -> list[Question]:
    """Raises Malformed and OSError. root: what the addresses of texts begin at."""
    questions = []
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        says_unknown = tuple(data.pop("says_unknown"))
        for business, given in data.items():
            shelf = Shelf((root / given["text"]).read_text("utf-8"), language)
            asked = dict[str, list[str]](given["known"]) | {each: [] for each in given["unknown"]}
            for question, facts in asked.items():
                passages = [
                    KnownPassage(each.heading, each.words) for each in shelf.found(question)
                ]
                ways = tuple(tuple(each.split("|")) for each in facts)
                questions.append(Question(business, question, ways, says_unknown, tuple(passages)))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"{path}: {error!r}") from None
    return questions


async def ask_all(judge: Judge, questions: Sequence[Question], at_once: int) -> list[Answered]:
    """In their order. The first is asked alone: what fails there is raised (ServiceFailed)."""
    first = await _ask(judge, questions[0])
    free = asyncio.Semaphore(at_once)

    async def one(question: Question) -> Answered:
        async with free:
            try:
                return await _ask(judge, question)
            except ServiceFailed as error:
                return Answered(question, failure=f"{error}")

    return [first, *await asyncio.gather(*map(one, questions[1:]))]


async def _ask(judge: Judge, question: Question) -> Answered:
    history = [HistoryLine(By.CALLER, question.asked)]
    asked_s, ms, answer = time.monotonic(), None, ""
    async with aclosing(judge.answer(history, question.passages)) as parts:
        async for part in parts:
            if ms is None and isinstance(part, str | ToolCall):
                ms = (time.monotonic() - asked_s) * 1000
            if isinstance(part, str):
                answer += part
    return Answered(question, answer, ms)


def as_json(answered: Sequence[Answered]) -> dict[str, Any]:
    return {
        "answers": [
            asdict(each) | {"is_known": each.question.is_known, "is_right": each.is_right}
            for each in answered
        ]
    }


def table(answered: Sequence[Answered]) -> str:
    known = [each for each in answered if each.question.is_known]
    unknown = [each for each in answered if not each.question.is_known]
    found = sum(each.question.is_found for each in known)
    lines = [
        f"answers that tell what is known     {_share(known)}; the search found it for {found}",
        f"answers that say it is not known    {_share(unknown)}",
    ]
    if took := [each.ms for each in answered if each.ms is not None]:
        lines.append(
            f"to the first piece                  p50 {percentile(took, 50):.0f} ms, "
            f"p95 {percentile(took, 95):.0f} ms"
        )
    wrong = [each for each in answered if not each.is_right]
    for each in wrong[:MOST_WRONG]:
        kind = "known" if each.question.is_known else "not known"
        lines.append(f"\n{each.question.business}, {kind}: {each.question.asked}")
        lines.append(f"  {each.failure or each.answer or 'no words'}")
    return "\n".join(lines) + "\n"


def _share(answered: Sequence[Answered]) -> str:
    right = sum(each.is_right for each in answered)
    low, high = wilson(right, len(answered))
    return f"{right} of {len(answered)} (95 %: {low:.0%} to {high:.0%})"
