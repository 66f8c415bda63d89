"""The lab: what a profile would have done to callers whose calls are recorded."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calls.lab import replaying
from calls.lab.comparison import Comparison
from calls.lab.recorded import Unusable
from calls.lab.replay import Replay
from calls.models import Call
from dashboard.access import may
from dashboard.address import after_place, place_of
from dashboard.calls.call_filter import CallFilter
from dashboard.charts import latency_axis
from dashboard.lab.asking import ReplayForm, begin, profile_of
from dashboard.lab.candidates import words_of
from dashboard.lab.sentence import sentence, unknown
from dashboard.lab.shown_replay import ShownResult, knob_changes, unjudged
from dashboard.models import AuditEvent
from dashboard.people.personal import may_see_personal
from tuning.models import TimingProfile

PAGE_REPLAYS = 25
SHOWN_SKIPPED = 10


@require_safe
@may("calls.replay_call")
def replays(request: HttpRequest) -> HttpResponse:
    """Those that operators asked for, newest first; more of them as a fragment."""
    found = Replay.objects.filter(kind=Replay.Kind.REPLAY).order_by("-asked_at", "-pk")
    found = found.select_related("profile", "live__profile", "asked_by").defer("result", "skipped")
    found = found.annotate(compared=F("result__0__comparison"))
    page = list(after_place(found, "asked_at", request.GET.get("before", ""))[: PAGE_REPLAYS + 1])
    shown = page[:PAGE_REPLAYS]
    more = urlencode({"before": place_of(shown[-1].asked_at, shown[-1])}) if page[25:] else ""
    context = {
        "replays": [(each, _candidates(each), _first_line(each, each.compared)) for each in shown],
        "more": more,
        "is_first_page": "before" not in request.GET,
    }
    is_more = request.headers.get("HX-Request") and "before" in request.GET
    template = "dashboard/lab/_replays.html" if is_more else "dashboard/lab/replays.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@may("calls.replay_call")
def new(request: HttpRequest) -> HttpResponse:
    """Choose what is tried, on the calls that the address asks for (CallFilter): ?of= names the
    profile whose live revision it stands beside."""
    profile, sees = profile_of(request), may_see_personal(request.user)
    if request.method == "POST":
        form = ReplayForm(request, profile, request.POST)
        if form.is_valid():
            given = form.cleaned_data
            replay = begin(
                request, profile, [given["candidate"]],
                query=given["query"], newest=given["newest"],
            )  # fmt: skip
            return redirect("replay", pk=replay.pk)
        query = request.POST.get("query", "")
    else:
        asked = CallFilter(request.GET, sees_personal=sees)
        query = urlencode(asked.chosen) or f"profile={profile.pk}&real=on"
        form = ReplayForm(request, profile, initial={"query": query})
    calls = CallFilter.of_query(query, sees_personal=sees)
    context = {
        "form": form,
        "profile": profile,
        "newest": profile.newest,
        "profiles": TimingProfile.objects.all(),
        "query": query,
        "filters": calls.in_words(),
        "has_calls": calls.found().exists(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "dashboard/lab/new.html", context, status=status)


@require_safe
@may("calls.replay_call")
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    """One replay: how far it is, or what it found. Advice has a page of its own."""
    found = Replay.objects.select_related("profile", "live__profile", "asked_by")
    one = get_object_or_404(found, pk=pk)
    if one.kind == Replay.Kind.ADVICE:
        return redirect("advice_of", pk=pk)
    if request.headers.get("HX-Request"):
        return render(request, "dashboard/lab/_ended.html", _result(one))
    filters = CallFilter.of_query(one.query, sees_personal=may_see_personal(request.user))
    context = {
        "candidate": _candidates(one),
        "changes": knob_changes(one),
        "filters": filters.in_words(),
        **_result(one),
    }
    return render(request, "dashboard/lab/replay.html", context)


def _result(one: Replay) -> dict[str, Any]:
    skipped = [
        (Unusable(why).label, Call.objects.filter(pk__in=pks[:SHOWN_SKIPPED]), len(pks))
        for why, pks in one.skipped.items()
    ]
    context = {
        "replay": one,
        "skipped": skipped,
        "skipped_calls": sum(count for _why, _calls, count in skipped),
        "unjudged": unjudged(one),
        "ticks": latency_axis(),
    }
    if not one.result:
        return context
    shown = ShownResult.of(one.result[0])
    return context | {
        "shown": shown,
        "first_line": _first_line(one, one.result[0]["comparison"]),
        "unknown": unknown(shown.comparison),
    }


def _candidates(one: Replay) -> str:
    return words_of(one.candidates[0]["name"])


def _first_line(one: Replay, comparison: dict[str, Any] | None) -> str:
    if not comparison:
        return ""
    return sentence(Comparison.from_json(comparison), _candidates(one), one.since, one.until)


@require_POST
@may("calls.replay_call")
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Replay, pk=pk)
    if replaying.stop(one):
        AuditEvent.note(request, AuditEvent.Action.STOP_REPLAY, one.live, replay=one.pk)
        messages.success(request, _("Stopped. What was tried so far is not kept."))
    return redirect("replay", pk=pk)
