"""Prepare the database: tables, shipped profiles, and an operator who can sign in."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand

OPERATOR = "operator"


def prepare() -> str | None:
    """The new operator's password, if there was nobody who could sign in."""
    call_command("migrate", verbosity=0, interactive=False)  # it makes the profiles, too
    if User.objects.exists():
        return None
    password = secrets.token_urlsafe(12)
    User.objects.create_superuser(OPERATOR, password=password)
    return password


class Command(BaseCommand):
    help = "Prepare the database; the first time, make an operator and print the password, once."

    def handle(self, *args: Any, **options: Any) -> None:
        if password := prepare():
            self.stdout.write(f"Sign in as {OPERATOR}, password {password} (printed only once)")
