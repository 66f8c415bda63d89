"""Home: how calls are going, at a glance."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from calls.models import Call
from dashboard.access import may
from dashboard.advice.advice_views import standing_advice
from dashboard.cached_figures import cached
from dashboard.home.tiles import since_published, tiles
from dashboard.home.tool_failures import failures
from dashboard.lab.trial_news import PERMISSION, trials_now

NEWEST_CALLS = 8


@require_safe
@may("calls.view_call")
def home(request: HttpRequest) -> HttpResponse:
    ended = Call.objects.filter(ended_at__isnull=False).select_related(
        "profile", "revision", "talk_link"
    )
    may_replay = request.user.has_perm("calls.replay_call")
    context = {
        "tiles": cached("tiles", tiles),
        "since": cached("since", lambda: (since_published(),))[0],
        "advised": cached("advised", lambda: (standing_advice(),))[0] if may_replay else None,
        "tool_failures": cached("tool_failures", failures),
        "trials_now": trials_now(),
        "may_view_trials": request.user.has_perm(PERMISSION),
        "calls": ended.order_by("-rang_at", "-pk")[:NEWEST_CALLS],
    }
    return render(request, "dashboard/home/home.html", context)
