"""Recorded calls, replayed under candidates."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0020_judges"),
        ("tuning", "0004_judges_for_weights"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Replay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("candidates", models.JSONField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("replay", "replay"),
                            ("advice", "advice"),
                            ("form", "beside a form"),
                        ],
                        default="replay",
                        max_length=10,
                    ),
                ),
                ("query", models.CharField(blank=True, max_length=1000)),
                ("newest", models.PositiveIntegerField(default=200)),
                ("inputs", models.CharField(db_index=True, max_length=64)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting for a worker"),
                            ("running", "running"),
                            ("done", "done"),
                            ("stopped", "stopped"),
                            ("failed", "failed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("calls", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("since", models.DateTimeField(null=True)),
                ("until", models.DateTimeField(null=True)),
                ("skipped", models.JSONField(default=dict)),
                ("failure", models.TextField(blank=True)),
                ("moved_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True)),
                ("result", models.JSONField(default=list)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "live",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tuning.revision",
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="tuning.timingprofile",
                        verbose_name="profile",
                    ),
                ),
            ],
            options={
                "ordering": ("-asked_at", "-pk"),
            },
        ),
        migrations.CreateModel(
            name="ReplayPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("calls", models.JSONField()),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("done", models.PositiveIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                ("skipped", models.JSONField(default=dict)),
                ("tried", models.BinaryField(default=b"")),
                (
                    "replay",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="calls.replay",
                    ),
                ),
            ],
            options={
                "ordering": ("replay", "number"),
            },
        ),
        migrations.AddIndex(
            model_name="replay",
            index=models.Index(fields=["kind", "-asked_at", "-id"], name="replay_by_age"),
        ),
        migrations.AddConstraint(
            model_name="replaypart",
            constraint=models.UniqueConstraint(fields=("replay", "number"), name="replay_part"),
        ),
    ]
