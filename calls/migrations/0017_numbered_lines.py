from django.db import migrations, models
from django.db.models import F, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce


def number(apps, schema_editor):
    """A part was one line until now, and all turns of a settled call were counted."""
    apps.get_model("calls", "JournalPart").objects.update(last=F("number"))
    turns = apps.get_model("calls", "Turn").objects.filter(call=OuterRef("pk")).order_by()
    last = turns.values("call").annotate(last=Max("number")).values("last")
    settled = apps.get_model("calls", "Call").objects.filter(settled_at__isnull=False)
    settled.update(counted_to=Coalesce(Subquery(last), 0))


class Migration(migrations.Migration):
    dependencies = [("calls", "0016_flooded")]

    operations = [
        migrations.AddField("call", "completed_at", models.DateTimeField(null=True)),
        migrations.AddField("call", "counted_to", models.PositiveIntegerField(default=0)),
        migrations.AddField(
            "journalpart", "last", models.PositiveIntegerField(default=0), preserve_default=False
        ),
        migrations.RunPython(number, migrations.RunPython.noop),
    ]
