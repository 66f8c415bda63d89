"""What Home and the live page say of trials: those that run, and those that a guard has stopped."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from tuning.models import Trial

TOLD_FOR = timedelta(days=3)
"""So long after a guard broke."""
PERMISSION = "tuning.view_trial"
"""Who may open a trial's page; everybody is told that it runs."""


def trials_now() -> list[Trial]:
    is_stopped = Q(state=Trial.State.GUARD, ended_at__gt=timezone.now() - TOLD_FOR)
    found = Trial.objects.filter(Q(state=Trial.State.RUNNING) | is_stopped)
    return list(found.select_related("profile"))
