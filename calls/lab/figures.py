"""What a candidate would have changed: figures of the same calls, before and after. Pure.

Rules:
- Intervals are of 95 %, from resampled whole calls, never turns, and both sides of a resample are
  the same calls: what calls have of their own cancels out (Davison and Hinkley, *Bootstrap Methods
  and their Application*, 2.4 and 3.8).
- A recorded turn of which either side is unknown enters no figure of either side, so that like is
  compared with like; it is counted by reason.
- What is unknown widens the interval of the cut-ins: its lower end is as if no such turn were cut
  in on, its upper end as if every one were that could be (Horowitz and Manski, JASA 2000). It is
  the risk that an operator takes, and no assumption about turns that nobody has seen would be
  theirs. Of latencies there is no such bound: they are of the turns that the record can say.
- Few events tell a bootstrap too little (none: 0 to 0). So a rate's interval also covers Wilson's,
  and a difference's that of Bonett and Price for paired shares (J. Educ. Behav. Stat. 2012):
  without any event some 2.8 / turns, the rule of three (Hanley and Lippman-Hand, JAMA 1983).
- Where there are too few calls or turns to tell (as in latency.py), there is no number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.lab.comparison import FIGURES, RATES, Comparison, Estimate, Figure, Side
from calls.measures.latency import (
    MIN_CALLS,
    MIN_TURNS,
    drawn_calls,
    histogram,
    percentile,
    resampled,
)
from calls.measures.shares import Z, wilson
from tuning.lab.tried import CALL_ENDED, CallTried, TurnTried

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ENOUGH_CALLS = MIN_CALLS[95]
"""For a rate."""


def compare(live: Sequence[CallTried], candidate: Sequence[CallTried]) -> Comparison:
    """The same calls in the same order, as they ran and under a candidate."""
    unsaid = [
        {turn.turn for turn in (*one.turns, *other.turns) if turn.unknown}
        for one, other in zip(live, candidate, strict=True)
    ]
    before, after = _Tally(live, unsaid), _Tally(candidate, unsaid)
    has_turns = [bool(one.turns or other.turns) for one, other in zip(live, candidate, strict=True)]
    calls = sum(has_turns)
    drawn = drawn_calls(len(live)) if live else np.zeros((0, 0), dtype=np.int64)
    figures = dict.fromkeys(FIGURES, Figure())
    more = None
    if calls >= ENOUGH_CALLS and before.turns.sum() and after.turns.sum():
        figures |= {name: _rate(name, before, after, drawn) for name in RATES}
        more = _more_cut_ins(before, after, drawn)
    figures |= _waits("short", before.short, after.short, drawn)
    figures |= _waits("long", before.long, after.long, drawn)
    figures |= _waits("all", before.all, after.all, drawn)
    return Comparison(calls, before.side(), after.side(), sum(map(len, unsaid)), figures, more)


class _Tally:
    """One side's events, call by call."""

    def __init__(self, calls: Sequence[CallTried], unsaid: Sequence[set[int]]) -> None:
        known = [
            [turn for turn in call.turns if turn.turn not in without]
            for call, without in zip(calls, unsaid, strict=True)
        ]
        self.turns = _counts([len(own) for own in known])
        self.cut_ins = _counts([sum(turn.is_cut_in for turn in own) for own in known])
        self.dropped = _counts([call.dropped for call in calls])
        self.stopped = _counts([call.stopped for call in calls])
        self.short = [_latencies(own, is_short=True) for own in known]
        self.long = [_latencies(own, is_short=False) for own in known]
        self.all = [short + long for short, long in zip(self.short, self.long, strict=True)]
        # Whoever had gone by then is not cut in on.
        self.may_cut_in = _counts(
            [
                len({turn.turn for turn in call.turns if turn.unknown not in ("", CALL_ENDED)})
                for call in calls
            ]
        )
        self.left_out = _counts([len(without) for without in unsaid])
        left_out = [
            sum(turn.is_cut_in for turn in call.turns) - int(kept)
            for call, kept in zip(calls, self.cut_ins, strict=True)
        ]
        self.cut_ins_left_out = _counts(left_out)
        self._unseen = sum(turn.is_unseen for own in known for turn in own)
        reasons = (
            {turn.turn: turn.unknown for turn in call.turns if turn.unknown} for call in calls
        )
        self._unknown = Counter(reason for own in reasons for reason in own.values())

    def side(self) -> Side:
        return Side(
            int(self.turns.sum()),
            int(self.cut_ins.sum()),
            int(self.dropped.sum()),
            int(self.stopped.sum()),
            self._unseen,
            dict(self._unknown),
            _bins(self.short),
            _bins(self.long),
        )


