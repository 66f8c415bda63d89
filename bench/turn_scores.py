"""What the outcomes of bench.turns' calls come to. Pure.

Rules: a cut-in is a reply, decided before the caller's end, of which anything was heard. A delay is
measured from the speech end as the core heard it (the last voiced frame) to the decision
whose reply was heard; `from_last_sound` counts from the truth instead. Intervals are 95 %, by
bootstrap over calls: turns of one caller are no independent draws.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.phone_call import Outcome
from calls.measures.latency import percentile

CLASSES = ("yes/no", "under 0.6 s", "short", "long")
SHORT_MS, LONG_MS = 600, 2000
RESAMPLED = 1000
SEED = 7

Calls = Sequence[Sequence[Outcome]]
Figure = Callable[[Sequence[Outcome]], float | None]


@dataclass(frozen=True, slots=True)
class Estimate:
    value: float | None
    low: float | None = None
    high: float | None = None
    count: int = 0


def class_of(outcome: Outcome) -> str:
    """yes/no, under 0.6 s, short, long; "": it takes no floor, or interrupts."""
    turn = outcome.turn
    if not turn.takes_floor or turn.over_agent_ms is not None:
        return ""
    if turn.kind == "yes_no":
        return "yes/no"
    if turn.speech_ends_ms < SHORT_MS:
        return "under 0.6 s"
    return "short" if turn.speech_ends_ms < LONG_MS else "long"


def floor(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [each for each in outcomes if each.turn.takes_floor]


def cut_in_share(outcomes: Sequence[Outcome]) -> float | None:
    return _share(floor(outcomes), lambda each: each.is_cut_in)


def early_share(outcomes: Sequence[Outcome]) -> float | None:
    return _share(floor(outcomes), lambda each: each.early > 0)


def unanswered_share(outcomes: Sequence[Outcome]) -> float | None:
    """Of short answers: no reply came."""
    short = [each for each in floor(outcomes) if each.turn.speech_ends_ms < SHORT_MS]
    return _share(short, lambda each: each.heard_ms is None)


def false_share(outcomes: Sequence[Outcome]) -> float | None:
    """Of backchannels, coughs, noise over the agent: it stopped and did not go on, or answered."""
    return _share(
        _no_floor(outcomes),
        lambda each: (each.stopped_ms is not None and not each.is_resumed) or each.is_answered,
    )


def stopped_share(outcomes: Sequence[Outcome]) -> float | None:
    """The same, whether it went on or not."""
    return _share(_no_floor(outcomes), lambda each: each.stopped_ms is not None)


def missed_share(outcomes: Sequence[Outcome]) -> float | None:
    """Of interruptions: the agent spoke on to their end."""
    return _share(_interruptions(outcomes), lambda each: each.stopped_ms is None)


def stop_ms(outcomes: Sequence[Outcome]) -> list[float]:
    """The caller's voice begins -> StopReply."""
    return [
        each.stopped_ms - each.begins_ms
        for each in _interruptions(outcomes)
        if each.stopped_ms is not None
    ]


def delays_ms(outcomes: Sequence[Outcome], of_class: str) -> list[float]:
    return [
        each.decided_ms - each.speech_end_ms
        for each in outcomes
        if class_of(each) == of_class and each.decided_ms is not None
    ]


def from_last_sound_ms(outcomes: Sequence[Outcome], of_class: str) -> list[float]:
    return [
        each.decided_ms - each.ends_ms
        for each in outcomes
        if class_of(each) == of_class and each.decided_ms is not None
    ]


def response_ms(outcomes: Sequence[Outcome]) -> list[float]:
    """Last sound -> the reply is heard."""
    return [
        each.heard_ms - each.ends_ms
        for each in outcomes
        if class_of(each) and each.heard_ms is not None
    ]


def p50(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def p95(values: Sequence[float]) -> float | None:
    return percentile(values, 95) if values else None


def estimate(calls: Calls, figure: Figure) -> Estimate:
    """A figure over all calls, with its interval."""
    everything = [outcome for call in calls for outcome in call]
    drawn, found = random.Random(SEED), list[float]()
    for _ in range(RESAMPLED):
        resampled = drawn.choices(calls, k=len(calls))
        value = figure([outcome for call in resampled for outcome in call])
        if value is not None:
            found.append(value)
    if not found:
        return Estimate(figure(everything), count=len(everything))
    return Estimate(
        figure(everything), percentile(found, 2.5), percentile(found, 97.5), len(everything)
    )


def _no_floor(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [each for each in outcomes if not each.turn.takes_floor]


def _interruptions(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [each for each in floor(outcomes) if each.turn.over_agent_ms is not None]


def _share(among: Sequence[Outcome], has: Callable[[Outcome], bool]) -> float | None:
    return sum(map(has, among)) / len(among) if among else None
