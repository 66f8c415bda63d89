"""Callers cut off against dead air, on businesses that no judge has seen: `-m bench.dead_air`.

In the form of livekit/eot-bench: each judge with the best threshold and delays that it could have
(calls/language/completion/cut_offs.py says what is tried, and that pauses' lengths are drawn). The
model is simulated: it knows what the lines' authors marked, and is wrong about so many places in a
hundred, always the same ones, with a verdict of another kind; where it could be all it says whole.
"Both" is the profile's silence by what the local judge and the model say. Intervals are 95 %: of
cut-offs and delays by bootstrap over businesses, of other shares Wilson's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from statistics import NormalDist
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bench.train_completion import LEFT_OUT, LINES
from bench.word_lists import silence_ms
from calls.language.completion.cut_offs import (
    CUT_OFF_PERCENT,
    DEAD_AIR_MS,
    JUDGES,
    LONG_MS,
    SHORT_MS,
    Floats,
    Rank,
    Sums,
    cells,
    heads,
    sums,
    thresholds,
)
from calls.language.completion.judge import stored
from calls.language.completion.line_scores import Scored, scored
from calls.language.completion.lines import Kind, Place, by_business
from calls.language.hebrew import HEBREW
from tuning.turns.endpointing import CUT_SHORT, NEEDS_TIME, WHOLE, Opinion

WRONG_PERCENT = (0, 4, 10)
TRUTHS: Mapping[Kind, str] = {
    "whole": WHOLE,
    "open": WHOLE,
    "cut_short": CUT_SHORT,
    "needs_time": NEEDS_TIME,
}
RESAMPLED = 1000
SEED = 7
FEWEST_PAUSES = 149
"""Without a single cut-off among fewer, their share may still be 2 % (exact, one-sided 95 %)."""
SHOWN = ("silence alone", "word lists", "local", "model, 4 % wrong", "both, 4 % wrong")
"""Business by business."""

Lines = Sequence[Sequence[Scored]]
Wait = Callable[[Scored], float]
"""The silence that is asked for, in ms."""


def verdict(place: Place, wrong_percent: float) -> str:
    """What the simulated model says."""
    truth = TRUTHS[place.kind]
    chance = crc32(f"{place.question}\n{place.text}".encode())
    if chance % 1000 >= 10 * wrong_percent:
        return truth
    others = [each for each in (WHOLE, CUT_SHORT, NEEDS_TIME) if each != truth]
    return others[chance // 1000 % len(others)]


def lists(each: Scored) -> float:
    return silence_ms(each.place.question, each.place.text)


def both(wrong_percent: float) -> Wait:
    return lambda each: each.silence_ms(Opinion(verdict(each.place, wrong_percent)))


def model(wrong_percent: float) -> Rank:
    return lambda each: float(verdict(each.place, wrong_percent) == WHOLE)


def shortest(wait: Wait) -> Rank:
    """The shorter the silence, the surer the judge."""
    return lambda each: -wait(each)


WAITS: Mapping[str, Wait] = {
    "word lists": lists,
    "local": lambda each: each.silence_ms(),
    **{f"both, {percent} % wrong": both(percent) for percent in WRONG_PERCENT},
}
"""What the default profile asks for, and what it asked for by its lists of words."""
RANKS: Mapping[str, Rank] = {
    "silence alone": JUDGES["silence alone"],
    "word lists": shortest(lists),
    "local": JUDGES["local"],
    **{f"model, {percent} % wrong": model(percent) for percent in WRONG_PERCENT},
    **{f"both, {percent} % wrong": shortest(both(percent)) for percent in WRONG_PERCENT},
}


def counted(lines: Lines, rank: Rank, tried: Floats, unit: str) -> Sums:
    """unit: pause, turn, or marked pause, which leaves out those where it could be all."""
    ends, pauses, owners = list[float](), list[float](), list[int]()
    for at, line in enumerate(lines):
        for each in line:
            if each.place.kind == "whole":
                ends.append(rank(each))
            elif each.place.kind != "open" or unit != "marked pause":
                pauses.append(rank(each))
                owners.append(at if unit == "turn" else len(owners))
    return sums(np.array(ends), np.array(pauses), np.array(owners), tried)


def joined(each: Sequence[Sums], times: NDArray[np.int64]) -> Sums:
    """times: how often each is drawn."""
    return Sums(
        np.tensordot(times, [one.sure for one in each], axes=1),
        float(np.dot(times, [one.ends for one in each])),
        np.tensordot(times, [one.spared for one in each], axes=1),
        float(np.dot(times, [one.units for one in each])),
    )


def intervals(each: Sequence[Sums], resampled: int) -> tuple[list[float], list[float]]:
    rng = np.random.default_rng(SEED)
    drawn = rng.multinomial(len(each), [1 / len(each)] * len(each), size=resampled)
    low, high = np.percentile([joined(each, times).best() for times in drawn], [2.5, 97.5], axis=0)
    return low.tolist(), high.tolist()


def wilson(count: int, of: int) -> tuple[float, float]:
    """95 %, of a share."""
    z = NormalDist().inv_cdf(0.975)
    share, more = count / of, z * z / of
    middle, reach = share + more / 2, z * sqrt(share * (1 - share) / of + more / (4 * of))
    return (middle - reach) / (1 + more), (middle + reach) / (1 + more)


def report(found: Mapping[str, Lines], resampled: int = RESAMPLED) -> str:
    """Markdown. found: what was said of each business's lines."""
    tables = [cut_offs(found, unit, resampled) for unit in ("pause", "turn", "marked pause")]
    return "\n\n".join([*tables, by_business_table(found), asked(found)])


