"""Is a business open at a moment? By the week, without its closed days. Pure.

Rule: hours belong to the day on which they begin, in Israel's time. Those of a closed day do not
begin; those of the evening before run on past midnight into it. Where the clock is put forward or
back, an hour that does not exist is the one after it, and one that comes twice is its first coming.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

ZONE = ZoneInfo("Asia/Jerusalem")
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """Open on one weekday (0: Sunday); until the next day if it closes no later than it opens."""

    weekday: int
    opens: time
    closes: time

    def holds(self, at: datetime, began_on: date) -> bool:
        """Whether the moment is within the hours that began on that day."""
        ends_on = began_on if self.closes > self.opens else began_on + DAY
        return _moment(began_on, self.opens) <= at < _moment(ends_on, self.closes)

    def overlaps(self, other: OpenSpan) -> bool:
        """Whether both are open at some moment of the week, by the clock on the wall."""
        later_by = (other._begins - self._begins) % WEEK
        return later_by < self._length or WEEK - later_by < other._length

    @property
    def _begins(self) -> timedelta:
        """Since the beginning of the week."""
        return self.weekday * DAY + _since_midnight(self.opens)

    @property
    def _length(self) -> timedelta:
        return (_since_midnight(self.closes) - _since_midnight(self.opens)) % DAY or DAY


ALWAYS = tuple(OpenSpan(weekday, MIDNIGHT, MIDNIGHT) for weekday in range(7))


def is_open(at: datetime, spans: Sequence[OpenSpan], is_closed: Callable[[date], bool]) -> bool:
    """No spans: open at all hours of every day that is not closed."""
    today = at.astimezone(ZONE).date()
    return any(
        span.weekday == weekday_of(day) and span.holds(at, day) and not is_closed(day)
        for day in (today - DAY, today)
        for span in spans or ALWAYS
    )


def overlapping(spans: Sequence[OpenSpan]) -> tuple[int, int] | None:
    """The places of the first two that overlap."""
    pairs = itertools.combinations(range(len(spans)), 2)
    return next((pair for pair in pairs if spans[pair[0]].overlaps(spans[pair[1]])), None)


def weekday_of(day: date) -> int:
    """0 is Sunday: the week as it begins in Israel."""
    return day.isoweekday() % 7


def is_public_holiday(day: date) -> bool:
    """Israel's days of rest, and Independence Day; not their eves."""
    return day in _public_holidays(day.year)


@cache
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("IL", years=year))


def _since_midnight(clock: time) -> timedelta:
    return datetime.combine(date.min, clock) - datetime.min


def _moment(day: date, clock: time) -> datetime:
    # In UTC: of two local moments, Python compares only what the clock on the wall says.
    return datetime.combine(day, clock, ZONE).astimezone(UTC)
