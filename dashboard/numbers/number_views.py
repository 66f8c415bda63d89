"""The phone numbers: who answers them and how, and a test call to each."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calls import tasks
from calls.simulator.dashboard_call import TestCall
from calls.telephony.phone_number import PhoneNumber
from dashboard.access import may
from dashboard.models import AuditEvent
from dashboard.numbers.hours_form import OFFERS, HoursFormSet
from dashboard.numbers.number_forms import ClosedDaysFormSet, NumberForm, TestCallForm
from dashboard.people.personal import may_see_personal

POLL_ENDED = 286
"""htmx: the last answer of a poll."""


@require_safe
@may("calls.view_call")
def numbers(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    found = PhoneNumber.objects.select_related("profile").prefetch_related("hours", "closed_days")
    context = {
        "numbers": [(number, number.is_open(now)) for number in found],
        "takes_any": settings.UNKNOWN_NUMBER == "default",
    }
    return render(request, "dashboard/numbers/numbers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@may("calls.view_call")
def number(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A number with its form; POST saves. Without a key: a new one."""
    one = get_object_or_404(PhoneNumber, pk=pk) if pk else PhoneNumber()
    permission = "calls.change_phonenumber" if pk else "calls.add_phonenumber"
    may_change = request.user.has_perm(permission)
    if not may_change and (request.method == "POST" or not pk):
        raise PermissionDenied
    data = request.POST if request.method == "POST" else None
    form = NumberForm(data, instance=one)
    hours = HoursFormSet(data, instance=one, prefix="hours")
    closed_days = ClosedDaysFormSet(data, instance=one, prefix="closed_days")
    parts = (form, hours, closed_days)
    # Each is asked, so that the page tells everything that is wrong at once.
    if data is not None and sum(part.is_valid() for part in parts) == len(parts):
        _save(request, one, form, {"hours": hours, "closed_days": closed_days})
        return redirect("number", pk=one.pk)
    context = {
        "number": one,
        "form": form,
        "hours": hours,
        "closed_days": closed_days,
        "offers": OFFERS,
        "may_change": may_change,
        "is_wrong": data is not None,
        "is_open": one.is_open(timezone.now()) if pk else None,
        "webhook": _webhook(),
        "test_call_form": TestCallForm(sees_personal=may_see_personal(request.user))
        if pk
        else None,
        "last_test_call": one.test_calls.order_by("-pk").first() if pk else None,
    }
    status = 422 if data is not None else 200
    return render(request, "dashboard/numbers/number.html", context, status=status)


@transaction.atomic
def _save(request: HttpRequest, one: PhoneNumber, form: Any, parts: dict[str, Any]) -> None:
    before = {name: f"{form.initial.get(name) or ''}" for name in form.changed_data}
    before |= {name: _listed(one, name) for name in parts if one.pk}
    form.save()
    for part in parts.values():
        part.save()
    after = {name: f"{form.cleaned_data[name] or ''}" for name in form.changed_data}
    after |= {name: _listed(one, name) for name in parts}
    changed = {
        name: [before.get(name, ""), text]
        for name, text in after.items()
        if text != before.get(name, "")
    }
    AuditEvent.note(request, AuditEvent.Action.NUMBER, one.number, **changed)
    messages.success(request, _("Saved. It applies from the next call."))


def _listed(one: PhoneNumber, name: str) -> str:
    """The number's hours, or its closed days, as they are kept now."""
    return ", ".join(f"{each}" for each in getattr(one, name).all())


def _webhook() -> str:
    host = f"https://{settings.PUBLIC_HOST}" if settings.PUBLIC_HOST else ""
    return f"{host}{reverse('answer')}" if host else ""


@require_POST
@may("calls.delete_phonenumber")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Its calls stay, and no longer name it."""
    one = get_object_or_404(PhoneNumber, pk=pk)
    try:
        one.delete()
    except ProtectedError:
        messages.error(request, _("It is still in use, so it was not deleted."))
        return redirect("number", pk=pk)
    AuditEvent.note(request, AuditEvent.Action.NUMBER, one.number, deleted=one.name)
    messages.success(request, _("%(name)s was deleted.") % {"name": one.name})
    return redirect("numbers")


@require_POST
@may("calls.call_phonenumber")
def call_it(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a worker place a test call; the page of the call to come says how it stands."""
    one = get_object_or_404(PhoneNumber, pk=pk)
    form = TestCallForm(request.POST, sees_personal=may_see_personal(request.user))
    if not form.is_valid():
        messages.error(request, _("Choose what the caller says."))
        return redirect("number", pk=pk)
    said = form.cleaned_data["said"]
    placed = TestCall.ask(one, by=request.user, said=said)
    AuditEvent.note(request, AuditEvent.Action.TEST_CALL, one.number, said=said)
    tasks.place_test_call_later(placed.pk)
    return redirect("test_call", pk=placed.pk)


@require_safe
@may("calls.view_call")
def test_call(request: HttpRequest, pk: int) -> HttpResponse:
    """How a test call stands; the fragment is polled until it has ended."""
    placed = get_object_or_404(TestCall.objects.select_related("number"), pk=pk)
    state = placed.state
    context = {"placed": placed, "state": state, "call": placed.call}
    if not request.headers.get("HX-Request"):
        return render(request, "dashboard/numbers/test_call.html", context)
    is_over = state in {"ended", "failed"}
    status = POLL_ENDED if is_over else 200
    return render(request, "dashboard/numbers/_test_call.html", context, status=status)
