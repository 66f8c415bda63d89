"""One call: what was said, why it was answered when it was, and where the time went."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from calls import recording
from calls.models import Call, Turn
from dashboard.access import may
from dashboard.waterfall import Waterfall, waterfall
from dashboard.words import LATENCIES, STREAM_CLOSED, Latency


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A turn as the page of its call shows it."""

    turn: Turn
    waterfall: Waterfall | None
    figures: tuple[tuple[Latency, float | None], ...]

    @classmethod
    def of(cls, turn: Turn) -> ShownTurn:
        figures = tuple((each, getattr(turn, each.name)) for each in LATENCIES)
        return cls(turn, waterfall(turn), figures)


@require_safe
@may("calls.view_call")
def call(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Call.objects.select_related("profile", "revision", "number"), pk=pk)
    turns = [ShownTurn.of(turn) for turn in one.turns.select_related("revision")]
    dropped = sum(one.frames_dropped.values())
    context = {
        "call": one,
        "turns": turns,
        "dropped": dropped,
        "has_recording": recording.path_of(one).exists(),
        "frames_add_up": one.frames_in == one.frames_forwarded + dropped,
        "is_usual_close": one.ended_well and STREAM_CLOSED in one.stream_error,
    }
    return render(request, "dashboard/call.html", context)
