"""Which permissions the roles' groups have been offered: so far, all that there are.

Those of newer versions come into being after the migrations, and are offered then. `talk_call` was
there for a while without being given to groups that had been made before it.
"""

import django.db.models.deletion
from django.db import migrations, models

ROLES = ("viewer", "operator", "admin")
NOT_OFFERED = "talk_call"


def offer_what_there_is(apps, schema_editor):
    groups = apps.get_model("auth", "Group").objects.filter(name__in=ROLES)
    known = apps.get_model("auth", "Permission").objects.all()
    offered = apps.get_model("dashboard", "OfferedPermission")
    if not groups.filter(permissions__codename=NOT_OFFERED).exists():
        known = known.exclude(codename=NOT_OFFERED)
    for group in groups:
        offered.objects.bulk_create(offered(group=group, permission=each) for each in known)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("dashboard", "0005_trial_action"),
    ]

    operations = [
        migrations.CreateModel(
            name="OfferedPermission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="auth.group",
                    ),
                ),
                (
                    "permission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="auth.permission",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="offeredpermission",
            constraint=models.UniqueConstraint(fields=("group", "permission"), name="offered_once"),
        ),
        migrations.RunPython(offer_what_there_is, migrations.RunPython.noop),
    ]
