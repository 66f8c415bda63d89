"""Stepping in is a permission of its own, and the rare calls of it are found without a look at all."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0028_talk_links"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="call",
            options={
                "ordering": ("-rang_at", "-pk"),
                "permissions": (
                    ("play_call", "Can play recordings"),
                    ("listen_call", "Can listen in to calls in progress"),
                    ("step_in_call", "Can step in to calls in progress"),
                    ("replay_call", "Can try a profile on recorded calls"),
                    ("export_call", "Can export calls"),
                    ("label_call", "Can label turns"),
                    ("talk_call", "Can talk to the agent from the browser"),
                ),
            },
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(
                condition=models.Q(("was_held", True)),
                fields=["-rang_at", "-id"],
                name="call_with_person",
            ),
        ),
    ]
