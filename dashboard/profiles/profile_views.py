"""The pages that change how calls are timed. Publishing is a single POST with a note."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calls.lab.prediction import Prediction
from calls.lab.replay import NEWEST
from dashboard.access import may
from dashboard.address import key_in
from dashboard.advice.shown_outcomes import ShownOutcome, shown
from dashboard.models import AuditEvent
from dashboard.profiles.draft_saving import Stale, draft_of, person_of, save, unseen
from dashboard.profiles.knob_sums import Change, Sum, changes
from dashboard.profiles.questions import questions, remember, shows_all, warned
from tuning.forms import ProfileForm, RestoreForm
from tuning.models import (
    UNDO_WITHIN,
    Draft,
    PublishedMeanwhile,
    Revision,
    TimingProfile,
    Trial,
    TrialRuns,
    Unchanged,
)
from tuning.presets import PRESETS, Preset
from tuning.turns.profile import KNOB, Profile

SHOWN_REVISIONS = 50
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
TRIAL_RUNS = gettext_lazy(
    "Nothing was published: a trial runs on this profile, and publishing would end it. Say beside "
    "the button that it may, or wait."
)
UNCHANGED = gettext_lazy("Nothing was published: these are the values that are live already.")


@require_safe
@may("calls.view_call")
def profiles(request: HttpRequest) -> HttpResponse:
    found = TimingProfile.objects.all()
    return render(request, "dashboard/profiles/profiles.html", {"profiles": found})


@require_http_methods(["GET", "HEAD", "POST"])
@may("calls.view_call")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The profile with its form and history; POST publishes."""
    profile = get_object_or_404(TimingProfile, pk=pk)
    newest = profile.newest
    if request.method != "POST":
        return _edit_page(request, profile, newest, _form(draft_of(request, profile), newest))
    if not request.user.has_perm("tuning.add_revision"):
        raise PermissionDenied
    form = ProfileForm(request.POST, published=newest.values, based_on=newest.number)
    knobs = form.knobs
    if knobs is None or not form.is_valid():
        return _edit_page(request, profile, newest, form, status=422, refused=True)
    draft = unseen(request, profile, form)
    if isinstance(draft, Stale):
        return _edit_page(request, profile, newest, form, status=409, refused=True, stale=draft)
    based_on, note = form.cleaned_data["based_on"], form.cleaned_data["note"]
    try:
        revision = profile.publish(
            knobs, by=person_of(request), note=note, based_on=based_on,
            ends_trial=trial_to_end(request),
        )  # fmt: skip
    except TrialRuns:
        more = {"refused": True, "unchanged": TRIAL_RUNS}
        return _edit_page(request, profile, newest, form, status=409, **more)
    except PublishedMeanwhile as conflict:
        return _conflict_page(request, conflict.newest, based_on, request.POST.dict())
    except Unchanged:
        more = {"refused": True, "unchanged": UNCHANGED}
        return _edit_page(request, profile, newest, form, status=422, **more)
    if draft is not None:
        draft.forget()
    note_change(request, AuditEvent.Action.PUBLISH, revision, newest.values)
    return _published(request, revision)


def trial_to_end(request: HttpRequest) -> int | None:
    """The number of the trial that may end by this publication."""
    return key_in(request.POST.get("ends_trial", ""))


def _form(draft: Draft | None, newest: Revision) -> ProfileForm:
    """With the operator's draft, or what is published; it says what no call may run on."""
    based_on = draft.based_on.number if draft else newest.number
    if draft is None or draft.values is not None:
        whole = draft.whole if draft else None
        return ProfileForm(published=newest.values, based_on=based_on, draft=whole)
    data = draft.whole | {"based_on": based_on, "version": draft.version}
    return ProfileForm(data, published=newest.values, based_on=based_on, is_trial=True)


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
    draft = draft_of(request, profile)
    values = form.knobs if form.is_bound else draft.values if draft else newest.values
    undoable = profile.undoable(person_of(request))
    context = {
        "draft": draft,
        "version": form["version"].value() if form.is_bound else draft.version if draft else "",
        "unsaved": form.changed_names,
        "may_draft": request.user.has_perm("tuning.add_draft"),
        "is_outdated": draft is not None and draft.based_on != newest,
        "undoable": undoable,
        "undo_seconds": _seconds_left(undoable) if undoable else 0,
        "draft_changes": changes(newest.values, draft.values) if draft and draft.values else [],
        "presets": PRESETS.values(),
        "preset": _preset(request, values or newest.values),
        "publishers": _publishers(request),
        "profile": profile,
        "newest": newest,
        "form": form,
        "questions": questions(form),
        "rules": KNOB["endpointing"].choices.items(),
        "warned": warned(form),
        "is_all": shows_all(request, form),
        "tried_calls": NEWEST,
        "published": asdict(newest.values),
        "sum": Sum.of(values, newest.values) if values else None,
        "history": list(_history(profile)),
        "trial": Trial.running_on(profile),
        **more,
    }
    response = render(request, "dashboard/profiles/profile.html", context, status=status)
    remember(request, response)
    return response


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
    found = User.objects.with_perm("tuning.add_revision", backend=MODEL_BACKEND)
    return list(found.order_by("username").values_list("username", flat=True))


