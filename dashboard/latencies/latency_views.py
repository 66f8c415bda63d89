"""How long callers wait for answers, over all calls. The figures come from calls/."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from calls.measures.latency import Summary, from_bins, percentile, summarise
from calls.measures.moments import LATENCIES, Latencies, Latency, names_of
from dashboard.access import may
from dashboard.cached_figures import cached
from dashboard.charts import Histogram, latency_axis, latency_histogram, latency_place
from dashboard.latencies.model_use import MANY_REQUESTS, ModelUse
from dashboard.latencies.targets import LATENCY, Target, verdict
from dashboard.latencies.turn_selection import DAYS, NEWEST_CALLS, Measured, Selection
from tuning.models import TimingProfile

WAITS = (Latencies.response_latency, Latencies.content_latency)
"""What callers wait for: the first sound, and what the answer says."""
STAGES = names_of(lambda each: each.is_stage)
CLASSES = ((True, _("After short utterances")), (False, _("After long utterances")))
BY_TOOLS = _("In turns that asked a system outside")


@dataclass(frozen=True, slots=True)
class Whole:
    """All turns of the period, from the hourly counts."""

    turns: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class LatencyPanel:
    """One latency of the turns of one class, or of all that have it."""

    latency: Latency
    title: Promise
    summary: Summary
    histogram: Histogram
    ready: int
    """Turns whose reply was ready before the decision."""
    target: Target | None
    calls_query: str
    """Of the list of calls in which such a turn was as slow as a bar (slowest_over); "": calls are
    not looked for by this latency."""
    whole: Whole | None
    """Where there are more turns than are looked at one by one."""

    @property
    def target_x(self) -> float | None:
        return latency_place(self.target.p95_ms) if self.target else None

    @property
    def verdicts(self) -> dict[str, str]:
        """By percentile; "" where there are too few turns to tell."""
        if not self.target:
            return {}
        figures = {"p50": self.summary.p50, "p95": self.summary.p95}
        wanted = {"p50": self.target.p50_ms, "p95": self.target.p95_ms}
        return {
            name: verdict(one.low_ms, one.high_ms, wanted[name]) if one else ""
            for name, one in figures.items()
        }


@dataclass(frozen=True, slots=True)
class Stage:
    """One measure over all turns, short and long together, because it does not depend on length."""

    name: str
    turns: int
    p50_ms: float
    p95_ms: float


@require_safe
@may("calls.view_call")
def latencies(request: HttpRequest) -> HttpResponse:
    """Response latencies of short and of long utterances: never pooled, they have other rules."""
    selection = Selection.of(request)
    figures = cached(f"latencies {selection.key}", lambda: _figures(selection))
    context = {
        **figures,
        "selection": selection,
        "days": DAYS,
        "many_requests": MANY_REQUESTS,
        "ticks": latency_axis(),
        "profiles": TimingProfile.objects.all(),
        "revisions": selection.profile.revisions.all()[:20] if selection.profile else (),
    }
    return render(request, "dashboard/latencies/latencies.html", context)


def _figures(selection: Selection) -> dict[str, Any]:
    turns = selection.measured()
    is_cut = len({turn.call_id for turn in turns}) >= NEWEST_CALLS * 0.9  # some have no turn
    panels = [
        _panel(latency, turns, selection, is_short, title, is_cut=is_cut)
        for latency in WAITS
        for is_short, title in CLASSES
    ]
    tools = _panel(Latencies.tool_time, turns, selection, None, BY_TOOLS, is_cut=is_cut)
    if tools.summary.turns:
        panels.append(tools)
    labels = {each.name: each.label for each in LATENCIES}
    return {
        "panels": panels,
        "stages": [(labels.get(one.name, one.name), one) for one in _stages(turns)],
        "model_use": ModelUse.of(turns),
        "unanswered": sum(turn.response_latency is None for turn in turns if turn.speech_ended_ms),
        "newest_calls": NEWEST_CALLS if is_cut else 0,
    }


def _panel(
    latency: Latency,
    turns: list[Measured],
    selection: Selection,
    is_short: bool | None,
    title: Promise,
    *,
    is_cut: bool,
) -> LatencyPanel:
    """is_short: None is both. is_cut: there are more turns than are looked at."""
    by_call: dict[int, list[float]] = defaultdict(list)
    ready: list[float] = []
    for turn in turns:
        waited_ms = getattr(turn, latency.name)
        if is_short in (None, turn.is_short) and waited_ms is not None:
            by_call[turn.call_id].append(waited_ms)
            if turn.was_ready and is_short is not None:
                ready.append(waited_ms)
    summary = summarise(list(by_call.values()))
    values = [value for call in by_call.values() for value in call]
    chart = latency_histogram(summary, values, ready)
    query = ""
    if latency is WAITS[0]:
        query = selection.calls_query(after="short" if is_short else "long")
    counted = _whole(latency, selection, is_short) if is_cut else None
    target = None if is_short is None else LATENCY[latency.name][is_short]
    return LatencyPanel(latency, title, summary, chart, len(ready), target, query, counted)


def _whole(latency: Latency, selection: Selection, is_short: bool | None) -> Whole | None:
    found = selection.counts(latency.name).order_by()
    found = found if is_short is None else found.filter(is_short=is_short)
    counts = dict(found.values_list("bin").annotate(Sum("turns")))
    if not counts:
        return None
    return Whole(sum(counts.values()), from_bins(counts, 50), from_bins(counts, 95))


def _stages(turns: list[Measured]) -> list[Stage]:
    """They overlap: nothing is summed."""
    found = []
    for name in STAGES:
        values = [value for turn in turns if (value := getattr(turn, name)) is not None]
        if values:
            found.append(Stage(name, len(values), median(values), percentile(values, 95)))
    return found
