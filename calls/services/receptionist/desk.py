"""What the embedded receptionist does with a number's tools: it books, and nothing else.

A stand-in for a language model, of which it has nothing but the interface: it knows the three tools
by their names, and what callers ask by a few phrases of the language's dialogue. Whatever it tells
is what the tools answered. Rule: what it does next is a pure function of what the caller has said,
of what was done in the call, and of what has come of its tools in this reply.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Any, TypedDict

from calls.language.language import Language, OutsideTexts
from calls.services import Requested
from calls.services.receptionist.words import plain
from calls.services.tools import Tool, ToolCall

FREE, BOOK, CANCEL = "free_times", "book", "cancel"
TAKES = {FREE: {"day"}, BOOK: {"day", "hour"}, CANCEL: {"booking"}}
"""What it can give each of its tools."""
MOST_TOLD = 3
"""Of the free hours: more than a listener keeps."""
_HOUR = re.compile(r'"(\d{1,2}):00"')
_BOOKING = re.compile(r'"booking": (\d+)')
_CANCELLED = re.compile(r'"cancelled": (\d+)')
Result = tuple[str, str]
"""A tool's name, and what the model was told of it."""


class BookingWords(TypedDict):
    """As the dialogue's file has them, and says what they are."""

    days: Sequence[str]
    hours: Sequence[tuple[int, str]]
    day: str
    free: Sequence[str]
    book: Sequence[str]
    which_day: Sequence[str]
    cancel: Sequence[str]
    says: Mapping[str, str]


def serves(tools: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether it can use these: schemas of parameters by the tools' names."""
    return all(
        name in tools and set(tools[name].get("required", ())) <= takes
        for name, takes in TAKES.items()
    )


def serves_own(tools: Collection[Tool]) -> bool:
    return serves({tool.name: tool.schema["parameters"] for tool in tools})


class BookingDesk:
    def __init__(self, words: BookingWords, texts: OutsideTexts) -> None:
        self._words, self._says = words, words["says"]
        self._hours = dict(words["hours"])
        # Of "at one" and "at eleven" the longer is meant.
        self._by_length = sorted(self._hours.items(), key=lambda each: -len(each[1]))
        self._done, self._refused = (
            text.partition("{")[0] for text in (texts.answered, texts.refused)
        )

    @classmethod
    def of(cls, language: Language, words: BookingWords) -> BookingDesk:
        return cls(words, language.instructions.outside)

    def phrases(self, said: Sequence[str], notes: Sequence[str]) -> tuple[str, ...]:
        """What a caller may say to it, as things stand."""
        words = self._words
        found = [each.format(day=day) for each in words["free"] for day in words["days"]]
        found += words["which_day"]
        if self._day(said):
            found += [
                each.format(hour=hour) for each in words["book"] for hour in self._hours.values()
            ]
        if self._booking(notes):
            found += words["cancel"]
        return tuple(found)

    def understands(self, said: Sequence[str]) -> bool:
        """Whether the last of these lines of a caller is for it."""
        return bool(self._wish(said))

    def answer(
        self, said: Sequence[str], notes: Sequence[str], results: Sequence[Result]
    ) -> str | ToolCall:
        """said: the caller's lines; notes: what later replies are told was done; results: what has
        come of its tools in this reply."""
        day, hour = self._day(said), self._hour(said[-1])
        if results:
            return self._told(*results[-1], day, hour)
        match self._wish(said):
            case "cancel" if booking := self._booking(notes):
                return _call(CANCEL, booking=booking)
            case "cancel":
                return self._says["none_booked"]
            case "book":
                return _call(BOOK, day=day, hour=hour)
            case "free":
                return _call(FREE, day=day)
        return self._says["which_day"]

    def _wish(self, said: Sequence[str]) -> str:
        words = plain(said[-1])
        if words in self._words["cancel"]:
            return "cancel"
        if self._day(said[-1:]):
            return "free"
        if self._hour(said[-1]) and self._day(said):
            return "book"
        return "which day" if words in self._words["which_day"] else ""

    def _day(self, said: Sequence[str]) -> str:
        """That was named last."""
        for line in reversed(said):
            for day in self._words["days"]:
                if f" {self._words['day'].format(day=day)} " in f" {plain(line)} ":
                    return day
        return ""

    def _hour(self, line: str) -> int | None:
        found = (hour for hour, text in self._by_length if f" {text} " in f" {plain(line)} ")
        return next(found, None)

    def _booking(self, notes: Sequence[str]) -> int | None:
        """That was made last, and not cancelled."""
        made = [int(each) for note in notes for each in _BOOKING.findall(note)]
        gone = {int(each) for note in notes for each in _CANCELLED.findall(note)}
        return next((each for each in reversed(made) if each not in gone), None)

    def _told(self, name: str, told: str, day: str, hour: int | None) -> str:
        says = self._says
        told_hours = [
            self._hours[int(each)] for each in _HOUR.findall(told) if int(each) in self._hours
        ]
        spoken_hour = self._hours.get(hour or 0, "")
        if told.startswith(self._refused) and name == BOOK:
            key = "taken" if told_hours else "taken_all"
            return says[key].format(day=day, hour=spoken_hour, next=" ".join(told_hours[:1]))
        if not told.startswith(self._done):
            return says["failed"]
        match name:
            case "free_times" if told_hours:
                *others, last = told_hours[:MOST_TOLD]
                hours = says["or"].join(filter(None, (", ".join(others), last)))
                return says["free"].format(day=day, hours=hours)
            case "free_times":
                return says["full"].format(day=day)
            case "book":
                return says["booked"].format(day=day, hour=spoken_hour)
        return says["cancelled"]


def _call(name: str, **given: Any) -> ToolCall:
    return ToolCall(name, name, json.dumps(given, ensure_ascii=False))


class AtDesk:
    """tool_use.tool_rounds.Model of one reply."""

    def __init__(self, desk: BookingDesk, said: Sequence[str], notes: Sequence[str]) -> None:
        self._desk, self._said, self._notes = desk, said, notes
        self._results: list[Result] = []

    async def ask(
        self, *, may_call: bool, has_spoken: bool, with_verdict: bool
    ) -> AsyncGenerator[str | ToolCall | Requested, None]:
        answer = self._desk.answer(self._said, self._notes, self._results)
        if isinstance(answer, ToolCall):
            if may_call:
                yield answer
            return
        for piece in re.findall(r"\S+\s*", answer):
            yield piece

    def tell(self, text: str, results: Sequence[tuple[ToolCall, str]]) -> None:
        self._results += [(call.name, told) for call, told in results]
