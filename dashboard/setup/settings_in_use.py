"""What the environment asks for beside what is in use, for the setup page.

Rule: of a secret, only whether it is set is shown.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass

from django.conf import settings

from calls.services.vendors import registered
from tuning.models import TimingProfile
from tuning.turns.knob import Knob, Text, Value
from tuning.turns.profile import KNOBS

NAMES = (
    *("PUBLIC_HOST", "PORT", "TIME_ZONE", "LOG_LEVEL", "VAR_DIR", "RETENTION_DAYS"),
    *("MAX_CALLS", "DRAIN_SECONDS", "UNKNOWN_NUMBER", "HEVOICE_CLOUD", "TEST_CALL_WEBHOOK"),
    *("TURN_VERDICT", "TWILIO_ACCOUNT_SID"),
)
SECRETS = ("TWILIO_AUTH_TOKEN", "DATABASE_URL", "REDIS_URL")
"""Besides what the vendors of services declare."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A knob whose variable differs from the profile that new calls start on."""

    knob: Knob
    label: Text
    given: Value
    published: Value


@dataclass(frozen=True, slots=True)
class ShownSetting:
    name: str
    value: str
    is_secret: bool = False


def differences(profile: TimingProfile) -> list[Difference]:
    """Calls follow the published value: a variable counts only when the database is made."""
    values = profile.newest.values
    given, published = asdict(settings.DEFAULT_KNOBS), asdict(values)
    return [
        Difference(
            knob, knob.under(values.endpointing).label, given[knob.name], published[knob.name]
        )
        for knob in KNOBS
        if os.environ.get(knob.environ) and given[knob.name] != published[knob.name]
    ]


def settings_in_use() -> list[ShownSetting]:
    declared = [one for vendor in registered(settings.VENDORS) for one in vendor.settings]
    open_ = [*NAMES, *(one.name for one in declared if not one.is_secret)]
    secret = [*SECRETS, *(one.name for one in declared if one.is_secret)]
    return [
        *(ShownSetting(name, f"{getattr(settings, name)}") for name in open_),
        *(
            ShownSetting(name, "✓" if getattr(settings, name) else "", is_secret=True)
            for name in secret
        ),
    ]
