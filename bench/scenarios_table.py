"""What bench.scenarios found, as tables: the conversations of one caller, and many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calls.simulator.table import Column, render

PUNCTUAL_MS = 15
"""The callers are on time if their frames leave no later than this (p99)."""
LEGEND = """
answer: from the end of the caller's speech to the agent's first sound, at the caller's ear (ms).
cut-ins: lines during which the agent spoke. stop: from the caller's first sound over the agent to
its silence (ms). gaps: break-ups of 20 ms or more inside an answer. core: the agent's process.
/ peer: this agent's answer p50, and its share of the core, by the last agent's.
"""


@dataclass(frozen=True, slots=True)
class Row:
    agent: str
    scenario: str
    calls: int
    lines: int
    answer_p50: float | None
    answer_p95: float | None
    cut_ins: int
    unanswered: int
    stop_p50: float | None
    stop_p95: float | None
    gaps: int
    core_percent: float
    caller_late_p99: float
    errors: list[str]

    @property
    def remarks(self) -> list[str]:
        found = list(self.errors)
        if self.caller_late_p99 > PUNCTUAL_MS:
            found.append(f"the callers were late themselves (p99 {self.caller_late_p99:.0f} ms)")
        return [f"! {self.agent}, {self.scenario}, {self.calls}: {remark}" for remark in found]


HEADINGS = (
    ("agent",), ("scenario",), ("calls",), ("lines",), ("answer", "p50"), ("", "p95"),
    ("/ peer", "p50"), ("cut-", "ins"), ("un-", "answered"), ("stop", "p50"), ("", "p95"),
    ("gaps",), ("core", "%"), ("/ peer", ""),
)  # fmt: skip


def table(rows: Sequence[Row], notes: Sequence[str]) -> str:
    """The agent of the last rows is the one that the others are compared with."""
    peers = {(row.scenario, row.calls): row for row in rows if row.agent == rows[-1].agent}
    columns = [Column(heading, is_number=place > 1) for place, heading in enumerate(HEADINGS)]
    cells = [_cells(row, peers.get((row.scenario, row.calls))) for row in rows]
    remarks = [remark for row in rows for remark in row.remarks]
    return "\n".join(
        [render(columns, cells, 0), *(remarks or ["The callers were on time."]), LEGEND, *notes]
    )


def _cells(row: Row, peer: Row | None) -> list[str]:
    return [
        row.agent, row.scenario, f"{row.calls}", f"{row.lines}",
        _ms(row.answer_p50), _ms(row.answer_p95),
        _ratio(row.answer_p50, peer.answer_p50 if peer else None),
        f"{row.cut_ins}", f"{row.unanswered}", _ms(row.stop_p50), _ms(row.stop_p95),
        f"{row.gaps}", f"{row.core_percent:.1f}",
        _ratio(row.core_percent, peer.core_percent if peer else None),
    ]  # fmt: skip


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def _ratio(own: float | None, theirs: float | None) -> str:
    return f"{own / theirs:.2f}" if own is not None and theirs else "–"
