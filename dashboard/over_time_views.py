"""Latencies over time, from what is counted by the hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from dashboard.access import may
from dashboard.charts import Mark, percent
from dashboard.heat_map import HeatMap, heat_map
from dashboard.kept import kept
from dashboard.latency_views import CLASSES
from dashboard.turn_selection import DAYS, Selection
from tuning.models import Revision, TimingProfile

HOURS_A_COLUMN = {1: 1, 7: 3, 30: 24}
MOST_RULES = 20


@require_safe
@may("calls.view_call")
def over_time(request: HttpRequest) -> HttpResponse:
    selection = Selection.of(request)
    hours = HOURS_A_COLUMN[selection.days]
    columns = selection.days * 24 // hours
    since = selection.since.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    maps = kept(f"over time {selection.key}", lambda: _maps(selection, since, columns, hours))
    context = {
        "selection": selection,
        "days": DAYS,
        "hours": hours,
        "maps": maps,
        "times": list(_times(selection)),
        "rules": list(_rules(selection)),
        "profiles": TimingProfile.objects.all(),
    }
    return render(request, "dashboard/over_time.html", context)


def _maps(
    selection: Selection, since: datetime, columns: int, hours: int
) -> list[tuple[Promise, HeatMap]]:
    found = selection.counts("response_latency").order_by()
    rows = list(found.values_list("is_short", "hour", "bin").annotate(Sum("turns")))
    return [
        (title, heat_map([row[1:] for row in rows if row[0] == is_short], since, columns, hours))
        for is_short, title in CLASSES
    ]


def _rules(selection: Selection) -> Iterator[tuple[Mark, Revision]]:
    """When what was published: a change of the figures may be of its making."""
    found = Revision.objects.filter(published_at__gte=selection.since, number__gt=1).select_related(
        "profile"
    )
    if selection.profile:
        found = found.filter(profile=selection.profile)
    for revision in found.order_by("-published_at")[:MOST_RULES]:
        share = (revision.published_at - selection.since) / timedelta(days=selection.days)
        yield Mark(percent(share), f"r{revision.number}"), revision


def _times(selection: Selection) -> Iterator[tuple[float, object]]:
    """(place, moment) for the axis."""
    parts = 6 if selection.days != 7 else 7
    for part in range(parts):
        at = selection.since + timedelta(days=selection.days) * part / parts
        yield percent(part / parts), at
