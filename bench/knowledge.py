"""How long a search in what a business knows takes, in SQLite and in PostgreSQL.

    .venv/bin/python -m bench.knowledge                    2,000 passages: the most of a number
    .venv/bin/python -m bench.knowledge --passages 500

The passages are sentences of the invented businesses of tests/knowledge, mixed anew, so that each
word stands in many of them; another number knows as much. The sixty questions of callers are asked
in one process, as a call asks them; and how many find their passage in the businesses themselves.

Frames are watched in turn while nobody searches and while 40 calls do, so that what other work on
the machine does to them is seen beside what searches do; the quietest round of each tells most. A
search's own CPU is what it can hold of Python's lock at most, whatever else the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parent.parent
DATABASES = ("sqlite", "postgresql")
ROUNDS = 5
CALLS, APART_S, FRAME_S = 40, 2.0, 0.02
WATCHED_S, WATCHED_ROUNDS, AT_ONCE = 4.0, 5, 5
SENTENCES = (1, 3)
"""Of a passage."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--passages", type=int, default=2000)
    parser.add_argument("--only", choices=DATABASES)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        _measure(options.passages)
        return
    for database in [options.only] if options.only else DATABASES:
        with ExitStack() as started:
            folder = started.enter_context(tempfile.TemporaryDirectory(prefix="hevoice-bench-"))
            environ = os.environ | {
                "VAR_DIR": folder, "DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "bench.settings",
            }  # fmt: skip
            if database == "postgresql":
                from tests.servers.postgresql import PostgresqlServer

                environ["DATABASE_URL"] = started.enter_context(PostgresqlServer()).url
            again = (sys.executable, "-m", "bench.knowledge", "--measure")
            migrate = (sys.executable, "manage.py", "migrate", "-v0")
            measure = (*again, f"--passages={options.passages}")
            print(database, flush=True)
            for command in (migrate, measure):
                subprocess.run(command, cwd=ROOT, env=environ, check=True)


def _measure(passages: int) -> None:
    import django

    django.setup()
    from calls.knowledge.in_call import knowledge_of
    from calls.knowledge.known_text import KnownText
    from calls.knowledge.search import words_found
    from tests.knowledge.asked import BUSINESSES, a_number, answered, businesses, questions

    numbers = businesses()
    for kind in ("tuned", "unseen"):
        print(f"  {kind}: {answered(kind, numbers)} of {len(questions(kind))} in the first three")
    sentences = [
        sentence
        for path in BUSINESSES
        for sentence in re.split(r"(?<=[.?])\s+|\n+", path.read_text("utf-8"))
        if sentence and not sentence.startswith("#")
    ]
    chance = random.Random(1)
    for digits in (101, 102):
        drawn = (chance.sample(sentences, chance.randint(*SENTENCES)) for _each in range(passages))
        text = "\n\n".join(" ".join(each) for each in drawn)
        number = a_number("bench", digits)
        began_s = time.perf_counter()
        KnownText(number=number, name="bench", text=text).save()
        saved_s = time.perf_counter() - began_s
    took_ms, cpu_ms = list[float](), list[float]()
    asked = [
        question for kind in ("tuned", "unseen") for _name, question, _words in questions(kind)
    ]
    for question in asked * ROUNDS:
        began_s, cpu_s = time.perf_counter(), time.thread_time()
        words_found(number.pk, question)
        took_ms.append((time.perf_counter() - began_s) * 1000)
        cpu_ms.append((time.thread_time() - cpu_s) * 1000)
    search = knowledge_of(number.pk).search
    assert search
    at_once_ms = sorted(asyncio.run(_at_once_ms(search, asked[:CALLS])) for _ in range(AT_ONCE))
    late_ms: dict[int, list[float]] = {0: [], CALLS: []}
    for _round in range(WATCHED_ROUNDS):
        for count, late in late_ms.items():
            late.append(asyncio.run(_late_ms(search, asked, count)))
    print(f"  {len(took_ms)} searches in {passages} passages: {_of(took_ms)}; CPU: {_of(cpu_ms)}")
    rounds = ", ".join(f"{each:.0f}" for each in at_once_ms)
    print(f"  {CALLS} calls search at one moment, the last has its passages after {rounds} ms")
    print(f"  saving such a text takes {saved_s:.1f} s")
    for count, late in late_ms.items():
        rounds = ", ".join(f"{each:.1f}" for each in sorted(late))
        print(f"  frames late while {count} calls search every {APART_S:g} s: p99 {rounds} ms")
    print(f"  load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _of(ms: list[float]) -> str:
    p50, p95 = (sorted(ms)[len(ms) * percent // 100] for percent in (50, 95))
    return f"p50 {p50:.1f}, p95 {p95:.1f}, longest {max(ms):.1f} ms"


async def _at_once_ms(search: Callable[[str], Awaitable[object]], asked: list[str]) -> float:
    began_s = time.perf_counter()
    await asyncio.gather(*(search(each) for each in asked))
    return (time.perf_counter() - began_s) * 1000


async def _late_ms(
    search: Callable[[str], Awaitable[object]], asked: list[str], calls: int
) -> float:
    """The 99th percentile of how late a timer of 20 ms is on the loop of so many calls."""
    loop, late_ms = asyncio.get_running_loop(), list[float]()

    async def call(place: int) -> None:
        await asyncio.sleep(APART_S * place / calls)
        for question in asked:
            await search(question)
            await asyncio.sleep(APART_S)

    callers = [asyncio.create_task(call(place)) for place in range(calls)]
    until_s = due_s = loop.time()
    until_s += WATCHED_S
    while due_s < until_s:
        due_s += FRAME_S
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        late_ms.append((loop.time() - due_s) * 1000)
    for caller in callers:
        caller.cancel()
    return sorted(late_ms)[len(late_ms) * 99 // 100]


if __name__ == "__main__":
    main()
