"""What callers met under a revision: the same figures as a prediction's, from recorded turns.

Rule: counting is safe to run twice, and late.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import datetime, timedelta

from django.utils import timezone

from calls.lab.comparison import Comparison, Estimate
from calls.lab.figures import compare
from calls.lab.prediction import DAYS, PREDICTED, Outcome, Prediction
from calls.models import Call, Turn
from tuning.lab.tried import CallTried, TurnTried
from tuning.models import Revision


def count_due() -> None:
    """What came of each publication from the lab that is a day, or a week, old."""
    for days in DAYS:
        published_until = timezone.now() - timedelta(days=days)
        due = Prediction.objects.filter(revision__published_at__lte=published_until)
        for prediction in due.exclude(outcomes__days=days).select_related("revision"):
            _count(prediction, days)


def _count(prediction: Prediction, days: int) -> None:
    revision = prediction.revision
    until = revision.published_at + timedelta(days=days)
    found = happened(revision, until, short_ms=prediction.short_ms)
    counted = {
        "calls": found.calls,
        "turns": found.before.turns,
        "figures": {name: _stored(found[name].before) for name in PREDICTED},
    }
    Outcome.objects.get_or_create(prediction=prediction, days=days, defaults=counted)


def _stored(found: Estimate | None) -> dict[str, float] | None:
    return asdict(found) if found else None


def happened(revision: Revision, until: datetime, *, short_ms: int) -> Comparison:
    """Of the calls from its publication until then; both sides are the same.

    short_ms: an utterance below this is a short one. Nobody's test calls.
    """
    calls = Call.objects.filter(
        revision=revision, rang_at__range=(revision.published_at, until), ended_at__isnull=False
    ).filter(Call.REAL)
    dropped = dict(calls.order_by().values_list("pk", "dropped_short"))
    turns = defaultdict(list)
    for turn in Turn.objects.filter(Turn.AGENTS, call__in=list(dropped), revision=revision):
        turns[turn.call_id].append(turn)
    found = [
        CallTried([_as_tried(turn, short_ms) for turn in turns[pk]], lost)
        for pk, lost in dropped.items()
    ]
    return compare(found, found)


def _as_tried(turn: Turn, short_ms: int) -> TurnTried:
    spoke_until_ms, decided_ms = round(turn.speech_ended_ms or 0), round(turn.decided_ms or 0)
    return TurnTried(
        turn=turn.number,
        said="",
        is_short=turn.span_ms < short_ms,
        spoke_until_ms=spoke_until_ms,
        decided_ms=decided_ms,
        asked_ms=decided_ms - spoke_until_ms,
        why=turn.why,
        latency_ms=turn.response_latency,
        is_cut_in=turn.is_cut_in,
    )
