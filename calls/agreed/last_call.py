"""What a caller's last call was about, for the next one to the same number, where that allows it.

Rules: only of the same telephone number, which is told and not withheld; only of the last KEPT. Who
calls is known by that number alone, so it is for the operator to allow.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.agreed.agreed import Agreed

if TYPE_CHECKING:
    from calls.models import Call

KEPT = timedelta(days=30)


class TellsLastCall(models.Model):
    """A part of PhoneNumber."""

    tells_last_call = models.BooleanField(
        _("tell of the caller's last call"), default=False, db_default=False,
        help_text=_(
            "{last_call} in the text about the business is the summary of the same caller's last "
            "call to this number, of the last 30 days. Whoever calls from that telephone may hear "
            "of it."
        ),
    )  # fmt: skip

    class Meta:
        abstract = True


def last_call_of(call: Call) -> str:
    """The summary of the one before it; "": there is none, or it is not to be told."""
    is_someones = call.told_number and not call.is_test
    if not (is_someones and call.number and call.number.tells_last_call):
        return ""
    before = Agreed.objects.filter(
        call__caller=call.caller,
        call__number=call.number,
        call__via=call.Via.TELEPHONE,
        call__rang_at__gt=timezone.now() - KEPT,
        call__rang_at__lt=call.rang_at,
    ).exclude(summary="")
    newest = before.order_by("-call__rang_at").values_list("summary", flat=True)
    return newest.first() or ""
