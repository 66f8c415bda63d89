from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


def create_roles(**kwargs: Any) -> None:
    """Whoever migrates has the roles. The dashboard is the last app: all permissions are there."""
    from dashboard.people.roles import create_roles

    reached = kwargs.get("apps", apps)
    if "offeredpermission" in reached.all_models["dashboard"]:  # who migrates back has no table
        create_roles()


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        from dashboard.lab import trial_audit
        from dashboard.people import sign_in_audit

        sign_in_audit.connect()
        trial_audit.connect()
        post_migrate.connect(create_roles, sender=self)
