"""Latencies over time, from the hourly counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from dashboard.access import may
from dashboard.cached_figures import cached
from dashboard.charts import AxisMark, percent
from dashboard.latencies.heat_map import HeatMap, clock_hours, heat_map
from dashboard.latencies.latency_views import CLASSES, WAITS
from dashboard.latencies.turn_selection import DAYS, Selection
from tuning.models import Revision, TimingProfile

HOURS_A_COLUMN = {1: 1, 7: 3, 30: 24}
HOURS_A_TIME = {1: 6, 7: 24, 30: 5 * 24}
"""By days: how far the times on the axis stand apart."""
MOST_RULES = 20


@require_safe
@may("calls.view_call")
def over_time(request: HttpRequest) -> HttpResponse:
    selection = Selection.of(request)
    hours = HOURS_A_COLUMN[selection.days]
    columns = selection.days * 24 // hours
    since = _begin(hours, columns)
    maps = cached(f"over time {selection.key}", lambda: _maps(selection, since, columns, hours))
    context = {
        "selection": selection,
        "days": DAYS,
        "hours": hours,
        "maps": maps,
        "times": list(_times(since, selection.days)),
        "rules": list(_rules(selection, since)),
        "profiles": TimingProfile.objects.all(),
    }
    return render(request, "dashboard/latencies/over_time.html", context)


def _maps(
    selection: Selection, since: datetime, columns: int, hours: int
) -> list[tuple[Promise, Promise, HeatMap]]:
    maps: list[tuple[Promise, Promise, HeatMap]] = []
    for latency in WAITS:
        found = selection.counts(latency.name).order_by()
        rows = list(found.values_list("is_short", "hour", "bin").annotate(Sum("turns")))
        for is_short, title in CLASSES:
            own = [row[1:] for row in rows if row[0] == is_short]
            maps.append((latency.label, title, heat_map(own, since, columns, hours)))
    return maps


def _begin(hours: int, columns: int) -> datetime:
    """Of the first column, by the clock of the pages: the last one holds the present hour."""
    now = timezone.localtime()
    last = now.replace(hour=now.hour // hours * hours, minute=0, second=0, microsecond=0)
    return last - timedelta(hours=hours * (columns - 1))


def _place(since: datetime, at: datetime, days: int) -> float:
    return percent(clock_hours(since, at) / (days * 24))


def _rules(selection: Selection, since: datetime) -> Iterator[tuple[AxisMark, Revision]]:
    """When what was published: a change of the figures may be of its making."""
    found = Revision.objects.filter(published_at__gte=since, number__gt=1).select_related("profile")
    if selection.profile:
        found = found.filter(profile=selection.profile)
    for revision in found.order_by("-published_at")[:MOST_RULES]:
        place = _place(since, revision.published_at, selection.days)
        yield AxisMark(place, f"r{revision.number}"), revision


def _times(since: datetime, days: int) -> Iterator[tuple[AxisMark, datetime]]:
    """Midnights for the axis, named by the day that begins; of a single day its quarters, too."""
    step = timedelta(hours=HOURS_A_TIME[days])
    at = since.replace(hour=0)
    while at < since + timedelta(days=days):
        if at >= since:
            yield (
                AxisMark(_place(since, at, days), f"{at:%d/%m}" if at.hour == 0 else f"{at:%H:%M}"),
                at,
            )
        at += step
