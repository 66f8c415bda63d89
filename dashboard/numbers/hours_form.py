"""A number's opening hours as a week: days with the same hours share a row.

Rule: the whole week is posted at once. Rows on the form are not rows in the database (where each
day has its own), and no two may overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import time
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms import formset_factory
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.telephony.number_hours import OpeningHours
from calls.telephony.phone_number import PhoneNumber

SUNDAY_TO_THURSDAY, FRIDAY = (0, 1, 2, 3, 4), (5,)
OFFERS: tuple[tuple[Promise, tuple[int, ...], str, str], ...] = (
    (_("Add Sunday to Thursday"), SUNDAY_TO_THURSDAY, "09:00", "17:00"),
    (_("Add Friday"), FRIDAY, "09:00", "13:00"),
    (_("Add other hours"), (), "", ""),
)
"""(words, days, opens, closes): what a new row begins with."""


class TimeInput(forms.TimeInput):
    input_type = "time"


class HoursForm(forms.Form):
    """One row: days with the same opening and closing times."""

    days = forms.TypedMultipleChoiceField(
        label=_("Days"), coerce=int, widget=forms.CheckboxSelectMultiple,
        choices=[(day, WEEKDAYS_ABBR[(day - 1) % 7]) for day in OpeningHours.Weekday.values],
        error_messages={"required": _("Choose the days.")},
    )  # fmt: skip
    opens = forms.TimeField(
        label=_("opens"), widget=TimeInput(format="%H:%M"),
        error_messages={"required": _("When does it open?")},
    )  # fmt: skip
    closes = forms.TimeField(
        label=_("closes"), widget=TimeInput(format="%H:%M"),
        error_messages={"required": _("When does it close?")},
    )  # fmt: skip

    def hours(self) -> Iterator[OpeningHours]:
        given = self.cleaned_data
        for day in given.get("days", ()):
            yield OpeningHours(weekday=day, opens=given["opens"], closes=given["closes"])


if TYPE_CHECKING:
    HoursForms = forms.BaseFormSet[HoursForm]  # generic for mypy only
else:
    HoursForms = forms.BaseFormSet


class Week(HoursForms):
    """The opening hours of `instance`."""

    def __init__(self, data: Any = None, *, instance: PhoneNumber, prefix: str) -> None:
        self.instance = instance
        kept = instance.hours.all() if instance.pk else ()
        super().__init__(data, prefix=prefix, initial=list(_rows(kept)))

    def clean(self) -> None:
        if any(self.errors):
            return
        placed = [(form, each) for form in self._open_forms() for each in form.hours()]
        if found := OpeningHours.overlap([each for _form, each in placed]):
            place, error = found
            placed[place][0].add_error("days", error)

    def save(self) -> None:
        self.instance.hours.all().delete()
        hours = [each for form in self._open_forms() for each in form.hours()]
        for each in hours:
            each.number = self.instance
        OpeningHours.objects.bulk_create(hours)

    def _open_forms(self) -> list[HoursForm]:
        return [form for form in self.forms if form not in self.deleted_forms]


def _rows(hours: Iterable[OpeningHours]) -> Iterator[dict[str, object]]:
    """By the day on which they begin first, and its hours."""
    days: dict[tuple[time, time], list[int]] = defaultdict(list)
    for each in hours:
        days[each.opens, each.closes].append(each.weekday)
    for (opens, closes), of in sorted(days.items(), key=lambda row: (row[1][0], row[0])):
        yield {"days": of, "opens": opens, "closes": closes}


HoursFormSet: Any = formset_factory(HoursForm, formset=Week, extra=1, can_delete=True)
