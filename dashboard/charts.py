"""The geometry of the charts, which the templates draw as SVG. Pure.

Horizontal positions and widths are percentages, so that a chart stretches with the page while its
text keeps its size. Time runs from left to right in both languages.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from calls.measures.latency import LONGEST_MS, SHORTEST_MS, Bin, Percentile, Summary, histogram
from tuning.turns.profile import Profile

LABEL_LEFT_FROM = 82.0
"""A label would leave the chart right of here: it stands left of its mark."""


@dataclass(frozen=True, slots=True)
class AxisMark:
    """Something at one position on the axis."""

    x: float
    label: str
    kind: str = ""

    @property
    def anchor(self) -> str:
        return "end" if self.x > LABEL_LEFT_FROM else "start"


@dataclass(frozen=True, slots=True)
class HistogramBar:
    """A bin of a histogram; y and height in px."""

    x: float
    width: float
    y: float
    height: float
    turns: int
    range: str
    ready: int
    """Of them, those whose reply was ready before the decision."""
    ready_height: float
    over_ms: int | None
    """The bin's lower edge, for the list of its calls."""

    @property
    def ready_y(self) -> float:
        return PLOT_TOP_PX + PLOT_PX - self.ready_height


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile's line, and its confidence interval as a bar above the columns."""

    name: str
    x: float
    low: float
    width: float
    figure: Percentile

    @property
    def label(self) -> str:
        return f"{self.name} {thousands(self.figure.value_ms)}"


@dataclass(frozen=True, slots=True)
class Histogram:
    columns: tuple[HistogramBar, ...]
    intervals: tuple[Interval, ...]
    dots: tuple[float, ...]
    """Each turn on its own, while they are few."""
    most: int
    y_ticks: tuple[AxisMark, ...]
    """Turns; `x` is the place from the top, in px."""


PLOT_TOP_PX, PLOT_PX, END_BIN = 24, 96, 6.0
"""Where the columns may reach up to, and how high; the width of the three end bins (per cent)."""
FEW_TURNS = 60
LATENCY_TICKS = tuple(
    AxisMark(0, label, f"{ms}")
    for ms, label in (
        (50, "50"), (100, "100"), (200, "200"), (500, "500"), (1000, "1 s"), (2000, "2 s"),
        (5000, "5 s"), (10_000, "10 s"),
    )
)  # fmt: skip


def latency_place(ms: float) -> float:
    """Where a latency stands on the histogram's axis: two end bins, a log scale, an end bin."""
    if ms <= 0:
        return END_BIN / 2
    if ms < SHORTEST_MS:
        return END_BIN * 1.5
    if ms > LONGEST_MS:
        return 100 - END_BIN / 2
    share = log(ms / SHORTEST_MS) / log(LONGEST_MS / SHORTEST_MS)
    return round(END_BIN * 2 + share * (100 - END_BIN * 3), 2)


def latency_axis() -> tuple[AxisMark, ...]:
    """A mark of the kind "spare" has no room on a narrow screen."""
    scale = (
        AxisMark(latency_place(float(tick.kind)), tick.label, "spare" if place % 2 else "")
        for place, tick in enumerate(LATENCY_TICKS)
    )
    ends = AxisMark(latency_place(0), "≤ 0"), AxisMark(latency_place(1), "< 20", "spare")
    return (*ends, *scale, AxisMark(latency_place(LONGEST_MS * 2), "> 20 s"))


def _bin_place(of: Bin) -> tuple[float, float, str]:
    """Where a bin begins on the histogram's axis, how wide it is, and what it is called."""
    if of.low_ms is None:
        return 0.0, END_BIN, "≤ 0"
    if of.high_ms is None:
        return 100 - END_BIN, END_BIN, "> 20,000"
    if of.low_ms == 0:
        return END_BIN, END_BIN, "< 20"
    x, end = latency_place(of.low_ms), latency_place(min(of.high_ms, LONGEST_MS))
    return x, round(end - x, 2), f"{thousands(of.low_ms)}–{thousands(of.high_ms)}"


