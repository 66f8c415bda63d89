"""Shared links, and their calls.

Columns without a default are added to calls_call in place (see 0023).
"""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import calls.telephony.browser.talk_link


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0027_person_asked_for"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="longest_s",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="call",
            name="via",
            field=models.CharField(
                choices=[
                    ("telephone", "telephone"),
                    ("browser", "browser"),
                    ("link", "shared link"),
                ],
                db_default="telephone",
                default="telephone",
                max_length=10,
                verbose_name="line",
            ),
        ),
        migrations.CreateModel(
            name="TalkLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        default=calls.telephony.browser.talk_link.new_key,
                        editable=False,
                        max_length=16,
                        unique=True,
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="For you: who gets it, or where it stands. Visitors do not see it.",
                        max_length=26,
                        verbose_name="name",
                    ),
                ),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                (
                    "most_calls",
                    models.PositiveIntegerField(
                        default=20,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(10000),
                        ],
                        verbose_name="calls in all",
                    ),
                ),
                ("most_call_s", models.PositiveIntegerField(default=300)),
                (
                    "most_minutes_a_day",
                    models.PositiveIntegerField(
                        default=60,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1440),
                        ],
                        verbose_name="minutes a day, of all calls together",
                    ),
                ),
                (
                    "minute_price",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0.10"),
                        help_text="What a minute costs you at your services, by your estimate. 0: spending has no limit.",
                        max_digits=8,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="price of a minute, US dollars",
                    ),
                ),
                (
                    "most_spend_a_day",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("6.00"),
                        max_digits=8,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(10000),
                        ],
                        verbose_name="spending a day, US dollars",
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("forgotten_calls", models.PositiveIntegerField(default=0)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "number",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="calls.phonenumber",
                        verbose_name="whose settings",
                    ),
                ),
            ],
            options={
                "verbose_name": "shared link",
                "verbose_name_plural": "shared links",
                "ordering": ("-made_at", "-pk"),
            },
        ),
        migrations.AddField(
            model_name="call",
            name="talk_link",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="calls",
                to="calls.talklink",
                verbose_name="shared link",
            ),
        ),
    ]
