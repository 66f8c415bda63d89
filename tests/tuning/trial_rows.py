"""Trials and the calls of one, for tests: each in a line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from calls.measures.trial_call import FIGURES
from calls.models import TrialCall
from tuning.models import TimingProfile, Trial
from tuning.trials import Plan
from tuning.turns.profile import Profile

LONGER = Profile(end_silence_long_ms=1900)


def a_plan(**changed: Any) -> Plan:
    given: dict[str, Any] = {
        "name": "longer silence", "question": "Are fewer callers cut in on?", "share": 50,
        "decides": "cut-ins", "least_effect": 0.02, "cut_ins_allowed": 0.01,
        "dropped_allowed": 0.05, "failed_allowed": 0.01, "calls_needed": 1000,
        "ends_at": timezone.now() + timedelta(days=14),
    }  # fmt: skip
    return Plan(**given | changed)


def a_trial(
    knobs: Profile = LONGER, *, by: User | None = None, profile: str = "", **changed: Any
) -> Trial:
    """A trial that runs, on the default profile."""
    which = {"name": profile} if profile else {"is_default": True}
    return Trial.start(TimingProfile.objects.get(**which), knobs, a_plan(**changed), by=by)


def counted(trial: Trial, calls: int, *, candidate: bool, **figures: float) -> None:
    """So many calls of one side; per call six turns, and what is given."""
    given = dict.fromkeys(FIGURES, 0) | {
        "turns": 6, "long_turns": 3, "long_ms": 3600, "short_turns": 3, "short_ms": 2700,
    }  # fmt: skip
    for place in range(calls):
        # Every fifth call has none, so that calls differ.
        own = {name: value * (place % 5 > 0) for name, value in figures.items()}
        TrialCall.objects.create(trial=trial, runs_candidate=candidate, **given | own)
