from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="messages",
            field=models.JSONField(default=list, verbose_name="messages"),
        ),
    ]
