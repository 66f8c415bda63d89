"""The pages of trials: all of them, a new one, and one that runs or has ended."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access import may
from dashboard.address import number_in
from dashboard.lab.trial_form import TrialForm
from dashboard.lab.trial_shown import ShownTrial
from dashboard.models import AuditEvent
from dashboard.profiles.draft_saving import draft_of, person_of
from dashboard.profiles.knob_sums import changes
from dashboard.profiles.profile_views import note_change
from tuning.models import PublishedMeanwhile, TimingProfile, Trial, TrialRuns, Unchanged
from tuning.trials import NotWon

LONGEST_REASON = 200


@require_safe
@may("tuning.view_trial")
def trials(request: HttpRequest) -> HttpResponse:
    found = Trial.objects.select_related("profile", "live", "candidate", "started_by")
    return render(request, "dashboard/lab/trials.html", {"trials": found})


@require_http_methods(["GET", "HEAD", "POST"])
@may("tuning.run_trial")
def new(request: HttpRequest) -> HttpResponse:
    """Write a trial down; POST starts it. ?of= names the profile, ?candidate= what is tried."""
    profile = _profile(request)
    data = request.POST if request.method == "POST" else None
    form = TrialForm(request, profile, data, initial=_initial(request))
    if form.is_valid():
        knobs = form.cleaned_data["candidate"].profile
        try:
            trial = Trial.start(profile, knobs, form.plan, by=person_of(request))
        except TrialRuns as refused:
            form.add_error(None, _runs(refused.trial))
        except Unchanged:
            form.add_error("candidate", _("It has the live values: there is nothing to compare."))
        else:
            AuditEvent.note(
                request, AuditEvent.Action.TRIAL, trial,
                started=f"{profile}", note=trial.question, share=trial.share,
            )  # fmt: skip
            messages.success(request, _("The trial runs: new calls are divided from now on."))
            return redirect("trial", number=trial.number)
    context = {
        "form": form,
        "profile": profile,
        "newest": profile.newest,
        "profiles": TimingProfile.objects.all(),
        "running": Trial.running_on(profile),
    }
    return render(request, "dashboard/lab/trial_new.html", context, status=422 if data else 200)


def _profile(request: HttpRequest) -> TimingProfile:
    if raw := request.GET.get("of", ""):
        return get_object_or_404(TimingProfile, pk=number_in(raw))
    return TimingProfile.objects.get(is_default=True)


def _initial(request: HttpRequest) -> dict[str, str]:
    chosen = request.GET.get("candidate", "")
    return {"candidate": chosen} if chosen else {}


def _runs(trial: Trial) -> str:
    return _("Trial %(number)s runs on this profile. End it first.") % {"number": trial.number}


@require_POST
@may("tuning.run_trial")
def plan(request: HttpRequest) -> HttpResponse:
    """A fragment: how many calls the form's values need, and about how many days."""
    form = TrialForm(request, _profile(request), request.POST)
    form.is_valid()
    return render(request, "dashboard/lab/_trial_plan.html", {"form": form})


@require_safe
@may("tuning.view_trial")
def trial(request: HttpRequest, number: int) -> HttpResponse:
    one = _trial(number)
    return _page(request, one)


def _trial(number: int) -> Trial:
    found = Trial.objects.select_related(
        "profile", "live__profile", "candidate__profile", "started_by", "ended_by", "published"
    )
    return get_object_or_404(found, number=number)


def _page(
    request: HttpRequest, one: Trial, status: int = HTTPStatus.OK, **more: object
) -> HttpResponse:
    context = {
        "trial": one,
        "shown": ShownTrial.of(one),
        "changes": changes(one.live.values, one.candidate.values),
        **more,
    }
    return render(request, "dashboard/lab/trial.html", context, status=status)


@require_POST
@may("tuning.run_trial")
def end(request: HttpRequest, number: int) -> HttpResponse:
    one = _trial(number)
    reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
    if not reason:
        return _page(request, one, HTTPStatus.UNPROCESSABLE_ENTITY, needs_reason=True)
    if one.end(Trial.State.HAND, by=person_of(request), reason=reason):
        AuditEvent.note(request, AuditEvent.Action.TRIAL, one, ended=Trial.State.HAND, note=reason)
        messages.success(request, _("The trial has ended: new calls run on the live revision."))
    else:
        messages.error(request, _("It had ended already."))
    return redirect("trial", number=number)


@require_POST
@may("tuning.run_trial", "tuning.add_revision")
def publish(request: HttpRequest, number: int) -> HttpResponse:
    """The candidate that won becomes the live revision."""
    one = _trial(number)
    words = {"number": one.number, "question": one.question}
    note = _("Trial %(number)s: %(question)s") % words
    try:
        revision = one.publish_winner(by=person_of(request), note=note)
    except NotWon:
        messages.error(request, _("There is no winner to publish, or it is published already."))
    except PublishedMeanwhile:
        messages.error(
            request,
            _("Something else has been published since: publish it on the profile's page."),
        )
    except TrialRuns as refused:
        messages.error(request, _runs(refused.trial))
    else:
        note_change(request, AuditEvent.Action.PUBLISH, revision, one.live.values)
        draft = draft_of(request, one.profile)
        if draft and draft.values == revision.values:
            draft.forget()  # all of it is live
        messages.success(
            request,
            _("Published %(name)s r%(number)s: calls in progress are adopting it now.")
            % {"name": revision.profile.name, "number": revision.number},
        )
    return redirect("trial", number=number)
