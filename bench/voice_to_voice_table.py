"""What bench.voice_to_voice found, as a table. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from calls.measures.latency import percentile
from calls.measures.shares import wilson
from calls.simulator.caller import LineOutcome
from calls.simulator.table import Column, render

PUNCTUAL_MS = 15
"""The callers are on time if their frames leave no later than this (p99)."""
LEGEND = """
voice to voice: from the end of the caller's speech to the agent's first sound, at the caller's ear
(ms), of the lines that were answered and not cut in on. content: to its first sound that is no
opener. cut-ins: lines during which the agent spoke (95 %: Wilson). requests: to the model, a line.
in vain: share of the model's tokens that were written for nothing.
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """One counted line. content_ms: as LineOutcome.voice_to_voice_ms, without the opener."""

    outcome: LineOutcome
    content_ms: float | None


@dataclass(frozen=True, slots=True)
class Row:
    verdicts: str
    kind: str
    lines: Sequence[Heard]
    requests: float
    """A line."""
    in_vain: float | None
    late_p99_ms: float
    remarks: Sequence[str]


def requests_a_line(asked: Counter[str], counted: Collection[str], first: Collection[str]) -> float:
    """asked: how often about which line. What is about none was for a counted one."""
    return sum(n for text, n in asked.items() if text not in first) / len(counted)


def in_vain(tokens: int, wasted: int, withdrawn: int) -> float | None:
    """tokens: of all turns' replies, those of withdrawn ones among them; wasted: of what was begun
    ahead and never wanted, and of the withdrawn ones again."""
    written = tokens + wasted - withdrawn
    return wasted / written if written else None


HEADINGS = (
    ("verdicts",), ("lines",), ("n",), ("voice to", "voice p50"), ("", "p95"), ("content", "p50"),
    ("", "p95"), ("over", "1.5 s"), ("cut-ins",), ("share, 95 %",), ("un-", "answered"),
    ("requests", "a line"), ("in", "vain"),
)  # fmt: skip
TEXTS = (0, 1, 9)


def table(rows: Sequence[Row], notes: Sequence[str]) -> str:
    columns = [Column(heading, is_number=at not in TEXTS) for at, heading in enumerate(HEADINGS)]
    remarks = [f"! {row.verdicts}, {row.kind}: {each}" for row in rows for each in remarks_on(row)]
    cells = [_cells(row) for row in rows]
    return "\n".join(
        [render(columns, cells, 0), *(remarks or ["The callers were on time."]), LEGEND, *notes]
    )


def remarks_on(row: Row) -> list[str]:
    is_late = row.late_p99_ms > PUNCTUAL_MS
    late = f"the callers were late themselves (p99 {row.late_p99_ms:.0f} ms)"
    return [*row.remarks, *([late] if is_late else [])]


def _cells(row: Row) -> list[str]:
    waits = [ms for each in row.lines if (ms := each.outcome.voice_to_voice_ms) is not None]
    contents = [each.content_ms for each in row.lines if each.content_ms is not None]
    cut_ins, count = sum(each.outcome.cut_in for each in row.lines), len(row.lines)
    low, high = wilson(cut_ins, count)
    return [
        row.verdicts, row.kind, f"{count}", *_percentiles(waits), *_percentiles(contents),
        f"{sum(ms > 1500 for ms in waits) / max(1, len(waits)):.0%}", f"{cut_ins}",
        f"{cut_ins / count:.1%} ({low:.1%}–{high:.1%})",
        f"{sum(not each.outcome.answered for each in row.lines)}", f"{row.requests:.2f}",
        "–" if row.in_vain is None else f"{row.in_vain:.0%}",
    ]  # fmt: skip


def _percentiles(values: Sequence[float]) -> tuple[str, str]:
    if not values:
        return "–", "–"
    return f"{percentile(values, 50):.0f}", f"{percentile(values, 95):.0f}"
