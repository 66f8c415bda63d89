"""What was agreed, to be corrected by hand: a field for each of the call's form, by its kind."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from calls.agreed.correcting import form_of
from calls.agreed.values import LONGEST_SUMMARY
from calls.models import Agreed
from dashboard.agreed.kind_fields import as_kept, as_typed, field_of
from dashboard.agreed.shown import shown_fields

VALUES = "values."
"""Before a field's name, as calls.agreed.correcting has it."""
NONE = "\N{EN DASH}"


class CorrectionForm(forms.Form):
    summary = forms.CharField(
        label=_("Summary"), required=False, max_length=LONGEST_SUMMARY,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )  # fmt: skip
    outcome = forms.ChoiceField(label=_("What came of it"))
    follow_ups = forms.CharField(
        label=_("Left to do"), required=False,
        help_text=_("One a line, at most 5."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )  # fmt: skip

    def __init__(self, agreed: Agreed, data: Any, *, sees_personal: bool) -> None:
        """What the person may not see whole stays as it is: personal fields, and words about the
        caller."""
        shown = shown_fields(agreed, sees_personal=sees_personal)
        hidden = {each.name for each in shown if each.value != agreed.values.get(each.name)}
        fields = [
            each
            for each in form_of(agreed)
            if sees_personal or not (each["is_personal"] or each["name"] in hidden)
        ]
        self._names = [each["name"] for each in fields]
        kept = {VALUES + name: as_typed(agreed.values.get(name)) for name in self._names}
        initial = {
            "summary": agreed.summary,
            "outcome": agreed.outcome,
            "follow_ups": "\n".join(agreed.follow_ups),
        }
        super().__init__(data, initial=initial | kept)
        outcomes: Any = self.fields["outcome"]
        outcomes.choices = [*([] if agreed.outcome else [("", NONE)]), *Agreed.Outcome.choices]
        for each in fields:
            self.fields[VALUES + each["name"]] = field_of(
                each["kind"], each["choices"], label=each["label"], empty=NONE
            )
        if not sees_personal:
            del self.fields["summary"], self.fields["follow_ups"]
        self.order_fields(("summary", "outcome", *kept, "follow_ups"))
        for name, field in self.fields.items():
            field.widget.attrs["aria-describedby"] = f"help_{name} problems_{name}"

    def given(self) -> dict[str, Any]:
        """For calls.agreed.correcting.correct."""
        given = self.cleaned_data
        return {
            "summary": given.get("summary"),
            "outcome": given["outcome"],
            "values": {name: as_kept(given[VALUES + name]) for name in self._names},
            "follow_ups": lines.splitlines()
            if (lines := given.get("follow_ups")) is not None
            else None,
        }
