"""What Twilio reports of a call beside its stream: its status, and what became of the stream.

Rule: reports come late, twice and out of order, and each is one conditional update. A later one
(by SequenceNumber) is not undone by an earlier one, nor an end by anything but a later end. How a
call ended that had a stream, the stream says; how one ended that never had, these reports say.
Where the stream never says it, `completed` closes the call later (Call.close_completed).
"""

from __future__ import annotations

import logging
import re

from django.db.models import Q, QuerySet
from django.utils import timezone

from calls.models import Call
from calls.process.server_process import is_dead
from calls.telephony.carrier_report import STREAM_ERROR_CHARACTERS

logger = logging.getLogger(__name__)

STATUSES = frozenset({"queued", "initiated", "ringing", "in-progress"})
LAST_STATUSES = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
NUMBER = re.compile(r"[0-9]{1,9}")
UNNUMBERED = Q(twilio_sequence=None)
UNCONNECTED = {"busy", "failed"}
"""Twilio gave up; after any other end without a stream, the caller did."""


def take_status(call_sid: str, status: str, sequence: str = "") -> None:
    """A status callback. A call that is not known, and a status that is not one, change nothing."""
    is_last = status in LAST_STATUSES
    if not is_last and status not in STATUSES:
        logger.warning("Twilio reports a status that is not known: %.40r", status)
        return
    calls = Call.objects.filter(call_sid=call_sid)
    may_follow, values = ~Q(twilio_status__in=LAST_STATUSES), {"twilio_status": status}
    if NUMBER.fullmatch(sequence):
        values["twilio_sequence"] = sequence
        is_later = Q(twilio_sequence__lt=int(sequence))
        may_follow = may_follow | is_later if is_last else may_follow & (is_later | UNNUMBERED)
    calls.filter(may_follow).update(**values)
    if is_last:
        why = Call.Ended.UNCONNECTED if status in UNCONNECTED else Call.Ended.EARLY
        _end(calls.filter(started_at=None, ended_at=None), why)
        calls.filter(completed_at=None).update(completed_at=timezone.now())
        for call in calls.filter(started_at__isnull=False, ended_at=None):
            if is_dead(call.process):
                call.close(Call.Ended.LOST)


def take_stream_event(call_sid: str, event: str, error: str) -> None:
    """A stream callback. What started and stopped is known from the stream itself."""
    if event != "stream-error":
        return
    logger.error("Twilio reports that the stream failed: %s", error)
    calls = Call.objects.filter(call_sid=call_sid)
    calls.update(stream_error=error[:STREAM_ERROR_CHARACTERS])
    is_open = Q(ended_at=None) | Q(ended_why=Call.Ended.EARLY)
    _end(calls.filter(is_open, started_at=None), Call.Ended.UNCONNECTED)


def _end(calls: QuerySet[Call], why: str) -> None:
    calls.update(ended_at=timezone.now(), ended_why=why, token="")
