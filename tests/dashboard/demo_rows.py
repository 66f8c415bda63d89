"""Rows that fill every page of the dashboard, for tests in a browser: run in the server's shell."""

from __future__ import annotations

import random
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from calls.http_tools.http_tool import HttpTool
from calls.http_tools.parameters import NO_PARAMETERS
from calls.http_tools.tool_use import ToolUse
from calls.models import Agreed, Call
from calls.process.server_process import ServerProcess
from calls.telephony.phone_number import PhoneNumber
from tests.dashboard.call_rows import a_call, a_form, a_greeting, a_turn, an_agreed
from tests.dashboard.operators import a_person
from tuning.models import TimingProfile
from tuning.turns.profile import Profile


def fill() -> None:
    """32 calls with every kind of turn, and a profile with a history."""
    draw = random.Random(1)
    operator = User.objects.get(username="operator")
    balanced = TimingProfile.objects.get(name="balanced")
    balanced.publish(Profile(end_silence_long_ms=1600), by=operator, note="ממתינים יותר מדי")
    balanced.revisions.get(number=1).restore(by=operator, note="back to what was shipped")
    a_person("viewer", "viewer", password="for tests only 7")
    for number in range(1, 33):
        call = a_call(number)
        a_greeting(call)
        for turn in range(1, 5):
            is_short = turn % 2 == 1
            response_ms = draw.lognormvariate(7.0 if is_short else 7.8, 0.2)
            why = "short silence" if is_short else "long silence"
            a_turn(call, turn, response_ms=response_ms, is_short=is_short, why=why)
    every_kind()
    tools()
    agreed()
    processes()


def processes() -> None:
    """One that a service failed, and one that is gone."""
    works: dict[str, object] = {
        "asked_for": "OpenAI gpt-6-luna",
        "in_use": "OpenAI gpt-6-luna",
        "why": "",
    }
    works |= {"no_verdicts": {"missing": 12, "of": 50, "in_calls": True}}
    replaced = {
        "asked_for": "v1 phone_call he-IL",
        "in_use": "v2 chirp_3 iw-IL (eu)",
        "why": "v1 phone_call: the requested model is not supported for language: iw-IL",
    }
    refused = {"asked_for": "he-IL-Chirp3-HD-Kore", "in_use": "", "why": ""}
    words = "PERMISSION_DENIED: Cloud Text-to-Speech API is disabled: enable it for the project"
    services = [
        {"role": "transcriber", "name": "GoogleTranscriber", "failure": ""} | replaced,
        {"role": "writer", "name": "OpenAiWriter", "failure": ""} | works,
        {"role": "speaker", "name": "GoogleSpeaker", "failure": words} | refused,
    ]
    began_at = timezone.now() - timedelta(minutes=20)
    said = {"phrase_hits": 310, "phrase_misses": 90, "phrase_saved_ms": 68_200.0}
    for name, status, silent in (("voice-2:811", "failed", 5), ("voice-3:94", "ok", 600)):
        ServerProcess.objects.create(
            name=name, version="0.1.0", started_at=began_at, status=status, services=services,
            seen_at=timezone.now() - timedelta(seconds=silent), calls=12, unwritten=2,
            news_failure="Error 111 connecting to redis:6379.", **said,
        )  # fmt: skip
    Call.objects.filter(ended_why=Call.Ended.FAILED).update(process="voice-2:811")


def tools() -> None:
    """A number's tool with a secret, and what the newest call asked of it."""
    number = PhoneNumber.objects.create(number="+972771230000", name="מרפאת אלון")
    tool = HttpTool.objects.create(
        number=number, name="free_times", description="מה פנוי ביום מסוים",
        address="https://calendar.example.org/free?day={day}", reads_only=True,
        headers={"X-Api-Key": "of another key"},
        schema=NO_PARAMETERS | {"properties": {"day": {"type": "string", "description": "יום"}}},
    )  # fmt: skip
    call = Call.objects.get(ended_why=Call.Ended.FAILED)
    for place, (outcome, why) in enumerate(
        (("done", ""), ("failed", "error"), ("begun", ""), ("late", "late: 5 s"))
    ):
        ToolUse.objects.create(
            call=call, tool=tool, name=tool.name, turn=5, key=f"demo-{place}",
            given={"day": "שלישי", "hour": 10}, outcome=outcome, why=why, status=None,
            took_ms=None if outcome == "begun" else 1200.0, began_at=timezone.now(),
        )  # fmt: skip


