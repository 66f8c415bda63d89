"""The four figures on the first page: do callers wait, and are they cut in on?

Rule: each figure is shown with its target, the turns and calls behind it, and how certain it is. If
there are too few turns, no number is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.measures.latency import (
    MIN_CALLS,
    RESAMPLES,
    SEED,
    Percentile,
    Summary,
    percentile,
    summarise,
)
from dashboard.home.day_lines import DayFigures, DayLine, day_figures, day_line
from dashboard.home.time_spent import Spent, spent
from dashboard.latencies.targets import CUT_IN_RATE, DROPPED_RATE, LATENCY, Target, verdict
from dashboard.latencies.turn_selection import USUAL_DAYS, Measured, Selection, days_ago
from tuning.models import Revision, TimingProfile

ENOUGH_CALLS = MIN_CALLS[95]
"""For a rate, and on each side of a comparison."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of turns with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Lead:
    """A number of calls, and the address of their list."""

    calls: int
    query: str


@dataclass(frozen=True, slots=True)
class ClassRate:
    """The events of one class of turns."""

    title: Promise
    events: int
    turns: int
    lead: Lead


@dataclass(frozen=True, slots=True)
class RateTile:
    key: str
    title: Promise
    meaning: Promise
    target: float
    turns: int
    calls: int
    rate: Rate | None
    lead: Lead
    line: DayLine
    classes: tuple[ClassRate, ...] = ()

    @property
    def verdict(self) -> str:
        return verdict(self.rate.low, self.rate.high, self.target) if self.rate else ""


@dataclass(frozen=True, slots=True)
class Content:
    """The waits for what answers say, beside those for their first sound."""

    target: Target
    summary: Summary


@dataclass(frozen=True, slots=True)
class LatencyTile:
    key: str
    title: Promise
    meaning: Promise
    target: Target
    turns: int
    calls: int
    p50: Percentile | None
    p95: Percentile | None
    content: Content
    lead: Lead
    """The calls in which somebody waited longer than the target for p95."""
    line: DayLine

    @property
    def verdict(self) -> str:
        """That of the worse one."""
        pairs = ((self.p50, self.target.p50_ms), (self.p95, self.target.p95_ms))
        found = {verdict(one.low_ms, one.high_ms, wanted) for one, wanted in pairs if one}
        return next((each for each in ("bad", "unsure", "ok") if each in found), "")


@dataclass(frozen=True, slots=True)
class Tiles:
    days: int
    cut_ins: RateTile
    short: LatencyTile
    long: LatencyTile
    dropped: RateTile
    spent: tuple[Spent, ...]

    @property
    def is_empty(self) -> bool:
        return not self.cut_ins.turns


CLASSES = (
    (True, "short", _("After short utterances")),
    (False, "long", _("After long utterances")),
)
MEANINGS = {
    True: _("How long a caller waits after a few words."),
    False: _("How long a caller waits after explaining something."),
}


def tiles() -> Tiles:
    """Of the newest calls of the last days, whatever profile they ran on."""
    chosen = Selection(USUAL_DAYS, days_ago(USUAL_DAYS), None)
    turns = chosen.measured()
    dropped = chosen.dropped_by_call()
    by_call = _by_call(turns)
    cut_ins = {pk: sum(turn.is_cut_in for turn in own) for pk, own in by_call.items()}
    of_days = day_figures()
    return Tiles(
        chosen.days,
        RateTile(
            "cut_ins", _("Cut-ins"),
            _("How often the agent began to speak when the caller was about to go on. To the "
              "caller it feels like being interrupted."),
            CUT_IN_RATE, len(turns), len(by_call), rate(by_call, cut_ins),
            Lead(sum(map(bool, cut_ins.values())), chosen.calls_query(cut_ins="on")),
            day_line(of_days.cut_ins, CUT_IN_RATE, from_zero=True),
            tuple(_cut_ins_of(turns, chosen, *each) for each in CLASSES),
        ),
        _latency_tile(turns, chosen, of_days, is_short=True),
        _latency_tile(turns, chosen, of_days, is_short=False),
        RateTile(
            "dropped", _("Dropped short answers"),
            _("A yes or a no that got no answer: the caller had to say it again."),
            DROPPED_RATE, len(turns), len(by_call), rate(by_call, dropped),
            Lead(len(dropped), chosen.calls_query(dropped="on")),
            day_line(of_days.dropped, DROPPED_RATE, from_zero=True),
        ),
        tuple(
            spent(title, [turn for turn in turns if turn.is_short == is_short])
            for is_short, _key, title in CLASSES
        ),
    )  # fmt: skip


