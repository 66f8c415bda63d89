"""A number's tools: their list, the form of one, and "Try it"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calls.http_tools import callers_code, parameters
from calls.http_tools.addresses import new_pool
from calls.http_tools.asking import Answer, Request, ask
from calls.http_tools.field_keys import Unreadable
from calls.http_tools.filling import Unfit
from calls.http_tools.http_tool import CALLER, HttpTool
from calls.http_tools.offered import Offered
from calls.http_tools.why import in_words
from calls.telephony.phone_number import PhoneNumber
from dashboard.access import may
from dashboard.models import AuditEvent
from dashboard.tools.tool_forms import HeaderFormSet, ParameterFormSet, ToolForm
from dashboard.tools.try_form import TryForm

CHANGE = "calls.change_phonenumber"
MOST = 20
SHOWN_CHARACTERS = 4000
SECRET = "•••"


@require_safe
@may("calls.view_call")
def tools(request: HttpRequest, pk: int) -> HttpResponse:
    number = get_object_or_404(PhoneNumber, pk=pk)
    found = list(number.http_tools.all())
    context = {
        "number": number,
        "tools": found,
        "may_add": request.user.has_perm(CHANGE) and len(found) < MOST,
    }
    return render(request, "dashboard/tools/tools.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@may("calls.view_call")
def tool(request: HttpRequest, pk: int, tool_pk: int | None = None) -> HttpResponse:
    """A tool with its form; POST saves. Without a key: a new one."""
    number = get_object_or_404(PhoneNumber, pk=pk)
    one = get_object_or_404(HttpTool, pk=tool_pk, number=pk) if tool_pk else HttpTool(number=number)
    may_change = request.user.has_perm(CHANGE)
    if not may_change and (request.method == "POST" or not tool_pk):
        raise PermissionDenied
    if not tool_pk and number.http_tools.count() >= MOST:
        messages.error(request, _("A number has at most 20 tools."))
        return redirect("tools", pk=pk)
    data = request.POST if request.method == "POST" else None
    kept = dict(one.headers)
    rows = ParameterFormSet(data, schema=one.schema)
    headers = HeaderFormSet(data, kept=kept)
    are_good = data is None or (rows.is_valid() & headers.is_valid())
    if data is not None and are_good and not data.get("uses_schema"):
        one.schema = rows.schema()
    form = ToolForm(data, instance=one)
    if data is not None and form.is_valid() and are_good:
        _save(request, number, form, headers.sealed())
        return redirect("tool", pk=pk, tool_pk=one.pk)
    context = _context(request, number, one) | {
        "form": form, "rows": rows, "headers": headers, "is_wrong": data is not None,
    }  # fmt: skip
    status = 422 if data is not None else 200
    return render(request, "dashboard/tools/tool.html", context, status=status)


def _context(request: HttpRequest, number: PhoneNumber, one: HttpTool) -> dict[str, Any]:
    return {
        "number": number,
        "tool": one,
        "may_change": request.user.has_perm(CHANGE),
        "unreadable": one.unreadable_headers(),
        "try_form": TryForm(one) if one.pk else None,
    }


@transaction.atomic
def _save(
    request: HttpRequest, number: PhoneNumber, form: ToolForm, headers: dict[str, str]
) -> None:
    """The audit has what was before and after; of headers only their names, and that they are
    new."""
    one = form.instance
    before = dict(HttpTool.objects.filter(pk=one.pk).values().first() or {})
    kept, one.headers = one.headers, headers
    one.save()
    after = HttpTool.objects.filter(pk=one.pk).values().get()
    changed: dict[str, Any] = {
        name: [_told(before.get(name)), _told(value)]
        for name, value in after.items()
        if name not in {"id", "number_id", "headers"} and value != before.get(name)
        if before or value
    }
    if new := [name for name, token in headers.items() if kept.get(name) != token]:
        changed["headers set"] = ", ".join(new)
    if gone := [name for name in kept if name not in headers]:
        changed["headers removed"] = ", ".join(gone)
    AuditEvent.note(request, AuditEvent.Action.NUMBER, _what(number, one), **changed)
    messages.success(request, _("Saved. It applies from the next call."))


def _told(value: Any) -> Any:
    """Of parameters their names."""
    return ", ".join(value.get("properties", {})) if isinstance(value, dict) else value


def _what(number: PhoneNumber, one: HttpTool) -> str:
    return f"{number.number} {one.name}"


@require_POST
@may(CHANGE)
def delete(request: HttpRequest, pk: int, tool_pk: int) -> HttpResponse:
    """What calls have asked it stays with them."""
    one = get_object_or_404(HttpTool.objects.select_related("number"), pk=tool_pk, number=pk)
    AuditEvent.note(request, AuditEvent.Action.NUMBER, _what(one.number, one), deleted=one.name)
    one.delete()
    messages.success(request, _("%(name)s was deleted.") % {"name": one.name})
    return redirect("tools", pk=pk)


@dataclass(frozen=True, slots=True)
class Tried:
    """What "Try it" shows: the request with a caller's code masked. told: what the model would be
    told."""

    request: Request
    answer: Answer
    told: str

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, SECRET) for name, _value in self.request.headers]

    @property
    def body(self) -> str:
        return (self.request.body or b"").decode()

    @property
    def why_said(self) -> tuple[str, str]:
        return in_words(self.answer.why)

    @property
    def text(self) -> str:
        return self.answer.text[:SHOWN_CHARACTERS]


@require_POST
@may(CHANGE)
def try_it(request: HttpRequest, pk: int, tool_pk: int) -> HttpResponse:
    """Ask it once, with these values, as a call would."""
    number = get_object_or_404(PhoneNumber, pk=pk)
    one = get_object_or_404(HttpTool, pk=tool_pk, number=pk)
    form, tried, problem = TryForm(one, request.POST), None, ""
    if form.is_valid():
        given, of_call = form.given(), form.of_call()
        problem = parameters.unfit(one.schema, given)
        key = "" if one.reads_only else f"try-{uuid4().hex}"
        shown = callers_code.masked(of_call, {CALLER})
        try:
            asked = None if problem else one.request(given, key, **of_call)
        except Unfit as error:
            asked, problem = None, f"{error}"
        except Unreadable:
            asked, problem = None, _("A header's value is unreadable: write it again.")
        if asked:
            answer = async_to_sync(_ask)(asked, one.deadline_s)
            offered = Offered(one)
            answer = offered.fitting(answer)
            tried = Tried(one.request(given, key, **shown), answer, offered.told(answer))
            outcome = {"outcome": answer.outcome.value, "took_ms": round(answer.took_ms)}
            AuditEvent.note(
                request, AuditEvent.Action.NUMBER, _what(number, one), tried=one.name, **outcome
            )
    context = _context(request, number, one) | {
        "form": ToolForm(None, instance=one),
        "rows": ParameterFormSet(None, schema=one.schema),
        "headers": HeaderFormSet(None, kept=one.headers),
        "try_form": form, "tried": tried, "problem": problem,
    }  # fmt: skip
    return render(request, "dashboard/tools/tool.html", context)


async def _ask(asked: Request, deadline_s: float) -> Answer:
    async with new_pool() as pool:
        return await ask(asked, deadline_s=deadline_s, may_repeat=False, pool=pool)
