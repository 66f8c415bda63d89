"""The button is pressed, on the Talk page or on the page of a shared link: the call rings, and
whoever pressed it gets its token, and a proof for the page that it is theirs."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core import signing
from django.db import DatabaseError, transaction
from django.http import HttpRequest, JsonResponse
from django.utils import translation
from django.views.decorators.http import require_POST

from calls.models import Call
from calls.telephony import answering
from calls.telephony.browser import visitors
from calls.telephony.browser.carrier import PERMISSION, proof_of_ringing
from calls.telephony.browser.talk_link import UNKNOWN, Closed, LinkClosed, TalkLink
from calls.telephony.database_wait import WEBHOOK_S, at_most

UNAVAILABLE = HTTPStatus.SERVICE_UNAVAILABLE
PROOF = "talk.proof"


def rung_by(request: HttpRequest, proof: str) -> int | None:
    """The primary key of the call that is proved to be this person's; None: it is not."""
    try:
        pk, person = signing.loads(proof, salt=PROOF)
    except signing.BadSignature:
        return None
    return int(pk) if person == request.user.pk else None


@require_POST
@permission_required(PERMISSION, raise_exception=True)
def ring(request: HttpRequest) -> JsonResponse:
    """`called`: the number whose settings the call has; empty: those of no number. What the agent
    says instead of answering is in `words`."""
    called, caller = request.POST.get("called", "")[:32], request.user.get_username()[:32]
    with at_most(WEBHOOK_S):
        told, words = _answered(caller, called, Call.Via.BROWSER)
    if told is None:
        return JsonResponse({"words": words}, status=UNAVAILABLE)
    return JsonResponse(told | {"proof": signing.dumps([told["pk"], request.user.pk], salt=PROOF)})


@require_POST
def ring_by_link(request: HttpRequest, address: str) -> JsonResponse:
    """Nobody is signed in: the link, the visitor's address and their browser have limits. Why there
    is no call, in the page's language, is in `why`; what the agent says instead, in `words`."""
    try:
        with visitors.admitted(request) as rang, at_most(WEBHOOK_S), transaction.atomic():
            link = TalkLink.found(address, is_held=True)
            if link is None:
                return _refusal(request, UNKNOWN)
            longest_s = link.longest_s()
            called = link.number.number if link.number else ""
            told, words = _answered(
                link.caller, called, Call.Via.LINK, talk_link=link, longest_s=longest_s
            )
            if told is None:
                return JsonResponse({"words": words}, status=UNAVAILABLE)
            rang(told.pop("pk"), longest_s)
    except (visitors.Refused, LinkClosed) as refused:
        return _refusal(request, refused.why)
    except DatabaseError:
        return JsonResponse({"words": ""}, status=UNAVAILABLE)
    rang_as = proof_of_ringing(told["call"])
    return JsonResponse(told | {"rang": rang_as, "longest_s": longest_s})


def _answered(
    caller: str, called: str, via: str, **terms: object
) -> tuple[dict[str, Any] | None, str]:
    """What a page needs for the call; else None, and what the agent says instead."""
    call_sid = f"browser-{uuid.uuid4().hex}"
    answered = answering.answer(call_sid, caller, called, via, **terms)
    if not isinstance(answered, answering.Take):
        return None, answered.words if isinstance(answered, answering.Refuse) else ""
    try:
        pk = Call.objects.values_list("pk", flat=True).get(call_sid=call_sid)
    except DatabaseError:
        return None, ""
    return {"call": call_sid, "token": answered.token, "pk": pk}, ""


def _refusal(request: HttpRequest, why: Closed) -> JsonResponse:
    with translation.override(visitors.language_of(request)):
        return JsonResponse({"why": f"{why.words}"}, status=why.status)
