"""The button of the Talk page is pressed: the call rings, and whoever pressed it gets its token,
and a proof for the page that it is theirs."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import permission_required
from django.core import signing
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from calls.models import Call
from calls.telephony import answering
from calls.telephony.browser.carrier import PERMISSION
from calls.telephony.database_wait import WEBHOOK_S, at_most

UNAVAILABLE = 503
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
    call_sid, called = f"browser-{uuid.uuid4().hex}", request.POST.get("called", "")[:32]
    with at_most(WEBHOOK_S):
        answered = answering.answer(
            call_sid, request.user.get_username()[:32], called, Call.Via.BROWSER
        )
        if isinstance(answered, answering.Take):
            try:
                pk = Call.objects.values_list("pk", flat=True).get(call_sid=call_sid)
            except DatabaseError:
                return JsonResponse({"words": ""}, status=UNAVAILABLE)
            proof = signing.dumps([pk, request.user.pk], salt=PROOF)
            told = {"call": call_sid, "token": answered.token, "pk": pk, "proof": proof}
            return JsonResponse(told)
    words = answered.words if isinstance(answered, answering.Refuse) else ""
    return JsonResponse({"words": words}, status=UNAVAILABLE)
