"""The person whom a caller asked for: when, why, how long they waited and who came; and of many
calls, how many asked, whose wish was met, and the median wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from django.db import models
from django.db.models import Q


class PersonAskedFor(models.Model):
    """A part of calls.models.Call."""

    asked_person_at = models.DateTimeField(null=True, db_index=True)
    """For the first time; None: nobody was asked for."""
    asked_person_why = models.CharField(max_length=10, blank=True, default="", db_default="")
    """As tuning.turns.events.CallPerson: asked, failures."""
    person_waited_ms = models.PositiveIntegerField(default=0, db_default=0)
    """In all of the call, until somebody came, nobody did, or the caller hung up."""
    person_came = models.CharField(max_length=150, blank=True, default="", db_default="")
    """The name of whoever took over; empty: nobody."""

    awaited: tuple[str, int] = "", 0
    """By the stream before: why ("": nobody was), and for how many ms. Not kept."""

    ASKED = Q(asked_person_at__isnull=False)

    class Meta:
        abstract = True


@dataclass(frozen=True, slots=True)
class Asked:
    """Calls in which a person was asked for."""

    calls: int
    taken: int
    median_wait_ms: float | None

    @classmethod
    def of(cls, waits: Sequence[tuple[int, str]]) -> Asked:
        """How long each caller waited, and who came."""
        taken = sum(bool(who) for _wait_ms, who in waits)
        waited_ms = median(wait_ms for wait_ms, _who in waits) if waits else None
        return cls(len(waits), taken, waited_ms)
