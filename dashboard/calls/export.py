"""Calls as a file, written in batches: CSV for spreadsheets, a line per call; JSON with every turn.

Rules: no cell can be a formula. What is personal is hidden as on the pages, unless whoever may see
it asks for it. Times are in the pages' time zone, with its offset and name.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import Q, QuerySet
from django.utils import timezone

from calls.measures.moments import names_of
from calls.models import Call
from calls.records.turn import Turn
from dashboard.people.personal import shown_holds, shown_words

BATCH = 500
EXCEL_READS_UTF8 = "\N{ZERO WIDTH NO-BREAK SPACE}"
SIDES = {None: "", True: "candidate", False: "live"}
Columns = tuple[tuple[str, Callable[[Call], Any]], ...]
COLUMNS: Columns = (
    ("call", lambda call: call.pk),
    ("rang_at", lambda call: timezone.localtime(call.rang_at).isoformat(timespec="seconds")),
    ("time_zone", lambda _call: timezone.get_current_timezone_name()),
    ("caller", lambda call: call.masked_caller),
    ("called", lambda call: call.called),
    ("length_s", lambda call: round(call.duration.total_seconds(), 1) if call.duration else ""),
    ("turns", lambda call: call.turn_count),
    ("slowest_ms", lambda call: _whole(call.slowest_ms)),
    ("slowest_content_ms", lambda call: _whole(call.slowest_content_ms)),
    ("cut_ins", lambda call: call.cut_ins),
    ("dropped_short_answers", lambda call: call.dropped_short),
    ("ended", lambda call: call.ended_why),
    ("profile", lambda call: call.profile.name),
    ("revision", lambda call: _revision(call)),
    ("trial", lambda call: call.trial.number if call.trial else ""),
    ("trial_side", lambda call: SIDES[call.runs_candidate]),
    ("is_test", lambda call: int(call.is_test)),
    ("line", lambda call: call.via),
    ("shared_link", lambda call: call.talk_link.name if call.talk_link else ""),
    ("asked_for_a_person", lambda call: call.asked_person_why),
    ("waited_for_a_person_ms", lambda call: call.person_waited_ms if call.asked_person_at else ""),
    ("person_who_came", lambda call: call.person_came),
    ("was_held", lambda call: int(call.was_held)),
)
WORDS = ("said", "answered")
TURN = (
    *("number", "person", "said", "answered", "why", "outcome", "label", "is_short", "span_ms"),
    *("is_prepared", "thought", "requests", "tokens", "wasted_tokens", "tried_knobs"),
    *names_of(lambda each: each.is_exported),
)


WHOLE: dict[str, Callable[[Call], Any]] = {"caller": lambda call: call.caller}
"""In the place of those columns for who sees personal data."""


async def as_csv(calls: QuerySet[Call], *, sees: bool = False) -> AsyncIterator[str]:
    """sees: with personal data."""
    columns = _columns(sees=sees)
    yield EXCEL_READS_UTF8 + _csv([[name for name, _value in columns]])
    async for batch in _batches(calls):
        yield _csv([[_cell(value(call)) for _name, value in columns] for call in batch])


async def as_json(calls: QuerySet[Call], *, sees: bool = False) -> AsyncIterator[str]:
    """sees: with personal data."""
    columns = _columns(sees=sees)
    yield "["
    separator = ""
    async for batch in _batches(calls):
        turns = await sync_to_async(_turns)(batch, sees=sees)
        for call in batch:
            told = {name: value(call) for name, value in columns}
            told["holds"] = shown_holds(call.holds, sees=sees)
            told["turns"] = turns.get(call.pk, [])
            yield separator + json.dumps(told, ensure_ascii=False)
            separator = ",\n"
    yield "]\n"


async def _batches(calls: QuerySet[Call]) -> AsyncIterator[Sequence[Call]]:
    """Newest first. By place, not by offset: what is forgotten meanwhile shifts nothing."""
    found = calls.select_related("profile", "revision", "trial", "talk_link")
    rest = found
    while batch := await _read(rest[:BATCH]):
        yield batch
        last = batch[-1]
        rest = found.filter(rang_at__lte=last.rang_at).filter(
            Q(rang_at__lt=last.rang_at) | Q(pk__lt=last.pk)
        )


@sync_to_async
def _read(calls: QuerySet[Call]) -> list[Call]:
    return list(calls)


def _columns(*, sees: bool) -> Columns:
    if not sees:
        return COLUMNS
    return tuple((name, WHOLE.get(name, value)) for name, value in COLUMNS)


def _turns(batch: Sequence[Call], *, sees: bool) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for turn in Turn.objects.filter(call__in=batch).order_by("call", "number"):
        told = {name: getattr(turn, name) for name in TURN}
        told |= {name: shown_words(told[name], sees=sees) for name in WORDS}
        found.setdefault(turn.call_id, []).append(told)
    return found


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()


def _revision(call: Call) -> int | str:
    """Its number; t3 for the candidate of trial 3."""
    if call.revision is None:
        return ""
    return call.revision.sign if call.revision.is_candidate else call.revision.number


def _whole(value_ms: float | None) -> int | str:
    return "" if value_ms is None else round(value_ms)


def _cell(value: Any) -> Any:
    """A spreadsheet would work out what begins like a formula."""
    is_risky = isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}
    return f"'{value}" if is_risky else value
