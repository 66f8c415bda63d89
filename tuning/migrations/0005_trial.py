"""Trials, and their candidates among the revisions.

The roles of an installation are its own, and a new permission would reach none of them: here they
are given what the same roles have where they are new (dashboard/people/roles.py).
"""

from django.conf import settings
from django.db import migrations, models

MEASURES = [
    ("cut-ins", "cut-ins, % of turns"),
    ("long", "mean wait after long utterances, ms"),
    ("short", "mean wait after short utterances, ms"),
    ("dropped", "dropped short answers in 100 calls"),
    ("failed", "failed calls, %"),
]
GIVEN = {
    "operator": [("view_trial", "Can view trial")],
    "admin": [("view_trial", "Can view trial"), ("run_trial", "Can start and end trials")],
}


def give_permissions(apps, schema_editor):
    groups = apps.get_model("auth", "Group").objects.filter(name__in=GIVEN)
    for group in groups:
        kinds, permissions = (
            apps.get_model("contenttypes", "ContentType").objects,
            apps.get_model("auth", "Permission").objects,
        )
        kind, _is_new = kinds.get_or_create(app_label="tuning", model="trial")
        for codename, name in GIVEN[group.name]:
            permission, _is_new = permissions.get_or_create(
                content_type=kind, codename=codename, defaults={"name": name}
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("tuning", "0004_judges_for_weights"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="revision", name="revision_number"),
        migrations.AddField(
            model_name="revision",
            name="is_candidate",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(
                fields=("profile", "number", "is_candidate"), name="revision_number"
            ),
        ),
        migrations.CreateModel(
            name="Trial",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(unique=True, verbose_name="number")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("question", models.CharField(max_length=180, verbose_name="question")),
                ("share", models.PositiveSmallIntegerField(verbose_name="share")),
                ("decides", models.CharField(choices=MEASURES, max_length=10)),
                ("least_effect", models.FloatField()),
                ("cut_ins_allowed", models.FloatField()),
                ("dropped_allowed", models.FloatField()),
                ("failed_allowed", models.FloatField()),
                ("calls_needed", models.PositiveIntegerField()),
                ("ends_at", models.DateTimeField(verbose_name="last day")),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "running"),
                            ("candidate", "the candidate is better"),
                            ("live", "the live revision is better"),
                            ("no difference", "no difference was shown"),
                            ("guard", "a guard broke"),
                            ("date", "its last day came"),
                            ("by hand", "ended by hand"),
                            ("publication", "another revision was published"),
                        ],
                        default="running",
                        max_length=15,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("ended_over", models.CharField(blank=True, choices=MEASURES, max_length=10)),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="trials", to="tuning.timingprofile"
                    ),
                ),
                (
                    "live",
                    models.ForeignKey(
                        on_delete=models.PROTECT, related_name="+", to="tuning.revision"
                    ),
                ),
                (
                    "candidate",
                    models.OneToOneField(
                        on_delete=models.PROTECT, related_name="trial", to="tuning.revision"
                    ),
                ),
                (
                    "published",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to="tuning.revision"
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-number",),
                "permissions": (("run_trial", "Can start and end trials"),),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")),
                        fields=("profile",),
                        name="one_trial_a_profile",
                    )
                ],
            },
        ),
        migrations.RunPython(give_permissions, migrations.RunPython.noop),
    ]
