"""A permission to correct what was agreed: no column changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0034_name_of_caller"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="agreed",
            options={
                "permissions": (("correct_agreed", "Can correct what was agreed in calls"),),
                "verbose_name": "what was agreed",
                "verbose_name_plural": "what was agreed",
            },
        ),
    ]
