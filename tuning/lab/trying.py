"""A recorded call under other profiles: a stand-in that says of each what was recorded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tuning.lab.tried import CallTried, LocalJudge, Timing, TurnTried
from tuning.turns.events import Action, Event, Reply
from tuning.turns.profile import Profile
from tuning.turns.replay import recorded
from tuning.turns.words import WordsOf


def tried(
    entries: Iterable[Event | Action],
    profiles: Sequence[Profile | None],
    words_of: WordsOf,
    timings: dict[int, Timing],
    *,
    judge: LocalJudge | None = None,
    short_ms: int = 2000,
    has_verdicts: bool = False,
) -> list[CallTried]:
    made = [
        TurnTried(
            each.turn,
            each.text,
            each.spoke_until_ms - each.spoke_from_ms < short_ms,
            each.spoke_until_ms,
            at_ms,
            sum(each.parts.values()),
            each.why,
            timings[each.turn].latency_ms if each.turn in timings else None,
        )
        for at_ms, each in recorded(entries)
        if isinstance(each, Reply)
    ]
    return [CallTried(list(made)) for _profile in profiles]
