"""Tests in several processes: a class at a time, or a whole module where its classes share a setup.

Rules: nobody reads what a test says that passes. Every process writes into a file of its own, and
shows it only of what is broken; the rest is a line for each tenth. A telephone call takes its time
from the clock, and a call on a machine that is busy can miss it: what breaks runs once more, alone,
at the end. Its first failure stays printed, and the run says what passed only alone.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import sys
import time
import traceback
import unittest
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import connections
from django.test import TestCase

FORK = multiprocessing.get_context("fork")
LONG = (
    *("tests.faults.test_faults", "tests.faults.test_outages", "tests.dashboard.test_pages"),
    *("tests.project.test_run", "tests.faults.test_processes"),
    *("tests.dashboard.profiles.test_drafts_browser", "tests.services.google.test_google_stream"),
    "tests.turns.endpointing.test_corpus",
)
"""Modules that are begun first: what runs long is not to be left for the end."""
SAID, SHOWN_LINES = "said", 60
"""Of what a broken test has said, the last ones."""
SLOWEST = 10
AGAIN_AT_MOST = 5
"""So many classes or modules run once more: where more break, the machine is not why."""
LONGEST_S = 600
"""A class or module that takes longer hangs: its process says where, and dies."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of some tests."""

    name: str
    passed: int = 0
    broken: int = 0
    skipped: int = 0
    why: list[str] = field(default_factory=list)
    """Of each that is broken, with where."""
    seconds: float = 0.0

    @classmethod
    def of(cls, name: str, result: unittest.TestResult, seconds: float = 0.0) -> Self:
        failed = [*result.failures, *result.errors]
        broken = {whole(test) for test, _why in failed} | set(result.unexpectedSuccesses)
        # A class or module that could not be set up is broken without having been run.
        ran = sum(isinstance(test, unittest.TestCase) for test in broken)
        skipped = len(result.skipped)
        passed = result.testsRun - ran - skipped
        why = [f"{test}\n{text}" for test, text in failed]
        return cls(name, passed, len(broken), skipped, why, seconds)

    @property
    def tests(self) -> int:
        return self.passed + self.broken + self.skipped


def whole(test: Any) -> Any:
    """A subtest stands for its test."""
    return getattr(test, "test_case", test)


def run(suite: unittest.TestSuite, processes: int) -> list[Ran]:
    """Every test of the suite, each in one of so many processes."""
    units = dict(_units(suite))
    progress = _Progress(sum(unit.countTestCases() for unit in units.values()))
    ran = _run_all(units, processes, progress)
    again = {name: units[name] for name, one in ran.items() if one.broken}
    if 0 < len(again) <= AGAIN_AT_MOST:
        _say(f"\nonce more, alone: {', '.join(again)}")
        alone = _run_all(again, 1, progress)
        passed = [name for name, one in alone.items() if not one.broken]
        _say(f"passed only alone: {', '.join(passed) or 'none'}")
        ran |= alone
    progress.end(ran.values())
    return list(ran.values())


def _run_all(
    units: dict[str, unittest.TestSuite], processes: int, progress: _Progress
) -> dict[str, Ran]:
    listed, ran = list(units.items()), dict[str, Ran]()
    taken = FORK.Value("i", 0)
    pool: dict[Connection, tuple[Any, Path]] = {}
    for number in range(1, processes + 1):
        ours, theirs = FORK.Pipe()
        var = new_var(Path(settings.VAR_DIR) / f"process-{number}")
        process = FORK.Process(target=_work, args=(number, var, listed, taken, theirs))
        process.start()
        theirs.close()
        pool[ours] = process, var
    doing: dict[Connection, str] = {}

    def add(one: Ran) -> None:
        ran[one.name] = one
        progress.add(one)

    while pool:
        for pipe in wait(list(pool)):
            assert isinstance(pipe, Connection)
            try:
                message = pipe.recv()
            except EOFError:
                process, var = pool.pop(pipe)
                process.join()
                if name := doing.pop(pipe, ""):
                    why = [f"{name}: its process died, or took more than {LONGEST_S} s", _said(var)]
                    add(Ran(name, broken=1, why=why))
                continue
            if isinstance(message, str):
                doing[pipe] = message
            else:
                del doing[pipe]
                add(message)
    for name, _unit in listed[taken.value :]:
        add(Ran(name, broken=1, why=[f"{name}: no process was left to run it"]))
    return ran


