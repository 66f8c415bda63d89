"""An operator's draft, as a window shows and saves it.

Rule: if two windows of one person have changed the same thing differently, both values are shown in
both windows, and neither overwrites the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest

from tuning.forms import ProfileForm
from tuning.models import Draft, DraftChanged, Revision, TimingProfile
from tuning.turns.knob import Value
from tuning.turns.profile import KNOBS


@dataclass(frozen=True, slots=True)
class Choice:
    """A knob with one value in the window and another in the saved draft."""

    name: str
    label: str
    """As the form calls it."""
    there: Value
    here: Value | None
    """As it was typed, if no call may run on it."""
    is_changed_here: bool


@dataclass(frozen=True, slots=True)
class Stale:
    """A window that shows an older draft than the saved one."""

    draft: Draft | None
    """None: it was published or discarded."""
    choices: tuple[Choice, ...]


def person_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def draft_of(request: HttpRequest, profile: TimingProfile) -> Draft | None:
    """None, too, for whoever may keep none (any more)."""
    if not request.user.has_perm("tuning.add_draft"):
        return None
    return Draft.of(profile, person_of(request))


def save(request: HttpRequest, profile: TimingProfile, form: ProfileForm) -> Draft | Stale | None:
    """What was changed on the form; None: all is as published."""
    newest = profile.newest
    try:
        return Draft.keep(
            profile,
            person_of(request),
            form.to_save(),
            based_on=form.cleaned_data.get("based_on") or newest.number,
            version=form.cleaned_data.get("version", ""),
            window=form.cleaned_data.get("window", ""),
        )
    except DraftChanged as changed:
        return stale(form, changed.draft, newest) or changed.draft


def unseen(request: HttpRequest, profile: TimingProfile, form: ProfileForm) -> Draft | Stale | None:
    """The draft that the form shows, or what is saved beside it."""
    if not request.user.has_perm("tuning.add_draft"):
        return None
    given = form.cleaned_data
    try:
        return Draft.seen(profile, person_of(request), given["version"], given["window"])
    except DraftChanged as changed:
        return stale(form, changed.draft, profile.newest) or changed.draft


def stale(form: ProfileForm, saved: Draft | None, newest: Revision) -> Stale | None:
    """None: the window shows what is saved."""
    there = saved.whole if saved else asdict(newest.values)
    choices = tuple(_choices(form, there))
    return Stale(saved, choices) if choices else None


def _choices(form: ProfileForm, there: dict[str, Any]) -> Iterator[Choice]:
    here, changed = form.shown, form.changed_names
    for knob in KNOBS:
        if there[knob.name] != here[knob.name]:
            name, label = knob.name, f"{form[knob.name].label}"
            yield Choice(name, label, there[name], here[name], name in changed)
