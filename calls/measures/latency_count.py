"""The latencies of each hour, counted in log bins: what remains after calls are forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import models
from django.db.models import F

from tuning.models import Revision


class Place(NamedTuple):
    """What turns must share to be counted together."""

    hour: datetime
    revision_id: int
    is_short: bool
    measure: str
    bin: int


class LatencyCount(models.Model):
    """How many of an hour's turns, decided under one revision, have a measure in one bin."""

    hour = models.DateTimeField()
    revision = models.ForeignKey(Revision, models.PROTECT)
    is_short = models.BooleanField()
    measure = models.CharField(max_length=30)
    """A latency of moments.Latencies."""
    bin = models.SmallIntegerField()
    """latency.bin_of its value."""
    turns = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("hour", "measure", "bin")
        indexes = (models.Index(fields=("measure", "hour"), name="count_by_hour"),)
        constraints = (
            models.UniqueConstraint(
                fields=("hour", "revision", "is_short", "measure", "bin"), name="latency_count"
            ),
        )

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.measure} bin {self.bin}: {self.turns}"

    @classmethod
    def add(cls, place: Place, turns: int) -> None:
        """Add to a bin; two workers at once lose nothing."""
        row, _is_new = cls.objects.get_or_create(**place._asdict())
        cls.objects.filter(pk=row.pk).update(turns=F("turns") + turns)
