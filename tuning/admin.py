"""Profiles and revisions in Django's admin, to look at. A revision is never edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from tuning.models import Revision, TimingProfile

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]  # generic for mypy only
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Rows that only the product itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(TimingProfile)
class TimingProfileAdmin(ReadOnlyAdmin):
    list_display = ("name", "is_default")


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    list_display = ("profile", "number", "published_at", "published_by", "note")
    list_filter = ("profile",)
