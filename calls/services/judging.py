"""Labelled lines of callers, put to the language model that answers: what it says of each.

Rule: a line is asked about as it would be in a call: the agent's question and the caller's words,
after the rules with the verdict, with the tools, and to the end of the answer. The business is the
language's desk that knows nothing, because the lines come from many.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Protocol

from calls.services import By, HistoryLine, ServiceFailed
from calls.services.known import KnownPassage
from calls.services.tools import ToolCall
from calls.services.verdicts import Verdict, VerdictReader


class Malformed(Exception):
    """A line that is not `business: agent's question = caller's words so far = VERDICT`."""


@dataclass(frozen=True, slots=True)
class Line:
    business: str
    question: str
    text: str
    truth: Verdict


@dataclass(frozen=True, slots=True)
class Tokens:
    """Of one request; cached: of those read, what the provider's prompt cache had."""

    read: int
    cached: int
    written: int


@dataclass(frozen=True, slots=True)
class Judged:
    """verdict: as a call would take it; None if the request failed, with the reason in `failure`.
    is_given, goes_on, is_missing: as VerdictReader's. ms: until the marker; None without one."""

    line: Line
    verdict: Verdict | None = None
    is_given: bool = False
    goes_on: bool = False
    ms: float | None = None
    tokens: Tokens | None = None
    failure: str = ""
    is_missing: bool = False

    @property
    def is_right(self) -> bool:
        return self.verdict is self.line.truth


class Judge(Protocol):
    """A vendor's language model as one is configured, asked for verdicts. Raises ServiceFailed."""

    model: str
    server: str
    """The address that the settings name; empty: the vendor's own."""

    async def warm_up(self) -> None: ...

    def answer(
        self, history: Sequence[HistoryLine], found: Sequence[KnownPassage] | None = None
    ) -> AsyncGenerator[str | ToolCall | Tokens, None]:
        """Text as it comes, a tool as soon as it is called, and last what it took, if it tells.

        found: of what a business knows; then it answers for that, without a verdict."""

    async def aclose(self) -> None: ...


def read_lines(path: Path) -> list[Line]:
    """Raises Malformed and OSError."""
    lines = []
    for number, row in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not row.strip() or row.startswith("#"):
            continue
        business, colon, rest = row.partition(": ")
        parts = [part.strip() for part in rest.split(" = ")]
        if not colon or len(parts) != 3 or not all(parts):
            raise Malformed(f"{path}:{number}: not `business: question = caller's words = VERDICT`")
        try:
            lines.append(Line(business.strip(), parts[0], parts[1], Verdict(parts[2])))
        except ValueError:
            known = " ".join(verdict.value for verdict in Verdict)
            raise Malformed(f"{path}:{number}: the verdict must be one of {known}") from None
    return lines


def spread(lines: Sequence[Line], most: int) -> list[Line]:
    """So many, in their order, evenly over the businesses, and from each another part of it."""
    places = defaultdict[str, list[int]](list)
    for place, line in enumerate(lines):
        places[line.business].append(place)
    turned = [
        own[(at := number % len(own)) :] + own[:at] for number, own in enumerate(places.values())
    ]
    rounds = [place for each in zip_longest(*turned) for place in each if place is not None]
    return [lines[place] for place in sorted(rounds[:most])]


async def judge_lines(
    judge: Judge,
    lines: Sequence[Line],
    at_once: int,
    told: Callable[[int], None] = lambda done: None,
) -> list[Judged]:
    """All lines, in their order, so many at once. The first is asked about alone: what fails there
    would fail everywhere, and is raised (ServiceFailed); a later failure is its own line's.

    told: is called with how many are done.
    """
    if not lines:
        return []
    first, done = await _ask(judge, lines[0]), 1
    told(done)
    free = asyncio.Semaphore(at_once)

    async def one(line: Line) -> Judged:
        nonlocal done
        async with free:
            try:
                judged = await _ask(judge, line)
            except ServiceFailed as error:
                judged = Judged(line, failure=f"{error}")
        done += 1
        told(done)
        return judged

    return [first, *await asyncio.gather(*map(one, lines[1:]))]


async def _ask(judge: Judge, line: Line) -> Judged:
    reader, ms, tokens = VerdictReader(), None, None
    history = [HistoryLine(By.AGENT, line.question), HistoryLine(By.CALLER, line.text)]
    asked_s = time.monotonic()
    async with aclosing(judge.answer(history)) as parts:
        async for part in parts:
            match part:
                case Tokens():
                    tokens = part
                case ToolCall():
                    list(reader.end())
                case str():
                    list(reader.read(part))
                    if ms is None and reader.is_given:
                        ms = (time.monotonic() - asked_s) * 1000
    list(reader.end())
    return Judged(
        line,
        reader.verdict,
        reader.is_given,
        reader.goes_on,
        ms,
        tokens,
        is_missing=reader.is_missing,
    )
