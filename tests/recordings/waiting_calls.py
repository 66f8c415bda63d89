"""Scripted calls in which a person is called."""

from __future__ import annotations

from calls.services import PersonWanted
from tests.recordings.line import Telephone
from tests.recordings.scripted import recorded


@recorded(
    person_wait_s=6,
    answers={"אפשר לדבר עם נציג": (PersonWanted(), "אני מנסה להשיג לכם נציג.")},
)
async def nobody_comes(caller: Telephone) -> None:
    """Who asked for a person talks on meanwhile; then a message may be left."""
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "אפשר לדבר עם נציג")
    await caller.hears_out()
    await caller.say("_" * 5 + "M" * 6, "מה שעות הפתיחה")
    await caller.hears_out()
    await caller.hears_out()
    await caller.say("_" * 10 + "M" * 8, "מדברת דנה")
    await caller.hears_out()
