"""The calls in progress: the page is empty, its socket fills it (dashboard.consumers)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.access import may


@require_safe
@may("calls.view_call")
def live(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/live.html")
