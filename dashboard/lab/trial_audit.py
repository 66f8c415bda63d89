"""Records in the audit what ended a trial, where nobody did: its rule, a guard, its last day."""

from __future__ import annotations

from typing import Any

from dashboard.models import AuditEvent
from tuning import trials
from tuning.models import Trial


def connect() -> None:
    trials.ended.connect(_ended, dispatch_uid="audit of trials")


def _ended(trial: Trial, **rest: Any) -> None:
    """Whoever ends one by hand, or by publishing, is noted with their request."""
    if trial.ended_by is None:
        AuditEvent.objects.create(
            action=AuditEvent.Action.TRIAL,
            what=f"{trial}"[:200],
            detail={"ended": trial.state, "over": trial.ended_over},
        )
