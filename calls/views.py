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

from calls import gate, live, process, prompts, readiness, reports, twilio, unwritten
from calls.log import call_in_hand, masked
from calls.models import Call
from calls.phone_number import UNANSWERED, PhoneNumber

logger = logging.getLogger(__name__)

CALL_SID_CHARACTERS = 64
UNKNOWN = "המספר שחויג אינו פעיל. תודה, ולהתראות."
AFTER_FORWARDING = {"completed": "", "answered": "", "canceled": Call.Ended.EARLY}
"""How a call ended by what became of its forwarding; else, nobody answered."""


def _from_twilio(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[..., HttpResponse]:
    """A POST about one call, which Twilio signed."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if not gate.admits_request(request):
            return HttpResponseForbidden()
        call_sid = request.POST.get("CallSid", "").strip()
        if not call_sid or len(call_sid) > CALL_SID_CHARACTERS:
            return HttpResponse("CallSid is missing or too long", status=400)
        call_in_hand.set(call_sid)
        return view(request, call_sid)

    return checked


@_from_twilio
def answer(request: HttpRequest, call_sid: str) -> HttpResponse:
    """A call comes in: stream it to us, forward it, or refuse it politely."""
    if live.is_draining:
        logger.warning("Refused: shutting down")
        return _twiml(twilio.say_and_hang_up(prompts.text("busy")))
    caller = request.POST.get("From", "")[:32]
    try:
        call = Call.ring(call_sid, caller, request.POST.get("To", "")[:32])
        twiml = _route(call, settings.PUBLIC_HOST or request.get_host())
    except DatabaseError:
        logger.exception("The call cannot be taken: the database does not answer")
        return _twiml(twilio.say_and_hang_up(prompts.text("apology_goodbye")))
    logger.info("Rang, from %s: %s", masked(caller), call.ended_why or "connecting")
    return _twiml(twiml)


def _route(call: Call, host: str) -> str:
    """Where a call goes that has just rung, as TwiML."""
    number = call.number
    if number is None and settings.UNKNOWN_NUMBER == "refuse":
        logger.warning("Refused: %s is not one of our numbers", call.called)
        call.close(Call.Ended.UNKNOWN)
        return twilio.say_and_hang_up(UNKNOWN)
    if number and call.is_after_hours and number.when_closed == PhoneNumber.WhenClosed.SAY:
        call.close(Call.Ended.CLOSED)
        return twilio.say_and_hang_up(number.closed_words)
    if number and call.is_after_hours and number.when_closed == PhoneNumber.WhenClosed.FORWARD:
        call.close(Call.Ended.FORWARDED)
        return twilio.dial(number.forward_to, "/twilio/forwarded")
    # Ringing first: one that begins meanwhile counts twice rather than never.
    if call.ringing_before() + len(live.calls) >= settings.MAX_CALLS:
        logger.warning("Refused: MAX_CALLS reached")
        call.close(Call.Ended.REFUSED)
        return twilio.say_and_hang_up(prompts.text("busy"))
    media, events = f"wss://{host}/twilio/media", f"https://{host}/twilio/stream"
    return twilio.connect(media, events, "/twilio/after", call.token)


@_from_twilio
def after(request: HttpRequest, call_sid: str) -> HttpResponse:
    """The stream has ended: hang up, after a word to the caller if the call broke or got none."""
    try:
        call = Call.objects.filter(call_sid=call_sid).first()
    except DatabaseError:
        logger.exception("How the call ended is not known: the database does not answer")
        call = None
    if call and call.ended_well:
        return _twiml(twilio.hang_up())
    name = "busy" if call and call.ended_why == Call.Ended.REFUSED else "apology_goodbye"
    return _twiml(twilio.say_and_hang_up(prompts.text(name)))


@_from_twilio
def forwarded(request: HttpRequest, call_sid: str) -> HttpResponse:
    """A forwarded call is over, or was not answered."""
    became = request.POST.get("DialCallStatus", "")
    why = AFTER_FORWARDING.get(became, Call.Ended.UNANSWERED)
    try:
        call = Call.objects.select_related("number").filter(call_sid=call_sid).first()
        if call and why:
            call.close(why)
    except DatabaseError:
        logger.exception("How the forwarding ended is not kept: the database does not answer")
        call = None
    if why != Call.Ended.UNANSWERED:
        return _twiml(twilio.hang_up())
    logger.warning("Nobody answered the forwarded call: %.20s", became)
    words = call.number.closed_words if call and call.number else UNANSWERED
    return _twiml(twilio.say_and_hang_up(words))


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
    status = process.status()
    body = {
        "status": status,
        "calls": len(live.calls),
        "failures": list(readiness.failures.values()),
        "unwritten": unwritten.failures(),
    }
    return JsonResponse(body, status=200 if status == "ok" else 503)


def _twiml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/xml")
