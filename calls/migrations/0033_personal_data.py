"""Who may see personal data has a permission; each kind of it may be forgotten before its call."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0032_agreed"),
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
                    ("see_personal", "Can see personal data in calls"),
                ),
            },
        ),
        migrations.AddField(
            model_name="call",
            name="audio_forgotten",
            field=models.BooleanField(default=False, db_default=False),
        ),
        migrations.AddField(
            model_name="call",
            name="words_forgotten",
            field=models.BooleanField(default=False, db_default=False),
        ),
        migrations.AddField(
            model_name="call",
            name="number_forgotten",
            field=models.BooleanField(default=False, db_default=False),
        ),
    ]
