"""Django's admin: numbers, which can be edited here; calls and turns, which cannot, because they
are a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from calls.models import Call, Turn
from calls.telephony.e164 import TelephoneField
from calls.telephony.number_hours import ClosedDay, OpeningHours
from calls.telephony.phone_number import PhoneNumber
from tuning.admin import ModelAdmin, ReadOnlyAdmin

if TYPE_CHECKING:
    Inline = admin.TabularInline[Any, Any]  # generic for mypy only
    InlineFormSet = BaseInlineFormSet[Any, Any, Any]
else:
    Inline = admin.TabularInline
    InlineFormSet = BaseInlineFormSet


TELEPHONES = {"number", "forward_to"}
LEFT_TO_RIGHT = TELEPHONES | {"voice"}
"""Fields that are written so in every language."""


class HoursFormSet(InlineFormSet):
    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        forms = [
            form for form in self.forms if form.cleaned_data and form not in self.deleted_forms
        ]
        if found := OpeningHours.overlap([form.instance for form in forms]):
            place, error = found
            forms[place].add_error("opens", error)


class OpeningHoursInline(Inline):
    model = OpeningHours
    formset = HoursFormSet
    extra = 1


class ClosedDayInline(Inline):
    model = ClosedDay
    extra = 1


@admin.register(PhoneNumber)
class PhoneNumberAdmin(ModelAdmin):
    list_display = ("__str__", "profile", "when_closed", "records")
    inlines = (OpeningHoursInline, ClosedDayInline)
    fieldsets = (
        (None, {"fields": ("number", "name", "profile")}),
        (
            _("What it says and hears"),
            {
                "fields": (
                    "greeting",
                    "business",
                    "openers",
                    "voice",
                    "hints",
                    "pronunciations",
                    "records",
                    "person_notice",
                )
            },
        ),
        (
            _("Outside opening hours"),
            {"fields": ("when_closed", "closed_text", "forward_to", "keeps_holidays")},
        ),
    )

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in TELEPHONES:
            kwargs["form_class"] = TelephoneField
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name in LEFT_TO_RIGHT:
            field.widget.attrs["dir"] = "ltr"
        return field


@admin.register(Call)
class CallAdmin(ReadOnlyAdmin):
    """What was said is on the dashboard's pages, which hide what is personal."""

    list_display = ("call_sid", "masked_caller", "rang_at", "ended_why", "revision")
    list_filter = ("ended_why", "profile", "number")
    exclude = ("token", "caller", "messages", "holds", "failure")
    date_hierarchy = "rang_at"


@admin.register(Turn)
class TurnAdmin(ReadOnlyAdmin):
    list_display = ("call", "number", "why", "outcome", "response_latency")
    list_filter = ("why", "outcome")
    exclude = ("said", "answered", "failure")
