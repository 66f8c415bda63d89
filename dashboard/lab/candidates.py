"""What can be tried: one's draft, a preset on the live knobs, any revision.

A candidate's name is kept with its replay, so it is the same in every language; `words_of` says it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from calls.lab.replay import Candidate
from dashboard.templatetags.figures import ltr
from tuning.models import Draft, Revision, TimingProfile
from tuning.presets import PRESETS
from tuning.turns.profile import KNOB, Profile

DRAFT, PRESET = "draft", "preset "
"""The names of an operator's draft, and the beginning of a preset's."""
SHOWN_REVISIONS = 20
"""Of a profile; the command knows every one."""
CANNOT_JUDGE = ("streaming_stt", "stt_batch_ms", "filler_after_ms", "reply_limit_s", "max_call_s")
"""Knobs that change what a record cannot tell: the words as they come, and what the agent says."""

Choice = tuple[str, str | Promise]


def choices(
    profile: TimingProfile, user: User, *, beside: Revision | None
) -> list[tuple[Any, list[Choice]]]:
    """What an operator can choose for a profile, in groups: (value, what it is called); but not
    what it is to stand beside."""
    drafted = Draft.of(profile, user)
    groups: list[tuple[Any, list[Choice]]] = []
    if drafted and drafted.values:
        groups.append((_("Draft"), [(DRAFT, _("my draft of this profile"))]))
    code = get_language() or "he"
    presets = [(f"{PRESET}{one.name}", one.label.in_language(code)) for one in PRESETS.values()]
    groups.append((_("Presets"), list(presets)))
    for each in TimingProfile.objects.all():
        if own := list(_revisions(each, beside)):
            groups.append((each.name, own))
    return groups


def _revisions(of: TimingProfile, beside: Revision | None) -> Iterator[Choice]:
    for each in of.revisions.select_related("profile")[:SHOWN_REVISIONS]:
        if each != beside:
            yield f"revision {each.pk}", f"{each}"


def chosen(value: str, profile: TimingProfile, user: User) -> Candidate | None:
    """What a choice stands for; None: there is no such thing (any more)."""
    if value == DRAFT:
        drafted = Draft.of(profile, user)
        values = drafted.values if drafted else None
        return Candidate(DRAFT, values) if values else None
    if value.startswith(PRESET):
        return preset(value.removeprefix(PRESET), profile)
    kind, _space, raw = value.partition(" ")
    if kind == "revision" and raw.isdecimal() and len(raw) < 19:
        found = Revision.objects.select_related("profile").filter(pk=int(raw)).first()
        return Candidate(f"{found}", found.values) if found else None
    return None


def preset(name: str, profile: TimingProfile) -> Candidate | None:
    """On the profile's live knobs."""
    if name not in PRESETS:
        return None
    knobs = PRESETS[name].on(asdict(profile.newest.values))
    return Candidate(f"{PRESET}{name}", Profile.stored(knobs))


def words_of(name: str) -> str:
    """What a page calls it, in the middle of a sentence."""
    if name == DRAFT:
        return _("the draft")
    if name.startswith(PRESET) and (found := PRESETS.get(name.removeprefix(PRESET))):
        label = found.label.in_language(get_language() or "he")
        return format_html(_("the preset “{name}”"), name=label)
    return ltr(name)


def cannot_judge(live: Profile, candidate: Profile) -> list[str]:
    """Knobs in which the two differ, of which the lab can say nothing."""
    return [
        name
        for name in CANNOT_JUDGE
        if getattr(live, name) != getattr(candidate, name)
        and KNOB[name].acts_under(candidate.endpointing)
    ]
