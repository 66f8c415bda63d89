"""How many calls a trial needs, from the newest calls of its profile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any

from django.utils import timezone

from calls.measures.trial_call import Counted, figures_of
from calls.models import Call, Turn
from tuning.lab import sequential, trial_rule
from tuning.models import TimingProfile

PLANNED_FROM = 500
"""Calls: the spread is then known to a twentieth, and the page stays quick."""
NEWEST_DAYS, DAYS = 28, 7


@dataclass(frozen=True, slots=True)
class Planning:
    """What is known before a trial: by measure the sums of so many calls, and the calls a day."""

    calls: int
    a_day: float
    sums: Mapping[str, sequential.Sums]

    @classmethod
    def of(cls, profile: TimingProfile) -> Planning:
        now = timezone.now()
        ended = Call.objects.filter(profile=profile, started_at__isnull=False)
        ended = ended.filter(settled_at__isnull=False).filter(Call.REAL)
        own = ended.exclude(runs_candidate=True)
        newest = list(own.filter(rang_at__gt=now - timedelta(days=NEWEST_DAYS))[:PLANNED_FROM])
        turns: dict[int, list[Turn]] = defaultdict(list)
        for turn in Turn.objects.filter(Turn.AGENTS, call__in=newest):
            turns[turn.call_id].append(turn)
        short_ms = profile.newest.values.short_utterance_ms
        figures = [figures_of(call, turns[call.pk], short_ms) for call in newest]
        a_day = ended.filter(rang_at__gt=now - timedelta(days=DAYS)).count() / DAYS
        sums = {each: Counted.planned(figures).sides(each)[0] for each in trial_rule.DECIDING}
        return cls(len(newest), a_day, sums)

    def needed(self, decides: str, least_effect: float, share: int) -> int | None:
        """The computed number of calls; None: too few calls are known."""
        spread = sequential.spread_of(self.sums[decides])
        if not spread:
            return None
        return sequential.calls_needed(least_effect, spread, share / 100)

    def days(self, calls: int) -> int | None:
        """About so many days; None: no call came in the last week."""
        return ceil(calls / self.a_day) if self.a_day else None

    def figure(self, decides: str) -> Any:
        return self.sums[decides].figure
