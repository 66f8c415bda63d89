"""Search in transcripts: in which calls and turns something was said.

By trigrams, so a text needs at least three characters: an FTS5 table kept by triggers in SQLite,
pg_trgm in PostgreSQL (migration 0013). Rule: a search is bounded. It looks at the newest MOST_TURNS
turns with the text, so that a very common word costs no more than a rare one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from calls.models import Call, Turn

SHORTEST = 3
"""Characters: one trigram."""
MOST_TURNS = 500
FIRST_PLACES = 3


def calls_that_said(
    text: str, shown: Callable[[str], str] | None = None
) -> QuerySet[Turn, int] | list[int]:
    """The primary keys of the calls in which the caller or the agent said it: as a query that,
    within another, saves five hundred numbers the way here and back.

    shown: what whoever searches is shown of what was said; only there is it looked for.
    """
    if connection.vendor == "sqlite":
        found = Turn.objects.filter(pk__in=_in_sqlite(text))
    else:
        holds = Q(said__contains=text) | Q(answered__contains=text)
        newest = Turn.objects.filter(holds).order_by("-pk")
        found = newest[:MOST_TURNS]
    if shown is None:
        return found.values_list("call_id", flat=True)
    turns = found.only("call_id", "said", "answered")
    return sorted({turn.call_id for turn in turns if _holds(turn, text, shown)})


@dataclass(frozen=True, slots=True)
class Places:
    """Where a call has the text: its first few turns with it, and how many more there are."""

    first: tuple[Turn, ...]
    more: int


def turns_that_said(
    text: str, calls: Sequence[Call], shown: Callable[[str], str]
) -> dict[int, Places]:
    """By the primary key of the call, for calls that were found; shown: as for those."""
    holds = Q(said__icontains=text) | Q(answered__icontains=text)
    found: dict[int, list[Turn]] = defaultdict(list)
    turns = Turn.objects.filter(holds, call__in=calls).order_by("call", "number")
    for turn in turns.only("call_id", "number", "said", "answered"):
        if _holds(turn, text, shown):
            found[turn.call_id].append(turn)
    return {
        pk: Places(tuple(turns[:FIRST_PLACES]), len(turns[FIRST_PLACES:]))
        for pk, turns in found.items()
    }


def _holds(turn: Turn, text: str, shown: Callable[[str], str]) -> bool:
    return any(text.lower() in shown(said).lower() for said in (turn.said, turn.answered))


def _in_sqlite(text: str) -> RawSQL:
    quoted = '"' + text.replace('"', '""') + '"'
    newest = (
        "select rowid from calls_turn_words where calls_turn_words match %s "
        "order by rowid desc limit %s"
    )
    return RawSQL(newest, (quoted, MOST_TURNS))
