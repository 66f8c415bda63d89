"""Calls of a number with a form, and a language model that writes what was agreed in them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async
from django.test import override_settings
from django.utils import timezone

from calls.agreed import writing
from calls.models import Agreed, Call, FormField
from calls.telephony.phone_number import PhoneNumber
from tests.dashboard.call_rows import a_call, a_greeting, a_turn
from tests.servers.openai import OpenAiServer
from tests.servers.openai_answers import Answer
from tests.services.openai_turns import served

WRITER = "calls.services.openai.writer.OpenAiWriter"
FORM: tuple[dict[str, Any], ...] = (
    {"name": "name", "label": "שם", "kind": "text", "is_personal": True},
    {"name": "phone", "label": "טלפון לחזרה", "kind": "phone", "is_personal": True},
    {"name": "treatment", "label": "טיפול", "kind": "choice", "choices": "ניקוי\nסתימה\nאחר"},
    {"name": "day", "label": "יום התור", "kind": "date", "how_to_tell": "היום שנקבע, לא שהוצע."},
    {"name": "hour", "label": "שעת התור", "kind": "time"},
    {"name": "is_new", "label": "מטופלים חדשים", "kind": "yes_no"},
    {"name": "people", "label": "כמה באים", "kind": "number"},
)
GOOD = {
    "summary": "ביקשו לקבוע תור לניקוי ביום שלישי. נקבע תור לשעה עשר.",
    "outcome": "done",
    "values": {
        "name": "דנה לוי",
        "phone": "054-123-4567",
        "treatment": "ניקוי",
        "day": "2026-12-01",
        "hour": "10:00",
        "is_new": True,
        "people": None,
    },
    "follow_ups": ["לשלוח תזכורת יום לפני התור"],
}
TURNS = (
    ("אני רוצה לקבוע תור לניקוי ביום שלישי", "יש מקום בעשר. על איזה שם?"),
    ("דנה לוי", "נקבע לשלישי בעשר, להתראות."),
)


def a_number(**fields: Any) -> PhoneNumber:
    given = {"number": "+972771234567", "name": "מרפאה"} | fields
    number = PhoneNumber.objects.create(**given)
    for position, field in enumerate(FORM):
        FormField.objects.create(number=number, position=position, **field)
    return number


def a_talk(*turns: tuple[str, str], minutes: int = 1, **fields: Any) -> Call:
    """A call that is over and settled, with these words of the caller and answers."""
    given: dict[str, Any] = {"number": PhoneNumber.objects.first(), "ended_why": "goodbye"}
    call = a_call(minutes, **given | fields)
    a_greeting(call)
    for number, (said, answered) in enumerate(turns, 1):
        a_turn(call, number, said=said, answered=answered)
    Agreed.want(call)
    return call


@asynccontextmanager
async def modelled(**settings: str) -> AsyncIterator[OpenAiServer]:
    """Calls are answered by a language model, which this server plays."""
    writing.breaker.forget()
    async with served(**settings) as server:
        with override_settings(WRITER=WRITER):
            yield server


def writes(given: Any = GOOD, **behaves: Any) -> Answer:
    return Answer(json.dumps(given, ensure_ascii=False), **behaves)


async def make_due() -> None:
    """Its next attempt has come."""
    await Agreed.objects.aupdate(due_at=timezone.now())


write = sync_to_async(writing.write)
