"""What bench.load found, as a table; and what spoils the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench import rig
from calls.simulator.table import Column, render

PUNCTUAL_MS, QUIET_PERCENT = 15, 15
"""The rig is on time if its frames leave no later than this (p99), and others leave us the core."""


@dataclass(frozen=True, slots=True)
class Step:
    """What so many calls at once came to. Times in ms, shares in % of the core."""

    calls: int
    turns: int
    heard_p50: float
    heard_p95: float
    """Voice to voice, by the caller's ear: from the end of speech to the answer's first sound."""
    response_p50: float
    response_p95: float
    """The record's response latency: from the VAD's last voiced frame."""
    floor_p50: float
    """What the profile and the services' fixed delays impose of that."""
    over_p50: float
    over_p95: float
    """What is beyond it in each turn: ours."""
    late_p50: float
    late_p99: float
    late_worst: float
    """From when a frame left the caller to when the conversation heard it, beyond the least."""
    caller_late_p99: float
    """How late frames left the caller, by its schedule: was the rig itself on time?"""
    cpu_each: float
    cpu_idle: float
    cpu_all: float
    cpu_others: float
    """Of the server's core: each call's, the idle server's, the server's, everybody else's."""
    memory_each_mb: float
    errors: dict[str, int]

    @property
    def remarks(self) -> list[str]:
        """What spoils the figures."""
        found = [f"{name}: {number}" for name, number in self.errors.items()]
        if self.caller_late_p99 > PUNCTUAL_MS:
            found.append("the rig was late: its callers had too little of the machine")
        if self.cpu_others > QUIET_PERCENT:
            found.append("the server had to share its core with something else")
        return found


TABLE = {
    "calls": ("calls", 0),
    "turns": ("turns", 0),
    "heard_p50": ("voice to/voice/p50", 0),
    "heard_p95": ("/p95", 0),
    "response_p50": ("response/latency/p50", 0),
    "response_p95": ("/p95", 0),
    "floor_p50": ("its/floor/p50", 0),
    "over_p50": ("beyond/it/p50", 1),
    "over_p95": ("/p95", 1),
    "late_p50": ("frames/late/p50", 1),
    "late_p99": ("/p99", 1),
    "late_worst": ("/worst", 1),
    "cpu_each": ("CPU/a call/%", 2),
    "cpu_all": ("/in all/%", 1),
    "memory_each_mb": ("memory/a call/MB", 2),
    "caller_late_p99": ("caller/late/p99", 1),
    "cpu_others": ("others'/CPU/%", 1),
}
LEGEND = """
Times in ms. voice to voice: by the caller's ear, from the end of speech; response latency: the
record's, from the VAD's last voiced frame; its floor: the profile's silences and the services'
fixed delays. frames late: from leaving the caller to being heard. CPU: of the server's one core;
for each call without what the idle server takes. caller late: frames behind its own schedule."""


def table(steps: Sequence[Step]) -> str:
    columns = [
        Column(tuple(heading.split("/")), is_number=True) for heading, _digits in TABLE.values()
    ]
    rows = [
        [f"{getattr(step, name):.{digits}f}" for name, (_heading, digits) in TABLE.items()]
        for step in steps
    ]
    remarks = [f"! {step.calls} calls: {remark}" for step in steps for remark in step.remarks]
    return "\n".join(
        [
            render(columns, rows, 0),
            *(remarks or ["No errors; the rig was on time and the server had its core to itself."]),
            LEGEND,
            rig.machine(),
        ]
    )
