"""The calls that have ended: the list, newest first."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from calls.models import Call
from dashboard.access import may

PAGE_CALLS = 25


@require_safe
@may("calls.view_call")
@vary_on_headers("HX-Request")
def calls(request: HttpRequest) -> HttpResponse:
    """Calls in progress (they come over the socket) and the finished ones, newest first."""
    finished = _before(_finished(), request.GET.get("before", ""))
    page = list(finished[: PAGE_CALLS + 1])
    context = {
        "calls": page[:PAGE_CALLS],
        "more": _place_of(page[PAGE_CALLS - 1]) if len(page) > PAGE_CALLS else "",
        "is_first_page": "before" not in request.GET,
    }
    is_fragment = bool(request.headers.get("HX-Request"))
    template = "dashboard/_finished_calls.html" if is_fragment else "dashboard/calls.html"
    return render(request, template, context)


def _finished() -> QuerySet[Call]:
    return (
        Call.objects.filter(ended_at__isnull=False)
        .select_related("profile", "revision")
        .order_by("-rang_at", "-pk")
    )


def _place_of(call: Call) -> str:
    return f"{call.rang_at.isoformat()}~{call.pk}"


def _before(found: QuerySet[Call], place: str) -> QuerySet[Call]:
    """Those after a place in the list: calls that come meanwhile shift nothing."""
    if not place:
        return found
    rang_at, _tilde, pk = place.partition("~")
    try:
        at, number = datetime.fromisoformat(rang_at), int(pk)
    except ValueError:
        raise Http404 from None
    return found.filter(Q(rang_at__lt=at) | Q(rang_at=at, pk__lt=number))
