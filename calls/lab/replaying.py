"""The work on replays: a part at a time, so that several workers share one, and a worker that is
alone does other things in between.

Rule: safe to run twice. A part is claimed in one conditional update and its result depends on
nothing but its calls; whoever finds that the last part has ended sums up, and of two who do only
one ends the replay.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from asgiref.sync import async_to_sync

from calls.lab.recorded import CannotTry, RecordedCall, Unusable
from calls.lab.replay import Replay, ReplayPart
from calls.lab.summing_up import summed_up, weighed
from calls.lab.tried_rows import Sides, packed, unpacked
from hevoice import bus
from tuning.turns.profile import Profile

logger = logging.getLogger(__name__)

NEWS_S = 0.5
"""Progress is told no more often."""


def group_of(replay_pk: int) -> str:
    """Who hears how far a replay is."""
    return f"replay.{replay_pk}"


def work_on(replay_pk: int) -> bool:
    """Try one part of it; whether there may be more to do."""
    replay = Replay.objects.select_related("live").filter(pk=replay_pk).first()
    if replay is None or not replay.take_up():
        return False
    part = ReplayPart.claim(replay)
    if part is not None and not _try(replay, part):
        return False
    open_parts = replay.parts.filter(finished_at=None)
    if not open_parts.exists():
        _sum_up(replay)
    tell(replay)
    return open_parts.filter(claimed_at=None).exists()


def stop(replay: Replay) -> bool:
    """Whether it was under way."""
    is_stopped = replay.stop()
    tell(replay)
    return is_stopped


def tell(replay: Replay) -> None:
    async_to_sync(bus.tell)(group_of(replay.pk), {"type": "replay.moved"})


def _try(replay: Replay, part: ReplayPart) -> bool:
    """Whether it was tried to its end: an operator may have stopped the replay."""
    profiles = [replay.live.values, *(each.profile for each in replay.tried)]
    short_ms, told_s = replay.live.values.short_utterance_ms, 0.0
    found: list[tuple[int, Sides]] = []
    for pk in part.calls:
        if not replay.take_up():
            return False
        try:
            found.append((pk, try_call(pk, profiles, short_ms=short_ms)))
        except CannotTry as error:
            part.skipped.setdefault(error.why, []).append(pk)
        part.step()
        if time.monotonic() - told_s > NEWS_S:
            replay.count()
            tell(replay)
            told_s = time.monotonic()
    part.finish(packed(found))
    replay.count()
    return True


def try_call(pk: int, profiles: Sequence[Profile | None], *, short_ms: int) -> Sides:
    """One call under each of these profiles; None: as it was. Raises CannotTry."""
    recorded = RecordedCall.load(pk)
    try:
        return recorded.under(profiles, short_ms=short_ms)
    except Exception as error:  # one call's journal, which is as it is, must not end the others'
        logger.exception("Profiles cannot be tried on call %d", pk)
        raise CannotTry(Unusable.UNREADABLE) from error


def _sum_up(replay: Replay) -> None:
    parts = list(replay.parts.all())
    if sum(len(part.calls) for part in parts) != replay.calls:
        return  # another worker has done it meanwhile
    skipped: dict[str, list[int]] = {}
    for part in parts:
        for why, pks in part.skipped.items():
            skipped[why] = skipped.get(why, []) + pks
    calls = [call for part in parts for call in unpacked(bytes(part.tried))]
    if not calls:
        replay.fail(Replay.Failure.NO_JOURNALS, skipped=skipped)
        return
    try:
        sum_up = weighed if replay.kind == Replay.Kind.ADVICE else summed_up
        result = sum_up([each.name for each in replay.tried], calls)
    except Exception as error:
        logger.exception("%s cannot be summed up", replay)
        replay.fail(f"{error!r}")
        return
    replay.finish(result, skipped)
