"""The pages that change how calls are timed. Publishing is one POST with a note."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access import may
from dashboard.knob_sums import Change, Sum, changes
from dashboard.models import AuditEvent
from tuning.forms import ProfileForm, RestoreForm
from tuning.models import UNDO_WITHIN, Draft, PublishedMeanwhile, Revision, TimingProfile
from tuning.presets import PRESETS, Preset
from tuning.profile import Profile

SHOWN_REVISIONS = 50


@require_safe
@may("calls.view_call")
def profiles(request: HttpRequest) -> HttpResponse:
    found = TimingProfile.objects.all()
    return render(request, "dashboard/profiles.html", {"profiles": found})


@require_http_methods(["GET", "HEAD", "POST"])
@may("calls.view_call")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The profile with its form and history; POST publishes."""
    profile = get_object_or_404(TimingProfile, pk=pk)
    newest = profile.newest
    if request.method != "POST":
        draft = Draft.of(profile, person_of(request))
        based_on = draft.based_on.number if draft else newest.number
        knobs = draft.knobs if draft else None
        form = ProfileForm(published=newest.values, based_on=based_on, draft=knobs)
        return _edit_page(request, profile, newest, form)
    if not request.user.has_perm("tuning.add_revision"):
        raise PermissionDenied
    form = ProfileForm(request.POST, published=newest.values, based_on=newest.number)
    knobs = form.knobs
    if knobs is None or not form.is_valid():
        return _edit_page(request, profile, newest, form, status=422)
    based_on, note = form.cleaned_data["based_on"], form.cleaned_data["note"]
    try:
        revision = profile.publish(knobs, by=person_of(request), note=note, based_on=based_on)
    except PublishedMeanwhile as conflict:
        return _conflict_page(request, conflict.newest, based_on, request.POST.dict())
    Draft.objects.filter(profile=profile, user=person_of(request)).delete()
    note_change(request, AuditEvent.Action.PUBLISH, revision, newest.values)
    _say_published(request, revision)
    return redirect("profile", pk=pk)


def note_change(
    request: HttpRequest, action: AuditEvent.Action, revision: Revision, before: Profile
) -> None:
    changed = {
        each.knob.name: [each.before, each.after] for each in changes(before, revision.values)
    }
    AuditEvent.note(request, action, revision, note=revision.note, changed=changed)


def _edit_page(
    request: HttpRequest,
    profile: TimingProfile,
    newest: Revision,
    form: ProfileForm,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    draft = Draft.of(profile, person_of(request))
    values = form.knobs if form.is_bound else draft.values if draft else newest.values
    undoable = profile.undoable(person_of(request))
    context = {
        "draft": draft,
        "is_outdated": draft is not None and draft.based_on != newest,
        "undoable": undoable,
        "undo_seconds": _seconds_left(undoable) if undoable else 0,
        "draft_changes": changes(newest.values, values) if values else [],
        "presets": PRESETS.values(),
        "preset": _preset(request, values or newest.values),
        "publishers": _publishers(request),
        "profile": profile,
        "newest": newest,
        "form": form,
        "published": asdict(newest.values),
        "sum": Sum.of(values, newest.values) if values else None,
        "history": list(_history(profile)),
        **more,
    }
    return render(request, "dashboard/profile.html", context, status=status)


def _seconds_left(revision: Revision) -> int:
    return max(0, int((UNDO_WITHIN - (timezone.now() - revision.published_at)).total_seconds()))


def _preset(request: HttpRequest, values: Profile) -> tuple[Preset, list[Change]] | None:
    """The one that the address names, with what it would change."""
    preset = PRESETS.get(request.GET.get("preset", ""))
    if preset is None:
        return None
    return preset, changes(values, Profile(**preset.on(asdict(values))))  # type: ignore[arg-type]


def _publishers(request: HttpRequest) -> list[str]:
    """Whom to ask, for those who may only draft."""
    if request.user.has_perm("tuning.add_revision"):
        return []
    found = User.objects.filter(is_active=True, groups__name="admin")
    return list(found.values_list("username", flat=True)[:5])


def _conflict_page(
    request: HttpRequest, newest: Revision, based_on: int, data: dict[str, Any]
) -> HttpResponse:
    """What was published meanwhile; the operator's values stay, now based on the newest."""
    profile = newest.profile
    data["based_on"] = newest.number
    form = ProfileForm(data, published=newest.values, based_on=newest.number)
    seen = profile.revisions.filter(number=based_on).first()
    conflict = {
        "conflict": newest,
        "conflict_changes": changes(seen.values, newest.values) if seen else [],
    }
    return _edit_page(request, profile, newest, form, status=409, **conflict)


def _history(profile: TimingProfile) -> Iterator[tuple[Revision, list[Change]]]:
    """Each revision, the newest first, and what it changed of the one before."""
    found = profile.revisions.select_related("published_by", "restored_from")
    revisions = list(found[: SHOWN_REVISIONS + 1])
    for index, revision in enumerate(revisions[:SHOWN_REVISIONS]):
        before = revisions[index + 1] if index + 1 < len(revisions) else None
        yield revision, changes(before.values, revision.values) if before else []


@require_POST
@may("calls.view_call")
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """A fragment: what the values on the form add up to, and what is wrong with them. It keeps
    them as the operator's draft."""
    profile = get_object_or_404(TimingProfile, pk=pk)
    newest = profile.newest
    form = ProfileForm(request.POST, published=newest.values, based_on=newest.number)
    values = form.knobs
    draft = None
    if may_draft := request.user.has_perm("tuning.add_draft"):
        based_on = form.cleaned_data.get("based_on") or newest.number
        draft = Draft.keep(profile, person_of(request), form.kept(), based_on)
    context = {
        "may_draft": may_draft,
        "profile": profile,
        "draft": draft,
        "draft_changes": changes(newest.values, values) if values else [],
        "form": form,
        "newest": newest,
        "sum": Sum.of(values, newest.values) if values else None,
    }
    return render(request, "dashboard/_check.html", context)


@require_POST
@may("tuning.add_revision")
def use(request: HttpRequest, pk: int) -> HttpResponse:
    """New calls start on this profile from now on."""
    profile = get_object_or_404(TimingProfile, pk=pk)
    profile.make_default()
    messages.success(request, _("New calls now start on %(name)s.") % {"name": profile.name})
    return redirect("profiles")


@require_POST
@may("tuning.add_revision")
def restore(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """An old revision's knobs become live again, as a new revision."""
    old = get_object_or_404(Revision, profile_id=pk, number=number)
    form = RestoreForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(f"{form.errors}")
    based_on = form.cleaned_data["based_on"]
    note = form.cleaned_data["note"] or _("Restored r%(number)s") % {"number": number}
    try:
        revision = old.restore(by=person_of(request), note=note, based_on=based_on)
    except PublishedMeanwhile as conflict:
        wanted = asdict(old.values) | {"note": note}
        return _conflict_page(request, conflict.newest, based_on, wanted)
    note_change(
        request,
        AuditEvent.Action.RESTORE,
        revision,
        old.profile.revisions.get(number=revision.number - 1).values,
    )
    _say_published(request, revision)
    return redirect("profile", pk=pk)


def _say_published(request: HttpRequest, revision: Revision) -> None:
    said = _("Published %(name)s r%(number)s: calls in progress take it now.")
    words = {"name": revision.profile.name, "number": revision.number}
    messages.success(request, said % words)


def person_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