def agreed() -> None:
    """A number's form, and calls of each outcome; the newest has everything."""
    number = PhoneNumber.objects.get()
    a_form(number)
    newest, *others = Call.objects.order_by("-rang_at")[:9]
    an_agreed(newest, dropped={"reason": "long"})
    for call, outcome in zip(others, Agreed.Outcome.values, strict=False):
        an_agreed(call, outcome=outcome)
    failed = "OpenAI gpt-6-luna: no answer within 20 s"
    an_agreed(others[5], by=Agreed.By.WITHOUT, failure=failed, due_at=timezone.now())
    an_agreed(others[6], outcome="", summary="", values={}, written_at=None, failure=failed)
    Call.objects.filter(pk__in=[newest.pk, *(each.pk for each in others)]).update(number=number)


def every_kind() -> None:
    """The newest call: a turn of each kind."""
    message = {"name": "דנה לוי", "number": "0541234567", "reason": "לחזור אחרי 14:30 בבקשה"}
    failure = "The writer did not answer within 4 s."
    call = a_call(0, ended_why=Call.Ended.FAILED, failure=failure, messages=[message])
    a_greeting(call)
    a_turn(call, 1, response_ms=-120, transcribed_ms=9_900.0, why="long silence")
    a_turn(call, 2, chosen_from=0, outcome="interrupted")
    a_turn(call, 3, said="0501234567", why="keypad", chosen_from=None, transcribed_ms=None)
    a_turn(
        call, 4, why="reply late", outcome="failed", failure="Late.", prompt="apology",
        asked_ms=None, first_token_ms=None, first_sentence_ms=None,
    )  # fmt: skip
    a_turn(call, 5, response_ms=21_500, tool_began_ms=50_500.0, tool_ended_ms=51_700.0)
    a_turn(
        call, 6, outcome="no reply", answered="", first_token_ms=None, first_sentence_ms=None,
        first_byte_ms=None, first_audio_ms=None, heard_ms=None,
    )  # fmt: skip
    a_turn(
        call, 7, response_ms=1040, why="finished words", is_prepared=True, thought=2,
        wasted_tokens=14, wasted_characters=31, resumed=1, spoken_ms=4200, is_limited=True,
        decided_ms=71_020.0, asked_ms=70_320.0, first_token_ms=70_690.0, policy_ms=1018,
        first_sentence_ms=70_750.0, first_byte_ms=70_940.0, ready_ms=70_945.0,
        wait_parts={"longest": 2600, "wish": -904, "stable": -678}, requests=3,
    )  # fmt: skip
    a_turn(
        call, 8, response_ms=520, why="finished words", outcome="cut-in", answered="יש לנו",
        decided_ms=80_340.0, asked_ms=80_341.0, first_token_ms=80_400.0, policy_ms=340,
        wait_parts={"longest": 2600, "answered": -2260},
        spoken_ms=620,
    )  # fmt: skip
    a_turn(
        call, 9, response_ms=1010, why="finished words", is_prepared=True, thought=1, requests=2,
        decided_ms=91_000.0, asked_ms=90_240.0, verdict_ms=90_650.0, first_token_ms=90_670.0,
        first_sentence_ms=90_730.0, first_byte_ms=90_900.0, ready_ms=90_905.0, policy_ms=1000,
        wait_parts={"longest": 2600, "local: cut short": 0, "model: whole": -1600},
    )  # fmt: skip
