"""Twilio's webhooks: what is decided elsewhere is said in TwiML, and what it reports is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from calls.language.language import spoken
from calls.models import Call
from calls.process.log import call_in_hand
from calls.telephony import answering
from calls.telephony.carrier import NAME
from calls.telephony.database_wait import WEBHOOK_S, at_most
from calls.telephony.twilio import messages, reports, signature

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
        if not NAME.fullmatch(call_sid):
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
    """A call comes in."""
    caller, called = (request.POST.get(side, "")[:32] for side in ("From", "To"))
    match answering.answer(call_sid, caller, called):
        case answering.Take(token):
            host = settings.PUBLIC_HOST or request.get_host()
            media, events = f"wss://{host}/twilio/media", f"https://{host}/twilio/stream"
            return _twiml(messages.connect(media, events, "/twilio/after", token))
        case answering.Forward(number):
            return _twiml(messages.dial(number, "/twilio/forwarded"))
        case answering.Refuse(words):
            return _parting(words)


@_from_twilio
def after(request: HttpRequest, call_sid: str) -> HttpResponse:
    """The stream has ended: Twilio asks what to do now."""
    return _parting(answering.after_stream(call_sid))


@_from_twilio
def forwarded(request: HttpRequest, call_sid: str) -> HttpResponse:
    """A forwarded call is over, or was not answered."""
    became = request.POST.get("DialCallStatus", "")
    why = AFTER_FORWARDING.get(became, Call.Ended.UNANSWERED)
    if why == Call.Ended.UNANSWERED:
        logger.warning("Nobody answered the forwarded call: %.20s", became)
    return _parting(answering.after_forwarding(call_sid, why))


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


def _parting(words: str) -> HttpResponse:
    """Hang up, after these words if there are any."""
    return _twiml(messages.say_and_hang_up(words, spoken().locale) if words else messages.hang_up())


def _twiml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/xml")
