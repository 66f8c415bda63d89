"""What the model's verdicts cost and when they came, turn by turn.

SQLite rebuilds the table for it, and drops the triggers of the words' index with the old one.
"""

from importlib import import_module

from django.db import migrations, models


def index_words_again(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        import_module("calls.migrations.0013_transcript_search").index_words(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0019_openers"),
    ]

    operations = [
        migrations.AddField(
            model_name="turn",
            name="requests",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="turn",
            name="verdict_ms",
            field=models.FloatField(null=True),
        ),
        migrations.RunPython(index_words_again, migrations.RunPython.noop),
    ]
