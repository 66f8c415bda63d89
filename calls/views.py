"""Twilio's webhooks, and the health of this process."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from calls import gate, live, process, prompts, readiness, recorder, twilio
from calls.log import call_in_hand, masked
from calls.models import Call

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """A call comes in: stream it to us, or refuse it politely."""
    if not gate.admits_request(request):
        return HttpResponseForbidden()
    call_sid = request.POST.get("CallSid", "").strip()
    if not call_sid or len(call_sid) > 64:
        return HttpResponse("CallSid is missing or too long", status=400)
    call_in_hand.set(call_sid)
    if live.is_draining or len(live.calls) >= settings.MAX_CALLS:
        logger.warning("Refused: %s", "shutting down" if live.is_draining else "MAX_CALLS reached")
        return _twiml(twilio.say_and_hang_up(prompts.text("busy")))
    caller = request.POST.get("From", "")[:32]
    try:
        call = Call.ring(call_sid, caller, request.POST.get("To", "")[:32])
    except DatabaseError:
        logger.exception("The call cannot be taken: the database does not answer")
        return _twiml(twilio.say_and_hang_up(prompts.text("apology_goodbye")))
    logger.info("Ringing, from %s", masked(caller))
    host = settings.PUBLIC_HOST or request.get_host()
    return _twiml(twilio.connect(f"wss://{host}/twilio/media", "/twilio/after", call.token))


@csrf_exempt
@require_POST
def after(request: HttpRequest) -> HttpResponse:
    """The stream has ended: hang up, after an apology if the call broke."""
    if not gate.admits_request(request):
        return HttpResponseForbidden()
    try:
        call = Call.objects.filter(call_sid=request.POST.get("CallSid", "")).first()
    except DatabaseError:
        logger.exception("How the call ended is not known: the database does not answer")
        call = None
    if call is not None and call.ended_well:
        return _twiml(twilio.hang_up())
    return _twiml(twilio.say_and_hang_up(prompts.text("apology_goodbye")))


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when calls are taken; 503 while starting, when warming up failed, or when draining."""
    status = process.status()
    body = {
        "status": status,
        "calls": len(live.calls),
        "failures": list(readiness.failures.values()),
        "unwritten": sorted(set(recorder.unwritten.values())),
    }
    return JsonResponse(body, status=200 if status == "ok" else 503)


def _twiml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/xml")
