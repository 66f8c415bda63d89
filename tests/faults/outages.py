"""Callers who hang up while the stores are gone, counted against what they heard.

A real server process with services that behave, twenty real callers, and a store that goes away
under them: `bench.outages` prints what comes of it, tests/faults/test_outages.py says what has to.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from calls.simulator import utterances
from calls.simulator.caller import Caller, Say, StaySilent
from calls.simulator.dialling import CallResult, Dialled, place_call
from tests.server import Server
from tests.servers.postgresql import PostgresqlServer

CALLS = 20
BEGIN_S = 3.0
BEGUN_S = 20.0
"""All calls have begun by then, however slow the machine is."""
APART_S = 0.1
SETTLED_S = 90.0
MOMENTS = {"speaks", "waits", "hears"}
MOMENTS_S = 15.0
"""So long it may take until callers are in every moment of a turn."""
FAKES = "tests.fake_settings"
DISK_MB = 24
SETTLE = """
from calls.tasks import settle_missed
from calls.records import post_call
post_call.MISSED_AFTER = post_call.MISSED_AFTER * 0
settle_missed()
"""
"""What the worker's schedule does, without its minute of patience."""
DECIDED = "select count(*) as n from calls_turn where call_id = ? and said <> ''"


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    name: str
    away_s: float
    heard: list[int] = field(default_factory=list)
    """By call: its caller's lines that were answered."""
    written: list[int] = field(default_factory=list)
    """By call: turns in the database."""
    left_open: int = 0
    """Calls without an end."""
    not_replaying: int = 0
    while_away: list[str] = field(default_factory=list)
    """/healthz said so, at the end of the outage,"""
    afterwards: list[str] = field(default_factory=list)
    """and when everything was written."""
    errors: list[str] = field(default_factory=list)
    """Of the callers."""
    states: Counter[str] = field(default_factory=Counter)
    """What the callers were doing when a process was killed."""

    @property
    def lost(self) -> int:
        return sum(max(0, a - b) for a, b in zip(self.heard, self.written, strict=True))

    def __str__(self) -> str:
        return (
            f"{self.name:34} {self.away_s:5.0f} {len(self.heard):6} {sum(self.heard):6} "
            f"{sum(self.written):8} {self.lost:5} {self.left_open:11}"
        )


HEADER = (
    f"{'':34} {'away':>5} {'':6} {'turns':>6} {'turns':>8} {'':5} {'calls':>11}\n"
    f"{'what goes away':34} {'s':>5} {'calls':>6} {'heard':>6} {'written':>8} {'lost':>5} "
    f"{'left open':>11}"
)


# What goes away, and comes back.


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another has locked the SQLite file: whoever writes waits, and gives up."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def stopped(postgresql: PostgresqlServer) -> Iterator[None]:
    postgresql.stop()
    try:
        yield
    finally:
        postgresql.start()


