"""One call: what was said, why each answer came when it did, and where the time went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from csp.constants import NONCE, SELF
from csp.decorators import csp_update
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from calls.measures.moments import LATENCIES, Latency
from calls.measures.timeline import Timeline
from calls.models import Call
from calls.records import recording
from calls.records.turn import Turn
from dashboard.access import may
from dashboard.address import number_in
from dashboard.agreed.shown import ShownAgreed
from dashboard.cached_figures import drop_cached
from dashboard.calls.course import course
from dashboard.calls.waterfall import Waterfall, waterfall
from dashboard.models import AuditEvent
from dashboard.people.personal import PERMISSION, may_see_personal
from dashboard.words import STREAM_CLOSED


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A turn as its call's page shows it."""

    turn: Turn
    waterfall: Waterfall | None
    figures: tuple[tuple[Latency, float | None], ...]

    @classmethod
    def of(cls, turn: Turn) -> ShownTurn:
        figures = tuple((each, getattr(turn, each.name)) for each in LATENCIES)
        return cls(turn, waterfall(turn), figures)


# The player's styles stand in its own shadow tree, which only a nonce lets in.
@csp_update({"style-src": [SELF, NONCE]})  # type: ignore[untyped-decorator, unused-ignore]
@require_safe
@may("calls.view_call")
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole call, with one turn in detail: ?turn=3, else the first that was answered."""
    one = get_object_or_404(
        Call.objects.select_related(
            "profile", "revision", "number", "trial", "talk_link", "agreed"
        ),
        pk=pk,
    )
    turns = list(one.turns.select_related("revision"))
    dropped = sum(one.frames_dropped.values())
    context = {
        "call": one,
        "shown_agreed": ShownAgreed.of(one, sees_personal=may_see_personal(request.user)),
        "tool_uses": list(one.tool_uses.all()),
        "turns": turns,
        "turn_numbers": {turn.number for turn in turns},
        "course": course(one, turns, _timeline(one)),
        "dropped": dropped,
        "frames_add_up": one.frames_in == one.frames_forwarded + dropped,
        "is_usual_close": one.ended_well and STREAM_CLOSED in one.stream_error,
        "labels": Turn.Label.choices,
        "kept": settings.RETENTION_DAYS,
        "text": _text(request),
        **_sound(request, one),
        **_chosen(request, turns),
    }
    return render(request, "dashboard/calls/call.html", context)


def _address(pk: int, number: int, text: str) -> str:
    """Of a call's page with this turn in detail, and the words marked that were searched for."""
    query = {"turn": f"{number}"} | ({"text": text} if text else {})
    return f"{reverse('call', args=[pk])}?{urlencode(query)}"


def _text(request: HttpRequest) -> str:
    return request.GET.get("text", "")


def _timeline(one: Call) -> Timeline | None:
    try:
        found: Timeline = one.timeline
    except ObjectDoesNotExist:
        return None
    return found


def _sound(request: HttpRequest, one: Call) -> dict[str, bool]:
    has_recording = recording.path_of(one).exists()
    return {
        "has_recording": has_recording,
        "has_waveform": has_recording and recording.peaks_of(one).exists(),
        "may_play": request.user.has_perms(("calls.play_call", PERMISSION)),
    }


def _chosen(request: HttpRequest, turns: list[Turn]) -> dict[str, Any]:
    asked = request.GET.get("turn", "")
    number = number_in(asked) if asked else None
    answered = [turn for turn in turns if turn.number > 0] or turns
    by_number = {turn.number: turn for turn in turns}
    if number is not None and number not in by_number:
        raise Http404
    chosen = by_number[number] if number is not None else next(iter(answered), None)
    return {"chosen": chosen, "shown": ShownTurn.of(chosen) if chosen else None}


@require_safe
@may("calls.view_call")
def turn(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One turn in detail: a fragment of its call's page."""
    address = _address(pk, number, _text(request))
    if not request.headers.get("HX-Request"):
        return redirect(address)
    one = get_object_or_404(Turn.objects.select_related("revision"), call=pk, number=number)
    response = _detail(request, one)
    response["HX-Replace-Url"] = address
    return response


def _detail(request: HttpRequest, one: Turn, *, was_labelled: bool = False) -> HttpResponse:
    context = {
        "call": one.call,
        "chosen": one,
        "shown": ShownTurn.of(one),
        "labels": Turn.Label.choices,
        "was_labelled": was_labelled,
        "text": _text(request),
    }
    if not was_labelled:
        return render(request, "dashboard/calls/_turn.html", context)
    turns = list(one.call.turns.all())
    context["course"] = course(one.call, turns, _timeline(one.call))
    return render(request, "dashboard/calls/_labelled.html", context)


@require_POST
@may("calls.label_call")
def label(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """What the operator heard; "" takes it back. Every count and figure follows at once."""
    one = get_object_or_404(Turn.objects.select_related("call", "revision"), call=pk, number=number)
    given = request.POST.get("label", "")
    if given and given not in Turn.Label.values:
        raise Http404
    before = one.label
    if given != before:
        one.label = given
        with transaction.atomic():
            one.save(update_fields=["label"])
            one.call.tally()
            AuditEvent.note(
                request, AuditEvent.Action.LABEL, one.call,
                turn=number, before=before, after=given,
            )  # fmt: skip
        drop_cached()
    if not request.headers.get("HX-Request"):
        return redirect(_address(pk, number, _text(request)))
    return _detail(request, one, was_labelled=True)


@require_safe
@may("calls.play_call", PERMISSION)
def peaks(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Each lane's loudness, for the waveform: made when the call was settled."""
    one = get_object_or_404(Call, pk=pk, ended_at__isnull=False)
    try:
        file = recording.peaks_of(one).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(file, content_type="application/json")
