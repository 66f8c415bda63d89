"""A replay's result: its figures, and the turns that a candidate changes most. Pure.

Two sides decide the same utterance where their decisions rest on the same speech end of the same
recorded turn. Rule: only what the record can say of both is listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from calls.lab.advice import HALVES, half_of
from calls.lab.figures import compare
from tuning.lab.tried import CallTried, TurnTried

MOST_LISTED = 20
KINDS = ("sooner", "later", "cut_in", "saved")
"""Decided sooner, or later, than by the live profile; cut in on by the candidate alone, or by the
live profile alone."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One side's decision; milliseconds, as TurnTried's. wait_ms: the silence before it."""

    decided_ms: int
    wait_ms: int
    asked_ms: int
    why: str
    latency_ms: float | None
    is_cut_in: bool
    is_unseen: bool

    @classmethod
    def of(cls, turn: TurnTried) -> Decided:
        return cls(
            turn.decided_ms,
            turn.decided_ms - turn.spoke_until_ms,
            turn.asked_ms,
            turn.why,
            turn.latency_ms,
            turn.is_cut_in,
            turn.is_unseen,
        )


@dataclass(frozen=True, slots=True)
class Changed:
    """What a candidate does otherwise. live, candidate: None: that side decides nothing there."""

    call: int
    turn: int
    spoke_until_ms: int
    live: Decided | None
    candidate: Decided | None

    @property
    def sides(self) -> tuple[Decided | None, Decided | None]:
        return self.live, self.candidate

    @property
    def sooner_ms(self) -> int:
        """By how much the candidate decides sooner; negative: later."""
        if self.live is None or self.candidate is None:
            return 0
        return self.live.decided_ms - self.candidate.decided_ms

    @property
    def kind(self) -> str:
        """One of KINDS; "": as before."""
        before = self.live is not None and self.live.is_cut_in
        after = self.candidate is not None and self.candidate.is_cut_in
        if before != after:
            return "cut_in" if after else "saved"
        if not self.sooner_ms:
            return ""
        return "sooner" if self.sooner_ms > 0 else "later"

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Changed:
        sides = {side: Decided(**stored[side]) for side in ("live", "candidate") if stored[side]}
        return cls(**stored | sides)


def summed_up(names: Sequence[str], calls: Sequence[tuple[int, Sequence[CallTried]]]) -> list[Any]:
    """An entry for each candidate, by its name; calls: as tried_rows has them."""
    live = [sides[0] for _pk, sides in calls]
    result = []
    for place, name in enumerate(names, 1):
        candidate = [sides[place] for _pk, sides in calls]
        rows = [
            row for pk, sides in calls for row in changes(pk, sides[0], sides[place]) if row.kind
        ]
        result.append(
            {
                "name": name,
                "comparison": compare(live, candidate).as_json(),
                "changed": {kind: _most(rows, kind) for kind in KINDS},
                "counts": {kind: sum(row.kind == kind for row in rows) for kind in KINDS},
            }
        )
    return result


def weighed(names: Sequence[str], calls: Sequence[tuple[int, Sequence[CallTried]]]) -> list[Any]:
    """The same for steps of which some may be advised: their figures, of each half, too."""
    halves = [[sides for pk, sides in calls if half_of(pk) == half] for half in range(HALVES)]
    result = []
    for place, name in enumerate(names, 1):
        whole, *each = (
            compare([sides[0] for sides in own], [sides[place] for sides in own]).as_json()
            for own in ([sides for _pk, sides in calls], *halves)
        )
        result.append({"name": name, "comparison": whole, "halves": each})
    return result


def changes(pk: int, live: CallTried, candidate: CallTried) -> list[Changed]:
    """Every decision of a call, of either side, in order of time."""
    sides = [
        {(turn.turn, turn.spoke_until_ms): turn for turn in side.turns}
        for side in (live, candidate)
    ]
    unknown = {turn.turn for side in (live, candidate) for turn in side.turns if turn.unknown}
    found = []
    for place in sorted({*sides[0], *sides[1]}, key=lambda place: place[1]):
        number, spoke_until_ms = place
        if number in unknown:
            continue
        before, after = (Decided.of(side[place]) if place in side else None for side in sides)
        found.append(Changed(pk, number, spoke_until_ms, before, after))
    return found


def _most(rows: list[Changed], kind: str) -> list[dict[str, Any]]:
    own = [row for row in rows if row.kind == kind]
    own.sort(key=lambda row: -abs(row.sooner_ms))
    return [asdict(row) for row in own[:MOST_LISTED]]
