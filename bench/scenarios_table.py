"""What bench.scenarios found, as tables: by our own measures, and by those of the field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from bench.field_scores import Eva, TauVoice
from calls.simulator.table import Column, render

PUNCTUAL_MS = 15
"""The callers are on time if their frames leave no later than this (p99)."""
LEGEND = """
answer: from the end of the caller's speech to the agent's first sound, at the caller's ear (ms).
cut-ins: lines during which the agent spoke. stop: from the caller's first sound over the agent to
its silence (ms). gaps: break-ups of 20 ms or more inside an answer. core: the agent's process.
/ peer: this agent's answer p50, and its share of the core, by the last agent's.
"""
FIELD_LEGEND = """
tau-voice: mean response (ms; answered / turns), the agent's interruptions a turn, mean time to
yield (ms; yielded within 2 s / the caller's interruptions), backchannels talked through for 1 s.
EVA: turn-taking, 0 to 1 (turns that were answered, calls). bench/field_scores.py has the sources.
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
    tau_voice: TauVoice
    eva: Eva

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
FIELD_HEADINGS = (
    ("agent",), ("scenario",), ("calls",), ("tau-voice:", "response"), ("", "interruptions"),
    ("", "yield"), ("", "backchannels"), ("EVA:", "turn-taking"),
)  # fmt: skip


def table(rows: Sequence[Row], notes: Sequence[str]) -> str:
    """The agent of the last rows is the one that the others are compared with."""
    peers = {(row.scenario, row.calls): row for row in rows if row.agent == rows[-1].agent}
    cells = [_cells(row, peers.get((row.scenario, row.calls))) for row in rows]
    remarks = [remark for row in rows for remark in row.remarks] or ["The callers were on time."]
    ours = [render(_columns(HEADINGS), cells, 0), *remarks, LEGEND]
    of_the_field = [render(_columns(FIELD_HEADINGS), [*map(_field_cells, rows)], 0), FIELD_LEGEND]
    return "\n".join([*ours, *of_the_field, *notes])


def _columns(headings: Sequence[tuple[str, ...]]) -> list[Column]:
    return [Column(heading, is_number=place > 1) for place, heading in enumerate(headings)]


def _cells(row: Row, peer: Row | None) -> list[str]:
    return [
        row.agent, row.scenario, f"{row.calls}", f"{row.lines}",
        _ms(row.answer_p50), _ms(row.answer_p95),
        _ratio(row.answer_p50, peer.answer_p50 if peer else None),
        f"{row.cut_ins}", f"{row.unanswered}", _ms(row.stop_p50), _ms(row.stop_p95),
        f"{row.gaps}", f"{row.core_percent:.1f}",
        _ratio(row.core_percent, peer.core_percent if peer else None),
    ]  # fmt: skip


def _field_cells(row: Row) -> list[str]:
    tau, eva = row.tau_voice, row.eva
    interrupted, through = _ratio(tau.agent_interruptions, tau.turns), "–"
    if tau.backchannels:
        through = f"{tau.talked_through / tau.backchannels:.0%}"
    score = "–" if eva.turn_taking is None else f"{eva.turn_taking:.2f}"
    return [
        row.agent, row.scenario, f"{row.calls}", _mean(tau.response_ms, tau.turns),
        f"{interrupted} ({tau.agent_interruptions}/{tau.turns})",
        _mean(tau.yield_ms, tau.caller_interruptions),
        f"{through} ({tau.talked_through}/{tau.backchannels})",
        f"{score} ({eva.turns}, {eva.calls})",
    ]  # fmt: skip


def _mean(values: Sequence[float], total: int) -> str:
    return f"{_ms(fmean(values) if values else None)} ({len(values)}/{total})"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def _ratio(own: float | None, theirs: float | None) -> str:
    return f"{own / theirs:.2f}" if own is not None and theirs else "–"
