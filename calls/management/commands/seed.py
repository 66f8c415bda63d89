"""Fill a database with invented calls: for pictures, for trying out the pages, for benchmarks."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls.models import Call
from calls.records.seeded_sound import record
from calls.records.seeding import Seeding
from calls.simulator.virtual.calls_now import ring
from calls.simulator.virtual.seeded_calls import VirtualCalls

JOURNALS = 300
"""By default: a quarter of a minute."""


class Command(BaseCommand):
    help = "Add invented calls of the last 30 days, always the same for the same --seed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--calls", type=int, default=1000, help="about ten turns each")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--journals", type=int, default=JOURNALS,
            help="of the newest, so many are held in virtual time, and can be replayed",
        )  # fmt: skip
        parser.add_argument("--recorded", type=int, default=0, help="of the newest, so many")
        parser.add_argument(
            "--now", type=int, metavar="N",
            help="instead: N calls that ring now, on what is published or on a trial's sides",
        )  # fmt: skip
        parser.add_argument("--add", action="store_true", help="to calls that are there already")

    def handle(self, *args: Any, **options: Any) -> None:
        began_s = time.monotonic()
        if options["now"] is not None:
            calls = sum(1 for _call in ring(options["now"], options["seed"]))
            self.stdout.write(f"{calls:,} calls rang in {time.monotonic() - began_s:.1f} s")
            return
        if options["calls"] < 1:
            raise CommandError("--calls must be at least 1")
        if Call.objects.exists() and not options["add"]:
            raise CommandError("There are calls already. To add invented ones to them: --add")
        seeding = Seeding(options["seed"])
        place = VirtualCalls(options["seed"]).place
        for done in seeding.fill(options["calls"], options["journals"], place):
            if done % 10_000 == 0:
                self.stdout.write(f"{time.monotonic() - began_s:6.1f} s  {done:,} calls")
        record(options["recorded"])
        self.stdout.write(
            f"{options['calls']:,} calls, {seeding.turns:,} turns "
            f"in {time.monotonic() - began_s:.1f} s"
        )
