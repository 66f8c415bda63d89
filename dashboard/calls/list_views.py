"""The calls that have ended: the list, newest first, and its exports."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from calls.measures.person_asked_for import Asked
from calls.models import Call
from calls.records.transcript_search import turns_that_said
from dashboard.access import may
from dashboard.address import after_place, number_in, place_of
from dashboard.calls import export as call_export
from dashboard.calls.call_filter import CallFilter
from dashboard.models import AuditEvent
from dashboard.people.personal import may_see_personal

PAGE_CALLS = 25
MOST_SHOWN = 500
"""That one address brings at once."""


@require_safe
@may("calls.view_call")
@vary_on_headers("HX-Request")
def calls(request: HttpRequest) -> HttpResponse:
    """The finished calls that the address asks for; more of them, or others, as a fragment."""
    form = CallFilter(request.GET, sees_personal=may_see_personal(request.user))
    is_more, shown = "before" in request.GET, _shown(request)
    wanted = PAGE_CALLS if is_more else min(max(shown, PAGE_CALLS), MOST_SHOWN)
    found = form.found().select_related("profile", "revision", "trial", "talk_link")
    page = list(after_place(found, "rang_at", request.GET.get("before", ""))[: wanted + 1])
    calls, has_more = page[:wanted], len(page) > wanted
    here = form.chosen | {"shown": f"{shown if is_more else wanted}"}
    context = {
        "calls": calls,
        "form": form,
        "chosen": urlencode(form.chosen),
        "is_first_page": not is_more,
        **_more(here, calls if has_more else []),
        **_places(form, calls),
    }
    if not is_more:
        asked = form.found().filter(Call.ASKED).order_by()
        context["asked"] = Asked.of(list(asked.values_list("person_waited_ms", "person_came")))
    template = "dashboard/calls/calls.html"
    if request.headers.get("HX-Request"):
        template = (
            "dashboard/calls/_finished_calls.html"
            if is_more
            else "dashboard/calls/_found_calls.html"
        )
    response = render(request, template, context, status=200 if form.is_valid() else 422)
    if is_more and request.headers.get("HX-Request"):
        # Back from a call, or a reload, brings all that was loaded.
        response["HX-Replace-Url"] = f"{reverse('calls')}?{urlencode(here)}"
    return response


def _shown(request: HttpRequest) -> int:
    """How many calls the address brings, or brought before more were asked for."""
    return number_in(request.GET.get("shown", f"{PAGE_CALLS}"))


def _more(here: dict[str, str], calls: list[Call]) -> dict[str, str]:
    """Queries for those after these calls: for the next of them alone, and for all up to there."""
    if not calls:
        return {"more": "", "longer": ""}
    longer = here | {"shown": f"{int(here['shown']) + PAGE_CALLS}"}
    return {
        "more": urlencode(longer | {"before": place_of(calls[-1].rang_at, calls[-1])}),
        "longer": urlencode(longer),
    }


def _places(form: CallFilter, calls: list[Call]) -> dict[str, Any]:
    """Where the words were said that are searched for: the turns, by call."""
    text = form.cleaned_data.get("text", "") if form.is_valid() else ""
    places = turns_that_said(text, calls, form.shown) if text else {}
    return {"text": text, "places": places}


@require_safe
@may("calls.export_call")
def export(request: HttpRequest, kind: str) -> StreamingHttpResponse | HttpResponse:
    """The calls that the address asks for, as a file: all of them, a batch in memory at a time.
    ?personal=on: with personal data, which the audit says."""
    with_personal = request.GET.get("personal") == "on"
    if with_personal and not may_see_personal(request.user):
        raise PermissionDenied
    form = CallFilter(request.GET, sees_personal=may_see_personal(request.user))
    if not form.is_valid():
        context = {"form": form, "calls": [], "is_first_page": True}
        return render(request, "dashboard/calls/calls.html", context, status=422)
    write = {"csv": call_export.as_csv, "json": call_export.as_json}.get(kind)
    if write is None:
        raise Http404
    told = {"personal": True} if with_personal else {}
    AuditEvent.note(request, AuditEvent.Action.EXPORT, kind, **form.chosen, **told)
    content_type = {"csv": "text/csv; charset=utf-8", "json": "application/json"}[kind]
    response = StreamingHttpResponse(
        write(form.found(), sees=with_personal), content_type=content_type
    )
    name = f"hevoice-calls-{timezone.localtime():%Y-%m-%d-%H%M}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
