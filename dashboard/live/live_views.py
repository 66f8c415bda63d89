"""The page of calls in progress: it starts empty, and dashboard.live.sockets fills it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from calls.models import Call
from dashboard.access import may
from dashboard.lab.trial_news import PERMISSION, trials_now
from dashboard.live.live_turns import latest_turns


@require_safe
@may("calls.view_call")
def live(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/live/live.html", _trials(request))


@require_safe
@may("calls.view_call")
def live_call(request: HttpRequest, pk: int) -> HttpResponse:
    """With one call opened, and its latest turns as the record has them; the socket goes on."""
    call = get_object_or_404(Call.objects.select_related("number"), pk=pk)
    context = {"call": call, "turns": latest_turns(pk)} | _trials(request)
    return render(request, "dashboard/live/live.html", context)


def _trials(request: HttpRequest) -> dict[str, Any]:
    return {
        "trials_now": trials_now(),
        "may_view_trials": request.user.has_perm(PERMISSION),
    }
