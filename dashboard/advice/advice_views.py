"""Advice: what the recorded calls say should be changed, and what that would cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calls.lab.advice import Advice, Advised
from calls.lab.advising import advised, candidates, newest_advice
from calls.lab.comparison import Comparison, Estimate
from calls.lab.replay import Replay
from dashboard.access import may
from dashboard.advice.advice_words import ShownAdvice, rests_on
from dashboard.calls.call_filter import CallFilter
from dashboard.lab.asking import begin, profile_of
from dashboard.latencies.targets import CUT_IN_RATE
from dashboard.latencies.turn_selection import USUAL_DAYS, days_ago
from dashboard.profiles.draft_saving import draft_of, person_of
from dashboard.profiles.draft_views import CHANGED_ELSEWHERE
from dashboard.profiles.knob_sums import changes
from tuning.models import Draft, DraftChanged, TimingProfile

NEWEST = 500
"""Calls on which the steps are tried."""
ASKED_BY = ("since", "until", "number", "profile", "revision", "real")
"""Filters that advice may rest on. Not those for what happened in a call: among calls with a
cut-in, callers are cut in on more often than among all."""


@require_http_methods(["GET", "HEAD", "POST"])
@may("calls.replay_call")
def advice(request: HttpRequest) -> HttpResponse:
    """The newest advice on a profile (?of=); POST asks for another, on the calls of the filter."""
    profile = profile_of(request)
    if request.method != "POST":
        query = _narrowed(request.GET)
        one = None if query else newest_advice(profile)
        return render(request, "dashboard/advice/advice.html", _page(request, profile, one, query))
    query = _narrowed(QueryDict(request.POST.get("query", ""))) or _usual(profile)
    if not CallFilter.of_query(query).is_valid():
        raise Http404
    one = begin(
        request, profile, candidates(profile),
        query=query, newest=NEWEST, kind=Replay.Kind.ADVICE,
    )  # fmt: skip
    return redirect("advice_of", pk=one.pk)


def _narrowed(given: QueryDict) -> str:
    chosen = CallFilter(given).chosen
    return urlencode({name: chosen[name] for name in ASKED_BY if name in chosen})


def _usual(profile: TimingProfile) -> str:
    """The calls of the last days that ran on it."""
    since = timezone.localtime(days_ago(USUAL_DAYS)).replace(tzinfo=None)
    given = {"since": since.isoformat(timespec="minutes"), "profile": profile.pk, "real": "on"}
    return urlencode(given)


@require_safe
@may("calls.replay_call")
def advice_of(request: HttpRequest, pk: int) -> HttpResponse:
    """One that was asked for: how far it is, or what it advises."""
    one = _asked(pk)
    context = _page(request, one.profile, one, one.query)
    is_part = request.headers.get("HX-Request")
    template = "dashboard/advice/_advised.html" if is_part else "dashboard/advice/advice.html"
    return render(request, template, context)


@require_POST
@may("calls.replay_call", "tuning.add_draft")
def advice_draft(request: HttpRequest, pk: int, knob: str) -> HttpResponse:
    """Add a step to the operator's draft; what else the draft changes stays."""
    one = _asked(pk)
    step = next((each.step for each in advised_by(one).advice if each.step.knob == knob), None)
    if step is None:
        raise Http404
    profile, person, version = one.profile, person_of(request), request.POST.get("version", "")
    if one.live != profile.newest:
        messages.error(request, _("Another revision is live by now: ask for advice again."))
        return redirect("advice_of", pk=pk)
    try:
        before = Draft.seen(profile, person, version)
        based_on = before.based_on.number if before else one.live.number
        Draft.keep(profile, person, {knob: step.after}, based_on=based_on, version=version)
    except DraftChanged:
        messages.error(request, CHANGED_ELSEWHERE)
        return redirect("advice_of", pk=pk)
    others = len(before.own.keys() - {knob}) if before else 0
    if others:
        said = ngettext(
            "It is in your draft now, beside %(others)s other change. Nothing is published yet.",
            "It is in your draft now, beside %(others)s other changes. Nothing is published yet.",
            others,
        )
        messages.success(request, said % {"others": others})
    else:
        messages.success(request, _("It is in your draft now. Nothing is published yet."))
    return redirect("advice_of", pk=pk)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is advised on the profile of new calls, as it is live."""

    replay: int
    advice: tuple[Advice, ...]
    rule: str

    @property
    def first(self) -> ShownAdvice:
        return ShownAdvice.of(self.advice[0], self.rule)

    @property
    def more(self) -> int:
        return len(self.advice) - 1


def standing_advice() -> Standing | None:
    profile = TimingProfile.objects.filter(is_default=True).first()
    one = newest_advice(profile) if profile else None
    if one is None or not one.result or one.live != one.profile.newest:
        return None
    found = advised_by(one).advice
    return Standing(one.pk, found, one.live.values.endpointing) if found else None


def advised_by(one: Replay) -> Advised:
    calls = CallFilter.of_query(one.query)
    until = calls.cleaned_data["until"] if calls.is_valid() else None
    return advised(one, most_cut_ins=CUT_IN_RATE, until=until)


def _asked(pk: int) -> Replay:
    found = Replay.objects.filter(kind=Replay.Kind.ADVICE)
    return get_object_or_404(found.select_related("profile", "live__profile", "asked_by"), pk=pk)


def _page(
    request: HttpRequest, profile: TimingProfile, one: Replay | None, query: str
) -> dict[str, Any]:
    draft, again = draft_of(request, profile), "" if one else query
    context: dict[str, Any] = {
        "profile": profile,
        "newest": profile.newest,
        "profiles": TimingProfile.objects.all(),
        "replay": one,
        "query": query,
        "filters": CallFilter.of_query(one.query).in_words() if one else [],
        "asked_filters": CallFilter.of_query(again or _usual(profile)).in_words(),
        "draft": draft,
        "draft_changes": changes(profile.newest.values, draft.values)
        if draft and draft.values
        else [],
        "target": CUT_IN_RATE,
    }
    if one is None or not one.result:
        return context
    found, drafted = advised_by(one), draft.own if draft else {}
    rule = one.live.values.endpointing
    return context | {
        "found": found,
        "rate": _rate(one),
        "rests_on": rests_on(found),
        "is_outdated": one.live != profile.newest,
        "advice": [
            (ShownAdvice.of(each, rule), drafted.get(each.step.knob) == each.step.after)
            for each in found.advice
        ],
    }


def _rate(one: Replay) -> Estimate | None:
    """How often these callers are cut in on as it is."""
    return Comparison.from_json(one.result[0]["comparison"])["cut_ins"].before
