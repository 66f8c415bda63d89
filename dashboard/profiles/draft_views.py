"""The actions around a profile's form: drafts, presets, differences, undo, copying a profile."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import may
from dashboard.address import number_in
from dashboard.models import AuditEvent
from dashboard.profiles.draft_saving import person_of
from dashboard.profiles.knob_sums import changes
from dashboard.profiles.profile_views import TRIAL_RUNS, note_change
from tuning.models import (
    Draft,
    DraftChanged,
    PublishedMeanwhile,
    Revision,
    TimingProfile,
    TooLate,
    TrialRuns,
    Unchanged,
)
from tuning.presets import PRESETS

CHANGED_ELSEWHERE = gettext_lazy(
    "Your draft has been changed in another window. This is how it looks now."
)


@require_POST
@may("tuning.add_draft")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    profile = get_object_or_404(TimingProfile, pk=pk)
    try:
        draft = Draft.seen(profile, person_of(request), request.POST.get("version", ""))
    except DraftChanged:
        messages.error(request, CHANGED_ELSEWHERE)
        return redirect("profile", pk=pk)
    if draft is not None:
        draft.forget()
    messages.success(request, _("The draft is discarded; the form shows what is published."))
    return redirect("profile", pk=pk)


@require_POST
@may("tuning.add_draft")
def rebase(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what the operator changed, on what was published meanwhile."""
    profile = get_object_or_404(TimingProfile, pk=pk)
    draft = Draft.of(profile, person_of(request))
    if draft is not None:
        try:
            draft.rebase()
        except DraftChanged:
            messages.error(request, CHANGED_ELSEWHERE)
            return redirect("profile", pk=pk)
        messages.success(request, _("Your changes now stand on the newest revision."))
    return redirect("profile", pk=pk)


@require_POST
@may("tuning.add_draft")
def fill(request: HttpRequest, pk: int, preset: str) -> HttpResponse:
    """Put a preset's knobs into the draft."""
    if preset not in PRESETS:
        raise Http404
    profile = get_object_or_404(TimingProfile, pk=pk)
    newest, person, version = profile.newest, person_of(request), request.POST.get("version", "")
    try:
        draft = Draft.seen(profile, person, version)
        knobs = PRESETS[preset].on(draft.whole if draft else asdict(newest.values))
        based_on = draft.based_on.number if draft else newest.number
        Draft.keep(profile, person, knobs, based_on=based_on, version=version)
    except DraftChanged:
        messages.error(request, CHANGED_ELSEWHERE)
        return redirect("profile", pk=pk)
    messages.success(request, _("The draft has the preset's values. Nothing is published yet."))
    return redirect("profile", pk=pk)


@require_safe
@may("calls.view_call")
def diff(request: HttpRequest, pk: int) -> HttpResponse:
    """What differs between two revisions: ?from=3&to=5; without them the newest two."""
    profile = get_object_or_404(TimingProfile, pk=pk)
    newest = profile.newest.number
    usual = {"from": f"{max(1, newest - 1)}", "to": f"{newest}"}
    numbers = [number_in(request.GET.get(end, number)) for end, number in usual.items()]
    one, other = (get_object_or_404(Revision, profile=profile, number=n) for n in numbers)
    context = {
        "profile": profile,
        "one": one,
        "other": other,
        "changes": changes(one.values, other.values),
        "numbers": range(newest, 0, -1),
    }
    return render(request, "dashboard/profiles/diff.html", context)


@require_safe
@may("calls.view_call")
def export(request: HttpRequest, pk: int, number: int) -> JsonResponse:
    """A revision's knobs, for another installation."""
    one = get_object_or_404(Revision, profile_id=pk, number=number)
    told = {
        "profile": one.profile.name, "revision": one.number, "note": one.note,
        "published_at": one.published_at.isoformat(), "knobs": asdict(one.values),
    }  # fmt: skip
    response = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 2})
    name = f"{one.profile.name}-r{one.number}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@may("tuning.add_revision")
def undo(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Take back one's own publication of just now."""
    revision = get_object_or_404(Revision, profile_id=pk, number=number)
    note = _("Undid r%(number)s") % {"number": number}
    try:
        made = revision.profile.undo(revision, by=person_of(request), note=note)
    except TrialRuns:
        messages.error(request, TRIAL_RUNS)
        return redirect("profile", pk=pk)
    except (TooLate, PublishedMeanwhile, Unchanged):
        messages.error(request, _("Too late to undo. Restore an older revision below instead."))
        return redirect("profile", pk=pk)
    note_change(request, AuditEvent.Action.RESTORE, made, revision.values)
    messages.success(request, _("Undone: calls in progress go back to the previous values."))
    return redirect("profile", pk=pk)


@require_POST
@may("tuning.add_timingprofile")
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """A new profile that begins with this one's values."""
    source = get_object_or_404(TimingProfile, pk=pk)
    name = request.POST.get("name", "").strip()
    try:
        validate_slug(name)
    except ValidationError:
        messages.error(request, _("Use only Latin letters, digits, hyphens and underscores."))
        return redirect("profiles")
    if TimingProfile.objects.filter(name=name).exists():
        messages.error(request, _("There is already a profile with this name."))
        return redirect("profiles")
    note = _("Copied from %(name)s") % {"name": source.name}
    made = TimingProfile.copy(source, name[:60], by=person_of(request), note=note)
    note_change(request, AuditEvent.Action.PUBLISH, made.newest, source.newest.values)
    return redirect("profile", pk=made.pk)
