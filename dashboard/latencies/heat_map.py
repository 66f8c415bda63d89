"""Latencies over time: the geometry of a heat map. Pure.

Columns are stretches of time, and rows are log bins of latency (two of latency.bin_of's each). The
larger a cell's share of its column's turns, the darker it is. Coordinates are within a viewBox of
WIDTH x HEIGHT, which the page stretches; anything beside it is positioned in percentages.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from calls.measures.latency import BIN_RATIO, SHORTEST_MS, from_bins
from dashboard.charts import AxisMark, percent

WIDTH, HEIGHT = 1000, 200
FIRST_BIN, LAST_BIN = 10, 43
"""From 81 ms to 8.2 s: what is beyond stands in the last row of its side."""
BINS_A_ROW = 2
SHADES = (0.02, 0.08, 0.16, 0.28)
"""Parts of a column's turns from which a cell is of the next shade."""
FEW_TURNS = 10
"""A column with fewer has no percentiles."""
ROWS = (LAST_BIN - FIRST_BIN) // BINS_A_ROW + 1


@dataclass(frozen=True, slots=True)
class HeatColumn:
    """One column."""

    begins: datetime
    ends: datetime
    x: float
    width: float
    turns: int
    p50_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, slots=True)
class HeatMap:
    shades: tuple[str, ...]
    """A path of all cells of a shade, from light to dark."""
    p50: str
    p95: str
    """Lines through the columns, as paths."""
    stretches: tuple[HeatColumn, ...]
    ticks: tuple[AxisMark, ...]
    """Latencies; `x` is the place from the top."""
    most: int


def heat_map(
    counts: Iterable[tuple[datetime, int, int]], since: datetime, columns: int, hours: int
) -> HeatMap:
    """`counts`: (hour, latency.bin_of, turns); `columns` stretches of `hours` from `since` on.

    By the clock of since's zone: a day is a column, even when it has 25 hours.
    """
    by_column: dict[int, Counter[int]] = defaultdict(Counter)
    for hour, number, turns in counts:
        column = int(clock_hours(since, hour) // hours)
        if 0 <= column < columns:
            by_column[column][number] += turns
    width = WIDTH / columns
    cells: dict[int, list[str]] = defaultdict(list)
    for column, bins in by_column.items():
        total = sum(bins.values())
        rows: Counter[int] = Counter()
        for number, turns in bins.items():
            rows[_row(number)] += turns
        for row, turns in rows.items():
            shade = sum(turns / total >= part for part in SHADES)
            x, y, height = column * width, HEIGHT - (row + 1) * HEIGHT / ROWS, HEIGHT / ROWS
            cells[shade].append(f"M{x:.4g} {y:.4g}h{width:.4g}v{height:.4g}h-{width:.4g}z")
    stretches = tuple(
        _stretch(by_column[column], since + timedelta(hours=hours * column), hours, column, columns)
        for column in range(columns)
    )
    return HeatMap(
        tuple("".join(cells[shade]) for shade in range(len(SHADES) + 1)),
        _line([one.p50_ms for one in stretches], width),
        _line([one.p95_ms for one in stretches], width),
        stretches,
        tuple(
            AxisMark(percent(_height(ms) / HEIGHT), label)
            for ms, label in ((100, "100"), (200, "200"), (500, "500"), (1000, "1 s"),
                              (2000, "2 s"), (5000, "5 s"))
        ),
        max((one.turns for one in stretches), default=0),
    )  # fmt: skip


def clock_hours(since: datetime, at: datetime) -> float:
    """From one moment to another, as the clock of the first one's zone shows them."""
    return (at.astimezone(since.tzinfo) - since) / timedelta(hours=1)


def _row(number: int) -> int:
    return (min(max(number, FIRST_BIN), LAST_BIN) - FIRST_BIN) // BINS_A_ROW


def _height(ms: float) -> float:
    """Where a latency stands, from the top."""
    lowest = SHORTEST_MS * BIN_RATIO**FIRST_BIN
    rows, edge = 0.0, lowest
    while edge < ms and rows < ROWS:
        rows, edge = rows + 1, edge * BIN_RATIO**BINS_A_ROW
    over = (edge - ms) / (edge - edge / BIN_RATIO**BINS_A_ROW) if rows else 0.0
    return HEIGHT - (rows - min(max(over, 0.0), 1.0)) * HEIGHT / ROWS


def _stretch(
    bins: Counter[int], begins: datetime, hours: int, column: int, columns: int
) -> HeatColumn:
    turns = sum(bins.values())
    p50, p95 = (from_bins(bins, 50), from_bins(bins, 95)) if turns >= FEW_TURNS else (None, None)
    ends = begins + timedelta(hours=hours)
    return HeatColumn(
        begins, ends, percent(column / columns), percent(1 / columns), turns, p50, p95
    )


def _line(values: Sequence[float | None], width: float) -> str:
    """Through the middle of each column; a column without a value is a gap."""
    path, is_drawn = [], False
    for column, value in enumerate(values):
        if value is not None:
            verb = "L" if is_drawn else "M"
            path.append(f"{verb}{(column + 0.5) * width:.4g} {_height(value):.4g}")
        is_drawn = value is not None
    return "".join(path)
