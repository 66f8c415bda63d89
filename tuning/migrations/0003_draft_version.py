from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [
        ("tuning", "0002_draft"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="saved_in",
            field=models.CharField(blank=True, default="", max_length=20),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="draft",
            name="saved_at",
            field=models.DateTimeField(default=timezone.now),
        ),
    ]
