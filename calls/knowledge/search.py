"""Full-text search in what a number's business knows: the passages that answer a question.

`found` is the same on both databases: each finds the passages that have a key (an FTS5 table kept
by triggers in SQLite, a GIN index of text-search vectors in PostgreSQL; migration 0031), and
ranking.py says which are best. Rule: what is common to nearly all passages tells nothing, and
costs a search the most: where a question has other words, those keys are not asked for.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from django.db import connection
from django.db.backends.utils import CursorWrapper

from calls.knowledge import ranking
from calls.knowledge.known_text import Passage, key_of
from calls.language.language import Language, spoken

MOST = 3
LONGEST_QUESTION = 1000
"""Characters that are looked at, from the end: that is what is asked."""
MOST_WORDS = 24
SQLITE = (
    "select asked.value, group_concat(calls_passage_keys.rowid) from json_each(%s) as asked "
    "join calls_passage_keys on calls_passage_keys match asked.value group by asked.value"
)
POSTGRESQL = (
    "select asked, array_agg(passage.id) from unnest(%s::text[]) as asked "
    "join calls_passage as passage on array_to_tsvector(string_to_array(passage.keys, ' ')) "
    "@@ ('''' || asked || '''')::tsquery group by asked"
)


def found(
    number: int, words: str, most: int = MOST, language: Language | None = None
) -> list[Passage]:
    """Those that answer the words best, the best first; number: its primary key."""
    places = _places(number, words, most, language or spoken())
    by_key = Passage.objects.select_related("text").defer("keys", "text__text").in_bulk(places)
    return [by_key[place] for place in places if place in by_key]


def words_found(number: int, words: str) -> list[tuple[str, str]]:
    """The same for a call: heading and words alone, in a third of the time."""
    places = _places(number, words, MOST, spoken())
    rows = Passage.objects.filter(pk__in=places).values_list("pk", "heading", "words")
    by_key = {place: (heading, words) for place, heading, words in rows}
    return [by_key[place] for place in places if place in by_key]


def _places(number: int, words: str, most: int, language: Language) -> list[int]:
    """Their primary keys."""
    asked = language.search_keys.of_question(words[-LONGEST_QUESTION:])[-MOST_WORDS:]
    if not asked:
        return []
    with connection.cursor() as cursor:
        holders = _holders(cursor, number, {key for keys in asked for key in keys})
        cursor.execute("select count(*) from calls_passage where number_id = %s", [number])
        return ranking.best(asked, holders, cursor.fetchone()[0], most)


def _holders(
    cursor: CursorWrapper, number: int, keys: Collection[str]
) -> Mapping[str, Sequence[int]]:
    """The primary keys of the number's passages that have a key, by the key."""
    named = {key_of(number, key): key for key in keys}
    if connection.vendor == "sqlite":
        cursor.execute(SQLITE, [json.dumps([f'"{name}"' for name in named])])
        return {
            named[name.strip('"')]: [int(each) for each in held.split(",")]
            for name, held in cursor.fetchall()
        }
    cursor.execute(POSTGRESQL, [list(named)])
    return {named[name]: held for name, held in cursor.fetchall()}