def latency_histogram(
    summary: Summary, values: Sequence[float], ready: Sequence[float] = ()
) -> Histogram:
    """`ready`: those of the values whose reply was ready before the decision."""
    ready_bins = histogram(ready)
    most = max((each.turns for each in summary.bins), default=0)
    _low, top, step = round_axis(0, max(most, 1))

    def height_of(turns: float) -> float:
        return round(PLOT_PX * turns / top, 1)

    columns = []
    for each, of_ready in zip(summary.bins, ready_bins, strict=True):
        x, width, label = _bin_place(each)
        height = height_of(each.turns)
        columns.append(
            HistogramBar(
                x,
                width,
                PLOT_TOP_PX + PLOT_PX - height,
                height,
                each.turns,
                label,
                of_ready.turns,
                height_of(of_ready.turns),
                None if each.low_ms is None else round(each.low_ms),
            )
        )
    intervals = []
    for name, figure in (("p50", summary.p50), ("p95", summary.p95)):
        if figure is not None:
            low, high = latency_place(figure.low_ms), latency_place(figure.high_ms)
            width = round(max(high - low, 0.3), 2)
            intervals.append(Interval(name, latency_place(figure.value_ms), low, width, figure))
    dots = tuple(map(latency_place, values)) if len(values) < FEW_TURNS else ()
    y_ticks = tuple(
        AxisMark(PLOT_TOP_PX + PLOT_PX - height_of(turns), thousands(turns))
        for turns in steps(0, top, step)
    )
    return Histogram(tuple(columns), tuple(intervals), dots, most, y_ticks)


@dataclass(frozen=True, slots=True)
class PairedBar:
    """A bin of two histograms, one over the other; y and height in px."""

    x: float
    width: float
    range: str
    before: int
    before_y: float
    before_height: float
    after: int
    after_y: float
    after_height: float


@dataclass(frozen=True, slots=True)
class PairedHistogram:
    columns: tuple[PairedBar, ...]
    y_ticks: tuple[AxisMark, ...]

    @property
    def is_empty(self) -> bool:
        return not any(column.before or column.after for column in self.columns)


def paired_histogram(bins: Sequence[tuple[Bin, Bin]]) -> PairedHistogram:
    """The same bins before and after, on the axis of latency_histogram."""
    most = max((each.turns for pair in bins for each in pair), default=0)
    _low, top, step = round_axis(0, max(most, 1))

    def heights(turns: int) -> tuple[int, float, float]:
        height = round(PLOT_PX * turns / top, 1)
        return turns, PLOT_TOP_PX + PLOT_PX - height, height

    columns = tuple(
        PairedBar(*_bin_place(before), *heights(before.turns), *heights(after.turns))
        for before, after in bins
    )
    y_ticks = tuple(
        AxisMark(PLOT_TOP_PX + PLOT_PX * (1 - turns / top), thousands(turns))
        for turns in steps(0, top, step)
    )
    return PairedHistogram(columns, y_ticks)


@dataclass(frozen=True, slots=True)
class ChartLine:
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class WaitChart:
    """The wait that a profile imposes, against the length of the utterance (per cent)."""

    lines: tuple[ChartLine, ...]
    published: tuple[ChartLine, ...]
    x_ticks: tuple[AxisMark, ...]
    y_ticks: tuple[AxisMark, ...]
    """`x` is the place from the top."""


def wait_chart(profile: Profile, published: Profile) -> WaitChart:
    both = profile, published
    end_ms = max(5000, *(each.short_utterance_ms + 1000 for each in both))
    waits = [at for each in both for _from, at in _corners(each, end_ms)]
    _low, top_ms, step_ms = round_axis(0, max(waits) * 1.1)

    def lines(of: Profile) -> tuple[ChartLine, ...]:
        places = [
            (percent(span / end_ms), percent(1 - wait / top_ms))
            for span, wait in _corners(of, end_ms)
        ]
        return tuple(ChartLine(*start, *end) for start, end in itertools.pairwise(places))

    return WaitChart(
        lines(profile),
        lines(published) if published != profile else (),
        tuple(
            AxisMark(percent(at / end_ms), f"{at // 1000} s") for at in range(1000, end_ms, 1000)
        ),
        tuple(
            AxisMark(percent(1 - at / top_ms), thousands(at))
            for at in steps(0, top_ms * 0.99, step_ms)
        ),
    )


def _corners(profile: Profile, end_ms: int) -> list[tuple[int, int]]:
    """(span, wait) where the wait's course turns; a jump is two corners of the same span."""
    spans = {0, profile.min_utterance_ms, profile.short_utterance_ms, end_ms}
    around = sorted(spans | {profile.short_utterance_ms - 1})
    return [(span, sum(profile.wait_parts_ms(span).values())) for span in around]


def thousands(ms: float) -> str:
    return f"{round(ms):,}".replace("-", "\N{MINUS SIGN}")


def percent(share: float) -> float:
    return round(share * 100, 2)


def round_axis(low: float, high: float) -> tuple[float, float, float]:
    """(low, high, step) in round numbers around a range that holds 0, with at most 6 steps."""
    step = next(
        step
        for scale in (1, 10, 100, 1000, 10_000, 100_000)
        for step in (1.0 * scale, 2.0 * scale, 5.0 * scale)
        if (high - low) / step <= 5 or scale == 100_000
    )
    return step * (low // step), step * -(-high // step), step


def steps(low: float, high: float, step: float) -> list[float]:
    return [low + step * index for index in range(int((high - low) / step) + 1)]