def _conflict_page(
    request: HttpRequest, newest: Revision, based_on: int, data: dict[str, Any]
) -> HttpResponse:
    """What was published meanwhile; the operator's values stay, now based on the newest."""
    profile = newest.profile
    knobs = asdict(newest.values)
    data["based_on"] = newest.number
    data["changed"] = " ".join(name for name in knobs if f"{knobs[name]}" != f"{data.get(name)}")
    form = ProfileForm(data, published=newest.values, based_on=newest.number)
    seen = profile.revisions.filter(number=based_on).first()
    conflict = {
        "conflict": newest,
        "conflict_changes": changes(seen.values, newest.values) if seen else [],
    }
    return _edit_page(request, profile, newest, form, status=409, **conflict)


def _history(
    profile: TimingProfile,
) -> Iterator[tuple[Revision, list[Change], list[ShownOutcome] | None]]:
    """Each revision, the newest first, what it changed of the one before, and what came of what
    the lab had said of it; None: it did not come from the lab."""
    found = profile.revisions.select_related("published_by", "restored_from")
    revisions = list(found[: SHOWN_REVISIONS + 1])
    tried = Prediction.objects.filter(revision__in=revisions)
    said = {one.revision_id: shown(one) for one in tried.prefetch_related("outcomes__prediction")}
    for index, revision in enumerate(revisions[:SHOWN_REVISIONS]):
        before = revisions[index + 1] if index + 1 < len(revisions) else None
        changed = changes(before.values, revision.values) if before else []
        yield revision, changed, said.get(revision.pk)


@require_POST
@may("calls.view_call")
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """A fragment: what the values on the form add up to, and what is wrong with them. It keeps
    them as the operator's draft."""
    profile = get_object_or_404(TimingProfile, pk=pk)
    newest = profile.newest
    form = ProfileForm(request.POST, published=newest.values, based_on=newest.number, is_trial=True)
    values = form.knobs
    may_draft = request.user.has_perm("tuning.add_draft")
    saved = save(request, profile, form) if may_draft else None
    stale = saved if isinstance(saved, Stale) else None
    draft = saved if isinstance(saved, Draft) else None
    seen = form.cleaned_data.get("version", "") if stale else draft.version if draft else ""
    context = {
        "may_draft": may_draft,
        "profile": profile,
        "draft": draft,
        "stale": stale,
        "version": seen,
        "unsaved": form.changed_names if stale else form.unsaved if may_draft else [],
        "draft_changes": changes(newest.values, draft.values) if draft and draft.values else [],
        "form": form,
        "warned": warned(form),
        "newest": newest,
        "sum": Sum.of(values, newest.values) if values else None,
    }
    status = HTTPStatus.CONFLICT if stale else HTTPStatus.OK
    response = render(request, "dashboard/profiles/_check.html", context, status=status)
    response["HX-Trigger"] = "checked"
    return response


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
        revision = old.restore(
            by=person_of(request), note=note, based_on=based_on, ends_trial=trial_to_end(request)
        )
    except TrialRuns:
        messages.error(request, TRIAL_RUNS)
        return redirect("profile", pk=pk)
    except PublishedMeanwhile as conflict:
        wanted = asdict(old.values) | {"note": note}
        return _conflict_page(request, conflict.newest, based_on, wanted)
    except Unchanged:
        messages.error(request, UNCHANGED)
        return redirect("profile", pk=pk)
    note_change(
        request,
        AuditEvent.Action.RESTORE,
        revision,
        old.profile.revisions.get(number=revision.number - 1).values,
    )
    return _published(request, revision)


def _published(request: HttpRequest, revision: Revision) -> HttpResponse:
    """The page again, with the focus on what takes it back."""
    said = _("Published %(name)s r%(number)s: calls in progress are adopting it now.")
    words = {"name": revision.profile.name, "number": revision.number}
    messages.success(request, said % words)
    return redirect(f"{resolve_url('profile', pk=revision.profile_id)}#take-back")
