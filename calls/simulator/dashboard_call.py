"""A test call, placed from the dashboard: HeVoice calls itself, as Twilio would.

Rule: the caller is TEST_CALLER, so that nobody takes it for a customer and the hourly figures leave
it out. A worker claims the row in one conditional update and places the call; the page watches the
row.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from calls.audio.codec import BYTES_PER_MS
from calls.models import Call
from calls.records import recording
from calls.services import ServiceFailed
from calls.simulator import utterances
from calls.simulator.caller import Caller, Press, Say, Step
from calls.simulator.dialling import Dialled, place_call
from calls.telephony.phone_number import PhoneNumber
from calls.telephony.twilio import signature

TEST_CALLER = Call.TEST_CALLER
LONGEST_S = 180.0
TAKEN_WITHIN = timedelta(seconds=15)
"""A worker that is there and free has claimed the call by then."""
ANSWERED_WITHIN = timedelta(seconds=30)
AROUND_MS = 200
"""Kept before and after a line that is to be said again: speech fades in and out."""


class NothingToSay(Exception):
    """The caller's words in the chosen recording have been deleted."""


class TestCall(models.Model):
    __test__ = False

    number = models.ForeignKey(PhoneNumber, models.CASCADE, related_name="test_calls")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    asked_at = models.DateTimeField(default=timezone.now)
    conversation = models.CharField(max_length=60, blank=True)
    """In calls/simulator/utterances.toml; empty: the caller of `recorded`."""
    recorded = models.ForeignKey(Call, models.SET_NULL, null=True, related_name="+")
    call_sid = models.CharField(max_length=64, unique=True)
    claimed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.call_sid

    @classmethod
    def ask(cls, number: PhoneNumber, *, by: object, said: str) -> TestCall:
        """Note what a worker is to do. `said`: a conversation's name, or a call's primary key."""
        recorded = Call.objects.get(pk=said) if said.isdecimal() else None
        return cls.objects.create(
            number=number,
            asked_by=by,
            conversation="" if recorded else said,
            recorded=recorded,
            call_sid=f"CA{uuid.uuid4().hex}",
        )

    @property
    def call(self) -> Call | None:
        return Call.objects.filter(call_sid=self.call_sid).first()

    @property
    def state(self) -> str:
        """asked, untaken, ringing, unanswered, in progress, ended or failed."""
        now = timezone.now()
        if self.failure:
            return "failed"
        call = self.call
        if self.ended_at or (call and call.ended_at):
            return "ended"
        if call and call.started_at:
            return "in progress"
        if self.claimed_at:
            return "ringing" if now < self.claimed_at + ANSWERED_WITHIN else "unanswered"
        return "asked" if now < self.asked_at + TAKEN_WITHIN else "untaken"


def place(test_call_pk: int) -> bool:
    """Whether this was the one time that the call was placed. Returns when it is over."""
    ready = TestCall.objects.filter(pk=test_call_pk, claimed_at=None)
    if not ready.update(claimed_at=timezone.now()):
        return False
    one = TestCall.objects.select_related("number", "recorded").get(pk=test_call_pk)
    try:
        one.failure = "; ".join(_place(one))
    except (ServiceFailed, NothingToSay, KeyError) as error:
        one.failure = f"{error}"
    one.ended_at = timezone.now()
    one.save(update_fields=["failure", "ended_at"])
    return True


def _place(one: TestCall) -> Sequence[str]:
    """What went wrong before the call was answered; afterwards the call itself tells."""
    steps = _lines_of(one.recorded) if one.recorded else _conversation(one.conversation)
    dialled = Dialled(
        webhook=settings.TEST_CALL_WEBHOOK,
        caller=TEST_CALLER,
        called=one.number.number,
        auth_token=next(iter(signature.tokens()), ""),
        public_host=settings.PUBLIC_HOST,
    )
    placed = place_call(Caller(steps), dialled, call_sid=one.call_sid, longest_s=LONGEST_S)
    result = asyncio.run(placed)
    return [] if result.ended_by else result.errors


def _conversation(name: str) -> list[Step]:
    lines = utterances.conversation(name)
    return [Press(line.keys) if line.keys else Say(line) for line in lines]


def _lines_of(call: Call) -> list[Step]:
    lines = [Say(line) for line in caller_lines(call)]
    if not lines:
        raise NothingToSay(f"The recording of {call.call_sid} holds no words of its caller.")
    return list(lines)


def caller_lines(call: Call) -> list[utterances.Utterance]:
    """What its caller said, turn by turn, to be said again; empty without a recording."""
    lanes = recording.lanes_of(call)
    lines = []
    for turn in call.turns.all() if lanes else ():
        if turn.speech_began_ms is None or turn.speech_ended_ms is None:
            continue
        from_ms, until_ms = round(turn.speech_began_ms), round(turn.speech_ended_ms)
        begin_ms = max(0, from_ms - AROUND_MS)
        audio = lanes[0][begin_ms * BYTES_PER_MS : (until_ms + AROUND_MS) * BYTES_PER_MS]
        if audio and until_ms > from_ms:
            spoken = from_ms - begin_ms, until_ms - begin_ms
            said = (turn.said,)
            lines.append(utterances.Utterance(f"turn {turn.number}", said, audio, *spoken))
    return lines