def _cut_ins_of(
    turns: Sequence[Measured], chosen: Selection, is_short: bool, key: str, title: Promise
) -> ClassRate:
    own = [turn for turn in turns if turn.is_short == is_short]
    cut_in = [turn.call_id for turn in own if turn.is_cut_in]
    lead = Lead(len(set(cut_in)), chosen.calls_query(cut_ins="on", after=key))
    return ClassRate(title, len(cut_in), len(own), lead)


def _latency_tile(
    turns: Sequence[Measured], chosen: Selection, of_days: DayFigures, *, is_short: bool
) -> LatencyTile:
    by_call = _by_call([turn for turn in turns if turn.is_short == is_short])
    waits = {
        pk: [wait for turn in own if (wait := turn.response_latency) is not None]
        for pk, own in by_call.items()
    }
    for_content = [
        [wait for turn in own if (wait := turn.content_latency) is not None]
        for own in by_call.values()
    ]
    found, target = summarise(list(waits.values())), LATENCY["response_latency"][is_short]
    content = Content(LATENCY["content_latency"][is_short], summarise(for_content))
    slow = sum(max(own, default=0.0) >= target.p95_ms for own in waits.values())
    key, title = next((key, title) for short, key, title in CLASSES if short == is_short)
    query = chosen.calls_query(slowest_over=target.p95_ms, after=key)
    return LatencyTile(
        key, title, MEANINGS[is_short], target, found.turns, found.calls, found.p50, found.p95,
        content,
        Lead(slow, query), day_line(of_days.p50_ms[is_short], target.p50_ms, from_zero=False),
    )  # fmt: skip


def _by_call(turns: Sequence[Measured]) -> dict[int, list[Measured]]:
    found: dict[int, list[Measured]] = defaultdict(list)
    for turn in turns:
        found[turn.call_id].append(turn)
    return found


def rate(by_call: dict[int, list[Measured]], events: dict[int, int]) -> Rate | None:
    """Events a turn, resampling whole calls; None: of too few calls to tell."""
    if len(by_call) < ENOUGH_CALLS:
        return None
    turns = np.array([len(own) for own in by_call.values()])
    counts = np.array([events.get(pk, 0) for pk in by_call])
    drawn = np.random.default_rng(SEED).integers(len(turns), size=(RESAMPLES, len(turns)))
    rates = counts[drawn].sum(axis=1) / np.maximum(turns[drawn].sum(axis=1), 1)
    low, high = np.quantile(rates, (0.025, 0.975))
    return Rate(float(counts.sum() / turns.sum()), float(low), float(high))


@dataclass(frozen=True, slots=True)
class Side:
    """The calls before or since a publication. None: too few turns."""

    calls: int
    cut_ins: float | None
    short_ms: float | None
    long_ms: float | None
    dropped: float | None

    @classmethod
    def of(cls, selection: Selection) -> Side:
        turns = selection.measured()
        waits: dict[bool, list[float]] = {True: [], False: []}
        for turn in turns:
            if (waited_ms := turn.response_latency) is not None:
                waits[turn.is_short].append(waited_ms)
        count = max(len(turns), 1)
        return cls(
            len({turn.call_id for turn in turns}),
            sum(turn.is_cut_in for turn in turns) / count,
            percentile(waits[True], 50) if waits[True] else None,
            percentile(waits[False], 50) if waits[False] else None,
            sum(selection.dropped_by_call().values()) / count,
        )


@dataclass(frozen=True, slots=True)
class Since:
    """What has changed since the last publication: calls timed by its values, compared with calls
    timed by the previous values."""

    revision: Revision
    before: Side
    after: Side

    @property
    def is_too_early(self) -> bool:
        return min(self.before.calls, self.after.calls) < ENOUGH_CALLS


def since_published() -> Since | None:
    """None: the profile of new calls is still as it was shipped."""
    profile = TimingProfile.objects.filter(is_default=True).first()
    last = profile.last_change if profile else None
    if profile is None or last is None:
        return None
    before = profile.revisions.get(number=last.number - 1)
    long_ago = last.published_at - timedelta(days=USUAL_DAYS)
    sides = [
        Side.of(Selection(USUAL_DAYS, long_ago, profile, tuple(one.with_its_values())))
        for one in (before, last)
    ]
    return Since(last, *sides)
