"""How a trial's page shows its two sides: figures, intervals by call, and their course."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from calls.measures.trial_call import Counted
from dashboard.charts import AxisMark, percent, round_axis, steps, thousands
from dashboard.lab.trial_words import missing, scaled, sentence
from tuning.lab import trial_rule
from tuning.lab.sequential import Difference
from tuning.models import Trial

MOST_POINTS = 120
WIDTH, HEIGHT = 1000, 200
"""Of the drawing; it stretches with the page."""


@dataclass(frozen=True, slots=True)
class ShownMeasure:
    key: str
    label: str
    role: str
    """decides, guard, or "": it is only shown."""
    limit: float | None
    """The least effect worth having, or how much worse a guard allows."""
    live: Any
    candidate: Any
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class CoursePoint:
    calls: int
    difference: Difference


@dataclass(frozen=True, slots=True)
class CourseChart:
    """The estimate and its interval over the number of calls; paths in WIDTH x HEIGHT."""

    band: str
    line: str
    zero_y: float
    x_ticks: tuple[AxisMark, ...]
    y_ticks: tuple[AxisMark, ...]
    """`x` is the place from the top, per cent."""
    points: tuple[CoursePoint, ...]
    """Some of them, for the table."""


@dataclass(frozen=True, slots=True)
class ShownTrial:
    calls: int
    live_calls: int
    candidate_calls: int
    missing: str
    """In words; until it ends undecided."""
    sentence: str
    measures: tuple[ShownMeasure, ...]
    chart: CourseChart | None

    @classmethod
    def of(cls, trial: Trial) -> ShownTrial:
        counted = Counted.of(trial)
        measures = {each: _measure(trial, each, counted) for each in trial_rule.MEASURES}
        over = measures[trial.ended_over or trial.decides]
        candidates = int(counted.is_candidate.sum())
        told = sentence(trial, len(counted), over.live, over.candidate, over.difference)
        return cls(
            len(counted),
            len(counted) - candidates,
            candidates,
            missing(trial, len(counted)),
            told,
            tuple(sorted(measures.values(), key=lambda each: ROLES.index(each.role))),
            _chart(trial, counted),
        )


ROLES = ("decides", "guard", "")


def _measure(trial: Trial, key: str, counted: Counted) -> ShownMeasure:
    rule, (live, candidate) = trial.rule, counted.sides(key)
    role, limit, seen = "", None, None
    if key == rule.decides:
        role, limit = "decides", rule.least_effect
    elif key in rule.guards:
        role, limit = "guard", rule.allowed[key]
    if role:
        seen = rule.difference(key, live, candidate)
    label = f"{trial.Measure(key).label}"
    return ShownMeasure(key, label, role, limit, live.figure, candidate.figure, seen)


def _chart(trial: Trial, counted: Counted) -> CourseChart | None:
    """None: nothing can be said yet."""
    key = trial.decides
    if not len(counted):
        return None
    seen = trial.rule.difference(key, *counted.courses(key))
    known = np.flatnonzero(np.isfinite(seen.low))
    if not len(known):
        return None
    chosen = np.unique(np.linspace(known[0], len(counted) - 1, MOST_POINTS).astype(int))
    values, lows, highs = (
        np.array([scaled(key, each) for each in course[chosen]])
        for course in (seen.value, seen.low, seen.high)
    )
    # The first intervals are wide: the axis has room for the later ones.
    room = max(scaled(key, trial.least_effect) * 1.25, float(highs[-1] - lows[-1]), 1.0)
    low, high, step = round_axis(min(-room, values[-1] - room), max(room, values[-1] + room))
    longest = max(trial.calls_needed, len(counted))

    def path(heights: Any, calls: Any) -> str:
        places = zip(calls / longest * WIDTH, _y(heights, low, high), strict=True)
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)

    calls = chosen + 1.0
    there, back = path(highs, calls), path(lows[::-1], calls[::-1])
    _low, end, x_step = round_axis(0, longest)
    every = max(len(chosen) // 10, 1)
    points = [
        CoursePoint(int(at) + 1, Difference(seen.value[at], seen.low[at], seen.high[at]))
        for at in [*chosen[:-1:every], chosen[-1]]
    ]
    return CourseChart(
        f"M{there} L{back} Z",
        f"M{path(values, calls)}",
        float(_y(np.array([0.0]), low, high)[0]) / HEIGHT * 100,
        tuple(
            AxisMark(percent(at / longest), thousands(at))
            for at in steps(0, end, x_step)
            if at <= longest
        ),
        tuple(
            AxisMark(percent((high - at) / (high - low)), thousands(at))
            for at in steps(low, high, step)
        ),
        tuple(points),
    )


def _y(values: Any, low: float, high: float) -> Any:
    return (1 - (np.clip(values, low, high) - low) / (high - low)) * HEIGHT
