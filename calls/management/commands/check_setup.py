"""Try everything that calls will need, once: a table, and exit status 1 if something is wrong."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
import textwrap
from typing import Any

from django.core.management.base import BaseCommand

from calls.process import setup_checks
from calls.process.setup_checks import Finding

WHAT_CELLS, STATE_CELLS = 14, 10


class Command(BaseCommand):
    help = "Try each service, the database, Redis, the carriers' settings and the disk once."
    requires_system_checks = []
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        # What is logged is in the table.
        logging.disable(logging.CRITICAL)
        try:
            found = asyncio.run(_tried())
            found += setup_checks.local()
        finally:
            logging.disable(logging.NOTSET)
        for finding in found:
            self.stdout.write(_line(finding))
        if wrong := [finding for finding in found if not finding.is_ok]:
            self.stdout.write(f"\n{len(wrong)} of {len(found)} need attention.")
            sys.exit(1)
        self.stdout.write("\nEverything works.")


async def _tried() -> list[Finding]:
    return [*await setup_checks.services(), await setup_checks.redis()]


def _line(finding: Finding) -> str:
    state = "ok" if finding.is_ok else "problem"
    head = f"{finding.what:{WHAT_CELLS}}{state:{STATE_CELLS}}"
    width = max(60, shutil.get_terminal_size((100, 24)).columns)
    return textwrap.fill(
        finding.words, width, initial_indent=head, subsequent_indent=" " * len(head)
    )
