"""What a number's business knows: its texts, its questions with their answers, and a trial of what
would be found."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calls.knowledge.in_call import SMALL, knowledge_of
from calls.knowledge.known_text import MOST_PASSAGES, Known, KnownAnswer, KnownText, Passage
from calls.knowledge.search import found
from calls.telephony.phone_number import PhoneNumber
from dashboard.access import may
from dashboard.knowledge.knowledge_forms import AnswerForm, QuestionForm, TextForm, UploadForm
from dashboard.models import AuditEvent

CHANGE = "calls.change_phonenumber"
KINDS: dict[str, tuple[type[KnownText] | type[KnownAnswer], Any]] = {
    "text": (KnownText, TextForm),
    "answer": (KnownAnswer, AnswerForm),
}


@require_http_methods(["GET", "HEAD", "POST"])
@may("calls.view_call")
def knowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """All of it; POST takes files."""
    number = get_object_or_404(PhoneNumber, pk=pk)
    upload = UploadForm()
    if request.method == "POST":
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        upload = UploadForm(request.POST, request.FILES)
        if upload.is_valid() and _keep_files(request, number, upload):
            return redirect("knowledge", pk=pk)
    texts = KnownText.objects.filter(number=number).defer("text")
    context = {
        "number": number,
        "texts": texts.annotate(length=Length("text"), count=Count("passages")),
        "answers": KnownAnswer.objects.filter(number=number),
        "count": Passage.objects.filter(number=number).count(),
        "most": MOST_PASSAGES,
        "small": SMALL,
        "is_told": bool(knowledge_of(pk).told),
        "upload": upload,
        "may_change": request.user.has_perm(CHANGE),
        **_tried(request, number),
    }
    status = 422 if upload.errors else 200
    return render(request, "dashboard/knowledge/knowledge.html", context, status=status)


@require_safe
@may("calls.view_call")
def found_for(request: HttpRequest, pk: int) -> HttpResponse:
    """What would be found for a question: the fragment of the page."""
    number = get_object_or_404(PhoneNumber, pk=pk)
    return render(request, "dashboard/knowledge/_found.html", _tried(request, number))


def _tried(request: HttpRequest, number: PhoneNumber) -> dict[str, Any]:
    form = QuestionForm(request.GET if "asked" in request.GET else None)
    if not form.is_valid():
        return {"question": form}
    asked, knowledge = form.cleaned_data["asked"], knowledge_of(number.pk)
    keys = number.language.search_keys
    began_s = time.perf_counter()
    passages = found(number.pk, asked, language=number.language)
    took_ms = (time.perf_counter() - began_s) * 1000
    return {
        "question": form,
        "asked": asked,
        "found": passages,
        "took_ms": took_ms,
        "certain": knowledge.certain(asked, keys),
        "is_told": bool(knowledge.told),
    }


def _keep_files(request: HttpRequest, number: PhoneNumber, upload: UploadForm) -> bool:
    """All of them, or none."""
    try:
        with transaction.atomic():
            for name, text in upload.cleaned_data["texts"]:
                known = KnownText.objects.filter(number=number, name=name).first()
                known = known or KnownText(number=number, name=name)
                before, known.text = _in_short(known), text
                known.save()
                _note(request, known, before, _in_short(known))
    except ValidationError as error:
        upload.add_error("texts", error)
        return False
    messages.success(request, _("Saved. It applies from the next call."))
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@may(CHANGE)
def edit(request: HttpRequest, pk: int, kind: str, known: int | None = None) -> HttpResponse:
    """A text, or a question with its answer; without a key: a new one."""
    number = get_object_or_404(PhoneNumber, pk=pk)
    model, form_class = KINDS[kind]
    one: Any = get_object_or_404(model, pk=known, number=number) if known else model(number=number)
    before = _in_short(one)
    form = form_class(request.POST if request.method == "POST" else None, instance=one)
    if form.is_bound and form.is_valid():
        try:
            one.save()
        except ValidationError as error:
            form.add_error(None, error)
        else:
            _note(request, one, before, _in_short(one))
            messages.success(request, _("Saved. It applies from the next call."))
            return redirect("knowledge", pk=pk)
    context = {"number": number, "kind": kind, "form": form, "known": one}
    status = 422 if form.errors else 200
    return render(request, "dashboard/knowledge/edit.html", context, status=status)


@require_POST
@may(CHANGE)
def delete(request: HttpRequest, pk: int, kind: str, known: int) -> HttpResponse:
    model, _form = KINDS[kind]
    one: Any = get_object_or_404(model, pk=known, number=pk)
    before = _in_short(one)
    one.delete()
    _note(request, one, before, "")
    messages.success(request, _("%(name)s was deleted.") % {"name": f"{one}"})
    return redirect("knowledge", pk=pk)


def _in_short(known: Known) -> str:
    """For the audit: a text may be a book."""
    if not known.pk:
        return ""
    if isinstance(known, KnownText):
        return f"{known.name} ({len(known.text)})"
    return f"{known} – {known.answer}" if isinstance(known, KnownAnswer) else ""


def _note(request: HttpRequest, known: Known, before: str, after: str) -> None:
    number = PhoneNumber.objects.get(pk=known.number_id).number
    AuditEvent.note(request, AuditEvent.Action.NUMBER, number, knowledge=[before, after])
