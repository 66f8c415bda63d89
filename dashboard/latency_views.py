"""How long callers wait for answers: what all calls together say. The figures come from calls/."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from calls.latency import Summary, summarise
from calls.models import Turn
from dashboard.access import may
from dashboard.charts import Histogram, latency_axis, latency_histogram
from tuning.models import TimingProfile

NEWEST_TURNS = 5000
"""How many turns the latencies page looks back on."""


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
@may("calls.view_call")
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
