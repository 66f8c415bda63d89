"""Words in transcripts: which calls said them, and in which turns.

By trigrams, of which a text needs one whole: an FTS5 table kept by triggers in SQLite, pg_trgm in
PostgreSQL (migration 0012). Rule: a search is bounded. It looks at the newest MOST_TURNS turns
that hold the text, so that a word which nearly every turn holds costs no more than a rare one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from calls.models import Call, Turn

SHORTEST = 3
"""Characters: one trigram."""
MOST_TURNS = 500
FIRST_PLACES = 3


def calls_that_said(text: str) -> QuerySet[Turn, int]:
    """A query for the primary keys of the calls in which the caller or the agent said it.

    Within another query, it saves five hundred numbers the way here and back.
    """
    if connection.vendor == "sqlite":
        found = Turn.objects.filter(pk__in=_in_sqlite(text))
    else:
        holds = Q(said__contains=text) | Q(answered__contains=text)
        newest = Turn.objects.filter(holds).order_by("-pk")
        found = newest[:MOST_TURNS]
    return found.values_list("call_id", flat=True)


@dataclass(frozen=True, slots=True)
class Places:
    """Where a call said it: its first few turns with the text, and how many more there are."""

    first: tuple[Turn, ...]
    more: int


def turns_that_said(text: str, calls: Sequence[Call]) -> dict[int, Places]:
    """By the primary key of the call, for calls that were found."""
    holds = Q(said__icontains=text) | Q(answered__icontains=text)
    found: dict[int, list[Turn]] = defaultdict(list)
    turns = Turn.objects.filter(holds, call__in=calls).order_by("call", "number")
    for turn in turns.only("call_id", "number", "said", "answered"):
        found[turn.call_id].append(turn)
    return {
        pk: Places(tuple(turns[:FIRST_PLACES]), len(turns[FIRST_PLACES:]))
        for pk, turns in found.items()
    }


def _in_sqlite(text: str) -> RawSQL:
    quoted = '"' + text.replace('"', '""') + '"'
    newest = (
        "select rowid from calls_turn_words where calls_turn_words match %s "
        "order by rowid desc limit %s"
    )
    return RawSQL(newest, (quoted, MOST_TURNS))
