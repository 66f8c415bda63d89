"""What the lab said would come of a publication, and what came of it.

A publication came from the lab if a replay of its profile has tried exactly these knobs: by advice,
for a draft, beside a form. Its prediction is that of the newest such replay, and kept with it: the
replay may be gone one day. A day and a week later it is counted what happened (happened.py).

Rule: two estimates agree if the 95 % interval of their difference holds 0 (Zou and Donner's MOVER,
Statistics in Medicine 2008): what happened is itself known no better than its calls allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot
from typing import Any

from django.db import models
from django.db.models.signals import post_save

from calls.lab.comparison import WAITS, Comparison, Estimate
from calls.lab.replay import Replay
from tuning.models import Revision

DAYS = (1, 7)
"""After its publication."""
PREDICTED = ("cut_ins", "dropped", *WAITS)
"""The figures that are compared."""
LOOKED_AT = 50
"""Replays of the profile, the newest first."""


class Prediction(models.Model):
    """What the lab said of a revision before it was published."""

    revision = models.OneToOneField(Revision, models.CASCADE, related_name="prediction")
    replay = models.ForeignKey("calls.Replay", models.SET_NULL, null=True)
    comparison = models.JSONField()
    """Comparison.as_json() of its candidate."""
    short_ms = models.PositiveIntegerField()
    """An utterance below this was a short one."""

    class Meta:
        ordering = ("-revision__published_at", "-pk")

    def __str__(self) -> str:
        return f"prediction of {self.revision}"

    @classmethod
    def keep(cls, revision: Revision) -> Prediction | None:
        """None: it did not come from the lab."""
        found = Replay.objects.filter(profile=revision.profile, state=Replay.State.DONE)
        newest = found.select_related("live").order_by("-finished_at", "-pk").defer("result")
        for replay in newest[:LOOKED_AT]:
            for place, candidate in enumerate(replay.candidates):
                if candidate["knobs"] == revision.knobs:
                    return cls.objects.create(
                        revision=revision,
                        replay=replay,
                        comparison=_said(replay.result[place]),
                        short_ms=replay.live.values.short_utterance_ms,
                    )
        return None

    @property
    def said(self) -> Comparison:
        return Comparison.from_json(self.comparison)


class Outcome(models.Model):
    """What happened within so many days of the publication, or until the next one."""

    prediction = models.ForeignKey(Prediction, models.CASCADE, related_name="outcomes")
    days = models.PositiveIntegerField()
    calls = models.PositiveIntegerField()
    turns = models.PositiveIntegerField()
    figures = models.JSONField()
    """By name: an Estimate, or None where there were too few calls."""
    counted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("days",)
        constraints = (models.UniqueConstraint(fields=("prediction", "days"), name="outcome_once"),)

    def __str__(self) -> str:
        return f"{self.prediction} after {self.days} days"

    def estimate(self, name: str) -> Estimate | None:
        stored = self.figures.get(name)
        return Estimate(**stored) if stored else None

    @property
    def cells(self) -> Iterator[Cell]:
        """Each figure that both the prediction and the calls since can tell."""
        said = self.prediction.said
        for name in PREDICTED:
            figure, was = said[name], self.estimate(name)
            if figure.before and figure.after and was:
                yield Cell(name, figure.before, figure.after, was)


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: before the publication, as it was predicted, and as it came."""

    name: str
    before: Estimate
    predicted: Estimate
    happened: Estimate

    @property
    def is_inside(self) -> bool:
        """What happened lies in the interval that was predicted."""
        return self.predicted.low <= self.happened.value <= self.predicted.high

    @property
    def agrees(self) -> bool:
        apart = self.happened.value - self.predicted.value
        if apart >= 0:
            reach = hypot(
                self.happened.value - self.happened.low, self.predicted.high - self.predicted.value
            )
        else:
            reach = hypot(
                self.happened.high - self.happened.value, self.predicted.value - self.predicted.low
            )
        return abs(apart) <= reach


def _said(entry: dict[str, Any]) -> Any:
    """Of a step that may have been advised, by the half of the calls that had no say in it."""
    return entry["halves"][1] if "halves" in entry else entry["comparison"]


def connect() -> None:
    """Whatever publishes a revision, its prediction is kept with it."""
    post_save.connect(_published, sender=Revision, dispatch_uid="prediction")


def _published(instance: Revision, *, created: bool, raw: bool, **_more: Any) -> None:
    if created and not raw and not instance.is_candidate:
        Prediction.keep(instance)
