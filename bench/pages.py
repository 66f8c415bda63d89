"""How fast the dashboard's pages are with many calls, in SQLite and in PostgreSQL.

    .venv/bin/python -m bench.pages                  100,000 calls, about a million turns
    .venv/bin/python -m bench.pages --calls 10000    sooner

Each page is asked for as an operator's browser does, in one process, without the network: server
time, and what is transferred (gzip, as a proxy in front compresses). The invented calls are kept
in var/bench-pages for the next time.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from calls.simulator.table import Column, render

ROOT = Path(__file__).parent.parent
ROUNDS = 21
LIMIT_MS = {"sqlite": 300, "postgresql": 100}
LIMIT_KB = 100
COLUMNS = (
    Column(("page",)),
    Column(("p50", "ms"), is_number=True),
    Column(("p95", "ms"), is_number=True),
    Column(("limit", "ms"), is_number=True),
    Column(("kB",), is_number=True),
    Column(("verdict",)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--only", choices=LIMIT_MS)
    parser.add_argument("--measure", metavar="DATABASE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(_table(options.measure), flush=True)
        return
    for database in [options.only] if options.only else LIMIT_MS:
        with ExitStack() as started:
            environ = _installation(database, options.calls, started)
            print(f"\n{database}, {options.calls:,} calls", flush=True)
            again = (sys.executable, "-m", "bench.pages", "--measure", database)
            subprocess.run(again, cwd=ROOT, env=environ, check=True)


def _installation(database: str, calls: int, started: ExitStack) -> dict[str, str]:
    """A database with so many calls; what leads our settings to it."""
    folder = ROOT / "var" / "bench-pages" / f"{database}-{calls}"
    environ = {**os.environ, "VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "hevoice.settings"}
    environ.pop("DATABASE_URL", None)
    if database == "postgresql":
        from tests.servers.postgresql import PostgresqlServer

        environ["DATABASE_URL"] = started.enter_context(PostgresqlServer()).url
    is_seeded = folder / "seeded"
    if database == "postgresql" or not is_seeded.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for command in (("migrate", "-v0"), ("seed", f"--calls={calls}", "--add")):
            subprocess.run(
                [sys.executable, "manage.py", *command], cwd=ROOT, env=environ, check=True
            )
        is_seeded.touch()
    return environ


def _table(database: str) -> str:
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("vacuum analyze")
    person, _is_new = User.objects.get_or_create(
        username="bench", defaults={"is_superuser": True, "is_staff": True}
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    rows = []
    for address in _addresses():
        took_ms = []
        for _round in range(ROUNDS + 2):
            began_s = time.perf_counter()
            answer = client.get(address)
            took_ms.append((time.perf_counter() - began_s) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"{address} answered {answer.status_code}")
        took_ms = sorted(took_ms[2:])
        p50, p95, limit = took_ms[ROUNDS // 2], took_ms[ROUNDS * 95 // 100], LIMIT_MS[database]
        size = len(gzip.compress(answer.content)) / 1000
        verdict = "ok" if p95 <= limit and size <= LIMIT_KB else "OVER"
        rows.append((address, f"{p50:.0f}", f"{p95:.0f}", f"{limit}", f"{size:.0f}", verdict))
    return render(COLUMNS, rows, 100)


def _addresses() -> Iterator[str]:
    """Every page that is only looked at, and the list with each of its filters."""
    from django.urls import reverse

    from calls.models import Call
    from calls.telephony.phone_number import PhoneNumber
    from dashboard.urls import urlpatterns
    from tuning.models import TimingProfile

    call = Call.objects.order_by("-pk")[50]
    profile = TimingProfile.objects.get(is_default=True)
    number = PhoneNumber.objects.order_by("pk")[0]
    subjects: dict[str, Any] = {
        "replay": _replay(profile),
        "live": call,
        "call": call,
        "profile": profile,
        "number": number,
    }
    skipped = {"calls_export", "test_call", "recording", "peaks"}
    for pattern in urlpatterns:
        name = getattr(pattern, "name", "") or ""
        taken = set(pattern.pattern.converters)
        if name in skipped or taken - {"pk", "number"} or name not in READ:
            continue
        arguments = {}
        if "pk" in taken:
            arguments["pk"] = subjects[name.partition("_")[0]].pk
        if "number" in taken:
            arguments["number"] = 1
        yield reverse(name, kwargs=arguments)
    calls = reverse("calls")
    middle = Call.objects.order_by("rang_at")[Call.objects.count() // 2]
    for query in (
        f"profile={profile.pk}&revision=2", f"number={number.pk}", "cut_ins=on", "dropped=on",
        "ended=failed", "slowest_over=3000", "slowest_over=60000", "text=רגע", "text=תור",
        "text=ארבע שבע שלוש", "text=אין כזה", f"until={middle.rang_at:%Y-%m-%d}",
        "cut_ins=on&dropped=on&slowest_over=4000&text=תודה",
    ):  # fmt: skip
        yield f"{calls}?{query}"
    for days in (1, 30):
        for name in ("latencies", "over_time", "tradeoff"):
            yield f"{reverse(name)}?days={days}"
    yield f"{reverse('latencies')}?profile={profile.pk}&revision={profile.newest.pk}"


READ = {
    *("home", "live", "calls", "call", "latencies", "over_time", "tradeoff", "services"),
    *("numbers", "number", "number_new", "profiles", "profile", "profile_diff"),
    *("people", "audit", "preferences", "shortcuts", "glossary", "live_call"),
    *("lab", "replay_new", "replay"),
}
"""URL names of pages that are only looked at."""


def _replay(profile: Any) -> Any:
    """A preset on the newest calls of the profile, done."""
    from calls.lab import replaying
    from calls.lab.replay import Replay
    from calls.models import Call
    from dashboard.lab.candidates import preset

    candidate = preset("unhurried", profile)
    assert candidate
    calls = Call.objects.filter(profile=profile)
    made = Replay.begin(profile, [candidate], calls=calls, query="real=on", by=None)
    while replaying.work_on(made.pk):
        pass
    return made


if __name__ == "__main__":
    main()