def cut_offs(found: Mapping[str, Lines], unit: str, resampled: int) -> str:
    rows, units = list[str](), 0.0
    for name, rank in RANKS.items():
        each = _each(found, rank, unit)
        every = joined(each, np.ones(len(each), np.int64))
        units = every.units
        edges = ([cell.split()[0] for cell in cells(edge)] for edge in intervals(each, resampled))
        figures = [
            f"{cell} ({low} to {high})"
            for cell, low, high in zip(cells(every.best()), *edges, strict=True)
        ]
        rows.append(f"| {name} | {' | '.join(figures)} |")
    head = f"| cut-offs, ms per {unit} ({units:.0f}) | {' | '.join(heads())} |"
    return "\n".join([head, "|---" * (1 + len(heads())) + "|", *rows])


def by_business_table(found: Mapping[str, Lines]) -> str:
    """Per pause, in two columns: a business has too few for the others."""
    columns = [
        heads().index(f"at {DEAD_AIR_MS[-1]} ms"),
        heads().index(f"at {CUT_OFF_PERCENT[1]} %"),
    ]
    of_each = [_each(found, RANKS[name], "pause") for name in SHOWN]
    rows = [
        f"| {', '.join(heads()[column] for column in columns)} | pauses | {' | '.join(SHOWN)} |",
        "|---" * (2 + len(SHOWN)) + "|",
    ]
    for business, sums_of in zip(found, zip(*of_each, strict=True), strict=True):
        best = [cells(one.best()) for one in sums_of]
        figures = " | ".join(", ".join(each[column] for column in columns) for each in best)
        rows.append(f"| {business.replace('_', ' ')} | {sums_of[0].units:.0f} | {figures} |")
    return "\n".join(rows)


def asked(found: Mapping[str, Lines]) -> str:
    """What the profile asks for as it is."""
    kinds: tuple[Kind, ...] = ("whole", "cut_short", "needs_time")
    every = [each for lines in found.values() for line in lines for each in line]
    whole, short, time = ([e for e in every if e.place.kind == kind] for kind in kinds)
    rows = [
        f"| silence asked for | whole lines ({len(whole)}): p50, p90 | over {LONG_MS} ms "
        f"| more must come ({len(short)}): at most {SHORT_MS} ms "
        f"| needs time ({len(time)}): at most {SHORT_MS} ms |",
        "|---|---|---|---|---|",
    ]
    for name, wait in WAITS.items():
        whole_ms, short_ms, time_ms = (np.array([*map(wait, of)]) for of in (whole, short, time))
        p50, p90 = np.percentile(whole_ms, [50, 90])
        shares = map(share, (whole_ms > LONG_MS, short_ms <= SHORT_MS, time_ms <= SHORT_MS))
        rows.append(f"| {name} | {p50:.0f}, {p90:.0f} ms | {' | '.join(shares)} |")
    note = f"Whether a share is under 2 % can be told from {FEWEST_PAUSES} pauses or more."
    return "\n".join([*rows, "", note])


def share(has: NDArray[np.bool_]) -> str:
    low, high = wilson(int(has.sum()), len(has))
    return f"{has.mean():.1%} ({low:.1%} to {high:.1%})"


def _each(found: Mapping[str, Lines], rank: Rank, unit: str) -> list[Sums]:
    """Of each business, with the thresholds of all."""
    every = [each for lines in found.values() for line in lines for each in line]
    tried = thresholds(np.array([rank(each) for each in every if each.place.kind == "whole"]))
    return [counted(lines, rank, tried, unit) for lines in found.values()]


def main() -> None:
    lines = by_business(LINES)
    found = {
        name: [
            [scored(place, stored().judge, HEBREW.words) for place in line.places]
            for line in lines[name]
        ]
        for name in LEFT_OUT
    }
    print(report(found))


if __name__ == "__main__":
    main()
