"""A replay's result as its page shows it: tiles, histograms, and the turns that change most.

Rule: words are looked up when they are shown; of a call that is deleted there are none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.lab.comparison import Comparison, Estimate, Figure
from calls.lab.replay import Replay
from calls.lab.summing_up import KINDS, Changed, Decided
from calls.models import Turn
from dashboard.charts import PairedHistogram, paired_histogram, percent
from dashboard.lab.candidates import cannot_judge
from dashboard.profiles.knob_sums import Change, changes
from tuning.turns.profile import KNOB

BEFORE_MS = 3000
"""How long before the speech end playing begins."""
SHORTEST_AXIS_MS = 1000
TILES = (
    ("cut_ins", _("Turns that were cut in on"), True),
    ("p50_short", _("Wait after short utterances, median"), False),
    ("p95_short", _("Wait after short utterances, p95"), False),
    ("p50_long", _("Wait after long utterances, median"), False),
    ("p95_long", _("Wait after long utterances, p95"), False),
    ("dropped", _("Dropped short answers"), True),
)
"""Figure, title, whether it is a share of turns."""
TITLES = {
    "cut_in": _("Cut in on by the candidate alone"),
    "saved": _("Cut in on as it is, but not by the candidate"),
    "sooner": _("Decided sooner"),
    "later": _("Decided later"),
}
CLASSES = (("short", _("After short utterances")), ("long", _("After long utterances")))


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure before and after. For each, less is better."""

    name: str
    title: Promise
    is_share: bool
    figure: Figure

    @property
    def verdict(self) -> str:
        """Of the difference: ok, bad, or unsure."""
        found: Estimate | None = self.figure.difference
        if found is None or found.low <= 0 <= found.high:
            return "unsure"
        return "ok" if found.high < 0 else "bad"

    @property
    def is_known(self) -> bool:
        return self.figure.difference is not None


@dataclass(frozen=True, slots=True)
class SilenceBar:
    """A silence from the speech end to the first decision after it; places in per cent."""

    width: float
    live: float | None
    candidate: float | None
    """The thresholds."""


@dataclass(frozen=True, slots=True)
class ChangedTurn:
    """A turn that the candidate takes otherwise. said: None: its call is deleted."""

    changed: Changed
    said: str | None
    bar: SilenceBar

    @property
    def play_at(self) -> str:
        """Seconds, for the address of the call's page."""
        return f"{max(0, self.changed.spoke_until_ms - BEFORE_MS) / 1000:.1f}"


@dataclass(frozen=True, slots=True)
class ChangedTurns:
    kind: str
    title: Promise
    count: int
    turns: tuple[ChangedTurn, ...]


@dataclass(frozen=True, slots=True)
class ShownResult:
    """One candidate's."""

    comparison: Comparison
    tiles: tuple[Tile, ...]
    histograms: tuple[tuple[Promise, PairedHistogram], ...]
    changed: tuple[ChangedTurns, ...]

    @classmethod
    def of(cls, entry: dict[str, Any]) -> ShownResult:
        """entry: of Replay.result."""
        comparison = Comparison.from_json(entry["comparison"])
        rows = {kind: [Changed.from_json(row) for row in entry["changed"][kind]] for kind in KINDS}
        said = _said(row for own in rows.values() for row in own)
        return cls(
            comparison,
            tiles(comparison),
            tuple((title, paired_histogram(comparison.bins(name))) for name, title in CLASSES),
            tuple(
                ChangedTurns(
                    kind,
                    title,
                    entry["counts"][kind],
                    tuple(
                        ChangedTurn(row, said.get((row.call, row.turn)), silence_bar(row))
                        for row in rows[kind]
                    ),
                )
                for kind, title in TITLES.items()
                if entry["counts"][kind]
            ),
        )


def tiles(comparison: Comparison) -> tuple[Tile, ...]:
    return tuple(Tile(name, title, is_share, comparison[name]) for name, title, is_share in TILES)


def _said(rows: Iterable[Changed]) -> dict[tuple[int, int], str]:
    """What was said in these turns, by call and turn."""
    places = {(row.call, row.turn) for row in rows}
    found = Turn.objects.filter(
        call__in={call for call, _turn in places}, number__in={turn for _call, turn in places}
    ).values_list("call", "number", "said")
    return {(call, turn): said for call, turn, said in found if (call, turn) in places}


def silence_bar(row: Changed) -> SilenceBar:
    sides: list[Decided] = [side for side in (row.live, row.candidate) if side]
    longest = max(SHORTEST_AXIS_MS, *(max(side.wait_ms, side.asked_ms) for side in sides))
    silence = min(side.wait_ms for side in sides) if row.live is None else row.live.wait_ms

    def place(side: Decided | None) -> float | None:
        return None if side is None else percent(max(0, side.asked_ms) / longest)

    return SilenceBar(percent(max(0, silence) / longest), place(row.live), place(row.candidate))


def knob_changes(replay: Replay) -> list[Change]:
    """What the first candidate changes of the live knobs."""
    return changes(replay.live.values, replay.tried[0].profile)


def unjudged(replay: Replay) -> list[Any]:
    """What the knobs are called of which the lab can say nothing, where they differ."""
    live, candidate = replay.live.values, replay.tried[0].profile
    return [KNOB[name].under(candidate.endpointing).label for name in cannot_judge(live, candidate)]
