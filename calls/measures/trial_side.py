"""The side of a trial that a call is on: decided when it rings, and kept for good."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from tuning.models import Revision, TimingProfile, Trial


class TrialSide(models.Model):
    """A part of calls.models.Call."""

    trial = models.ForeignKey(
        Trial, models.PROTECT, null=True, related_name="calls", verbose_name=_("trial")
    )
    """The one that ran when it rang."""
    runs_candidate = models.BooleanField(null=True)
    """Whether it begins on the trial's candidate; None: there is no trial."""

    class Meta:
        abstract = True

    @staticmethod
    def drawn(profile: TimingProfile, call_sid: str) -> dict[str, Any]:
        """For a new call on this profile."""
        trial = Trial.running_on(profile)
        if trial is None:
            return {}
        return {"trial": trial, "runs_candidate": trial.gives_candidate(call_sid)}

    def begins_on(self, profile: TimingProfile) -> Revision:
        """The candidate, as long as the trial runs; else what is published."""
        if self.trial_id and self.runs_candidate:
            running = Trial.objects.filter(pk=self.trial_id, state=Trial.State.RUNNING)
            if trial := running.select_related("candidate").first():
                return trial.candidate
        return profile.newest
