"""What a balancer or a monitor asks this process: may it be given calls?"""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from calls.process import life, readiness
from calls.records import unwritten
from calls.voice import live


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
