"""The calls that have ended: the list, newest first, and what is taken away of it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from dashboard import call_export
from dashboard.access import may
from dashboard.address import after_place, place_of
from dashboard.call_filter import CallFilter
from dashboard.models import AuditEvent

PAGE_CALLS = 25


@require_safe
@may("calls.view_call")
@vary_on_headers("HX-Request")
def calls(request: HttpRequest) -> HttpResponse:
    """The finished calls that the address asks for; more of them, or others, as a fragment."""
    form = CallFilter(request.GET)
    found = form.found().select_related("profile", "revision")
    page = list(after_place(found, "rang_at", request.GET.get("before", ""))[: PAGE_CALLS + 1])
    calls, has_more = page[:PAGE_CALLS], len(page) > PAGE_CALLS
    more = form.chosen | {"before": place_of(calls[-1].rang_at, calls[-1])} if has_more else {}
    context = {
        "calls": calls,
        "form": form,
        "more": urlencode(more),
        "chosen": urlencode(form.chosen),
        "is_first_page": "before" not in request.GET,
    }
    template = "dashboard/calls.html"
    if request.headers.get("HX-Request"):
        is_more = "before" in request.GET
        template = "dashboard/_finished_calls.html" if is_more else "dashboard/_found_calls.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)


@require_safe
@may("calls.export_call")
def export(request: HttpRequest, kind: str) -> StreamingHttpResponse | HttpResponse:
    """The calls that the address asks for, as a file: all of them, a batch in memory at a time."""
    form = CallFilter(request.GET)
    if not form.is_valid():
        context = {"form": form, "calls": [], "is_first_page": True, "chosen": "", "more": ""}
        return render(request, "dashboard/calls.html", context, status=422)
    write = {"csv": call_export.as_csv, "json": call_export.as_json}.get(kind)
    if write is None:
        raise Http404
    AuditEvent.note(request, AuditEvent.Action.EXPORT, kind, **form.chosen)
    content_type = {"csv": "text/csv; charset=utf-8", "json": "application/json"}[kind]
    response = StreamingHttpResponse(write(form.found()), content_type=content_type)
    name = f"hevoice-calls-{timezone.localtime():%Y-%m-%d-%H%M}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
