"""What a number's business knows, and how it is found (calls/knowledge/search.py).

Passages are found by their keys: in SQLite by an FTS5 table that triggers keep (a later migration
that rebuilds calls_passage drops them with the old table, and has to run `index_keys` again: a test
looks for them after all migrations), in PostgreSQL by a GIN index of text-search vectors, which no
parser and no dictionary has touched; without a pending list, which every search would have to read.
"""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

ADD = "insert into calls_passage_keys (rowid, keys) values (new.id, new.keys)"
REMOVE = (
    "insert into calls_passage_keys (calls_passage_keys, rowid, keys) "
    "values ('delete', old.id, old.keys)"
)
SQLITE = (
    "create virtual table if not exists calls_passage_keys using fts5(keys, "
    "content='calls_passage', content_rowid='id', detail=none, columnsize=0, "
    "tokenize=\"unicode61 remove_diacritics 0 tokenchars ':~@'\")",
    "insert into calls_passage_keys (calls_passage_keys) values ('rebuild')",
    f"create trigger passage_keys_added after insert on calls_passage begin {ADD}; end",
    f"create trigger passage_keys_removed after delete on calls_passage begin {REMOVE}; end",
    "create trigger passage_keys_changed after update of keys on calls_passage "
    f"begin {REMOVE}; {ADD}; end",
)
POSTGRESQL = (
    "create index calls_passage_keys on calls_passage using gin "
    "(array_to_tsvector(string_to_array(keys, ' '))) with (fastupdate = off)",
)
UNDO = {
    "sqlite": (
        *(f"drop trigger passage_keys_{done}" for done in ("added", "removed", "changed")),
        "drop table calls_passage_keys",
    ),
    "postgresql": ("drop index calls_passage_keys",),
}


def index_keys(apps: Any, schema_editor: Any) -> None:
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def forget_keys(apps: Any, schema_editor: Any) -> None:
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0030_http_tools"),
    ]

    operations = [
        migrations.AddField(
            model_name="turn",
            name="found_ms",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="turn",
            name="knowledge",
            field=models.JSONField(null=True),
        ),
        migrations.CreateModel(
            name="KnownAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "questions",
                    models.TextField(
                        help_text="As callers ask it. Other wordings: one a line, at most 10.",
                        max_length=500,
                        verbose_name="question",
                    ),
                ),
                ("answer", models.TextField(max_length=600, verbose_name="answer")),
                (
                    "number",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="%(class)ss",
                        to="calls.phonenumber",
                    ),
                ),
            ],
            options={
                "verbose_name": "question with its answer",
                "verbose_name_plural": "questions with their answers",
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="KnownText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("text", models.TextField(max_length=500000, verbose_name="text")),
                (
                    "number",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="%(class)ss",
                        to="calls.phonenumber",
                    ),
                ),
            ],
            options={
                "verbose_name": "text",
                "verbose_name_plural": "texts",
                "ordering": ("name", "pk"),
            },
        ),
        migrations.CreateModel(
            name="Passage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.PositiveIntegerField()),
                ("heading", models.TextField(blank=True)),
                ("words", models.TextField()),
                ("keys", models.TextField()),
                (
                    "answer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="passages",
                        to="calls.knownanswer",
                    ),
                ),
                (
                    "number",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="passages",
                        to="calls.phonenumber",
                    ),
                ),
                (
                    "text",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="passages",
                        to="calls.knowntext",
                    ),
                ),
            ],
            options={
                "ordering": ("pk",),
            },
        ),
        migrations.AddConstraint(
            model_name="knowntext",
            constraint=models.UniqueConstraint(fields=("number", "name"), name="text_name"),
        ),
        migrations.RunPython(index_keys, forget_keys),
    ]
