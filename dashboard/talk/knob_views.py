"""The three questions beside a call from the browser: tried in this call alone, or into a draft.

Rules: only whoever rang the call may try anything in it, as `proof` shows; what no call may run on
is refused in words, and what is risky is said; a publication meanwhile takes nothing back, and
nothing is published.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from calls.models import Call
from calls.telephony.browser.ring import rung_by
from dashboard.access import may
from dashboard.profiles.draft_saving import person_of
from dashboard.profiles.questions import questions
from hevoice import bus
from tuning.forms import ProfileForm, in_page_language
from tuning.models import Draft, DraftChanged, Revision, TimingProfile
from tuning.simple import QUESTIONS
from tuning.turns.profile import KNOB, Profile, ProfileError, problems

ASKED = {name for each in QUESTIONS for table in each.knobs.values() for name in table}
"""The knobs that the questions set: these can be tried, and no others."""
LONGEST_VALUE = 9
"""Characters."""


class Refused(Exception):
    """In words for who talks."""


@require_safe
@may("calls.talk_call")
def knobs(request: HttpRequest) -> HttpResponse:
    """The sliders, where the call's revision has them."""
    call = _own_call(request, request.GET.get("proof", ""))
    revision = _revision(call)
    form = ProfileForm(published=revision.values, based_on=revision.number)
    warned = _warned(revision.values)
    context = {"call": call, "rule": form.rule, "questions": questions(form), "warned": warned}
    return render(request, "dashboard/talk/_knobs.html", context)


@require_POST
@may("calls.talk_call")
def try_knobs(request: HttpRequest) -> HttpResponse:
    """Decide by these in this call from the next frame on, instead of what was tried before."""
    call = _own_call(request)
    revision = _revision(call)
    try:
        wanted = _wanted(request, revision)
        if call.ended_at:
            raise Refused(_("The call is over."))
        if not _tell(call, wanted):
            raise Refused(_("The call could not be told. Try again."))
    except Refused as refused:
        return _refusal(refused)
    warned = {"warned": _warned(replace(revision.values, **wanted)), "is_oob": False}
    return JsonResponse(
        {"tried": wanted, "warned": render_to_string("dashboard/profiles/_warned.html", warned)}
    )


@require_POST
@may("calls.talk_call", "tuning.add_draft")
def draft(request: HttpRequest) -> HttpResponse:
    """Put what was tried into this person's draft of the profile."""
    call, person = _own_call(request), person_of(request)
    profile = call.profile
    before = Draft.of(profile, person)
    based_on = before.based_on if before else profile.newest
    version = before.version if before else ""
    try:
        wanted = _wanted(request, _revision(call))
        Draft.keep(profile, person, wanted, based_on=based_on.number, version=version)
        put = {name: wanted[name] for name in wanted if name in _drafted(profile, person)}
        if not put:
            raise Refused(_("That is what the profile has: nothing of it is in your draft."))
    except Refused as refused:
        return _refusal(refused)
    except DraftChanged:
        return _refusal(Refused(_("Your draft is being changed in another window. Try again.")))
    address = reverse("profile", args=[profile.pk])
    return JsonResponse({"draft": address, "put": _said(put, _revision(call).values)})


def _own_call(request: HttpRequest, proof: str = "") -> Call:
    pk = rung_by(request, proof or request.POST.get("proof", ""))
    if pk is None:
        raise Http404
    return get_object_or_404(Call.objects.select_related("profile", "revision"), pk=pk)


def _revision(call: Call) -> Revision:
    """What it runs on; the record may not have it yet."""
    return call.revision or call.begins_on(call.profile)


def _wanted(request: HttpRequest, revision: Revision) -> dict[str, Any]:
    """The knobs that are asked for, all together valid. Raises Refused."""
    given = {name: f"{text}" for name, text in request.POST.items() if name != "proof"}
    if unknown := sorted(given.keys() - ASKED - {"csrfmiddlewaretoken"}):
        raise Refused(_("Only the three questions can be tried here, not: %s") % unknown[0][:40])
    wanted: dict[str, Any] = {}
    for name in given.keys() & ASKED:
        text = given[name]
        if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_VALUE):
            raise Refused(_("Not a whole number: %s") % text[:40])
        wanted[name] = int(text)
    try:
        replace(revision.values, **wanted)
    except ProfileError as error:
        said = (in_page_language(each.text) for each in error.problems)
        raise Refused("; ".join(said)) from None
    return wanted


def _warned(values: Profile) -> list[str]:
    """What is risky about them, as far as the questions go."""
    asked = {name for question in QUESTIONS for name in question.knobs[values.endpointing]}
    found = [each for each in problems(asdict(values)) if asked & {*each.knobs}]
    return list(dict.fromkeys(in_page_language(each.text) for each in found))


def _drafted(profile: TimingProfile, person: User) -> dict[str, Any]:
    draft = Draft.of(profile, person)
    return draft.knobs if draft else {}


def _said(wanted: dict[str, Any], of: Profile) -> list[tuple[str, str]]:
    """Each knob's name, and its value with the unit."""
    knobs = [KNOB[name] for name in wanted]
    labels = [in_page_language(knob.under(of.endpointing).label) for knob in knobs]
    values = [f"{wanted[knob.name]:,} {knob.unit}".strip() for knob in knobs]
    return list(zip(labels, values, strict=True))


def _tell(call: Call, wanted: dict[str, Any]) -> bool:
    message = {"type": "call.tried", "call": call.pk, "knobs": wanted}
    return bool(async_to_sync(bus.tell)("calls", message))


def _refusal(refused: Refused) -> JsonResponse:
    return JsonResponse({"words": f"{refused}"}, status=422)
