"""The calls in progress: the page is empty, its socket fills it (dashboard.consumers)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from calls.models import Call
from dashboard.access import may
from dashboard.call_views import ShownTurn

LAST_TURNS = 5


@require_safe
@may("calls.view_call")
def live(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/live.html")


@require_safe
@may("calls.view_call")
def live_call(request: HttpRequest, pk: int) -> HttpResponse:
    """With one call opened; the fragment is its latest turns, as the record has them."""
    call = get_object_or_404(Call.objects.select_related("profile", "revision"), pk=pk)
    latest = call.turns.select_related("revision").order_by("-number")[:LAST_TURNS]
    turns = [ShownTurn.of(turn) for turn in latest]
    template = "_live_turns" if request.headers.get("HX-Request") else "live"
    return render(request, f"dashboard/{template}.html", {"call": call, "turns": turns})
