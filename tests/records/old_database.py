"""A database of an earlier day with rows in it, migrated to today: prints what its rows say now.

Run in a process of its own (test_old_databases.py), with DATABASE_URL naming a file that is not
there yet. Rows are made by the models of that day, which their migrations know.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

TESTS = Path(__file__).parent.parent
JOURNAL = TESTS / "turns" / "replay" / "formats" / "01_first.jsonl"
RANG_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CALL: dict[str, Any] = {
    "call_sid": "CA1",
    "caller": "+972541234567",
    "called": "+97231234567",
    "rang_at": RANG_AT,
    "started_at": RANG_AT + timedelta(seconds=2),
    "ended_at": RANG_AT + timedelta(seconds=62),
    "ended_why": "goodbye",
    "frames_in": 3000,
    "frames_forwarded": 2998,
    "frames_dropped": {"queue full": 2},
    "replays": True,
}
TURN: dict[str, Any] = {
    "said": "אפשר לקבוע תור",
    "answered": "בשמחה, מתי?",
    "why": "short silence",
    "outcome": "completed",
    "span_ms": 600,
    "policy_ms": 333,
    "speech_ended_ms": 1200.0,
    "decided_ms": 1460.0,
    "first_audio_ms": 2400.0,
}
Targets = list[tuple[str, str]]
FIRST: Targets = [("calls", "0001_initial"), ("tuning", "0001_initial")]
BEFORE_LINES: Targets = [
    ("calls", "0014_timeline"),
    ("tuning", "0002_draft"),
    ("dashboard", "0003_people"),
]


def migrate_to(targets: Targets) -> Any:
    """The models as they stood there."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    MigrationExecutor(connection).migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def journal() -> list[str]:
    return JOURNAL.read_text().splitlines()[1:]


def first() -> dict[str, Any]:
    """calls and tuning as they first landed: a profile, a call, a turn and a journal."""
    apps = migrate_to(FIRST)
    knobs = json.loads(journal()[0])["profile"]
    profile = apps.get_model("tuning", "TimingProfile").objects.create(name="ours", is_default=True)
    revisions = apps.get_model("tuning", "Revision").objects
    revision = revisions.create(profile=profile, number=1, knobs=knobs, note="ours")
    call = apps.get_model("calls", "Call").objects.create(
        profile=profile, revision=revision, **CALL
    )
    apps.get_model("calls", "Turn").objects.create(call=call, number=1, revision=revision, **TURN)
    for number, part in enumerate((journal()[:100], journal()[100:])):
        lines = gzip.compress("\n".join(part).encode())
        call.journal_parts.create(number=number, lines=lines)
    return {"knobs": knobs}


def before_lines() -> dict[str, Any]:
    """Before lines were numbered (0017) and tokens dated (0015): a settled call and an open one."""
    apps = migrate_to(BEFORE_LINES)
    user = apps.get_model("auth", "User").objects.create(username="dana")
    profile = apps.get_model("tuning", "TimingProfile").objects.create(name="ours", is_default=True)
    revisions = apps.get_model("tuning", "Revision").objects
    revision = revisions.create(profile=profile, number=1, knobs={"barge_in_ms": 340}, note="ours")
    drafts = apps.get_model("tuning", "Draft").objects
    drafts.create(profile=profile, user=user, based_on=revision, knobs={"barge_in_ms": 400})
    number = apps.get_model("calls", "PhoneNumber").objects.create(
        number="+97231234567", name="מרפאה", profile=profile
    )
    calls = apps.get_model("calls", "Call").objects
    shared = {"profile": profile, "revision": revision, "number": number}
    settled = calls.create(**CALL, **shared, settled_at=CALL["ended_at"], turn_count=4)
    ringing = CALL | {"call_sid": "CA2", "ended_at": None, "ended_why": "", "started_at": None}
    calls.create(**ringing, **shared, token="one-time")
    unsettled = calls.create(**CALL | {"call_sid": "CA3"}, **shared)
    for call in (settled, unsettled):
        for turn in range(5):
            call.turns.create(number=turn, revision=revision, **TURN)
            call.journal_parts.create(number=turn, lines=gzip.compress(f"line {turn}".encode()))
    return {}


def today() -> dict[str, Any]:
    """What the rows say to the models of today."""
    from calls.language.language import words_of
    from calls.models import Call
    from calls.records.transcript_search import calls_that_said
    from tuning.models import TimingProfile
    from tuning.turns import journal as journals
    from tuning.turns.replay import decide

    profile = TimingProfile.objects.get(name="ours")
    told: dict[str, Any] = {
        "default": TimingProfile.objects.get(is_default=True).name,
        "values": {
            name: getattr(profile.newest.values, name)
            for name in ("barge_in_ms", "reply_refractory_ms", "endpointing")
        },
        "drafts": list(profile.drafts.values_list("knobs", "saved_in")),
        "found": sorted(set(calls_that_said("לקבוע"))),
        "calls": {},
    }
    for call in Call.objects.order_by("pk"):
        lines = list(call.journal())
        is_whole = bool(lines) and lines[0].startswith("{")
        told["calls"][call.call_sid] = {
            "pk": call.pk,
            "seconds": call.duration.total_seconds() if call.duration else None,
            "ended_why": call.ended_why,
            "replays": call.replays,
            "settled": call.settled_at is not None,
            "counted_to": call.counted_to,
            "token": call.token,
            "number": call.number.name if call.number else None,
            "parts": list(call.journal_parts.values_list("number", "last")),
            "lines": len(lines),
            "turns": [
                (turn.number, turn.said, turn.outcome, turn.end_of_turn_delay)
                for turn in call.turns.all()
            ],
            "response_ms": [turn.response_latency for turn in call.turns.all()],
            "content_ms": [turn.content_latency for turn in call.turns.all()],
            "slowest_ms": [call.slowest_ms, call.slowest_content_ms],
            "decided": [
                type(action).__name__ for _at_ms, action in decide(journals.read(lines), words_of)
            ]
            if is_whole
            else [],
        }
    return told


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.fake_settings"
    django.setup()
    from django.core.management import call_command

    made = {"first": first, "before_lines": before_lines}[sys.argv[1]]()
    call_command("migrate", verbosity=0)
    sys.stdout.write(json.dumps(made | today()))
