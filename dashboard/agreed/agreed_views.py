"""What was agreed in a call: its card on the call's page, and the page to correct it by hand."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from calls.agreed import correcting
from calls.models import Agreed, Call
from dashboard.access import may
from dashboard.agreed.correction_form import CorrectionForm
from dashboard.agreed.shown import ShownAgreed
from dashboard.models import AuditEvent
from dashboard.people.personal import may_see_personal


@require_safe
@may("calls.view_call")
def agreed(request: HttpRequest, pk: int) -> HttpResponse:
    """The card: a fragment of the call's page, which asks for it until it is written."""
    if not request.headers.get("HX-Request"):
        return redirect("call", pk=pk)
    one = get_object_or_404(Call.objects.select_related("agreed"), pk=pk)
    shown = ShownAgreed.of(one, sees_personal=may_see_personal(request.user))
    return render(request, "dashboard/agreed/_agreed.html", {"call": one, "shown_agreed": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@may("calls.view_call", "calls.correct_agreed")
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Agreed.objects.select_related("call__number"), call=pk)
    data = request.POST if request.method == "POST" else None
    form = CorrectionForm(one, data, sees_personal=may_see_personal(request.user))
    if form.is_bound and form.is_valid() and _correct(request, one, form):
        return redirect("call", pk=pk)
    context = {"call": one.call, "agreed": one, "form": form}
    status = 422 if form.errors else 200
    return render(request, "dashboard/agreed/correct.html", context, status=status)


def _correct(request: HttpRequest, one: Agreed, form: CorrectionForm) -> bool:
    try:
        with transaction.atomic():
            changes = correcting.correct(one, request.user.get_username(), **form.given())
            if changes:
                action = AuditEvent.Action.CORRECT
                AuditEvent.note(request, action, one.call, **changes)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    except Agreed.DoesNotExist:  # forgotten meanwhile
        raise Http404 from None
    messages.success(request, _("Corrected.") if changes else _("Nothing was changed."))
    return True
