"""Small charts of recent days: one point per day, from the hourly counts and the calls' own counts.

A day without data is a gap. Coordinates are within a box of WIDTH x HEIGHT, which the page
stretches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from calls.measures.latency import from_bins
from calls.models import Call, LatencyCount
from dashboard.charts import percent

DAYS = 14
WIDTH, HEIGHT = 100, 30


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    value: float | None


@dataclass(frozen=True, slots=True)
class DayLine:
    days: tuple[Day, ...]
    path: str
    dots: tuple[tuple[float, float], ...]
    """(x, y) in per cent and px of the days that have no neighbour, and of the newest."""
    target_y: float

    @property
    def newest(self) -> Day:
        return self.days[-1]

    @property
    def told(self) -> tuple[Day, ...]:
        """The days that have a value."""
        return tuple(day for day in self.days if day.value is not None)


@dataclass(frozen=True, slots=True)
class DayFigures:
    cut_ins: dict[date, float]
    dropped: dict[date, float]
    p50_ms: dict[bool, dict[date, float]]
    """By Turn.is_short: the median response latency, at most 7 % off."""


def day_figures() -> DayFigures:
    since = datetime.combine(_days()[0], time(), timezone.get_current_timezone())
    ended = Call.objects.filter(ended_at__isnull=False, rang_at__gte=since, turn_count__gt=0)
    calls = ended.filter(Call.REAL).order_by()
    counts = calls.values_list(TruncDate("rang_at")).annotate(
        Sum("turn_count"), Sum("cut_ins"), Sum("dropped_short")
    )
    cut_ins, dropped = {}, {}
    for day, turns, of_cut_ins, of_dropped in counts:
        cut_ins[day], dropped[day] = of_cut_ins / turns, of_dropped / turns
    waits = LatencyCount.objects.filter(measure="response_latency", hour__gte=since).order_by()
    bins: dict[bool, dict[date, Counter[int]]] = {True: {}, False: {}}
    for is_short, day, number, turns in waits.values_list(
        "is_short", TruncDate("hour"), "bin"
    ).annotate(Sum("turns")):
        bins[is_short].setdefault(day, Counter())[number] += turns
    p50_ms = {
        is_short: {day: from_bins(of, 50) for day, of in by_day.items()}
        for is_short, by_day in bins.items()
    }
    return DayFigures(cut_ins, dropped, p50_ms)


def day_line(values: Mapping[date, float], target: float, *, from_zero: bool) -> DayLine:
    """Its values and the target fill the height; from_zero: so does what is under them."""
    days = tuple(Day(day, values.get(day)) for day in _days())
    shown = [target, *values.values()]
    low, high = 0.0 if from_zero else min(shown) * 0.9, max(shown) * 1.1

    def y_of(value: float) -> float:
        return round(HEIGHT * (high - value) / (high - low), 1)

    step = WIDTH / (DAYS - 1)
    path, dots = [], []
    for place, day in enumerate(days):
        if day.value is None:
            continue
        is_joined = place > 0 and days[place - 1].value is not None
        is_left = place + 1 < DAYS and days[place + 1].value is not None
        path.append(f"{'L' if is_joined else 'M'}{place * step:.4g} {y_of(day.value):g}")
        if place + 1 == DAYS or not (is_joined or is_left):
            dots.append((percent(place / (DAYS - 1)), y_of(day.value)))
    return DayLine(days, "".join(path), tuple(dots), y_of(target))


def _days() -> list[date]:
    today = timezone.localdate()
    return [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
