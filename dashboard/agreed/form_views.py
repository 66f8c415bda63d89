"""What is noted after each of a number's calls: the fields of its form, one page each."""

from __future__ import annotations

import json

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calls.agreed.form_field import MOST_FIELDS, FormField
from calls.agreed.schema import schema_of
from calls.telephony.phone_number import PhoneNumber
from dashboard.access import may
from dashboard.agreed.form_field_form import FormFieldForm, start
from dashboard.models import AuditEvent

CHANGE = "calls.change_phonenumber"
STEPS = {"up": -1, "down": 1}


@require_safe
@may("calls.view_call")
def form(request: HttpRequest, pk: int) -> HttpResponse:
    number = get_object_or_404(PhoneNumber, pk=pk)
    fields = list(number.form_fields.all())
    may_change = request.user.has_perm(CHANGE)
    context = {
        "number": number,
        "fields": fields,
        "schema": json.dumps(schema_of(fields), ensure_ascii=False, indent=2),
        "offered": [field.label for field in start(number)],
        "may_change": may_change,
        "may_add": may_change and len(fields) < MOST_FIELDS,
        "most": MOST_FIELDS,
    }
    return render(request, "dashboard/agreed/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@may("calls.view_call")
def field(request: HttpRequest, pk: int, field_pk: int | None = None) -> HttpResponse:
    """A field with its form; POST saves. Without a key: a new one, the last."""
    number = get_object_or_404(PhoneNumber, pk=pk)
    if field_pk:
        one = get_object_or_404(FormField, pk=field_pk, number=pk)
    else:
        one = FormField(number=number, position=_next_position(number))
    may_change = request.user.has_perm(CHANGE)
    if not may_change and (request.method == "POST" or not field_pk):
        raise PermissionDenied
    before = dict(FormField.objects.filter(pk=one.pk).values().first() or {})
    form = FormFieldForm(request.POST if request.method == "POST" else None, instance=one)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            form.save()
            changed = {
                name: [f"{before.get(name) or ''}", f"{getattr(one, name) or ''}"]
                for name in form.fields
                if (before.get(name) or "") != (getattr(one, name) or "")
            }
            _note(request, one, **changed)
        messages.success(request, _("Saved. It applies from the next call."))
        return redirect("number_form", pk=pk)
    context = {"number": number, "field": one, "form": form, "may_change": may_change}
    status = 422 if form.errors else 200
    return render(request, "dashboard/agreed/form_field.html", context, status=status)


@require_POST
@may(CHANGE)
@transaction.atomic
def move(request: HttpRequest, pk: int, field_pk: int) -> HttpResponse:
    """One place up or down; at the ends it stays."""
    one = get_object_or_404(FormField.objects.select_related("number"), pk=field_pk, number=pk)
    step = STEPS.get(request.POST.get("to", ""))
    if step is None:
        raise Http404
    fields = list(FormField.objects.select_for_update().filter(number=pk))
    place = fields.index(one)
    to = min(max(place + step, 0), len(fields) - 1)
    fields.insert(to, fields.pop(place))
    for position, each in enumerate(fields):
        each.position = position
    FormField.objects.bulk_update(fields, ["position"])
    if to != place:
        _note(request, one, moved=[place + 1, to + 1])
    return redirect("number_form", pk=pk)


@require_POST
@may(CHANGE)
@transaction.atomic
def delete(request: HttpRequest, pk: int, field_pk: int) -> HttpResponse:
    """What was noted of past calls stays with them."""
    one = get_object_or_404(FormField.objects.select_related("number"), pk=field_pk, number=pk)
    _note(request, one, deleted=one.label)
    one.delete()
    messages.success(request, _("%(name)s was deleted.") % {"name": one.label})
    return redirect("number_form", pk=pk)


@require_POST
@may(CHANGE)
@transaction.atomic
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """With the form that is offered, where there is none yet."""
    number = get_object_or_404(PhoneNumber.objects.select_for_update(), pk=pk)
    if not number.form_fields.exists():
        for one in FormField.objects.bulk_create(start(number)):
            _note(request, one, label=["", one.label], kind=["", one.kind])
        messages.success(request, _("Saved. It applies from the next call."))
    return redirect("number_form", pk=pk)


def _next_position(number: PhoneNumber) -> int:
    last = number.form_fields.last()
    return last.position + 1 if last else 0


def _note(request: HttpRequest, one: FormField, **detail: object) -> None:
    what = f"{one.number.number} {one.name}"
    AuditEvent.note(request, AuditEvent.Action.NUMBER, what, **detail)
