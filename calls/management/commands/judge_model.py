"""Put labelled lines to the language model that answers calls, and print how often it is right.

Each line asks for a whole answer, so it costs what a turn of a call costs. With HEVOICE_CLOUD=local
the scripted servers of `make run` are asked, which need no key and say nothing of a model.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from calls.language.language import spoken
from calls.management.commands import run
from calls.services import ServiceFailed, judging, vendors
from calls.services.judging import Judge, Judged, Line
from calls.services.summarising import Summariser, summariser
from calls.simulator import known_calls, known_questions
from calls.simulator.verdict_tables import Prices, as_json, tables

LINES = Path(settings.BASE_DIR) / "bench" / "verdicts" / "lines.txt"
QUESTIONS = Path(settings.BASE_DIR) / "bench" / "answers" / "questions.toml"
CALLS = Path(settings.BASE_DIR) / "bench" / "agreed" / "calls.toml"
TOLD_EVERY = 50
SIMULATION = (
    "A SIMULATION: the answers come from a server on this machine. A scripted server's verdicts\n"
    "are made up, and the figures say nothing of a real model, unless one really runs there."
)


class Command(BaseCommand):
    help = (
        "Ask the language model of the settings whether callers have finished, line by line "
        "(`business: agent's question = caller's words so far = ●, ◐ or ○`), and print how often "
        "it is right, how fast, and for how much."
    )
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--lines", type=Path, default=LINES, help="labelled lines in UTF-8")
        parser.add_argument("--limit", type=int, help="so many lines, spread over the businesses")
        parser.add_argument(
            "--at-once", type=int, default=2, help="requests under way; more may meet a rate limit"
        )
        parser.add_argument(
            "--knowledge", action="store_true",
            help="ask instead what invented businesses know, and what they do not: does it tell "
            "what is known, and say so where nothing is?",
        )  # fmt: skip
        parser.add_argument(
            "--agreed", action="store_true",
            help="ask instead what was agreed in calls that are over: are the fields right, and "
            "those that nobody knows left open?",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print one object instead")
        for name, meaning in (
            ("in", "read"),
            ("cached", "read from the provider's cache; otherwise as any other"),
            ("out", "written"),
        ):
            words = f"price of a million tokens {meaning}"
            parser.add_argument(f"--price-{name}", type=float, metavar="PRICE", help=words)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["at_once"] < 1:
            raise CommandError("--at-once must be at least 1")
        if options["knowledge"] and settings.HEVOICE_CLOUD != "local":
            self._ask_what_is_known(options["at_once"], as_json=options["json"])
            return
        if options["agreed"] and settings.HEVOICE_CLOUD != "local":
            self._ask_what_was_agreed(options["at_once"], as_json=options["json"])
            return
        lines, prices = _lines(options["lines"], options["limit"]), _prices(options)
        if settings.HEVOICE_CLOUD == "local":
            sys.exit(_simulated())
        try:
            judge = _judge()
            judged = asyncio.run(self._judged(judge, lines, options["at_once"]))
        except ServiceFailed as error:
            raise CommandError(f"{error}") from None
        is_simulated = _is_here(judge.server)
        if options["json"]:
            about = {"model": judge.model, "server": judge.server, "is_simulated": is_simulated}
            given = about | as_json(judged, prices)
            self.stdout.write(json.dumps(given, ensure_ascii=False, indent=1))
            return
        at = f" at {judge.server}" if judge.server else ""
        self.stdout.write(f"{judge.model}{at}, {len(lines)} lines of {options['lines']}\n\n")
        if is_simulated:
            self.stdout.write(SIMULATION + "\n\n")
        self.stdout.write(tables(judged, prices, shutil.get_terminal_size((120, 24)).columns))

    def _ask_what_is_known(self, at_once: int, *, as_json: bool) -> None:
        async def ask(judge: Judge) -> list[known_questions.Answered]:
            try:
                await judge.warm_up()
                return await known_questions.ask_all(judge, questions, at_once)
            finally:
                await judge.aclose()

        questions = known_questions.read(QUESTIONS, Path(settings.BASE_DIR), spoken())
        judge = _judge()
        try:
            answered = asyncio.run(ask(judge))
        except ServiceFailed as error:
            raise CommandError(f"{error}") from None
        is_simulated = _is_here(judge.server)
        if as_json:
            about = {"model": judge.model, "server": judge.server, "is_simulated": is_simulated}
            given = about | known_questions.as_json(answered)
            self.stdout.write(json.dumps(given, ensure_ascii=False, indent=1))
            return
        self.stdout.write(f"{judge.model}, {len(questions)} questions of {QUESTIONS}\n\n")
        if is_simulated:
            self.stdout.write(SIMULATION + "\n\n")
        self.stdout.write(known_questions.table(answered))

    def _ask_what_was_agreed(self, at_once: int, *, as_json: bool) -> None:
        async def ask(model: Summariser) -> list[known_calls.Written]:
            try:
                return await known_calls.ask_all(model, calls, spoken(), at_once)
            finally:
                await model.aclose()

        calls, model, server = known_calls.read(CALLS), summariser(), _judge().server
        if model is None:
            raise CommandError("no account is set for the language model that answers calls")
        try:
            written = asyncio.run(ask(model))
        except ServiceFailed as error:
            raise CommandError(f"{error}") from None
        is_simulated = _is_here(server)
        if as_json:
            about = {"model": model.name, "server": server, "is_simulated": is_simulated}
            given = about | known_calls.as_json(written)
            self.stdout.write(json.dumps(given, ensure_ascii=False, indent=1))
            return
        self.stdout.write(f"{model.name}, {len(calls)} calls of {CALLS}\n\n")
        if is_simulated:
            self.stdout.write(SIMULATION + "\n\n")
        self.stdout.write(known_calls.table(written))

    async def _judged(self, judge: Judge, lines: list[Line], at_once: int) -> list[Judged]:
        try:
            await judge.warm_up()
            return await judging.judge_lines(judge, lines, at_once, self._told)
        finally:
            await judge.aclose()

    def _told(self, done: int) -> None:
        if done % TOLD_EVERY == 0:
            self.stderr.write(f"{done} lines asked")


def _lines(path: Path, limit: int | None) -> list[Line]:
    if limit is not None and limit < 1:
        raise CommandError("--limit must be at least 1")
    try:
        lines = judging.read_lines(path)
    except (judging.Malformed, OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{error}") from None
    if not lines:
        raise CommandError(f"{path}: no lines: write `business: question = words = ●` in a row")
    return judging.spread(lines, limit) if limit else lines


def _prices(options: dict[str, Any]) -> Prices | None:
    read, written, cached = (options[f"price_{name}"] for name in ("in", "out", "cached"))
    if read is None and written is None and cached is None:
        return None
    if read is None or written is None:
        raise CommandError("give both --price-in and --price-out")
    return Prices(read, written, cached)


def _judge() -> Judge:
    known = vendors.registered(settings.VENDORS)
    chosen = next(vendors.in_use(known, [settings.WRITER]), None)
    if not chosen or not chosen.judge:
        ways = " or ".join(each for one in known if one.judge for each in one.choosing("writer"))
        raise CommandError(
            "no language model answers calls here, but the writer "
            f"`{chosen.name if chosen else settings.WRITER}`: set {ways}"
        )
    judge: Judge = import_string(chosen.judge)()
    return judge


def _simulated() -> int:
    """The same command over the scripted servers; its exit status."""
    with ExitStack() as started:
        environ = os.environ | run.scripted_cloud(started) | {"HEVOICE_CLOUD": "real"}
        return subprocess.run([sys.executable, *sys.argv], env=environ, check=False).returncode


def _is_here(server: str) -> bool:
    """Whether a server is on this machine."""
    host = urlsplit(server).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
