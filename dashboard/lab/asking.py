"""Asking for a replay: the form, and what becomes of it once it is sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from calls import tasks
from calls.lab.replay import NEWEST, Candidate, Replay
from dashboard.address import number_in
from dashboard.calls.call_filter import CallFilter
from dashboard.lab.candidates import choices, chosen
from dashboard.models import AuditEvent
from dashboard.people.personal import may_see_personal
from dashboard.profiles.draft_saving import person_of
from tuning.models import TimingProfile

MOST_CALLS = 2000


class ReplayForm(forms.Form):
    """On which calls, and what is tried there."""

    candidate = forms.ChoiceField(label=_("What is tried"))
    newest = forms.IntegerField(
        label=_("Of these calls, the newest"),
        min_value=1,
        max_value=MOST_CALLS,
        initial=NEWEST,
    )
    query = forms.CharField(required=False, max_length=1000, widget=forms.HiddenInput)

    def __init__(
        self, request: HttpRequest, profile: TimingProfile, data: QueryDict | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(data, **kwargs)
        self._profile, self._person = profile, person_of(request)
        field: Any = self.fields["candidate"]
        field.choices = choices(profile, self._person, beside=profile.newest)
        for name, each in self.fields.items():
            each.widget.attrs["aria-describedby"] = f"problems_{name}"

    def clean_candidate(self) -> Candidate:
        found = chosen(self.cleaned_data["candidate"], self._profile, self._person)
        if found is None:
            raise forms.ValidationError(_("It is not there any more. Choose another."))
        if found.profile == self._profile.newest.values:
            raise forms.ValidationError(_("It has the live values: there is nothing to compare."))
        return found

    def clean_query(self) -> str:
        query: str = self.cleaned_data["query"]
        if not CallFilter.of_query(query).is_valid():
            raise forms.ValidationError(_("These filters make no sense. Choose the calls again."))
        return query


def begin(
    request: HttpRequest,
    profile: TimingProfile,
    candidates: list[Candidate],
    *,
    query: str,
    newest: int = NEWEST,
    kind: str = Replay.Kind.REPLAY,
) -> Replay:
    """The newest of the calls that an address asks for, under these candidates: workers do it, and
    the audit knows who asked."""
    replay = Replay.begin(
        profile,
        candidates,
        calls=CallFilter.of_query(query, sees_personal=may_see_personal(request.user)).found(),
        query=query,
        newest=newest,
        kind=kind,
        by=person_of(request),
    )
    tasks.replay_later(replay)
    is_advice = kind == Replay.Kind.ADVICE
    tried = (
        {"steps": len(candidates)} if is_advice else {"candidates": [c.name for c in candidates]}
    )
    AuditEvent.note(
        request, AuditEvent.Action.REPLAY, replay.live,
        **tried, calls=replay.calls, replay=replay.pk,
    )  # fmt: skip
    return replay


def profile_of(request: HttpRequest) -> TimingProfile:
    """The one that the address names (?of=), or that new calls start on."""
    raw = request.GET.get("of", "") or request.GET.get("profile", "")
    if raw:
        return get_object_or_404(TimingProfile, pk=number_in(raw))
    return TimingProfile.objects.get(is_default=True)
