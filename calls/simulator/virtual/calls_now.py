"""Invented calls that ring now: on what is published, or on their side of a running trial."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from calls.measures.latency_count import LatencyCount
from calls.measures.trial_call import TrialCall, look
from calls.models import Call
from calls.records.seeding import NUMBERS, seeded_number
from calls.simulator.virtual.seeded_calls import VirtualCalls
from calls.telephony.phone_number import PhoneNumber
from tuning.models import TimingProfile

SID = "CAnow"


def ring(count: int, seed: int) -> Iterator[Call]:
    """One after the other, each settled as a real one is; others every time."""
    numbers = [seeded_number(*each) for each in NUMBERS]
    default = TimingProfile.objects.get(is_default=True)
    known = Call.objects.filter(call_sid__startswith=SID).count()
    virtual = VirtualCalls(seed)
    for index in range(known, known + count):
        number = numbers[index % len(numbers)]
        yield _ring(f"{SID}{seed:04}{index:023}", number, number.profile or default, virtual)


def _ring(
    call_sid: str, number: PhoneNumber, profile: TimingProfile, virtual: VirtualCalls
) -> Call:
    now = timezone.now()
    call = Call(
        call_sid=call_sid,
        caller=f"+9725{Random(call_sid).randrange(10**8):08}",
        called=number.number,
        number=number,
        profile=profile,
        rang_at=now,
        started_at=now + timedelta(seconds=1),
        **Call.drawn(profile, call_sid),
    )
    call.revision = call.begins_on(profile)
    with transaction.atomic():
        for place, turns in sorted(virtual.place(call).items()):
            LatencyCount.add(place, turns)
        TrialCall.keep(call)
    if call.trial is not None and call.trial.is_running:
        look(call.trial)
    return call
