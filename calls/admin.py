"""The numbers, which are edited here; and a look behind the pages at calls and turns, which are
not: they are a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from calls.models import Call, Turn
from calls.phone_number import ClosedDay, OpeningHours, PhoneNumber
from tuning.admin import ModelAdmin, ReadOnlyAdmin

if TYPE_CHECKING:
    Inline = admin.TabularInline[Any, Any]  # generic for mypy only
else:
    Inline = admin.TabularInline


class OpeningHoursInline(Inline):
    model = OpeningHours
    extra = 1


class ClosedDayInline(Inline):
    model = ClosedDay
    extra = 1


@admin.register(PhoneNumber)
class PhoneNumberAdmin(ModelAdmin):
    list_display = ("name", "number", "profile", "when_closed", "records")
    inlines = (OpeningHoursInline, ClosedDayInline)
    fieldsets = (
        (None, {"fields": ("number", "name", "profile")}),
        (
            _("What it says and hears"),
            {"fields": ("greeting", "business", "voice", "hints", "pronunciations", "records")},
        ),
        (
            _("Outside opening hours"),
            {"fields": ("when_closed", "closed_text", "forward_to", "keeps_holidays")},
        ),
    )


@admin.register(Call)
class CallAdmin(ReadOnlyAdmin):
    list_display = ("call_sid", "masked_caller", "rang_at", "ended_why", "revision")
    list_filter = ("ended_why", "profile", "number")
    exclude = ("token", "caller")
    date_hierarchy = "rang_at"


@admin.register(Turn)
class TurnAdmin(ReadOnlyAdmin):
    list_display = ("call", "number", "why", "outcome", "response_latency")
    list_filter = ("why", "outcome")