@contextmanager
def full(server: Server, is_small_disk: bool) -> Iterator[None]:
    """Not a byte more can be written: the small disk is full, or the process may write no more."""
    if not is_small_disk:
        was = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, -1))
        yield
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, was)
        return
    filler = server.var / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    yield
    filler.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Whether the folder is a small disk of its own now: only root can make one."""
    options = ["-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    is_made = os.getuid() == 0 and not subprocess.run(["mount", *options], check=False).returncode
    try:
        yield is_made
    finally:
        if is_made:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


# The callers.


def _caller(number: int) -> Caller:
    """One to three lines, and then they hang up."""
    line = Say(utterances.load("smoke"))
    return Caller([line] * (1 + number % 3), seed=number)


def _talker(number: int) -> Caller:
    """Goes on for as long as it is listened to."""
    return Caller([Say(utterances.load("smoke"))] * 20 + [StaySilent(1000)], seed=number)


async def _call(
    server: Server, caller: Callable[[int], Caller], apart_s: float = APART_S
) -> tuple[list[asyncio.Task[CallResult]], list[Caller]]:
    dialled = Dialled(webhook=server.webhook)
    callers = [caller(number) for number in range(CALLS)]

    async def call(number: int) -> CallResult:
        await asyncio.sleep(apart_s * number)
        return await place_call(callers[number], dialled)

    return [asyncio.create_task(call(number)) for number in range(CALLS)], callers


def hang_up_during(
    name: str, server: Server, gone: AbstractContextManager[None], away_s: float
) -> Outcome:
    """Twenty callers begin; the store goes away; they are answered, and hang up; it comes back."""
    outcome = Outcome(name, away_s)

    async def run() -> list[CallResult]:
        calls, callers = await _call(server, _caller)
        await asyncio.sleep(BEGIN_S)
        async with asyncio.timeout(BEGUN_S):
            while not all(caller.ear.ends_ms for caller in callers):  # each has heard the agent
                await asyncio.sleep(0.1)
        with gone:
            back_s = time.monotonic() + away_s
            results = await asyncio.gather(*calls)
            await asyncio.sleep(max(0.0, back_s - time.monotonic()))
            outcome.while_away = await asyncio.to_thread(lambda: server.health()["unwritten"])
        return results

    return _count(server, outcome, asyncio.run(run()))


def kill_during(server: Server, next_one: Callable[[], AbstractContextManager[Server]]) -> Outcome:
    """Twenty callers are in as many moments of a turn; the process is killed; another starts."""
    outcome = Outcome("the process (kill -9)", 0)

    async def run() -> list[CallResult]:
        calls, callers = await _call(server, _talker, apart_s=0.37)
        await asyncio.sleep(0.37 * CALLS + BEGIN_S)
        until_s = time.monotonic() + MOMENTS_S
        while not {*map(_state, callers)} >= MOMENTS and time.monotonic() < until_s:
            await asyncio.sleep(0.02)
        os.kill(server.process.pid, signal.SIGKILL)
        outcome.states.update(map(_state, callers))
        return await asyncio.gather(*calls)

    results = asyncio.run(run())
    for result in results:  # it was cut off, which is no fault of theirs
        result.errors.clear()
    with next_one() as heir:
        return _count(heir, outcome, results)


def _state(caller: Caller) -> str:
    line = caller.lines()[-1] if caller.lines() else None
    if line and line.ended_ms > caller.now_ms:
        return "speaks"
    if caller.ear.ends_ms > caller.now_ms:
        return "hears"
    return "waits" if line and not line.answered else "is about to speak"


def _count(server: Server, outcome: Outcome, results: list[CallResult]) -> Outcome:
    sids = tuple(result.call_sid for result in results)
    query = "select id, call_sid, ended_at, replays from calls_call where call_sid in "
    query += f"({', '.join('?' * len(sids))})"
    until_s = time.monotonic() + SETTLED_S
    while time.monotonic() < until_s:
        rows = server.rows(query, *sids)
        if all(row["ended_at"] for row in rows) and not server.health()["unwritten"]:
            break
        time.sleep(0.5)
    outcome.afterwards = server.health()["unwritten"]
    server.manage("shell", "-c", SETTLE)
    while time.monotonic() < until_s:  # the worker may be at some of them still
        rows = server.rows(query, *sids)
        if all(row["replays"] is not None for row in rows):
            break
        time.sleep(0.5)
    by_sid = {row["call_sid"]: row for row in rows}
    outcome.left_open = sum(row["ended_at"] is None for row in by_sid.values())
    outcome.not_replaying = sum(not row["replays"] for row in by_sid.values())
    for result in results:
        outcome.errors += result.errors
        outcome.heard.append(sum(line.answered for line in result.lines))
        row = by_sid.get(result.call_sid)
        outcome.written.append(server.rows(DECIDED, row["id"])[0]["n"] if row else 0)
    return outcome


# The outages themselves.


def sqlite_locked(away_s: float = 30) -> Outcome:
    with Server(FAKES) as server:
        gone = locked(server.var / "hevoice.sqlite3")
        return hang_up_during("SQLite, locked by another", server, gone, away_s)


def postgresql_gone(away_s: float = 60) -> Outcome:
    with PostgresqlServer() as postgresql, Server(FAKES, DATABASE_URL=postgresql.url) as server:
        return hang_up_during("PostgreSQL", server, stopped(postgresql), away_s)


def disk_full(away_s: float = 30) -> Outcome:
    with (
        tempfile.TemporaryDirectory() as folder,
        small_disk(Path(folder)) as is_small,
        Server(FAKES, var=Path(folder)) as server,
    ):
        return hang_up_during("the disk, full", server, full(server, is_small), away_s)


def killed() -> Outcome:
    with Server(FAKES) as server:
        return kill_during(server, lambda: Server(FAKES, beside=server))
