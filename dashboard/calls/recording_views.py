"""A call's sound, for the player on its page.

Rule: a browser that plays or seeks gets the part that it asks for (RFC 9110, 14), or at most a
minute if it names no end, because this process has calls in progress."""

from __future__ import annotations

import re
from datetime import timedelta

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from calls.models import Call
from calls.records import recording as recordings
from dashboard.access import may
from dashboard.models import AuditEvent
from dashboard.people.personal import PERMISSION

OPEN_PART_BYTES = 2**20
ONE_LISTENING = timedelta(minutes=10)
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


@require_safe
@may("calls.play_call", PERMISSION)
def recording(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Left the caller, right the agent; who listens stands in the audit. Voices say numbers aloud:
    who may not see them may not hear them."""
    call = get_object_or_404(Call, pk=pk, ended_at__isnull=False)
    path = recordings.path_of(call)
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise Http404 from None
    part = _asked(request.headers.get("Range", ""), size)
    _note(request, call)
    response: HttpResponseBase
    if part is None:
        response = FileResponse(path.open("rb"), content_type="audio/wav")
    elif not part:
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        with path.open("rb") as file:
            file.seek(part.start)
            sound = file.read(len(part))
        response = HttpResponse(sound, status=206, content_type="audio/wav")
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    response["Accept-Ranges"] = "bytes"
    return response


def _note(request: HttpRequest, call: Call) -> None:
    """Once a listening: a player asks for many parts."""
    since = timezone.now() - ONE_LISTENING
    played = AuditEvent.objects.filter(
        at__gte=since, who=request.user.pk, action=AuditEvent.Action.PLAY, what=f"{call}"
    )
    if not played.exists():
        AuditEvent.note(request, AuditEvent.Action.PLAY, call)


def _asked(header: str, size: int) -> range | None:
    """The bytes that a Range header asks for; None: all, as for one that makes no sense."""
    match = _RANGE.fullmatch(header)
    first, last = match.groups() if match else ("", "")
    if not first:
        return range(max(0, size - int(last)), size) if last else None
    if last and int(last) < int(first):
        return None
    until = int(last) + 1 if last else int(first) + OPEN_PART_BYTES
    return range(int(first), min(until, size))
