"""How long callers should wait at most, and how often they may be cut in on.

The targets are what telephone agents with silence rules can achieve: people leave 200 ms between
turns (Stivers et al. 2009), which no silence rule reaches. Revise them after two weeks of calls.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """The targets for one latency, by utterance class."""

    p50_ms: int
    p95_ms: int


LATENCY = {
    "response_latency": {True: Target(1200, 1800), False: Target(2500, 3200)},
    "content_latency": {True: Target(1400, 2100), False: Target(2700, 3500)},
}
"""By the latency and `Turn.is_short`. What an answer says may come as much later as most of an
opener lasts: one that is longer makes callers wait for the sake of a figure."""
CUT_IN_RATE = 0.02
"""Of turns."""
DROPPED_RATE = 0.01
"""Dropped short answers, of turns."""


def verdict(low: float, high: float, target: float) -> str:
    """ok, bad or unsure, by where a 95 % interval lies: only one that is wholly on a side tells."""
    if high <= target:
        return "ok"
    return "bad" if low > target else "unsure"
