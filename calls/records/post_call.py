"""After a call: does it replay to itself, and what does it add to the latencies of its hour?

Rule: a call is settled once. One conditional update claims it; a claim expires if its worker dies;
the counting and the mark that it is done are in one transaction.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from calls.language.language import words_of
from calls.measures.latency import bin_of
from calls.measures.latency_count import LatencyCount, Place
from calls.measures.moments import names_of
from calls.measures.timeline import Timeline
from calls.measures.trial_call import TrialCall, look
from calls.models import Agreed, Call, Turn
from calls.records import recording
from tuning.lab import pauses
from tuning.turns import journal, replay
from tuning.turns.events import Action, Event

logger = logging.getLogger(__name__)

CLAIM_LASTS = timedelta(minutes=5)
MISSED_AFTER = timedelta(minutes=1)
MOST_AT_ONCE = 500
MEASURES = names_of(lambda each: each.is_counted)


def missed() -> list[int]:
    """Calls that ended a while ago and were never settled, oldest first."""
    until = timezone.now() - MISSED_AFTER
    waiting = Call.objects.filter(settled_at=None, ended_at__lt=until).order_by("ended_at")
    return list(waiting.values_list("pk", flat=True)[:MOST_AT_ONCE])


def settle(call_pk: int) -> bool:
    """Whether this was the one time that the call was settled."""
    if not _claim(call_pk):
        return False
    call = Call.objects.get(pk=call_pk)
    entries = _entries(call)
    replays = entries is not None and replays_to_itself(call, entries)
    try:
        recording.make_peaks(call)
    except OSError as error:
        logger.error("The recording of %s has no waveform: %s", call, error)
    with transaction.atomic():
        unsettled = Call.objects.filter(pk=call_pk, settled_at=None)
        if not unsettled.update(settled_at=timezone.now(), replays=replays):
            return False
        for place, turns in keep(call, entries or []):  # in one order: workers never wait
            LatencyCount.add(place, turns)
        TrialCall.keep(call)
        if call.started_at:  # else nothing was said in it
            Agreed.want(call)
    if call.trial is not None and call.trial.is_running:
        look(call.trial)
    return True


def keep(call: Call, entries: list[Event | Action]) -> list[tuple[Place, int]]:
    """Keep what pages show of the journal and the turns, but for what they add to the latencies of
    its hour: that is returned, in order."""
    _keep_pauses(call, entries)
    Timeline.keep(call, entries)
    call.tally()
    new = call.turns.filter(number__gt=call.counted_to)  # a record may come late, in pieces
    counted = _counted(new) if call.is_real else Counter[Place]()
    call.counted_to = max((turn.number for turn in new), default=call.counted_to)
    call.save(update_fields=["counted_to"])
    return sorted(counted.items())


def _claim(call_pk: int) -> bool:
    now = timezone.now()
    is_free = Q(settling_at=None) | Q(settling_at__lt=now - CLAIM_LASTS)
    ended = Call.objects.filter(is_free, pk=call_pk, ended_at__isnull=False, settled_at=None)
    return bool(ended.update(settling_at=now))


def _entries(call: Call) -> list[Event | Action] | None:
    try:
        return list(journal.read(call.journal()))
    except Exception:
        logger.exception("The journal of %s cannot be read", call)
        return None


def replays_to_itself(call: Call, entries: list[Event | Action]) -> bool:
    """A difference means that replay cannot be trusted."""
    try:
        is_same = replay.decide(entries, words_of) == replay.recorded(entries)
    except Exception:
        logger.exception("The journal of %s cannot be replayed", call)
        return False
    if not is_same:
        logger.error("%s does not replay to itself", call)
    return is_same


def _keep_pauses(call: Call, entries: list[Event | Action]) -> None:
    """What the trade-off page and the counts of the call rest on."""
    call.unanswered_short = pauses.dropped_short(entries)
    call.save(update_fields=["unanswered_short"])
    found = pauses.pauses(entries)
    turns = list(call.turns.filter(number__in=found))
    for turn in turns:
        turn.pause_short_ms = found[turn.number].short_ms
        turn.pause_long_ms = found[turn.number].long_ms
    Turn.objects.bulk_update(turns, ["pause_short_ms", "pause_long_ms"])


def _counted(turns: Iterable[Turn]) -> Counter[Place]:
    """What the turns add to their hour."""
    return Counter(
        Place(
            turn.call.rang_at.replace(minute=0, second=0, microsecond=0),
            turn.revision_id,
            turn.is_short,
            measure,
            bin_of(value_ms),
        )
        for turn in turns
        for measure in MEASURES
        if (value_ms := getattr(turn, measure)) is not None and turn.revision_id is not None
    )
