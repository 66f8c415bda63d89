"""Response latencies: percentiles, histograms, and how certain they are. Pure.

Turns of the same call resemble one another, so whole calls are resampled, never turns (Davison and
Hinkley, *Bootstrap Methods*, 3.8). If there are too few turns to tell, the answer is None, never a
number. All values are in milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SHORTEST_MS, LONGEST_MS = 20.0, 20_000.0
BIN_RATIO = 1.15
"""The log bins' width; fixed edges, so that two pictures compare."""
RESAMPLES = 500
"""Enough for a 95 % interval: two runs differ by a few per cent of its width; 1000 take twice as
long, and the Latencies page draws for every visitor."""
AT_ONCE = 50
"""Resamples that are in memory together."""
SEED = 1909
"""Fixed: the same turns always give the same interval."""
ROUGH_UNDER_CALLS = 30
"""Below this the interval of p50 covers the truth less often than it says."""
MIN_CALLS = {50: 10, 95: 30}
MIN_TURNS = {50: 6, 95: 72}
"""Fewest turns for which a two-sided 95 % interval of the percentile exists at all."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The turns with low <= latency < high; None: no limit on that side (low: 0 or less)."""

    low_ms: float | None
    high_ms: float | None
    turns: int


@dataclass(frozen=True, slots=True)
class Percentile:
    """A percentile and its 95 % interval; rough: it is from few calls, and may be off."""

    value_ms: float
    low_ms: float
    high_ms: float
    is_rough: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures for a set of turns. A percentile is None if there are too few turns for it."""

    turns: int
    calls: int
    p50: Percentile | None
    p95: Percentile | None
    bins: tuple[Bin, ...]


def percentile(values: Sequence[float], percent: float) -> float:
    """Linear interpolation between order statistics (Hyndman and Fan's type 7)."""
    return float(np.quantile(np.asarray(values, dtype=float), percent / 100, method="linear"))


def bin_of(value_ms: float) -> int:
    """The log bin of a value: n stands for 20 ms * 1.15^n <= value < 20 ms * 1.15^(n+1); what is
    below 20 ms is -1, what is over 20 s in the last."""
    if value_ms < SHORTEST_MS:
        return -1
    return int(log(min(value_ms, LONGEST_MS) / SHORTEST_MS) / log(BIN_RATIO) + 1e-9)


def from_bins(counts: Mapping[int, int], percent: float) -> float:
    """A percentile from counts by bin_of: the middle of its bin (geometric), so at most 7.3 % off
    (the square root of BIN_RATIO). ValueError without any count."""
    rank, running = percent / 100 * sum(counts.values()), 0
    for number in sorted(counts):
        running += counts[number]
        if running >= rank and counts[number]:
            return float(SHORTEST_MS * BIN_RATIO ** (number + 0.5))
    raise ValueError("no values")


def histogram(values: Sequence[float]) -> tuple[Bin, ...]:
    """Logarithmic bins between explicit end bins: 0 or less, under 20 ms, over 20 s."""
    count = int(np.ceil(np.log(LONGEST_MS / SHORTEST_MS) / np.log(BIN_RATIO)))
    edges = np.geomspace(SHORTEST_MS, LONGEST_MS, count + 1)
    edges[-1] = np.nextafter(LONGEST_MS, np.inf)
    limits = np.concatenate(([np.nextafter(0, 1)], edges))
    where = np.searchsorted(limits, np.asarray(values, dtype=float), side="right")
    turns = np.bincount(where, minlength=len(limits) + 1)
    lows = [None, 0.0, *map(float, edges)]
    highs = [0.0, *map(float, edges), None]
    return tuple(map(Bin, lows, highs, map(int, turns)))


def summarise(calls: Sequence[Sequence[float]]) -> Summary:
    """Everything that the histogram page shows of some calls' turns (one sequence a call)."""
    calls = [call for call in calls if len(call)]
    values = [value for call in calls for value in call]
    shown = [
        percent
        for percent in (50, 95)
        if len(calls) >= MIN_CALLS[percent] and len(values) >= MIN_TURNS[percent]
    ]
    intervals = bootstrap(calls, shown) if shown else {}
    figures = {
        percent: Percentile(
            percentile(values, percent), *intervals[percent], len(calls) < ROUGH_UNDER_CALLS
        )
        for percent in shown
    }
    return Summary(len(values), len(calls), figures.get(50), figures.get(95), histogram(values))


def bootstrap(
    calls: Sequence[Sequence[float]], percents: Sequence[int]
) -> dict[int, tuple[float, float]]:
    """Each percentile's 95 % interval, resampling whole calls."""
    drawn = resampled(calls, percents, drawn_calls(len(calls)))
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    return {
        percent: (float(low[index]), float(high[index])) for index, percent in enumerate(percents)
    }


def drawn_calls(calls: int) -> npt.NDArray[np.int64]:
    """How often each call is in each resample: a row a resample."""
    rng = np.random.default_rng(SEED)
    rows = [
        np.bincount(rng.integers(calls, size=calls), minlength=calls) for _row in range(RESAMPLES)
    ]
    return np.array(rows, dtype=np.int64)


def resampled(
    calls: Sequence[Sequence[float]], percents: Sequence[int], drawn: npt.NDArray[np.int64]
) -> Floats:
    """The percentiles of each resample (a row each); nan where only calls without turns were drawn.

    A resample is never written out: each turn, in order of size, weighs as often as its call was
    drawn, and order statistics are looked up in the running sum of the weights.
    """
    values = np.concatenate([np.asarray(call, dtype=float) for call in calls])
    call_of = np.repeat(np.arange(len(calls)), [len(call) for call in calls])
    order = np.argsort(values, kind="stable")
    values, call_of = values[order], call_of[order]
    shares = np.asarray(percents) / 100
    return np.concatenate(
        [
            _weighted(
                values,
                np.cumsum(np.take(drawn[start : start + AT_ONCE], call_of, axis=1), axis=1),
                shares,
            )
            for start in range(0, len(drawn), AT_ONCE)
        ]
    )


def _weighted(values: Floats, running: npt.NDArray[np.int64], shares: Floats) -> Floats:
    """Type 7 quantiles of sorted values that are each repeated; `running`: sum of repetitions, a
    row a resample."""
    count = running[:, -1:]
    position = np.maximum(count - 1, 0) * shares
    # One search for all rows: each is lifted above the one before.
    lifted = np.arange(len(running))[:, None] * (int(count.max()) + 1)
    sums, first = (running + lifted).ravel(), np.arange(len(running))[:, None] * len(values)
    below = np.floor(position)
    places = (
        np.searchsorted(sums, lifted + wanted, side="right") - first
        for wanted in (below, np.ceil(position))
    )
    lower, upper = (values[np.minimum(place, len(values) - 1)] for place in places)
    return np.where(count > 0, lower + (upper - lower) * (position - below), np.nan)
