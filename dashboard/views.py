"""The pages that only look: calls, one call, latencies. Thin: the figures come from calls/."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from calls import recording
from calls.latency import Summary, summarise
from calls.models import Call, Turn
from dashboard.access import signed_in
from dashboard.charts import Histogram, latency_axis, latency_histogram
from dashboard.waterfall import Waterfall, waterfall
from dashboard.words import LATENCIES, STREAM_CLOSED, Latency
from tuning.models import TimingProfile

PAGE_CALLS = 25
NEWEST_TURNS = 5000
"""How many turns the latencies page looks back on."""


@require_safe
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    return redirect("calls")


@require_safe
@signed_in
@vary_on_headers("HX-Request")
def calls(request: HttpRequest) -> HttpResponse:
    """Calls in progress (they come over the socket) and the finished ones, newest first."""
    finished = _before(_finished(), request.GET.get("before", ""))
    page = list(finished[: PAGE_CALLS + 1])
    context = {
        "calls": page[:PAGE_CALLS],
        "more": _place_of(page[PAGE_CALLS - 1]) if len(page) > PAGE_CALLS else "",
        "is_first_page": "before" not in request.GET,
    }
    is_fragment = bool(request.headers.get("HX-Request"))
    template = "dashboard/_finished_calls.html" if is_fragment else "dashboard/calls.html"
    return render(request, template, context)


def _finished() -> QuerySet[Call]:
    waited = F("turns__first_audio_ms") - F("turns__speech_ended_ms")
    return (
        Call.objects.filter(ended_at__isnull=False)
        .select_related("profile", "revision")
        .annotate(turn_count=Count("turns", Q(turns__number__gt=0)), slowest_ms=Max(waited))
        .order_by("-rang_at", "-pk")
    )


def _place_of(call: Call) -> str:
    return f"{call.rang_at.isoformat()}~{call.pk}"


def _before(found: QuerySet[Call], place: str) -> QuerySet[Call]:
    """Those after a place in the list: calls that come meanwhile shift nothing."""
    if not place:
        return found
    rang_at, _tilde, pk = place.partition("~")
    try:
        at, number = datetime.fromisoformat(rang_at), int(pk)
    except ValueError:
        raise Http404 from None
    return found.filter(Q(rang_at__lt=at) | Q(rang_at=at, pk__lt=number))


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
@signed_in
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


@dataclass(frozen=True, slots=True)
class Panel:
    """The turns of one class on the latencies page."""

    title: Promise
    summary: Summary
    histogram: Histogram

    @classmethod
    def of(cls, title: Promise, by_call: dict[int, list[float]]) -> Panel:
        summary = summarise(list(by_call.values()))
        values = [value for call in by_call.values() for value in call]
        return cls(title, summary, latency_histogram(summary, values))


@require_safe
@signed_in
def latencies(request: HttpRequest) -> HttpResponse:
    """Response latencies of short and of long utterances: never pooled, they have other rules."""
    chosen = _chosen_profile(request.GET.get("profile", ""))
    turns = Turn.objects.filter(number__gt=0, speech_ended_ms__isnull=False).order_by("-pk")
    if chosen is not None:
        turns = turns.filter(revision__profile=chosen)
    rows = turns.values_list("call_id", "is_short", "speech_ended_ms", "first_audio_ms")
    by_class: dict[bool, dict[int, list[float]]] = {
        True: defaultdict(list),
        False: defaultdict(list),
    }
    unanswered = 0
    for call_id, is_short, speech_ended_ms, first_audio_ms in rows[:NEWEST_TURNS]:
        if first_audio_ms is None or speech_ended_ms is None:
            unanswered += 1
        else:
            by_class[is_short][call_id].append(first_audio_ms - speech_ended_ms)
    context: dict[str, Any] = {
        "panels": (
            Panel.of(_("After short utterances"), by_class[True]),
            Panel.of(_("After long utterances"), by_class[False]),
        ),
        "ticks": latency_axis(),
        "unanswered": unanswered,
        "profiles": TimingProfile.objects.all(),
        "chosen": chosen,
        "newest_turns": NEWEST_TURNS,
    }
    return render(request, "dashboard/latencies.html", context)


def _chosen_profile(pk: str) -> TimingProfile | None:
    if not pk:
        return None
    if not pk.isdecimal():
        raise Http404
    return get_object_or_404(TimingProfile, pk=int(pk))
