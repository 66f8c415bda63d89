"""How well the lab predicts: what it said of publications, and what came of them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from calls.lab.prediction import Prediction
from dashboard.access import may
from dashboard.advice.shown_outcomes import Kept, shown

SHOWN = 50
"""Publications."""


@require_safe
@may("calls.replay_call")
def predictions(request: HttpRequest) -> HttpResponse:
    found = Prediction.objects.select_related("revision__profile")
    rows = [(one, shown(one)) for one in found.prefetch_related("outcomes__prediction")[:SHOWN]]
    # Of each publication the week, or the day where there is no week yet.
    newest = [outcomes[-1] for _one, outcomes in rows if outcomes]
    kept = Kept.of(cell for each in newest for cell, _title, _is_share in each.cells)
    context = {"predictions": rows, "kept": kept}
    return render(request, "dashboard/advice/predictions.html", context)
