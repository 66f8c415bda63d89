"""Rows of finished calls for the dashboard's tests: a call in one line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from calls.models import Agreed, Call, FormField, Turn
from calls.telephony.phone_number import PhoneNumber
from tuning.models import TimingProfile


def a_call(number: int = 1, /, *, profile: str = "balanced", **fields: Any) -> Call:
    """A finished call, `number` minutes old."""
    timing = TimingProfile.objects.get(name=profile)
    started_at = timezone.now() - timedelta(minutes=number)
    given = {
        "call_sid": f"CA{number:032}",
        "caller": f"+97250{number:07}",
        "profile": timing,
        "revision": timing.newest,
        "rang_at": started_at,
        "started_at": started_at,
        "ended_at": started_at + timedelta(seconds=65),
        "ended_why": Call.Ended.CALLER,
        "engines": "Whisper base · receptionist · espeak-ng",
        "frames_in": 3250,
        "frames_forwarded": 3240,
        "frames_dropped": {"timestamp out of order": 8, "not yet sent": 2},
        "dismissed": {"noise": 3},
        "replays": True,
    }
    return Call.objects.create(**given | fields)


def a_turn(call: Call, number: int = 1, *, response_ms: float = 1180, **fields: Any) -> Turn:
    """A turn whose answer began `response_ms` after the speech end."""
    speech_ended_ms = 10_000.0 * number
    first_audio_ms = speech_ended_ms + response_ms
    given = {
        "revision": call.revision,
        "said": "אני רוצה לקבוע תור ליום שלישי",
        "answered": "יש מקום ביום שלישי בארבע.",
        "why": "short silence",
        "outcome": Turn.Outcome.COMPLETED,
        "chosen_from": 5,
        "span_ms": 1200,
        "policy_ms": 790,
        "wait_parts": {"minimum": 0, "hangover": 220, "silence": 500},
        "speech_began_ms": speech_ended_ms - 1200,
        "speech_ended_ms": speech_ended_ms,
        "transcribed_ms": speech_ended_ms + 340,
        "decided_ms": speech_ended_ms + 720,
        "asked_ms": speech_ended_ms + 721,
        "first_token_ms": first_audio_ms - 250,
        "first_sentence_ms": first_audio_ms - 200,
        "first_byte_ms": first_audio_ms - 10,
        "first_audio_ms": first_audio_ms,
        "heard_ms": first_audio_ms + 130,
        "ended_ms": first_audio_ms + 2400,
    }
    turn = Turn.objects.create(call=call, number=number, **given | fields)
    call.tally()
    return turn


def an_agreed(call: Call, **fields: Any) -> Agreed:
    """What a language model wrote of it."""
    given = {
        "summary": "דנה ביקשה תור לניקוי שיניים. נקבע תור ליום שלישי בארבע.",
        "outcome": Agreed.Outcome.DONE,
        "by": Agreed.By.MODEL,
        "written_at": timezone.now(),
        "due_at": None,
        "form": [a_field(*each).as_kept for each in FIELDS],
        "values": VALUES,
        "follow_ups": ["לשלוח תזכורת יום לפני התור"],
    }
    return Agreed.objects.create(call=call, **given | fields)


FIELDS: tuple[tuple[str, str, str], ...] = (
    ("name", "שם", "text"), ("phone", "טלפון", "phone"), ("visit", "סוג הביקור", "choice"),
    ("wanted_day", "היום המבוקש", "date"), ("hour", "שעה", "time"), ("people", "אנשים", "number"),
    ("is_new", "לקוח חדש", "yes_no"), ("reason", "סיבה", "text"),
)  # fmt: skip
"""Name, label and kind of one of each; the first two are personal."""
VALUES: dict[str, Any] = {
    "name": "דנה לוי", "phone": "0541234567", "visit": "ניקוי", "wanted_day": "2026-12-01",
    "hour": "16:00", "people": 2, "is_new": False,
}  # fmt: skip


def a_field(name: str, label: str, kind: str, **fields: Any) -> FormField:
    """Not saved."""
    is_personal = name in {"name", "phone"}
    choices = "בדיקה\nניקוי\nסתימה" if kind == "choice" else ""
    return FormField(
        name=name, label=label, kind=kind, choices=choices, is_personal=is_personal, **fields
    )


def a_form(number: PhoneNumber) -> None:
    """A field of each kind."""
    for position, each in enumerate(FIELDS):
        a_field(*each, number=number, position=position).save()


def a_greeting(call: Call) -> Turn:
    """Turn 0: nobody spoke before it."""
    return Turn.objects.create(
        call=call,
        number=0,
        revision=call.revision,
        answered="שלום, במה אפשר לעזור?",
        why="greeting",
        outcome=Turn.Outcome.COMPLETED,
        decided_ms=40,
        first_sentence_ms=50,
        first_byte_ms=140,
        first_audio_ms=150,
        heard_ms=290,
    )
