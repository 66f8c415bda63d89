"""The latest turns of a call in progress: from the record, and the newest from the call itself.

A turn is written when its reply has ended; until then only the call itself knows about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calls.measures.moments import LATENCIES
from calls.models import Turn
from dashboard.calls.one_call_views import ShownTurn
from tuning.models import Revision

LAST_TURNS = 5
Told = Mapping[str, Any]
"""A turn, field by field, as calls.voice.live tells it."""


def latest_turns(
    call_pk: int, told: Mapping[int, Told] | None = None, *, is_over: bool = False
) -> list[ShownTurn]:
    """Newest first. `told`: by number, what the call said of its turns while it was in progress."""
    told = told or {}
    found = Turn.objects.filter(call=call_pk).select_related("revision").order_by("-number")
    turns = {turn.number: turn for turn in found[:LAST_TURNS]}
    newest = None if is_over else max(told, default=None)
    for number, fields in told.items():
        if number == newest or number not in turns:
            turns[number] = _as_told(fields, turns.get(number))
    return [ShownTurn.of(turns[number]) for number in sorted(turns, reverse=True)[:LAST_TURNS]]


def _as_told(fields: Told, written: Turn | None) -> Turn:
    """What somebody labelled meanwhile stays."""
    latencies = {each.name for each in LATENCIES}
    given = {name: value for name, value in fields.items() if name not in latencies}
    given["revision"] = Revision.every.filter(pk=given["revision"]).first()
    return Turn(**given, label=written.label if written else "")
