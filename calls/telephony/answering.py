"""What becomes of a call that rings, whichever carrier brings it.

Rule: a carrier says in its own words what is decided here, and decides nothing. None of this raises
DatabaseError: a caller is always told something.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError

from calls.language.language import spoken
from calls.models import Call
from calls.process.log import masked
from calls.telephony.phone_number import PhoneNumber
from calls.voice import live, prompts

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Take:
    """Stream it to us; the stream shows this token when it starts."""

    token: str


@dataclass(frozen=True, slots=True)
class Forward:
    """Let it ring there. When that is over, `after_forwarding` knows what to say."""

    number: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Say this, and hang up."""

    words: str


Answer = Take | Forward | Refuse


def answer(
    call_sid: str, caller: str, called: str, via: str = Call.Via.TELEPHONE, **terms: object
) -> Answer:
    """A call comes in: take it, forward it, or refuse it politely. terms: of a shared link."""
    if live.is_draining and call_sid not in live.calls:
        logger.warning("Refused: shutting down")
        return Refuse(prompts.text("busy"))
    try:
        call = Call.ring(call_sid, caller, called, via, **terms)
        decided = _decide(call)
    except DatabaseError:
        logger.exception("The call cannot be taken: the database does not answer")
        return Refuse(prompts.text("apology_goodbye"))
    logger.info("Rang, from %s: %s", masked(caller), call.ended_why or "connecting")
    return decided


def _decide(call: Call) -> Answer:
    number = call.number
    is_unknown = number is None and not call.is_from_browser  # which dials no number
    if is_unknown and settings.UNKNOWN_NUMBER == "refuse":
        logger.warning("Refused: %s is not one of our numbers", call.called)
        return _ended(call, Call.Ended.UNKNOWN, Refuse(spoken().notices.unknown_number))
    if number and call.is_after_hours and number.when_closed == PhoneNumber.WhenClosed.SAY:
        return _ended(call, Call.Ended.CLOSED, Refuse(number.closed_words))
    if number and call.is_after_hours and number.when_closed == PhoneNumber.WhenClosed.FORWARD:
        return _ended(call, Call.Ended.FORWARDED, Forward(number.forward_to))
    if not call.token:
        logger.warning("Refused: it has ended, or rang long ago; somebody may have captured it")
        return Refuse(_parting(call))
    # Ringing first: one that begins meanwhile counts twice rather than never.
    has_begun = call.started_at is not None  # it has its place, and takes over from itself
    if not has_begun and call.ringing_before() + len(live.calls) >= settings.MAX_CALLS:
        logger.warning("Refused: MAX_CALLS reached")
        return _ended(call, Call.Ended.REFUSED, Refuse(prompts.text("busy")))
    return Take(call.token)


def _ended(call: Call, why: str, decided: Answer) -> Answer:
    """End a call as soon as it rings; what has ended before is only told again."""
    if call.token:
        call.close(why)
    return decided


def _parting(call: Call | None) -> str:
    """What is said to a caller who was not told goodbye."""
    was_refused = call is not None and call.ended_why == Call.Ended.REFUSED
    return prompts.text("busy" if was_refused else "apology_goodbye")


def after_stream(call_sid: str) -> str:
    """The stream has ended, or never came: a word to the caller if the call broke or got none."""
    try:
        call = Call.objects.filter(call_sid=call_sid).first()
    except DatabaseError:
        logger.exception("How the call ended is not known: the database does not answer")
        call = None
    return "" if call and call.ended_well else _parting(call)


def after_forwarding(call_sid: str, why: str) -> str:
    """A forwarded call is over: what is said to the caller. why: how the call ended by what became
    of its forwarding; empty: somebody answered there."""
    try:
        call = Call.objects.select_related("number").filter(call_sid=call_sid).first()
        if call and why and call.ended_why == Call.Ended.FORWARDED:  # else it is told again
            call.close(why)
    except DatabaseError:
        logger.exception("How the forwarding ended is not kept: the database does not answer")
        call = None
    if why != Call.Ended.UNANSWERED:
        return ""
    return call.number.closed_words if call and call.number else spoken().notices.unanswered
