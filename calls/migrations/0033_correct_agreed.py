"""A permission to correct what was agreed, and a word for an outcome: no column changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0032_agreed"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="agreed",
            options={
                "permissions": (("correct_agreed", "Can correct what was agreed in calls"),),
                "verbose_name": "what was agreed",
                "verbose_name_plural": "what was agreed",
            },
        ),
        migrations.AlterField(
            model_name="agreed",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("done", "dealt with"),
                    ("message", "a message was taken"),
                    ("person", "handed to a person"),
                    ("unfinished", "not finished"),
                    ("nothing", "no request"),
                ],
                db_index=True,
                max_length=12,
                verbose_name="outcome",
            ),
        ),
    ]
