"""What the lab said of a publication, and what came of it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0021_replays"),
        ("tuning", "0004_judges_for_weights"),
    ]

    operations = [
        migrations.CreateModel(
            name="Prediction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("comparison", models.JSONField()),
                ("short_ms", models.PositiveIntegerField()),
                (
                    "replay",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to="calls.replay"
                    ),
                ),
                (
                    "revision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prediction",
                        to="tuning.revision",
                    ),
                ),
            ],
            options={
                "ordering": ("-revision__published_at", "-pk"),
            },
        ),
        migrations.CreateModel(
            name="Outcome",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("days", models.PositiveIntegerField()),
                ("calls", models.PositiveIntegerField()),
                ("turns", models.PositiveIntegerField()),
                ("figures", models.JSONField()),
                ("counted_at", models.DateTimeField(auto_now_add=True)),
                (
                    "prediction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outcomes",
                        to="calls.prediction",
                    ),
                ),
            ],
            options={
                "ordering": ("days",),
                "constraints": [
                    models.UniqueConstraint(fields=("prediction", "days"), name="outcome_once")
                ],
            },
        ),
    ]
