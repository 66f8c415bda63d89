"""What an audited action may be: its words only, no column changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0007_step_in_and_links"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(
                choices=[
                    ("sign-in", "signed in"),
                    ("sign-in failed", "failed to sign in"),
                    ("sign-out", "signed out"),
                    ("security", "changed how they sign in"),
                    ("publish", "published"),
                    ("restore", "restored"),
                    ("listen", "listened in"),
                    ("whisper", "whispered to the agent"),
                    ("say", "spoke in the agent's voice"),
                    ("take over", "took over a call"),
                    ("play", "played a recording"),
                    ("export", "exported"),
                    ("label", "labelled a turn"),
                    ("correct", "corrected what was agreed"),
                    ("number", "changed a number"),
                    ("replay", "tried a profile on recorded calls"),
                    ("stop replay", "stopped a replay"),
                    ("test call", "placed a test call"),
                    ("person", "changed a person"),
                    ("trial", "started or ended a trial"),
                    ("link", "made a shared link"),
                    ("withdraw link", "withdrew a shared link"),
                ],
                max_length=20,
            ),
        ),
    ]
