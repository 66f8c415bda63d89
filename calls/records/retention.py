"""Forgets old calls: their audio and words first, then their rows.

Rule: even if this is interrupted, whatever is left of a call contains no words and no number. The
hourly figures (LatencyCount) stay: they are about nobody in particular.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from calls.models import Agreed, Call, JournalPart, TalkLink, ToolUse, Turn
from calls.records import recording, recovery

logger = logging.getLogger(__name__)

AT_ONCE = 200


def forget(days: int | None = None) -> int:
    """Forget calls that ended, or rang and never ended, so many days ago (RETENTION_DAYS; 0: none);
    how many. What a dead process left of them on this machine goes as well."""
    days = settings.RETENTION_DAYS if days is None else days
    if not days:
        return 0
    before = timezone.now() - timedelta(days=days)
    recovery.recover()
    recovery.forget(before)
    old = Call.objects.filter(Q(ended_at__lt=before) | Q(ended_at=None, rang_at__lt=before))
    forgotten = 0
    while pks := list(old.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        for call in Call.objects.filter(pk__in=pks):
            recording.forget(call)  # OSError: nothing of these calls is forgotten yet
        _forget_words(pks)
        _forget_calls(pks)
        forgotten += len(pks)
    if forgotten:
        logger.info("%d calls of more than %d days ago are forgotten", forgotten, days)
    return forgotten


def _forget_calls(pks: list[int]) -> None:
    """A shared link goes on counting them."""
    with transaction.atomic():
        for link in TalkLink.objects.filter(calls__in=pks).distinct():
            gone = link.taken().filter(pk__in=pks).count()
            TalkLink.objects.filter(pk=link.pk).update(forgotten_calls=F("forgotten_calls") + gone)
        Call.objects.filter(pk__in=pks).delete()


def _forget_words(pks: list[int]) -> None:
    with transaction.atomic():
        JournalPart.objects.filter(call__in=pks).delete()
        Turn.objects.filter(call__in=pks).update(said="", answered="", failure="")
        ToolUse.objects.filter(call__in=pks).delete()
        Agreed.objects.filter(call__in=pks).delete()
        Call.objects.filter(pk__in=pks).update(caller="", messages=[], holds=[], failure="")