class _Progress:
    def __init__(self, count: int) -> None:
        self._count, self._done, self._tenths = count, 0, 0
        self._began_s = time.monotonic()

    def add(self, ran: Ran) -> None:
        self._done += ran.tests
        for why in ran.why:
            _say(f"\n{'=' * 70}\n{why}")
        tenths = 10 * self._done // max(1, self._count)
        if tenths > self._tenths:
            self._tenths = tenths
            seconds = time.monotonic() - self._began_s
            _say(f"{self._done:6} of {self._count}  {seconds:5.0f} s")

    def end(self, ran: Iterable[Ran]) -> None:
        slowest = sorted(ran, key=lambda ran: -ran.seconds)[:SLOWEST]
        _say("slowest: " + ", ".join(f"{ran.name} {ran.seconds:.0f} s" for ran in slowest))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _units(suite: unittest.TestSuite) -> Iterator[tuple[str, unittest.TestSuite]]:
    """What is run by one process together, the long ones first."""
    units: dict[str, list[unittest.TestCase]] = {}
    for test in _tests(suite):
        kind = type(test)
        is_shared = hasattr(sys.modules[kind.__module__], "setUpModule")
        name = kind.__module__ if is_shared else f"{kind.__module__}.{kind.__qualname__}"
        units.setdefault(name, []).append(test)
    for name in sorted(units, key=lambda name: (_needs_own_rows(units[name]), _place(name))):
        yield name, unittest.TestSuite(units[name])


def _needs_own_rows(tests: list[unittest.TestCase]) -> bool:
    """Whether they leave the tables emptied and filled anew, as TransactionTestCase does: Django
    runs them after all that roll back, who may know their rows by number."""
    return not all(isinstance(test, TestCase) for test in tests)


def _place(name: str) -> int:
    found = (place for place, long in enumerate(LONG) if name.startswith(long))
    return next(found, len(LONG))


def new_var(folder: Path) -> Path:
    """A folder for what one process keeps, which finds the models that this machine has."""
    folder.mkdir(exist_ok=True)
    if not (models := folder / "models").is_symlink():
        models.symlink_to(settings.BASE_DIR / "var" / "models")
    return folder


def _tests(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from _tests(each)
        else:
            yield each


def _work(
    number: int,
    var: Path,
    units: list[tuple[str, unittest.TestSuite]],
    taken: Any,
    pipe: Connection,
) -> None:
    """One process: takes the next until there is none."""
    for connection in connections.all():
        connection.creation.setup_worker_connection(number)
    settings.VAR_DIR = var
    with (var / SAID).open("a") as said:
        for descriptor, stream in ((1, sys.stdout), (2, sys.stderr)):
            stream.flush()
            os.dup2(said.fileno(), descriptor)
        while (place := _next(taken)) < len(units):
            name, unit = units[place]
            pipe.send(name)
            said.truncate(0)
            faulthandler.dump_traceback_later(LONGEST_S, exit=True)
            ran = _run(name, unit)
            faulthandler.cancel_dump_traceback_later()
            if ran.broken:
                sys.stdout.flush()
                sys.stderr.flush()
                ran.why.append(_said(var))
            pipe.send(ran)
    pipe.close()
    os._exit(0)  # what threads still do is nobody's any more


def _said(var: Path) -> str:
    lines = (var / SAID).read_text(errors="replace").splitlines()[-SHOWN_LINES:]
    return "\n".join(("it said:", *lines))


def _run(name: str, unit: unittest.TestSuite) -> Ran:
    began_s = time.monotonic()
    result = unittest.TestResult()
    try:
        unit.run(result)
    except Exception:
        return Ran(name, broken=1, why=[f"{name}\n{traceback.format_exc()}"])
    return Ran.of(name, result, time.monotonic() - began_s)


def _next(taken: Any) -> int:
    with taken.get_lock():
        place = int(taken.value)
        taken.value = place + 1
    return place
