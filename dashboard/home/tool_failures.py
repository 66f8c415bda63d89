"""Tools of numbers that failed in calls: which, how often, and of how many uses."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, Q

from calls.http_tools.tool_use import ToolUse
from dashboard.latencies.turn_selection import USUAL_DAYS, days_ago

MOST = 5


@dataclass(frozen=True, slots=True)
class Failing:
    """call: the newest in which it failed."""

    name: str
    number: str
    failed: int
    uses: int
    call: int


def failures() -> list[Failing]:
    """Of the last days, the most failures first."""
    recent = ToolUse.objects.filter(began_at__gte=days_ago(USUAL_DAYS)).order_by()
    failed = Q(outcome__in=ToolUse.FAILURES)
    found = (
        recent.values("name", "call__number__name")
        .annotate(
            failed=Count("pk", filter=failed), uses=Count("pk"), newest=Max("call", filter=failed)
        )
        .filter(failed__gt=0)
        .order_by("-failed", "name")
    )
    return [
        Failing(
            each["name"],
            each["call__number__name"] or "",
            each["failed"],
            each["uses"],
            each["newest"],
        )
        for each in found[:MOST]
    ]