def _counts(of_calls: Sequence[int]) -> Counts:
    return np.array(of_calls, dtype=np.int64)


def _latencies(turns: Sequence[TurnTried], *, is_short: bool) -> list[float]:
    return [
        turn.latency_ms
        for turn in turns
        if turn.is_short == is_short and turn.latency_ms is not None
    ]


def _bins(calls: Sequence[Sequence[float]]) -> tuple[int, ...]:
    return tuple(each.turns for each in histogram([value for call in calls for value in call]))


def _rate(name: str, before: _Tally, after: _Tally, drawn: Counts) -> Figure:
    events, turns = (getattr(before, name), getattr(after, name)), (before.turns, after.turns)
    shares = [_share(own.sum(), of.sum()) for own, of in zip(events, turns, strict=True)]
    sampled = [_share(drawn @ own, drawn @ of) for own, of in zip(events, turns, strict=True)]
    exact = [
        wilson(min(int(own.sum()), int(of.sum())), int(of.sum()))
        for own, of in zip(events, turns, strict=True)
    ]
    low, high, once = sampled[1], sampled[1], sampled[0]
    if name == "cut_ins" and after.left_out.any():
        low, high = _if_none_or_all(after, drawn)
        all_turns = drawn @ (before.turns + before.left_out)
        once = _share(drawn @ (before.cut_ins + before.cut_ins_left_out), all_turns)
    of = int(min(before.turns.sum(), after.turns.sum()))
    paired = _paired(*events, of)
    return Figure(
        _estimated(float(shares[0]), sampled[0], sampled[0], exact[0]),
        _estimated(float(shares[1]), low, high, exact[1]),
        _estimated(float(shares[1] - shares[0]), low - once, high - once, paired),
    )


def _if_none_or_all(after: _Tally, drawn: Counts) -> tuple[Floats, Floats]:
    """The rate of all turns, if none or all that are unknown and could be were cut in on."""
    turns = drawn @ (after.turns + after.left_out)
    most = drawn @ (after.cut_ins + after.may_cut_in)
    return _share(drawn @ after.cut_ins, turns), _share(most, turns)


def _more_cut_ins(before: _Tally, after: _Tally, drawn: Counts) -> Estimate:
    of = int(min(before.turns.sum(), after.turns.sum()))
    low, high = (share * of for share in _paired(before.cut_ins, after.cut_ins, of))
    least = drawn @ (after.cut_ins - before.cut_ins - before.cut_ins_left_out)
    most = least + drawn @ after.may_cut_in
    more = int((after.cut_ins - before.cut_ins).sum())
    return _estimated(more, least, most, (low, high))


def _paired(before: Counts, after: Counts, turns: int) -> tuple[float, float]:
    """Bonett and Price's interval of the difference of two shares of the same turns."""
    gained = float(np.maximum(after - before, 0).sum() + 1) / (turns + 2)
    lost = float(np.maximum(before - after, 0).sum() + 1) / (turns + 2)
    middle = gained - lost
    half = Z * sqrt(max(gained + lost - middle**2, 0.0) / (turns + 2))
    return middle - half, middle + half


def _share(events: Any, turns: Any) -> Any:
    return events / np.maximum(turns, 1)


def _estimated(
    value: float, low_draws: Floats, high_draws: Floats, exact: tuple[float, float]
) -> Estimate:
    """An interval that covers both the resamples' and the exact one."""
    low, high = np.quantile(low_draws, 0.025), np.quantile(high_draws, 0.975)
    return Estimate(
        float(value), min(float(low), exact[0], value), max(float(high), exact[1], value)
    )


def _waits(
    name: str, before: Sequence[list[float]], after: Sequence[list[float]], drawn: Counts
) -> dict[str, Figure]:
    sides = (before, after)
    percents = [
        percent
        for percent in (50, 95)
        if min(sum(map(bool, own)) for own in sides) >= MIN_CALLS[percent]
        and min(sum(map(len, own)) for own in sides) >= MIN_TURNS[percent]
    ]
    if not percents:
        return {}
    values = [[value for call in own for value in call] for own in sides]
    found = [np.array([percentile(own, percent) for percent in percents]) for own in values]
    once, then = (resampled(own, percents, drawn) for own in sides)
    rows = [(found[0], once), (found[1], then), (found[1] - found[0], then - once)]
    lasting = [np.nanquantile(draws, (0.025, 0.975), axis=0) for _value, draws in rows]
    return {
        f"p{percent}_{name}": Figure(
            *(
                Estimate(float(value[at]), float(low[at]), float(high[at]))
                for (value, _draws), (low, high) in zip(rows, lasting, strict=True)
            )
        )
        for at, percent in enumerate(percents)
    }
