"""The weights of the lists of words have gone: a judge that has learned took their place.

Each profile whose newest revision holds them gets one more, which is timed by the judges and says
so where operators read what was changed. Every other value stays as it was, and so do the earlier
revisions; their weights are passed over when they are read (tuning.turns.profile.GONE).
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

GONE = frozenset(
    f"weight_{evidence}"
    for evidence in ("answered", "closed", "wish", "detail", "stable", "unfinished", "pauses")
)
CAME = {"middle_silence_ms": 1000, "sure_percent": 92, "verdict_wait_ms": 1000}
NOTE = (
    "משקלי המילים אינם עוד: במקומם שופט שלמד, „כמה להיות בטוחים לפני שעונים”. "
    "The weights of words have gone: a judge that has learned, and one knob."
)


def say_what_became_of_them(apps: Any, schema_editor: Any) -> None:
    for profile in apps.get_model("tuning", "TimingProfile").objects.all():
        newest = profile.revisions.order_by("-number").first()
        if newest is None or GONE.isdisjoint(newest.knobs):
            continue
        kept = {name: value for name, value in newest.knobs.items() if name not in GONE}
        profile.revisions.create(number=newest.number + 1, knobs=kept | CAME, note=NOTE)


class Migration(migrations.Migration):
    dependencies = [
        ("tuning", "0003_draft_version"),
    ]

    operations = [
        migrations.RunPython(say_what_became_of_them, migrations.RunPython.noop),
    ]
