"""Forgets what is old of calls: each kind of personal data after its own days, then the calls.

Rule: even if this is interrupted, whatever is left of an old call contains no words and no number.
What counts and measures stays: the hourly figures (LatencyCount) for good, a turn's latencies as
long as its call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from calls.models import Agreed, Call, JournalPart, TalkLink, ToolUse, Turn
from calls.privacy.keeping import Days
from calls.records import recording, recovery

logger = logging.getLogger(__name__)

AT_ONCE = 200


def forget(days: Days | None = None) -> int:
    """Forget what is older than its days (RETENTION_DAYS; 0: nothing); how many calls are gone. A
    call is as old as its end, or its ringing if it never ended. What a dead process left on this
    machine goes as well."""
    days = settings.RETENTION_DAYS if days is None else days
    if not days.shortest:
        return 0
    recovery.recover()
    recovery.forget(timezone.now() - timedelta(days=days.shortest))
    for kind, (has_it, forget_it) in KINDS.items():
        kept = getattr(days, kind)
        if kept and kept != days.calls:
            _in_batches(_older(kept).filter(has_it), forget_it)
    forgotten = _in_batches(_older(days.calls), _forget_all) if days.calls else 0
    if forgotten:
        logger.info("%d calls of more than %d days ago are forgotten", forgotten, days.calls)
    return forgotten


def _older(days: int) -> QuerySet[Call]:
    before = timezone.now() - timedelta(days=days)
    return Call.objects.filter(Q(ended_at__lt=before) | Q(ended_at=None, rang_at__lt=before))


def _in_batches(calls: QuerySet[Call], forget_it: Callable[[list[int]], None]) -> int:
    """forget_it: leaves none of them among the calls."""
    count = 0
    while pks := list(calls.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        forget_it(pks)
        count += len(pks)
    return count


def _forget_all(pks: list[int]) -> None:
    for _has_it, forget_it in KINDS.values():
        forget_it(pks)
    _forget_calls(pks)


def _forget_calls(pks: list[int]) -> None:
    """A shared link goes on counting them."""
    with transaction.atomic():
        for link in TalkLink.objects.filter(calls__in=pks).distinct():
            gone = link.taken().filter(pk__in=pks).count()
            TalkLink.objects.filter(pk=link.pk).update(forgotten_calls=F("forgotten_calls") + gone)
        Call.objects.filter(pk__in=pks).delete()


def _forget_audio(pks: list[int]) -> None:
    for call in Call.objects.filter(pk__in=pks):
        recording.forget(call)  # OSError: nothing of these calls is forgotten yet
    Call.objects.filter(pk__in=pks).update(audio_forgotten=True)


def _forget_words(pks: list[int]) -> None:
    with transaction.atomic():
        JournalPart.objects.filter(call__in=pks).delete()
        Turn.objects.filter(call__in=pks).update(said="", answered="", failure="", knowledge=None)
        ToolUse.objects.filter(call__in=pks).update(given={}, why="")
        for call in Call.objects.filter(pk__in=pks).exclude(holds=[]):
            call.holds = [hold | {"note": ""} for hold in call.holds]
            call.save(update_fields=["holds"])
        Call.objects.filter(pk__in=pks).update(messages=[], failure="", words_forgotten=True)


def _forget_numbers(pks: list[int]) -> None:
    """Of customers: who called from a browser is one of ours, or a shared link."""
    with transaction.atomic():
        for call in Call.objects.filter(pk__in=pks).exclude(messages=[]):
            call.messages = [message | {"number": ""} for message in call.messages]
            call.save(update_fields=["messages"])
        calls = Call.objects.filter(pk__in=pks)
        calls.filter(Call.OF_CALLER).update(caller="")
        calls.update(number_forgotten=True)


def _forget_agreed(pks: list[int]) -> None:
    Agreed.objects.filter(call__in=pks).delete()


KINDS: dict[str, tuple[Q, Callable[[list[int]], None]]] = {
    "audio": (Q(audio_forgotten=False), _forget_audio),
    "words": (Q(words_forgotten=False), _forget_words),
    "agreed": (Q(agreed__isnull=False), _forget_agreed),
    "numbers": (Q(number_forgotten=False), _forget_numbers),
}
"""By the names of calls.privacy.keeping.Days: which calls have it, and how it is forgotten."""
