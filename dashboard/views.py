"""Home: how the calls are going, at a glance."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from dashboard.access import may


@require_safe
@may("calls.view_call")
def home(request: HttpRequest) -> HttpResponse:
    return redirect("calls")
