"""Callers cut off against dead air, judge by judge, in the form of livekit/eot-bench. Pure.

A judge that is surer than a threshold is answered after a short delay, else after a long one; all
thresholds and delays are tried, and the best of them shown. Dead air is the mean wait after whole
lines. Lines of text have no pauses that could be timed: theirs are taken to be as long as the
benches draw thinking pauses (log-normal, median 500 ms, sigma 0.75), so these figures compare
judges on the same lines and are no forecast of calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import erf, log, sqrt

import numpy as np
from numpy.typing import NDArray

from calls.language.completion.line_scores import Scored

MEDIAN_MS, SIGMA = 500, 0.75
DELAYS_MS = np.arange(100, 4001, 50)
THRESHOLDS = 24
DEAD_AIR_MS, CUT_OFF_PERCENT = (300, 600), (10, 5, 2)
LONG_MS, SHORT_MS = 1200, 700

Floats = NDArray[np.float64]
SURVIVES: Floats = np.array(
    [(1 - erf(log(d / MEDIAN_MS) / (SIGMA * sqrt(2)))) / 2 for d in DELAYS_MS]
)
"""Share of pauses that last longer than each delay: cut off by it."""


Rank = Callable[[Scored], float]
"""How sure a judge is that the caller has finished, in any unit."""
JUDGES: Mapping[str, Rank] = {
    "silence alone": lambda _place: 0.0,
    "local": lambda place: 0.0 if place.rule else place.verdict.whole,
}


@dataclass(frozen=True, slots=True)
class Sums:
    """What comes of each threshold and pair of delays. Those of two sets of lines add up.

    sure: whole lines that are surer than the threshold, of `ends`. spared: pauses, or turns with
    all their pauses, of `units`, that no reply is expected to cut off; [threshold, delay where the
    judge is sure, delay where it is not].
    """

    sure: Floats
    ends: float
    spared: Floats
    units: float

    def best(self) -> list[float]:
        """The smallest shares of cut-offs within DEAD_AIR_MS, then the shortest dead air, in ms,
        within CUT_OFF_PERCENT."""
        share = (self.sure / self.ends)[:, None, None]
        air = share * DELAYS_MS[:, None] + (1 - share) * DELAYS_MS
        cut = 1 - self.spared / self.units
        shares = [float(cut[air <= ms].min(initial=1)) for ms in DEAD_AIR_MS]
        rounding = 1e-9
        return shares + [
            float(air[cut <= percent / 100 + rounding].min(initial=DELAYS_MS[-1]))
            for percent in CUT_OFF_PERCENT
        ]


def thresholds(after_end: Floats) -> Floats:
    """Those worth trying: as many whole lines lie between each two of them."""
    return np.unique(np.quantile(after_end, np.linspace(0, 1, THRESHOLDS)))


def sums(after_end: Floats, in_pause: Floats, owners: NDArray[np.int64], tried: Floats) -> Sums:
    """after_end, in_pause: how sure a judge is there. owners: the unit that each pause is of."""
    kept = np.log1p(-SURVIVES)
    owned, found = np.unique(owners, return_inverse=True)
    spared = []
    for threshold in tried:
        is_sure = in_pause >= threshold
        sure = np.bincount(found[is_sure], minlength=len(owned))
        unsure = np.bincount(found[~is_sure], minlength=len(owned))
        pairs, counts = np.unique(np.stack([sure, unsure]), axis=1, return_counts=True)
        each = np.exp(pairs[0][:, None, None] * kept[:, None] + pairs[1][:, None, None] * kept)
        spared.append(np.tensordot(counts, each, axes=1))
    sure_ends = (after_end >= tried[:, None]).sum(axis=1)
    return Sums(sure_ends.astype(float), len(after_end), np.array(spared), len(owned))


def heads() -> list[str]:
    return [f"at {ms} ms" for ms in DEAD_AIR_MS] + [f"at {share} %" for share in CUT_OFF_PERCENT]


def cells(best: Sequence[float]) -> list[str]:
    count = len(DEAD_AIR_MS)
    return [f"{share:.1%}" for share in best[:count]] + [f"{ms:.0f} ms" for ms in best[count:]]


def table(by_line: Sequence[Sequence[Scored]], judges: Mapping[str, Rank] = JUDGES) -> str:
    """Needs lines that end whole, and pauses; says so where there are none."""
    every = [each for line in by_line for each in line]
    ends = [each for each in every if each.place.kind == "whole"]
    pauses = [each for each in every if each.place.kind != "whole"]
    if not ends or not pauses:
        return "The table needs lines that end whole, and pauses in lines: mark some with | or ~."
    owners = np.repeat(
        np.arange(len(by_line)),
        [sum(each.place.kind != "whole" for each in line) for line in by_line],
    )
    turns = len(set(owners.tolist()))
    rows = [f"{len(ends)} whole lines, {len(pauses)} pauses in {turns} turns", ""]
    for unit, by in (("pause", np.arange(len(pauses))), ("turn", owners)):
        rows.append(f"{f'cut-offs, ms per {unit}':24}" + "".join(f"{head:>12}" for head in heads()))
        for name, rank in judges.items():
            after_end, in_pause = (np.array([*map(rank, group)]) for group in (ends, pauses))
            best = sums(after_end, in_pause, by, thresholds(after_end)).best()
            rows.append(f"{name:24}" + "".join(f"{cell:>12}" for cell in cells(best)))
    return "\n".join([*rows, "", _asked(ends, pauses)])


def _asked(ends: Sequence[Scored], pauses: Sequence[Scored]) -> str:
    """What the profile asks for as it is."""
    waits = [each.silence_ms() for each in ends]
    p50, p90 = np.percentile(waits, [50, 90])
    cut_short = [each.silence_ms() for each in pauses if each.place.kind == "cut_short"]
    more = f"{np.mean([ms <= SHORT_MS for ms in cut_short]):.0%}" if cut_short else "-"
    over = np.mean([ms > LONG_MS for ms in waits])
    return (
        f"silence asked for after whole lines: p50 {p50:.0f}, p90 {p90:.0f} ms, over {LONG_MS} ms "
        f"{over:.0%}; at most {SHORT_MS} ms where more must come: {more} of {len(cut_short)}"
    )
