"""The cut-in rate for each wait, from recorded pauses: what another silence would have cost. Pure.

After A. Raux and M. Eskenazi, "Optimizing endpointing thresholds" (SIGdial 2008). Every
silence is an observation: either the caller went on after that long, or its end is unknown because
the agent answered. Such censored lengths need Kaplan and Meier's estimator (1958): at each t, it
takes off the share of the silences still observed at t that ended there.

    rate(t) = silences a turn * (S(t) - S(T)) + cut-ins a turn of those watched up to T

S is the survival of silences (nobody has spoken yet); T is the longest silence that was observed in
enough turns. Beyond T nothing is known except how many turns were cut in on. Whole calls are
resampled for the interval, as in latency.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calls.measures.latency import MIN_CALLS, MIN_TURNS, SEED

Floats = npt.NDArray[np.float64]

RESAMPLES = 200
STEP_MS = 50


@dataclass(frozen=True, slots=True)
class Watched:
    """One turn, observed under one of the two silences."""

    call: int
    waited_ms: float
    """The silence before the decision: what came later was not seen."""
    pause_ms: float | None
    """The longest after which the caller went on."""
    is_cut_in: bool


@dataclass(frozen=True, slots=True)
class Point:
    wait_ms: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Cut-ins per turn for each wait that the recordings support; empty: too few turns."""

    points: tuple[Point, ...]
    turns: int
    calls: int

    @property
    def until_ms(self) -> int:
        return self.points[-1].wait_ms if self.points else 0

    def at(self, wait_ms: float) -> Point | None:
        """The point nearest to a wait; None where the recordings say nothing."""
        if not self.points or not self.points[0].wait_ms <= wait_ms <= self.until_ms + STEP_MS:
            return None
        return min(self.points, key=lambda point: abs(point.wait_ms - wait_ms))


def curve(turns: Sequence[Watched]) -> Curve:
    calls, call_of = np.unique([turn.call for turn in turns], return_inverse=True)
    silences = _Silences(turns, call_of)
    until_ms = silences.supported_until_ms()
    if len(turns) < MIN_TURNS[95] or len(calls) < MIN_CALLS[95] or until_ms < STEP_MS:
        return Curve((), len(turns), len(calls))
    waits = np.arange(STEP_MS * 2, until_ms + 1, STEP_MS, dtype=float)
    rates = silences.rates(waits, np.ones(len(calls)))
    rng = np.random.default_rng(SEED)
    drawn = np.array(
        [
            silences.rates(waits, np.bincount(rng.integers(len(calls), size=len(calls)),
                                              minlength=len(calls)).astype(float))
            for _resample in range(RESAMPLES)
        ]
    )  # fmt: skip
    lows, highs = np.quantile(drawn, (0.025, 0.975), axis=0)
    points = map(Point, map(int, waits), map(float, rates), map(float, lows), map(float, highs))
    return Curve(tuple(points), len(turns), len(calls))


class _Silences:
    """All silences in order of length: each turn's final one, and perhaps one before it."""

    def __init__(self, turns: Sequence[Watched], call_of: npt.NDArray[np.intp]) -> None:
        self._call_of_turn = call_of
        self._waited = np.array([turn.waited_ms for turn in turns], dtype=float)
        self._cut_in = np.array([turn.is_cut_in for turn in turns], dtype=float)
        waited = self._waited
        # One that the caller ended after the decision was watched only up to there.
        went_on = np.array(
            [turn.pause_ms is not None and not turn.is_cut_in for turn in turns], dtype=bool
        )
        pauses = np.array([turn.pause_ms or 0.0 for turn in turns], dtype=float)
        lengths = np.concatenate((waited, pauses[went_on]))
        is_end = np.concatenate((np.zeros(len(waited)), np.ones(int(went_on.sum()))))
        owners = np.concatenate((call_of, call_of[went_on]))
        order = np.lexsort((1 - is_end, lengths))  # ends before unseen ones of the same length
        self._lengths, self._is_end = lengths[order], is_end[order]
        self._call_of = owners[order]

    def supported_until_ms(self) -> float:
        """Up to where enough silences of enough calls were still watched."""
        if len(self._lengths) < MIN_TURNS[95]:
            return 0.0
        seen: set[int] = set()
        for index in range(len(self._lengths) - 1, -1, -1):
            seen.add(int(self._call_of[index]))
            if len(self._lengths) - index >= MIN_TURNS[95] and len(seen) >= MIN_CALLS[95]:
                return float(self._lengths[index])
        return 0.0

    def rates(self, waits: Floats, weight_of_call: Floats) -> Floats:
        """Cut-ins a turn for each wait, each call counted so often."""
        weights = weight_of_call[self._call_of]
        at_risk = np.cumsum(weights[::-1])[::-1]
        ended = np.where(at_risk > 0, self._is_end * weights / np.maximum(at_risk, 1e-9), 0.0)
        survival = np.concatenate(([1.0], np.cumprod(1 - ended)))
        places = np.searchsorted(self._lengths, waits, side="right")
        turn_weights = weight_of_call[self._call_of_turn]
        turns = max(float(turn_weights.sum()), 1e-9)
        watched = turn_weights * (self._waited >= waits[-1])
        cut_ins = float((self._cut_in * watched).sum()) / max(float(watched.sum()), 1e-9)
        a_turn = float(weights.sum()) / turns
        rates: Floats = a_turn * (survival[places] - survival[places[-1]]) + cut_ins
        return rates
