"""Twilio's webhooks, and the health of this process."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from calls.language.language import spoken
from calls.models import Call
from calls.process import life, readiness
from calls.process.log import call_in_hand, masked
from calls.records import unwritten
from calls.records.database_wait import WEBHOOK_S, at_most
from calls.telephony.phone_number import PhoneNumber
from calls.telephony.twilio import messages, reports, signature
from calls.voice import live, prompts

logger = logging.getLogger(__name__)

AFTER_FORWARDING = {"completed": "", "answered": "", "canceled": Call.Ended.EARLY}
"""How a call ended by what became of its forwarding; else, nobody answered."""


def _from_twilio(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[..., HttpResponse]:
    """A POST about one call, which Twilio signed. What is asked of the database has WEBHOOK_S; a
    view that says nothing to the caller may leave it to us to tell Twilio that it is gone."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if not signature.admits_request(request):
            return HttpResponseForbidden()
        call_sid = request.POST.get("CallSid", "")
        if not messages.SID.fullmatch(call_sid):
            return HttpResponse("CallSid is missing, or none of Twilio's", status=400)
        if any("\0" in value for values in request.POST.lists() for value in values[1]):
            return HttpResponse("A value holds a NUL", status=400)
        call_in_hand.set(call_sid)
        try:
            with at_most(WEBHOOK_S):
                return view(request, call_sid)
        except DatabaseError:
            logger.exception("A report of Twilio's is not kept: the database does not answer")
            return HttpResponse(status=503)

    return checked


@_from_twilio
def answer(request: HttpRequest, call_sid: str) -> HttpResponse:
    """A call comes in: stream it to us, forward it, or refuse it politely."""
    if live.is_draining:
        logger.warning("Refused: shutting down")
        return _twiml(_say(prompts.text("busy")))
    caller = request.POST.get("From", "")[:32]
    try:
        call = Call.ring(call_sid, caller, request.POST.get("To", "")[:32])
        twiml = _route(call, settings.PUBLIC_HOST or request.get_host())
    except DatabaseError:
        logger.exception("The call cannot be taken: the database does not answer")
        return _twiml(_say(prompts.text("apology_goodbye")))
    logger.info("Rang, from %s: %s", masked(caller), call.ended_why or "connecting")
    return _twiml(twiml)


def _route(call: Call, host: str) -> str:
    """Where a call goes that has just rung, as TwiML."""
    number = call.number
    if number is None and settings.UNKNOWN_NUMBER == "refuse":
        logger.warning("Refused: %s is not one of our numbers", call.called)
        return _ended(call, Call.Ended.UNKNOWN, _say(spoken().notices.unknown_number))
    if number and call.is_after_hours and number.when_closed == PhoneNumber.WhenClosed.SAY:
        return _ended(call, Call.Ended.CLOSED, _say(number.closed_words))
    if number and call.is_after_hours and number.when_closed == PhoneNumber.WhenClosed.FORWARD:
        forwarding = messages.dial(number.forward_to, "/twilio/forwarded")
        return _ended(call, Call.Ended.FORWARDED, forwarding)
    if not call.token:
        logger.warning("Refused: it has ended, or rang long ago; somebody may have captured it")
        return _say(_parting(call))
    # Ringing first: one that begins meanwhile counts twice rather than never.
    has_begun = call.started_at is not None  # it has its place, and takes over from itself
    if not has_begun and call.ringing_before() + len(live.calls) >= settings.MAX_CALLS:
        logger.warning("Refused: MAX_CALLS reached")
        return _ended(call, Call.Ended.REFUSED, _say(prompts.text("busy")))
    media, events = f"wss://{host}/twilio/media", f"https://{host}/twilio/stream"
    return messages.connect(media, events, "/twilio/after", call.token)


def _ended(call: Call, why: str, twiml: str) -> str:
    """End a call as soon as it rings; what has ended before is only told again."""
    if call.token:
        call.close(why)
    return twiml


def _say(text: str) -> str:
    return messages.say_and_hang_up(text, spoken().locale)


def _parting(call: Call | None) -> str:
    """What is said to a caller who was not told goodbye."""
    was_refused = call is not None and call.ended_why == Call.Ended.REFUSED
    return prompts.text("busy" if was_refused else "apology_goodbye")


@_from_twilio
def after(request: HttpRequest, call_sid: str) -> HttpResponse:
    """The stream has ended: hang up, after a word to the caller if the call broke or got none."""
    try:
        call = Call.objects.filter(call_sid=call_sid).first()
    except DatabaseError:
        logger.exception("How the call ended is not known: the database does not answer")
        call = None
    if call and call.ended_well:
        return _twiml(messages.hang_up())
    return _twiml(_say(_parting(call)))


@_from_twilio
def forwarded(request: HttpRequest, call_sid: str) -> HttpResponse:
    """A forwarded call is over, or was not answered."""
    became = request.POST.get("DialCallStatus", "")
    why = AFTER_FORWARDING.get(became, Call.Ended.UNANSWERED)
    try:
        call = Call.objects.select_related("number").filter(call_sid=call_sid).first()
        if call and why and call.ended_why == Call.Ended.FORWARDED:  # else it is told again
            call.close(why)
    except DatabaseError:
        logger.exception("How the forwarding ended is not kept: the database does not answer")
        call = None
    if why != Call.Ended.UNANSWERED:
        return _twiml(messages.hang_up())
    logger.warning("Nobody answered the forwarded call: %.20s", became)
    words = call.number.closed_words if call and call.number else spoken().notices.unanswered
    return _twiml(_say(words))


@_from_twilio
def status(request: HttpRequest, call_sid: str) -> HttpResponse:
    """Twilio reports how the call stands."""
    sequence = request.POST.get("SequenceNumber", "")
    reports.take_status(call_sid, request.POST.get("CallStatus", ""), sequence)
    return HttpResponse(status=204)


@_from_twilio
def stream(request: HttpRequest, call_sid: str) -> HttpResponse:
    """Twilio reports what became of the stream."""
    event, error = request.POST.get("StreamEvent", ""), request.POST.get("StreamError", "")
    reports.take_stream_event(call_sid, event, error)
    return HttpResponse(status=204)


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when calls are taken; 503 while starting, when warming up failed, or when draining."""
    status = life.status()
    body = {
        "status": status,
        "calls": len(live.calls),
        "failures": list(readiness.failures.values()),
        "unwritten": unwritten.failures(),
    }
    return JsonResponse(body, status=200 if status == "ok" else 503)


def _twiml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/xml")
