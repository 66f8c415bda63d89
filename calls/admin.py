"""Calls and turns for a look behind the pages. They are a record: nothing here edits them."""

from __future__ import annotations

from django.contrib import admin

from calls.models import Call, Turn
from tuning.admin import ReadOnlyAdmin


@admin.register(Call)
class CallAdmin(ReadOnlyAdmin):
    list_display = ("call_sid", "masked_caller", "rang_at", "ended_why", "revision")
    list_filter = ("ended_why", "profile")
    exclude = ("token", "caller")
    date_hierarchy = "rang_at"


@admin.register(Turn)
class TurnAdmin(ReadOnlyAdmin):
    list_display = ("call", "number", "why", "outcome", "response_latency")
    list_filter = ("why", "outcome")
