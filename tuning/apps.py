from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def create_shipped_profiles(**kwargs: Any) -> None:
    """Create the shipped profiles after every migration; existing ones are left alone."""
    from tuning.models import TimingProfile

    TimingProfile.create_shipped()


class TuningConfig(AppConfig):
    name = "tuning"

    def ready(self) -> None:
        post_migrate.connect(create_shipped_profiles, sender=self)
