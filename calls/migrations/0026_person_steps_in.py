"""Who held a call, and what callers are told before anybody does.

SQLite rebuilds the table of turns for it, and drops the triggers of the words' index with the old
one.
"""

from importlib import import_module

from django.db import migrations, models


def index_words_again(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        import_module("calls.migrations.0013_transcript_search").index_words(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0025_tried_in_this_call"),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="holds",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="call",
            name="was_held",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="held by a person"
            ),
        ),
        migrations.AddField(
            model_name="phonenumber",
            name="person_notice",
            field=models.TextField(
                blank=True,
                help_text=(
                    "What callers must be told before one of you listens in, speaks or takes "
                    "over: said once in a call. Empty: nothing is said."
                ),
                verbose_name="notice before a person steps in",
            ),
        ),
        migrations.AddField(
            model_name="turn",
            name="person",
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.RunPython(index_words_again, migrations.RunPython.noop),
    ]
