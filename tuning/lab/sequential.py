"""A comparison of two sides of calls that may be looked at after every call. Pure.

A figure of a call is a pair: an amount and what it is counted over (cut-ins over turns, the sum of
the waits over their number). The figure of a side is the ratio of the sums; calls, never turns, are
what is drawn. The ratio is linearised around itself (the delta method; Deng, Knoblich and Lu,
"Applying the delta method in metric analytics", KDD 2018), so that its variance is that of a mean
of one value a call.

The test is the mixture sequential probability ratio test with a normal mixture N(0, tau2) over the
difference, turned round into an interval that holds at all times at once (Robbins 1970; Johari,
Koomen, Pekelis and Walsh, "Always valid inference", Operations Research 70(3), 2022; Howard,
Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences",
Annals of Statistics 49(2), 2021). For a difference d whose variance is v:

    d +- sqrt(v * (v + tau2) / tau2 * (2 ln(1 / alpha) + ln((v + tau2) / v)))

The chance that it ever misses the truth is at most alpha, in the limit of many calls, because v is
estimated (Waudby-Smith et al., "Time-uniform central limit theory", Annals of Statistics 52, 2024).
What keeps it with few calls is measured by bench/trials.py:

- nothing is shown or decided before MIN_CALLS of each side;
- v is the larger of two estimates: each side's own (it holds if the sides scatter differently), and
  that of all calls together (it holds if the smaller side has had, by luck, no cut-in yet).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MIN_CALLS = 50
"""Of each side, before anything may be decided."""
ALPHA, POWER = 0.05, 0.8
FEWEST_PLANNED = 30
"""Calls from which a spread may be taken."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What is known of one side's calls: numbers, or their course, an array each."""

    calls: Any
    y: Any
    """The amounts,"""
    x: Any
    """what they are counted over,"""
    yy: Any
    xy: Any
    xx: Any

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]] | Floats) -> Sums:
        values = np.asarray(pairs, dtype=float).reshape(-1, 2)
        course = cls.course(values, np.ones(len(values), dtype=bool))
        return course.at(-1) if len(values) else cls(*[np.float64(0)] * 6)

    @classmethod
    def course(cls, pairs: Floats, is_theirs: npt.NDArray[np.bool_]) -> Sums:
        """As they were after each of all the calls, of which these are the side's."""
        y, x, mine = pairs[:, 0], pairs[:, 1], is_theirs.astype(float)
        each = (mine, mine * y, mine * x, mine * y * y, mine * x * y, mine * x * x)
        return cls(*(np.cumsum(values) for values in each))

    def at(self, place: Any) -> Sums:
        """The course at one place, or at several."""
        return Sums(*(each[place] for each in self._each))

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(a + b for a, b in zip(self._each, other._each, strict=True)))

    @property
    def _each(self) -> tuple[Any, ...]:
        return self.calls, self.y, self.x, self.yy, self.xy, self.xx

    @property
    def figure(self) -> Any:
        """The ratio; nan: nothing to count over."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.divide(self.y, self.x)

    def scatter(self, lost: int) -> Any:
        """The variance of one call's linearised value; `lost`: degrees of freedom."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio, a_call = self.figure, np.divide(self.x, self.calls)
            squares = self.yy - 2 * ratio * self.xy + ratio**2 * self.xx
            return np.maximum(squares, 0) / np.maximum(self.calls - lost, 1) / a_call**2


@dataclass(frozen=True, slots=True)
class Difference:
    """The candidate's figure less the live one's; numbers, or their course. nan: not known yet."""

    value: Any
    low: Any
    high: Any


def difference(
    live: Sums, candidate: Sums, tau2: float, alpha: float = ALPHA, fewest: int = MIN_CALLS
) -> Difference:
    """With the interval that holds however often it is looked at; fewest: calls of each side."""
    value = candidate.figure - live.figure
    with np.errstate(divide="ignore", invalid="ignore"):
        own = live.scatter(1) / live.calls + candidate.scatter(1) / candidate.calls
        together = (live + candidate).scatter(2) * (1 / live.calls + 1 / candidate.calls)
        half = half_width(np.maximum(own, together), tau2, alpha)
    few = np.minimum(live.calls, candidate.calls) < fewest
    half = np.where(few | ~(half > 0), np.nan, half)
    return Difference(value, value - half, value + half)


def half_width(variance: Any, tau2: float, alpha: float) -> Any:
    both = variance + tau2
    return np.sqrt(variance * both / tau2 * (2 * log(1 / alpha) + np.log(both / variance)))


def tau2_for(effect: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """The mixture that makes the interval narrowest at the computed number of calls."""
    return _ratio(alpha) * _variance_needed(effect, alpha, power)


def calls_needed(
    effect: float, spread: float, share: float, alpha: float = ALPHA, power: float = POWER
) -> int:
    """After how many calls of both sides an effect is found with this probability.

    spread: the standard deviation of one call's value (`spread_of`). share: of the calls that the
    candidate has, 0 to 1. At the variance v the half-width is k * sqrt(v), and least for
    tau2 = u * v where u = 2 ln(1 / alpha) + ln(1 + u); then k = sqrt(1 + u), 3.03 for alpha = 0.05.
    An effect is found there with probability `power` if it is (k + z) * sqrt(v), z the normal
    quantile of power. It may be found earlier, too, so the true probability is somewhat higher.
    """
    a_call = spread**2 * (1 / share + 1 / (1 - share))
    computed = a_call / _variance_needed(effect, alpha, power)
    return ceil(max(computed, MIN_CALLS / min(share, 1 - share)))


def spread_of(calls: Sums) -> float | None:
    """The standard deviation of one call's value; None: too few calls to tell."""
    if calls.calls < FEWEST_PLANNED or not calls.x:
        return None
    return sqrt(float(calls.scatter(1)))


def _variance_needed(effect: float, alpha: float, power: float) -> float:
    return (effect / (sqrt(1 + _ratio(alpha)) + NormalDist().inv_cdf(power))) ** 2


def _ratio(alpha: float) -> float:
    """u of calls_needed: a fixed point, which these steps come to within 1e-9."""
    u = 8.0
    for _step in range(20):
        u = 2 * log(1 / alpha) + log(1 + u)
    return u
