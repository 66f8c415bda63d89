"""Openers, and the latency to the first sound that is none.

Before there were openers both latencies were the same, so the new one begins as a copy: in turns,
in the calls' slowest, and in the counts of the hours.
"""

from django.db import migrations, models
from django.db.models import F

import calls.telephony.phone_number

COUNTS = """
    insert into calls_latencycount (hour, revision_id, is_short, measure, bin, turns)
    select hour, revision_id, is_short, 'content_latency', bin, turns
    from calls_latencycount where measure = 'response_latency'
"""


def copy_latencies(apps, _schema_editor):
    turn, call = apps.get_model("calls", "Turn"), apps.get_model("calls", "Call")
    turn.objects.update(first_content_ms=F("first_audio_ms"))
    call.objects.update(slowest_content_ms=F("slowest_ms"))


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0018_number_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="phonenumber",
            name="openers",
            field=models.TextField(
                blank=True,
                help_text=(
                    "Short beginnings of answers, like “Sure,”: one a line. They are ready as "
                    "audio, so the answer is heard sooner. Empty: the usual ones."
                ),
                validators=[calls.telephony.phone_number.are_openers],
                verbose_name="openers",
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="slowest_content_ms",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="turn",
            name="first_content_ms",
            field=models.FloatField(null=True),
        ),
        migrations.RunPython(copy_latencies, migrations.RunPython.noop),
        migrations.RunSQL(
            COUNTS, "delete from calls_latencycount where measure = 'content_latency'"
        ),
    ]
