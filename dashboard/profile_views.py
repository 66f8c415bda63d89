"""The pages that change how calls are timed. Publishing is one POST with a note."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access import may
from dashboard.charts import WaitChart, wait_chart
from tuning import endpoint
from tuning.forms import ProfileForm, RestoreForm
from tuning.knob import Knob, Value
from tuning.models import PublishedMeanwhile, Revision, TimingProfile
from tuning.profile import KNOB, Profile

SHORT_SPAN_MS, LONG_SPAN_MS = 1000, 4000
"""The two utterances for which the page says what the knobs add up to."""
SHOWN_REVISIONS = 50


@dataclass(frozen=True, slots=True)
class Change:
    """A knob that differs between two revisions."""

    knob: Knob
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Wait:
    """What the knobs add up to after an utterance of this length, or of which this is known."""

    parts: dict[str, int]
    span_ms: int = 0
    is_short: bool = False
    known: str = ""
    """A part of the adaptive rule; "": the length decides."""

    @property
    def total(self) -> int:
        return sum(self.parts.values())

    @property
    def bars(self) -> Iterator[tuple[str, float, float]]:
        """(part, x, width) in per cent of the longest allowed sum that is still readable."""
        x = 0.0
        parts = {"longest": self.total} if self.known else self.parts
        for name, part_ms in parts.items():
            width = round(part_ms / max(self.total, 3000) * 100, 2)
            if width:
                yield name, x, width
            x = round(x + width, 2)


@dataclass(frozen=True, slots=True)
class Sum:
    """The panel beside the form."""

    waits: tuple[Wait, ...]
    chart: WaitChart | None
    """None: the length of the utterance decides nothing."""
    published: Profile

    @classmethod
    def of(cls, profile: Profile, published: Profile) -> Sum:
        if profile.endpointing == "adaptive":
            found = endpoint.examples(profile).items()
            waits = tuple(Wait(wait.parts, known=name) for name, wait in found)
            return cls(waits, None, published)
        waits = tuple(
            Wait(profile.wait_parts_ms(span), span, span < profile.short_utterance_ms)
            for span in (SHORT_SPAN_MS, LONG_SPAN_MS)
        )
        return cls(waits, wait_chart(profile, published), published)


def changes(before: Profile, after: Profile) -> list[Change]:
    old, new = asdict(before), asdict(after)
    return [Change(KNOB[name], old[name], new[name]) for name in old if old[name] != new[name]]


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
        form = ProfileForm(published=newest.values, based_on=newest.number)
        return _edit_page(request, profile, newest, form)
    if not request.user.has_perm("tuning.add_revision"):
        raise PermissionDenied
    form = ProfileForm(request.POST, published=newest.values, based_on=newest.number)
    knobs = form.knobs
    if knobs is None or not form.is_valid():
        return _edit_page(request, profile, newest, form, status=422)
    based_on, note = form.cleaned_data["based_on"], form.cleaned_data["note"]
    try:
        revision = profile.publish(knobs, by=_user(request), note=note, based_on=based_on)
    except PublishedMeanwhile as conflict:
        return _conflict_page(request, conflict.newest, based_on, request.POST.dict())
    _say_published(request, revision)
    return redirect("profile", pk=pk)


def _edit_page(
    request: HttpRequest,
    profile: TimingProfile,
    newest: Revision,
    form: ProfileForm,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    values = form.knobs if form.is_bound else newest.values
    context = {
        "profile": profile,
        "newest": newest,
        "form": form,
        "published": asdict(newest.values),
        "sum": Sum.of(values, newest.values) if values else None,
        "history": list(_history(profile)),
        **more,
    }
    return render(request, "dashboard/profile.html", context, status=status)


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
    """A fragment: what the values on the form add up to, and what is wrong with them."""
    newest = get_object_or_404(TimingProfile, pk=pk).newest
    form = ProfileForm(request.POST, published=newest.values, based_on=newest.number)
    values = form.knobs
    context = {
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
        revision = old.restore(by=_user(request), note=note, based_on=based_on)
    except PublishedMeanwhile as conflict:
        wanted = asdict(old.values) | {"note": note}
        return _conflict_page(request, conflict.newest, based_on, wanted)
    _say_published(request, revision)
    return redirect("profile", pk=pk)


def _say_published(request: HttpRequest, revision: Revision) -> None:
    said = _("Published %(name)s r%(number)s: calls in progress take it now.")
    words = {"name": revision.profile.name, "number": revision.number}
    messages.success(request, said % words)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
