"""Calls as a file, written in batches: CSV for spreadsheets, a line per call; JSON with every turn.

Rule: no cell can be a formula. Callers' numbers are masked as on the pages, and personal fields of
what was agreed hidden from whom the pages hide them; times are in the pages' time zone, with its
offset and name.
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
from calls.models import Call, ToolUse
from calls.records.turn import Turn
from dashboard.agreed.shown import agreed_of, shown_fields

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
    ("agreed_outcome", lambda call: agreed.outcome if (agreed := agreed_of(call)) else ""),
    ("summary", lambda call: agreed.summary if (agreed := agreed_of(call)) else ""),
)
TURN = (
    *("number", "person", "said", "answered", "why", "outcome", "label", "is_short", "span_ms"),
    *("is_prepared", "thought", "requests", "tokens", "wasted_tokens", "tried_knobs"),
    "knowledge",
    *names_of(lambda each: each.is_exported),
)


IN_LINES: Columns = (
    (
        "follow_ups",
        lambda call: "\n".join(agreed.follow_ups if (agreed := agreed_of(call)) else ()),
    ),
    ("tools", lambda call: "; ".join(_use_in_short(use) for use in call.tool_uses.all())),
)
"""Of CSV: what JSON has as lists."""
USE = ("name", "turn", "outcome", "status", "attempts", "took_ms")
"""Of a tool's use: not what it was asked with, which callers said."""


async def as_csv(
    calls: QuerySet[Call], *, sees_personal: bool = False, fields: Sequence[str] = ()
) -> AsyncIterator[str]:
    """fields: names of what was agreed that have a column of their own, too."""
    columns = (*COLUMNS, *IN_LINES)
    own = (f"field_{name}" for name in fields)
    yield EXCEL_READS_UTF8 + _csv([[*(name for name, _value in columns), "fields", *own]])
    async for batch in _batches(calls):
        rows = []
        for call in batch:
            known = {name: _plain(value) for name, value in _fields(call, sees_personal).items()}
            row = [value(call) for _name, value in columns]
            row.append(
                "; ".join(f"{name}: {value}" for name, value in known.items() if value != "")
            )
            rows.append([_cell(value) for value in (*row, *map(known.get, fields))])
        yield _csv(rows)


async def as_json(calls: QuerySet[Call], *, sees_personal: bool = False) -> AsyncIterator[str]:
    yield "["
    separator = ""
    async for batch in _batches(calls):
        turns = await sync_to_async(_turns)(batch)
        for call in batch:
            told = {name: value(call) for name, value in COLUMNS}
            told["holds"] = call.holds
            told["follow_ups"] = agreed.follow_ups if (agreed := agreed_of(call)) else []
            told["fields"] = _fields(call, sees_personal)
            told["tools"] = [
                {name: getattr(use, name) for name in USE} for use in call.tool_uses.all()
            ]
            told["turns"] = turns.get(call.pk, [])
            yield separator + json.dumps(told, ensure_ascii=False)
            separator = ",\n"
    yield "]\n"


async def _batches(calls: QuerySet[Call]) -> AsyncIterator[Sequence[Call]]:
    """Newest first. By place, not by offset: what is forgotten meanwhile shifts nothing."""
    found = calls.select_related("profile", "revision", "trial", "talk_link", "agreed")
    found = found.prefetch_related("tool_uses")
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


def _turns(batch: Sequence[Call]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for turn in Turn.objects.filter(call__in=batch).order_by("call", "number"):
        found.setdefault(turn.call_id, []).append({name: getattr(turn, name) for name in TURN})
    return found


def _fields(call: Call, sees_personal: bool) -> dict[str, Any]:
    """Their values by their names; None: nobody knows."""
    agreed = agreed_of(call)
    shown = shown_fields(agreed, sees_personal=sees_personal) if agreed else ()
    return {each.name: each.value for each in shown}


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    return ("no", "yes")[value] if isinstance(value, bool) else value


def _use_in_short(use: ToolUse) -> str:
    took = "" if use.took_ms is None else f" {use.took_ms:.0f} ms"
    return f"{use.name}: {use.outcome}{took}"


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
