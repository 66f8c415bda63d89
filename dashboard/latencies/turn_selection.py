"""Which turns a page of figures covers, read from its address: days, profile, revision.

Rule: figures that need every turn cover the newest NEWEST_CALLS calls; the hourly counts
(LatencyCount) cover the whole period.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cached_property, reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django.db.models import Min, Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone

from calls.measures.moments import MOMENTS, Latencies
from calls.models import Call, LatencyCount, Turn
from calls.records.turn import Judged
from dashboard.address import number_in
from tuning.models import Revision, TimingProfile

DAYS = (1, 7, 30)
USUAL_DAYS = 7
NEWEST_CALLS = 300
LONGEST_CALL = timedelta(minutes=15)


@dataclass(slots=True)
class Measured(Judged, Latencies):
    """A turn's moments without its words, because thousands are read at once."""

    pk: int
    call_id: int
    revision_id: int | None
    is_short: bool
    is_prepared: bool
    outcome: str
    label: str
    pause_short_ms: int | None
    pause_long_ms: int | None
    policy_ms: int
    wait_parts: dict[str, int]
    requests: int
    tokens: int
    wasted_tokens: int


@dataclass(frozen=True)
class Selection:
    days: int
    since: datetime
    profile: TimingProfile | None
    revisions: tuple[Revision, ...] = ()
    """Empty: all."""

    @classmethod
    def of(cls, request: HttpRequest) -> Selection:
        """404 for an address that makes no sense."""
        days = _number(request.GET.get("days", "")) or USUAL_DAYS
        if days not in DAYS:
            raise Http404
        profile = _one(TimingProfile.objects.all(), request.GET.get("profile", ""))
        revision = _one(Revision.objects.all(), request.GET.get("revision", ""))
        return cls(days, days_ago(days), profile, (revision,) if revision else ())

    @property
    def revision(self) -> Revision | None:
        """The one that the address names."""
        return self.revisions[0] if self.revisions else None

    @property
    def key(self) -> str:
        """For what is worked out of it and kept."""
        return f"{self.days}{self.query}"

    @property
    def query(self) -> str:
        """As the address says it, but for the days."""
        found = {"profile": self.profile, "revision": self.revision}
        return "".join(f"&{name}={one.pk}" for name, one in found.items() if one)

    def calls_query(self, **wanted: object) -> str:
        """The address of the list of these calls, as far as they are `wanted` (CallFilter)."""
        newest = self._newest
        since = newest[-1][1] if len(newest) == NEWEST_CALLS else self.since
        local = timezone.localtime(since).replace(tzinfo=None)
        is_minute = not (local.second or local.microsecond)
        given = {
            "since": local.isoformat(timespec="minutes" if is_minute else "milliseconds"),
            "real": "on",
        }
        if self.profile:
            given["profile"] = f"{self.profile.pk}"
        if self.revision:
            given["revision"] = f"{self.revision.number}"
        return urlencode(given | wanted)

    @property
    def newest_calls(self) -> list[int]:
        """Primary keys, at most NEWEST_CALLS; customers' only."""
        return [pk for pk, _rang_at, _dropped in self._newest]

    def dropped_by_call(self) -> dict[int, int]:
        """Dropped short answers of the newest calls, where there are any."""
        return {pk: dropped for pk, _rang_at, dropped in self._newest if dropped}

    @cached_property
    def _newest(self) -> list[tuple[int, datetime, int]]:
        found = Call.objects.filter(ended_at__isnull=False, rang_at__gte=self.since)
        found = found.filter(Call.REAL)
        if self.profile:
            found = found.filter(profile=self.profile)
        if self.revisions:
            found = found.filter(reduce(or_, map(_while_live, self.revisions)))
        newest = found.order_by("-rang_at", "-pk").values_list("pk", "rang_at", "dropped_short")
        return list(newest[:NEWEST_CALLS])

    def measured(self) -> list[Measured]:
        """The turns of the newest calls."""
        names = [each.name for each in fields(Measured) if each.name not in MOMENTS]
        found = Turn.objects.filter(Turn.AGENTS, call__in=self.newest_calls)
        if self.revisions:
            found = found.filter(revision__in=self.revisions)
        rows = found.order_by().values_list(*names, *MOMENTS)
        own = len(names)
        return [Measured(*row[:own], **dict(zip(MOMENTS, row[own:], strict=True))) for row in rows]

    def counts(self, measure: str) -> QuerySet[LatencyCount]:
        since = self.since.replace(minute=0, second=0, microsecond=0)
        found = LatencyCount.objects.filter(measure=measure, hour__gte=since)
        if self.revisions:
            return found.filter(revision__in=self.revisions)
        if self.profile:
            return found.filter(revision__profile=self.profile)
        return found


def _while_live(revision: Revision) -> Q:
    """It decided from its publication to the next, whatever a call ended on."""
    later = revision.profile.revisions.filter(number__gt=revision.number)
    replaced_at = later.aggregate(at=Min("published_at"))["at"]
    live = Q(rang_at__gte=revision.published_at - LONGEST_CALL)
    return live & Q(rang_at__lt=replaced_at) if replaced_at else live


def days_ago(days: int) -> datetime:
    """On the minute, as addresses are written."""
    return timezone.now().replace(second=0, microsecond=0) - timedelta(days=days)


def _number(raw: str) -> int | None:
    return number_in(raw) if raw else None


def _one(found: QuerySet[Any], raw: str) -> Any:
    pk = _number(raw)
    if pk is None:
        return None
    one = found.filter(pk=pk).first()
    if one is None:
        raise Http404
    return one
