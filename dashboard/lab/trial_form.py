"""Writing a trial down: the form, with the computed number of calls."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.lab.replay import Candidate
from calls.lab.trial_plan import Planning
from dashboard.lab.candidates import choices, chosen
from dashboard.lab.trial_words import scaled
from dashboard.profiles.draft_saving import person_of
from tuning.lab import trial_rule
from tuning.models import TimingProfile, Trial
from tuning.trials import LARGEST_SHARE, LEAST_SHARE, Plan

USUAL_DAYS, MOST_DAYS = 28, 365
USUAL = {trial_rule.CUT_INS: 1.5, trial_rule.LONG: 80.0, trial_rule.SHORT: 80.0}
"""The least effect worth having, in the unit of its measure's label."""
LARGEST = {trial_rule.CUT_INS: 50.0, trial_rule.LONG: 3000.0, trial_rule.SHORT: 3000.0}


def percentage(label: Any, initial: float, largest: float, help_text: Any = "") -> forms.FloatField:
    return forms.FloatField(
        label=label, initial=initial, min_value=0.1, max_value=largest, help_text=help_text,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal", "dir": "ltr"}),
    )  # fmt: skip


class TrialForm(forms.Form):
    candidate = forms.ChoiceField(label=_("What is tried"))
    name = forms.CharField(
        label=_("A short name"), max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )  # fmt: skip
    question = forms.CharField(
        label=_("The question"), max_length=180,
        help_text=_("What you expect, and of whom. It becomes the note of what is published."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )  # fmt: skip
    share = forms.IntegerField(
        label=_("Share of the new calls, %"), initial=20,
        min_value=LEAST_SHARE, max_value=LARGEST_SHARE,
        widget=forms.NumberInput(attrs={"dir": "ltr"}),
    )  # fmt: skip
    decides = forms.ChoiceField(
        label=_("The measure that decides"),
        choices=[(each, Trial.Measure(each).label) for each in trial_rule.DECIDING],
    )
    least_effect = percentage(
        _("The least improvement worth having"), USUAL[trial_rule.CUT_INS], 3000.0,
        _("In the unit of the measure: percentage points of the turns, or milliseconds."),
    )  # fmt: skip
    cut_ins_allowed = percentage(_("Cut-ins, % of turns more"), 1.0, 50.0)
    dropped_allowed = percentage(_("Dropped short answers in 100 calls more"), 5.0, 100.0)
    failed_allowed = percentage(_("Failed calls, % more"), 1.0, 50.0)
    ends_on = forms.DateField(
        label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(
        self, request: HttpRequest, profile: TimingProfile, data: QueryDict | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(data, **kwargs)
        self._profile, self._person = profile, person_of(request)
        self.planning = Planning.of(profile)
        self.fields["ends_on"].initial = timezone.localdate() + timedelta(days=USUAL_DAYS)
        field: Any = self.fields["candidate"]
        field.choices = choices(profile, self._person, beside=profile.newest)
        for name, each in self.fields.items():
            each.widget.attrs["aria-describedby"] = f"help_{name} problems_{name}"

    @property
    def parts(self) -> list[tuple[Any, list[forms.BoundField]]]:
        names = {
            _("The question"): ("candidate", "name", "question"),
            _("What decides"): ("decides", "least_effect", "share", "ends_on"),
            _("Guards: the candidate may be worse by at most"): (
                *("cut_ins_allowed", "dropped_allowed", "failed_allowed"),
            ),
        }
        return [(title, [self[name] for name in part]) for title, part in names.items()]

    def clean_candidate(self) -> Candidate:
        found = chosen(self.cleaned_data["candidate"], self._profile, self._person)
        if found is None:
            raise forms.ValidationError(_("It is not there any more. Choose another."))
        if found.profile == self._profile.newest.values:
            raise forms.ValidationError(_("It has the live values: there is nothing to compare."))
        return found

    def clean_ends_on(self) -> Any:
        day, today = self.cleaned_data["ends_on"], timezone.localdate()
        if not today < day <= today + timedelta(days=MOST_DAYS):
            raise forms.ValidationError(_("Choose a day from tomorrow on, within a year."))
        return day

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        decides, least = given.get("decides"), given.get("least_effect")
        if decides and least and (least > LARGEST[decides] or self._is_beyond(decides, least)):
            self.add_error("least_effect", _("That is more than there is to gain."))
        if decides and least and given.get("share") and self.needed is None:
            self.add_error(None, _("Too few calls are known to compute how many are needed."))
        return given

    def _is_beyond(self, decides: str, least: float) -> bool:
        """More than the newest calls have of it."""
        known = self.planning.figure(decides)
        return known is not None and least > scaled(decides, known)

    @property
    def needed(self) -> int | None:
        """The computed number of calls, as far as the form goes; None: it is not known."""
        given = {name: self._value(name) for name in ("decides", "least_effect", "share")}
        if None in given.values() or not given["least_effect"]:
            return None
        least = given["least_effect"] / scaled(given["decides"], 1)
        return self.planning.needed(given["decides"], least, given["share"])

    def _value(self, name: str) -> Any:
        if self.is_bound:
            return self.cleaned_data.get(name) if hasattr(self, "cleaned_data") else None
        return self.initial.get(name, self.fields[name].initial or trial_rule.CUT_INS)

    @property
    def days(self) -> int | None:
        return self.planning.days(self.needed) if self.needed else None

    @property
    def ends_too_soon(self) -> bool:
        """Its last day comes, at this rate, before the computed number of calls has."""
        day = self._value("ends_on")
        return bool(day and self.days and day < timezone.localdate() + timedelta(days=self.days))

    @property
    def now(self) -> tuple[str, Any]:
        """The measure that decides, and its figure of the newest calls."""
        decides = self._value("decides") or trial_rule.CUT_INS
        return decides, self.planning.figure(decides)

    @property
    def now_label(self) -> str:
        return f"{Trial.Measure(self.now[0]).label}"

    @property
    def least(self) -> float | None:
        """The effect, in the measure's own unit."""
        given = self._value("least_effect")
        return given / scaled(self.now[0], 1) if given else None

    @property
    def plan(self) -> Plan:
        given, needed = self.cleaned_data, self.needed
        assert needed is not None
        last = datetime.combine(given["ends_on"], time.max.replace(microsecond=0))
        return Plan(
            name=given["name"],
            question=given["question"],
            share=given["share"],
            decides=given["decides"],
            least_effect=given["least_effect"] / scaled(given["decides"], 1),
            cut_ins_allowed=given["cut_ins_allowed"] / 100,
            dropped_allowed=given["dropped_allowed"] / 100,
            failed_allowed=given["failed_allowed"] / 100,
            calls_needed=needed,
            ends_at=timezone.make_aware(last),
        )
