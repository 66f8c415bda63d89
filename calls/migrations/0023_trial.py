"""The side of a trial that a call is on, and what trials count of calls.

Columns without a default are added to calls_call in place: SQLite rebuilds no table for them, and
the words' index keeps its triggers.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0022_predictions"),
        ("tuning", "0005_trial"),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="trial",
            field=models.ForeignKey(
                null=True,
                on_delete=models.PROTECT,
                related_name="calls",
                to="tuning.trial",
                verbose_name="trial",
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="runs_candidate",
            field=models.BooleanField(null=True),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(
                condition=models.Q(("trial__isnull", False)),
                fields=["trial", "-rang_at", "-id"],
                name="call_of_trial",
            ),
        ),
        migrations.CreateModel(
            name="TrialCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "trial",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="counted", to="tuning.trial"
                    ),
                ),
                (
                    "call",
                    models.OneToOneField(
                        null=True, on_delete=models.SET_NULL, related_name="+", to="calls.call"
                    ),
                ),
                ("runs_candidate", models.BooleanField()),
                ("turns", models.PositiveIntegerField()),
                ("cut_ins", models.PositiveIntegerField()),
                ("long_turns", models.PositiveIntegerField()),
                ("long_ms", models.FloatField()),
                ("short_turns", models.PositiveIntegerField()),
                ("short_ms", models.FloatField()),
                ("dropped_short", models.PositiveIntegerField()),
                ("is_failed", models.BooleanField()),
            ],
            options={"ordering": ("pk",)},
        ),
    ]
