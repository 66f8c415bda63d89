"""A call's sound, for the player on its page.

Rule: a browser that plays or seeks gets the part that it asks for (RFC 9110, 14), and no more than
a minute of it if it names no end: calls are in progress in this process.
"""

from __future__ import annotations

import logging
import re

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from calls import recording as recordings
from calls.models import Call
from dashboard.access import may

logger = logging.getLogger(__name__)

OPEN_PART_BYTES = 2**20
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


@require_safe
@may("calls.play_call")
def recording(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Left the caller, right the agent; who listens is logged."""
    call = get_object_or_404(Call, pk=pk, ended_at__isnull=False)
    path = recordings.path_of(call)
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise Http404 from None
    logger.info("The recording of %s goes to %s", call, request.user)
    part = _asked(request.headers.get("Range", ""), size)
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
