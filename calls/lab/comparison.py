"""The figures of the same calls before and after, as they are kept and shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from calls.measures.latency import Bin, histogram

RATES = ("cut_ins", "dropped", "stopped")
"""Events a turn."""
WAITS = ("p50_short", "p95_short", "p50_long", "p95_long")
"""Response latencies in milliseconds, after short and after long utterances."""
ALL = ("p50_all", "p95_all")
"""The same after any utterance."""
FIGURES = (*RATES, *WAITS, *ALL)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figure:
    """On both sides, and after less before. None: too few to tell."""

    before: Estimate | None = None
    after: Estimate | None = None
    difference: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """What was counted. turns: those that both sides know. unknown: recorded turns that this side
    cannot say, by reason. unseen: of `turns`, those that wait longer than the record shows."""

    turns: int
    cut_ins: int
    dropped: int
    stopped: int
    unseen: int
    unknown: dict[str, int] = field(default_factory=dict)
    short: tuple[int, ...] = ()
    """Turns in each of latency.histogram's bins."""
    long: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same calls under the live profile (before) and under a candidate (after).

    more_cut_ins: how many more of these calls' turns would be cut in on; None: too few calls.
    unknown: recorded turns that enter no figure.
    """

    calls: int
    before: Side
    after: Side
    unknown: int
    figures: dict[str, Figure]
    more_cut_ins: Estimate | None

    def __getitem__(self, name: str) -> Figure:
        """One of FIGURES; so do templates find it."""
        return self.figures[name]

    def bins(self, name: str) -> list[tuple[Bin, Bin]]:
        """ "short" or "long": each bin before and after."""
        empty = histogram([])
        sides = getattr(self.before, name), getattr(self.after, name)
        return [
            (Bin(one.low_ms, one.high_ms, before), Bin(one.low_ms, one.high_ms, after))
            for one, before, after in zip(empty, *sides, strict=True)
        ]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Comparison:
        return cls(
            calls=stored["calls"],
            before=_side(stored["before"]),
            after=_side(stored["after"]),
            unknown=stored["unknown"],
            figures={
                name: Figure(**{which: _estimate(one) for which, one in each.items()})
                for name, each in stored["figures"].items()
            },
            more_cut_ins=_estimate(stored["more_cut_ins"]),
        )


def _side(stored: Mapping[str, Any]) -> Side:
    bins = {name: tuple(stored[name]) for name in ("short", "long")}
    return Side(**{**stored, **bins})


def _estimate(stored: Mapping[str, float] | None) -> Estimate | None:
    return Estimate(**stored) if stored else None
