"""Forget old calls now, rather than at the next hourly run."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from calls.privacy.keeping import Days
from calls.records import retention


class Command(BaseCommand):
    help = (
        "Forget what is older than RETENTION_DAYS: audio, words and numbers, each after its own "
        "days, and whole calls."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days",
            default=f"{settings.RETENTION_DAYS}",
            help='of everything ("30"), or by kind ("calls=365 audio=30"); 0: nothing',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            days = Days.of(f"{options['days']}")
        except ValueError as error:
            raise CommandError(f"--days: {error}") from None
        self.stdout.write(f"{retention.forget(days)} calls forgotten")
