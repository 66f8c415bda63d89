"""A line of text for a call in progress: whispered to the agent, or said in its voice.

Rule: the audit says who gave one and how long it was, never what it said: that is personal data,
and its place is the call's record, which is forgotten in time.
"""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from calls.models import Call
from dashboard.access import may
from dashboard.models import AuditEvent
from hevoice import bus

PERMISSION = "calls.step_in_call"
LONGEST = 300
"""Characters."""
NEWS = {AuditEvent.Action.WHISPER: "call.whispered", AuditEvent.Action.SAY: "call.say"}


@require_POST
@may(PERMISSION)
def whisper(request: HttpRequest, pk: int) -> HttpResponse:
    """Only the agent gets it, and follows it in its next reply."""
    return _given(request, pk, AuditEvent.Action.WHISPER)


@require_POST
@may(PERMISSION)
def say(request: HttpRequest, pk: int) -> HttpResponse:
    """The agent says it to the caller, now."""
    return _given(request, pk, AuditEvent.Action.SAY)


def _given(request: HttpRequest, pk: int, action: AuditEvent.Action) -> HttpResponse:
    call = get_object_or_404(Call, pk=pk)
    text = " ".join(request.POST.get("text", "").split())
    context = {"call": call, "text": text, "longest": LONGEST}
    if problem := _problem(text):
        return _form(request, action, 422, problem=problem, **context)
    if call.ended_at:
        return _form(request, action, 409, problem=_("The call is over."), **context)
    AuditEvent.note(request, action, call, characters=len(text))
    who = request.user.get_username()
    news = {"type": NEWS[action], "call": pk, "who": who, "text": text}
    if not async_to_sync(bus.tell)("calls", news):
        problem = _("The call could not be told. Try again.")
        return _form(request, action, 422, problem=problem, **context)
    if not request.headers.get("HX-Request"):
        return redirect("live_call", pk)
    return _form(request, action, 200, is_given=True, call=call, longest=LONGEST)


def _problem(text: str) -> str:
    if not text:
        return _("There is nothing in it yet: write a line.")
    if (over := len(text) - LONGEST) > 0:
        return ngettext(
            "It is too long by %(count)d character.",
            "It is too long by %(count)d characters.",
            over,
        ) % {"count": over}
    return ""


def _form(
    request: HttpRequest, action: AuditEvent.Action, status: int, **context: object
) -> HttpResponse:
    return render(request, f"dashboard/stepin/_{action.value}.html", context, status=status)
