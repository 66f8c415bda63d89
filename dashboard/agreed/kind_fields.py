"""Form fields by the kind of a field of a number's form, and their values as they are kept
(calls.agreed.values)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.agreed.values import LONGEST_TEXT, Unfit, fitting

YES_NO = {True: "yes", False: "no"}


class DateInput(forms.DateInput):
    input_type = "date"


class TimeInput(forms.TimeInput):
    input_type = "time"


class PhoneField(forms.CharField):
    widget = forms.TextInput(attrs={"dir": "ltr", "inputmode": "tel"})

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        try:
            return fitting("phone", (), typed) or ""
        except Unfit:
            raise forms.ValidationError(_("Write the digits of a telephone number.")) from None


def field_of(kind: str, choices: Sequence[str], *, label: str, empty: str | Promise) -> forms.Field:
    """empty: what the choice of nothing is called."""
    shared: dict[str, Any] = {"label": label, "required": False}
    match kind:
        case "number":
            return forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}), **shared)
        case "yes_no":
            words: Any = [("", empty), ("yes", _("yes")), ("no", _("no"))]
            return forms.TypedChoiceField(choices=words, coerce=_is_yes, **shared)
        case "choice":
            words = [("", empty), *((each, each) for each in choices)]
            return forms.ChoiceField(choices=words, **shared)
        case "date":
            return forms.DateField(widget=DateInput(format="%Y-%m-%d"), **shared)
        case "time":
            return forms.TimeField(widget=TimeInput(format="%H:%M"), **shared)
        case "phone":
            return PhoneField(max_length=LONGEST_TEXT, **shared)
    text = forms.TextInput(attrs={"dir": "auto"})
    return forms.CharField(max_length=LONGEST_TEXT, widget=text, **shared)


def _is_yes(word: str) -> bool:
    return word == YES_NO[True]


def as_kept(value: Any) -> Any:
    """Of such a field's cleaned value."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case date():
            return value.isoformat()
        case time():
            return f"{value:%H:%M}"
    return value


def as_typed(kept: Any) -> Any:
    """What such a field begins with."""
    return YES_NO[kept] if isinstance(kept, bool) else kept
