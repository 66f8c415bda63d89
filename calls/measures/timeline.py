"""What a call's page draws along its time, read from the journal once, when the call is settled.

A quarter of an hour has 45,000 frames: too many to read for every visitor.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models

from tuning.lab.pauses import is_short_answer
from tuning.turns.events import Action, CallBegan, Dismiss, Event, Heard, Retuned
from tuning.turns.heard import is_voiced
from tuning.turns.profile import FRAME_MS, Profile

if TYPE_CHECKING:
    from calls.models import Call

GAP_MS = 60
"""Voice is drawn as one where its gaps are no longer."""
TRIED = 0
"""In the place of a revision: knobs that were tried in the call."""


class Timeline(models.Model):
    """One call's timeline, in milliseconds on the caller-audio clock."""

    call = models.OneToOneField("calls.Call", models.CASCADE, related_name="timeline")
    length_ms = models.PositiveIntegerField()
    voiced = models.JSONField(default=list)
    """[from, until] of what the running profile took for voice."""
    retuned = models.JSONField(default=list)
    """[at, primary key of the revision, or TRIED], for each time that its knobs changed."""
    dropped = models.JSONField(default=list)
    """[from, until] of dropped short answers."""

    def __str__(self) -> str:
        return f"{self.call} timeline"

    @classmethod
    def keep(cls, call: Call, entries: Iterable[Event | Action]) -> None:
        cls.objects.update_or_create(call=call, defaults=_read(entries))


def _read(entries: Iterable[Event | Action]) -> dict[str, Any]:
    voiced: list[list[int]] = []
    retuned: list[list[int]] = []
    dropped: list[list[int]] = []
    profile, length_ms = Profile(), 0
    for entry in entries:
        match entry:
            case CallBegan():
                profile = entry.profile
            case Retuned():
                profile = entry.profile
                retuned.append([entry.at_ms, TRIED if entry.tried else entry.revision])
            case Heard():
                length_ms = entry.at_ms
                if is_voiced(entry, profile):
                    begins_ms = entry.at_ms - FRAME_MS
                    if voiced and begins_ms - voiced[-1][1] <= GAP_MS:
                        voiced[-1][1] = entry.at_ms
                    else:
                        voiced.append([begins_ms, entry.at_ms])
            case Dismiss() if is_short_answer(entry):
                dropped.append([entry.from_ms, entry.until_ms])
    return {"length_ms": length_ms, "voiced": voiced, "retuned": retuned, "dropped": dropped}
