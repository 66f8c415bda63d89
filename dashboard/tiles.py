"""The four figures of the first page: do callers wait, and are they cut in on?

Rule: a figure stands with its target, the turns and calls behind it, and how sure it is; what too
few turns cannot tell is not shown as a number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.latency import MIN_CALLS, RESAMPLES, SEED, Percentile, percentile, summarise
from dashboard.targets import CUT_IN_RATE, DROPPED_RATE, LATENCY, Target, verdict
from dashboard.turn_selection import USUAL_DAYS, Measured, Selection
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
class RateTile:
    key: str
    title: Promise
    meaning: Promise
    target: float
    turns: int
    calls: int
    rate: Rate | None

    @property
    def verdict(self) -> str:
        return verdict(self.rate.low, self.rate.high, self.target) if self.rate else ""


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

    @property
    def is_empty(self) -> bool:
        return not self.cut_ins.turns


def tiles() -> Tiles:
    """Of the newest calls of the last days, whatever profile they ran on."""
    since = timezone.now() - timedelta(days=USUAL_DAYS)
    chosen = Selection(USUAL_DAYS, since, None)
    turns = chosen.measured()
    dropped = chosen.dropped_by_call()
    by_call = _by_call(turns)
    cut_ins = {pk: sum(turn.is_cut_in for turn in own) for pk, own in by_call.items()}
    return Tiles(
        chosen.days,
        RateTile(
            "cut_ins", _("Cut-ins"),
            _("So many turns began while the caller was going to go on: they feel interrupted."),
            CUT_IN_RATE, len(turns), len(by_call), rate(by_call, cut_ins),
        ),
        _latency_tile(turns, is_short=True),
        _latency_tile(turns, is_short=False),
        RateTile(
            "dropped", _("Dropped short answers"),
            _("A yes or a no that got no answer: the caller has to say it again."),
            DROPPED_RATE, len(turns), len(by_call), rate(by_call, dropped),
        ),
    )  # fmt: skip


def _latency_tile(turns: Sequence[Measured], *, is_short: bool) -> LatencyTile:
    by_call = _by_call([turn for turn in turns if turn.is_short == is_short])
    waits = [
        [wait for turn in own if (wait := turn.response_latency) is not None]
        for own in by_call.values()
    ]
    found = summarise(waits)
    title, meaning = (
        (_("After short utterances"), _("How long a caller waits after a few words."))
        if is_short
        else (_("After long utterances"), _("How long a caller waits after explaining something."))
    )
    key = "short" if is_short else "long"
    return LatencyTile(
        key, title, meaning, LATENCY[is_short], found.turns, found.calls, found.p50, found.p95
    )


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
    """The calls before a publication, or since. None: of too few turns."""

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
    """What changed since the last publication: the calls that were timed by its values, against
    those that were timed by the values before."""

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
