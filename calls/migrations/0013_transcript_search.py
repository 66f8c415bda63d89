"""Transcripts are found by trigrams (calls/records/transcript_search.py).

In SQLite an FTS5 table that triggers keep. A later migration that rebuilds calls_turn (SQLite does
so for most changes) drops the triggers with the old table and has to run `index_words` again: a
test looks for them after all migrations. In PostgreSQL pg_trgm; the database must have an encoding
and a character type that know Hebrew letters (UTF8 and C.UTF-8, he_IL.UTF-8, en_US.UTF-8 ...; with
"C" no trigram has a Hebrew letter, and a search looks at every turn).
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

ADD = "insert into calls_turn_words (rowid, said, answered) values (new.id, new.said, new.answered)"
REMOVE = (
    "insert into calls_turn_words (calls_turn_words, rowid, said, answered) "
    "values ('delete', old.id, old.said, old.answered)"
)
SQLITE = (
    "create virtual table if not exists calls_turn_words using fts5(said, answered, "
    "content='calls_turn', content_rowid='id', tokenize='trigram')",
    "insert into calls_turn_words (calls_turn_words) values ('rebuild')",
    f"create trigger turn_words_added after insert on calls_turn begin {ADD}; end",
    f"create trigger turn_words_removed after delete on calls_turn begin {REMOVE}; end",
    "create trigger turn_words_changed after update of said, answered on calls_turn "
    f"begin {REMOVE}; {ADD}; end",
)
POSTGRESQL = (
    "create extension if not exists pg_trgm",
    "create index calls_turn_said on calls_turn using gin (said gin_trgm_ops)",
    "create index calls_turn_answered on calls_turn using gin (answered gin_trgm_ops)",
)
UNDO = {
    "sqlite": (
        *(f"drop trigger turn_words_{done}" for done in ("added", "removed", "changed")),
        "drop table calls_turn_words",
    ),
    "postgresql": ("drop index calls_turn_said", "drop index calls_turn_answered"),
}


def index_words(apps: Any, schema_editor: Any) -> None:
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def forget_words(apps: Any, schema_editor: Any) -> None:
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("calls", "0012_lists")]
    operations = [migrations.RunPython(index_words, forget_words)]
