"""People and what they did: for those who may change people, and those who may read the audit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from dashboard.access import may
from dashboard.models import AuditEvent
from dashboard.people import accounts as verbs
from dashboard.people import audit_filter
from dashboard.people.roles import LABELS, MEANINGS, ROLES, role_of

SHOWN_EVENTS = 10


class InviteForm(forms.ModelForm):  # type: ignore[type-arg]
    role = forms.ChoiceField(choices=[(role, LABELS[role]) for role in ROLES], initial="viewer")

    class Meta:
        model = User
        fields = ("username",)
        error_messages = {  # noqa: RUF012
            "username": {
                "unique": gettext_lazy("Somebody already has this name."),
                "invalid": gettext_lazy("Letters, digits and @ . + - _ only, without spaces."),
            }
        }


@require_safe
@may("auth.change_user")
def people(request: HttpRequest) -> HttpResponse:
    return _people(request, InviteForm())


def _people(request: HttpRequest, form: InviteForm, status: int = 200) -> HttpResponse:
    rows = [(person, role_of(person)) for person in verbs.everybody()]
    roles = [(role, LABELS[role], MEANINGS[role]) for role in ROLES]
    context = {"rows": rows, "form": form, "roles": roles}
    return render(request, "dashboard/people/people.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@may("auth.change_user", "auth.add_user")
@never_cache
def invite(request: HttpRequest) -> HttpResponse:
    """The answer shows the one-time password: it is kept nowhere, so there is nothing to go to.
    The language switch comes back with a GET."""
    if request.method != "POST":
        return redirect("people")
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _people(request, form, status=422)
    name, role = form.cleaned_data["username"], form.cleaned_data["role"]
    person, password = verbs.invite(request, name, role)
    return _one_time_password(request, person, password)


@require_safe
@may("auth.change_user")
def person(request: HttpRequest, pk: int) -> HttpResponse:
    somebody = get_object_or_404(verbs.everybody(), pk=pk)
    events = audit_filter.with_calls(
        AuditEvent.objects.filter(who_name=somebody.username)[:SHOWN_EVENTS]
    )
    context = {
        "person": somebody,
        "role": role_of(somebody),
        "roles": [(role, LABELS[role], MEANINGS[role]) for role in ROLES],
        "events": events if request.user.has_perm("dashboard.view_auditevent") else None,
    }
    return render(request, "dashboard/people/person.html", context)


@require_POST
@may("auth.change_user")
def change_role(request: HttpRequest, pk: int) -> HttpResponse:
    role = request.POST.get("role", "")
    if role not in LABELS:
        return redirect("person", pk)
    done = _("The role is now: %(role)s.") % {"role": LABELS[role]}
    return _try(request, pk, verbs.give_role, role, done=done)


@require_POST
@may("auth.change_user")
def change_active(request: HttpRequest, pk: int) -> HttpResponse:
    is_active = request.POST.get("active") == "yes"
    done = _("They can sign in again.") if is_active else _("They can no longer sign in.")
    return _try(request, pk, verbs.let_in, is_active, done=done)


@require_POST
@may("auth.change_user")
def reset_second_step(request: HttpRequest, pk: int) -> HttpResponse:
    done = _("Two-step sign-in is off for them, until they turn it on again.")
    return _try(request, pk, verbs.reset_second_step, done=done)


@require_http_methods(["GET", "HEAD", "POST"])
@may("auth.change_user")
@never_cache
def reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return redirect("person", pk)
    somebody = get_object_or_404(verbs.everybody(), pk=pk)
    try:
        password = verbs.reset_password(request, somebody)
    except verbs.Refused as why:
        messages.error(request, f"{why}")
        return redirect("person", pk)
    return _one_time_password(request, somebody, password)


def _try(request: HttpRequest, pk: int, verb: Any, *arguments: object, done: str) -> HttpResponse:
    """Do it, say so, and go back to the person."""
    try:
        verb(request, get_object_or_404(verbs.everybody(), pk=pk), *arguments)
    except verbs.Refused as why:
        messages.error(request, f"{why}")
    else:
        messages.success(request, done)
    return redirect("person", pk)


def _one_time_password(request: HttpRequest, somebody: User, password: str) -> HttpResponse:
    context = {"person": somebody, "password": password}
    return render(request, "dashboard/people/one_time_password.html", context)


@require_safe
@may("dashboard.view_auditevent")
@vary_on_headers("HX-Request")
def audit(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first; the filters are in the address."""
    context = audit_filter.page(request.GET)
    is_fragment = bool(request.headers.get("HX-Request"))
    template = "dashboard/people/_audit_rows.html" if is_fragment else "dashboard/people/audit.html"
    return render(request, template, context)
