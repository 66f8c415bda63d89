"""How good a judge of completion is on places that it has not seen: figures and their table. Pure.

AUC: how often a whole line ranks above a place that is cut short; open places are in no figure
but the confusion, since they are either. Calibration: the expected error of the probability of
whole, in ten bins, over the places that are whole, cut short, or need time. Intervals are 95 %, by
bootstrap over businesses and the places in them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.word_lists import silence_ms
from calls.language.completion.judge import OUTCOMES, CompletionJudge
from calls.language.completion.lines import KINDS, Place

RESAMPLED = 1000
SEED = 7
BINS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """Places and what was said of them. shares: a column for each of OUTCOMES."""

    kinds: NDArray[np.str_]
    shares: Floats
    silences_ms: Floats

    def of(self, chosen: NDArray[np.int64]) -> Judged:
        return Judged(self.kinds[chosen], self.shares[chosen], self.silences_ms[chosen])


Figure = Callable[[Judged], float]


def judged(judge: CompletionJudge, places: list[Place]) -> Judged:
    verdicts = [judge.judge(place.question, place.text) for place in places]
    return Judged(
        np.array([place.kind for place in places]),
        np.array([[each.whole, each.cut_short, each.needs_time] for each in verdicts]),
        np.array([silence_ms(place.question, place.text) for place in places], float),
    )


def auc(above: NDArray[np.floating], below: NDArray[np.floating]) -> float:
    """Share of pairs in which the first is greater; half of those that are equal."""
    order = np.sort(below)
    less = np.searchsorted(order, above, "left").sum()
    upto = np.searchsorted(order, above, "right").sum()
    return float((less + upto) / 2 / (len(above) * len(below)))


def local_auc(found: Judged) -> float:
    rank = found.shares[:, 0] / (found.shares[:, 0] + found.shares[:, 1])
    return auc(rank[found.kinds == "whole"], rank[found.kinds == "cut_short"])


def lists_auc(found: Judged) -> float:
    rank = -found.silences_ms
    return auc(rank[found.kinds == "whole"], rank[found.kinds == "cut_short"])


def spared(percent: int) -> Figure:
    """Of whole lines: how many rank above all but so many percent of the places cut short."""

    def figure(found: Judged) -> float:
        rank = found.shares[:, 0] / (found.shares[:, 0] + found.shares[:, 1])
        line = np.quantile(rank[found.kinds == "cut_short"], 1 - percent / 100)
        return float((rank[found.kinds == "whole"] > line).mean())

    return figure


def calibration_error(found: Judged) -> float:
    sure = found.kinds != "open"
    share, is_whole = found.shares[sure, 0], found.kinds[sure] == "whole"
    bins = np.minimum((share * BINS).astype(int), BINS - 1)
    gaps = [abs((share[bins == each] - is_whole[bins == each]).sum()) for each in range(BINS)]
    return float(sum(gaps) / len(share))


def right(kind: str) -> Figure:
    def figure(found: Judged) -> float:
        chosen = found.shares[found.kinds == kind].argmax(axis=1)
        return float((chosen == OUTCOMES.index(kind)).mean())

    return figure


def interval(figure: Figure, by_business: list[Judged]) -> tuple[float, float]:
    rng = np.random.default_rng(SEED)
    found = []
    for _ in range(RESAMPLED):
        drawn = []
        for at in rng.integers(len(by_business), size=len(by_business)):
            one = by_business[at]
            drawn.append(one.of(rng.integers(len(one.kinds), size=len(one.kinds))))
        found.append(figure(joined(drawn)))
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def joined(each: list[Judged]) -> Judged:
    return Judged(
        np.concatenate([one.kinds for one in each]),
        np.concatenate([one.shares for one in each]),
        np.concatenate([one.silences_ms for one in each]),
    )


def table(judge: CompletionJudge, places: dict[str, list[Place]]) -> str:
    """Markdown."""
    found = {name: judged(judge, each) for name, each in places.items()}
    everything = joined(list(found.values()))
    head = ("business", "whole, cut short", "AUC", "AUC of the lists", "calibration error")
    rows = [f"weights {judge.version}", "", f"| {' | '.join(head)} |", "|---|---|---|---|---|"]
    for name, one in {**found, "all": everything}.items():
        counts = f"{(one.kinds == 'whole').sum()}, {(one.kinds == 'cut_short').sum()}"
        figures = f"{local_auc(one):.3f} | {lists_auc(one):.3f} | {calibration_error(one):.3f}"
        rows.append(f"| {name.replace('_', ' ')} | {counts} | {figures} |")
    rows += ["", "| of all | places | figure | 95 % |", "|---|---|---|---|"]
    figures_of: dict[str, Figure] = {
        "AUC": local_auc,
        "AUC of the lists": lists_auc,
        **{f"whole above {100 - each} % of cut short": spared(each) for each in (10, 5)},
        "calibration error": calibration_error,
        **{f"{kind} judged so": right(kind) for kind in OUTCOMES},
    }
    for name, figure in figures_of.items():
        low, high = interval(figure, list(found.values()))
        rows.append(
            f"| {name} | {_count(name, everything)} | {figure(everything):.3f} "
            f"| {low:.3f} to {high:.3f} |"
        )
    rows += ["", f"| marked | {' | '.join(OUTCOMES)} |", "|---|---|---|---|"]
    for kind in KINDS:
        chosen = everything.shares[everything.kinds == kind].argmax(axis=1)
        counts = " | ".join(f"{count}" for count in np.bincount(chosen, minlength=len(OUTCOMES)))
        rows.append(f"| {kind} | {counts} |")
    return "\n".join(rows)


def _count(name: str, found: Judged) -> int:
    kind = name.removesuffix(" judged so")
    if kind in OUTCOMES:
        return int((found.kinds == kind).sum())
    if "calibration" in name:
        return int((found.kinds != "open").sum())
    return int(np.isin(found.kinds, ("whole", "cut_short")).sum())
