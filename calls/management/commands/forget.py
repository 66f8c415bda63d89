"""Forget old calls now, rather than at the next hourly run."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from calls.records import retention


class Command(BaseCommand):
    help = "Forget calls that ended more than RETENTION_DAYS ago: their audio, words and rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=settings.RETENTION_DAYS)

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["days"]
        if days < 0:
            raise CommandError("--days must be 0 (forget nothing) or more")
        self.stdout.write(f"{retention.forget(days)} calls forgotten")
