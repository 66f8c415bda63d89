"""Where the time goes: waits divided by what they were spent on, one thing at a time.

Rule: at each moment of a wait one part is responsible, namely the one without which the wait would
have ended sooner: the profile's silence until the decision, and then the service whose result was
still missing. Whatever ran during the silence costs nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.measures.latency import MIN_CALLS
from dashboard.charts import percent
from dashboard.latencies.turn_selection import Measured

PARTS: dict[str, tuple[str, Promise]] = {
    "policy": ("policy", _("Policy wait")),
    "transcription": ("stt", _("Transcription")),
    "writing": ("llm", _("Reply text")),
    "speech": ("tts", _("Speech synthesis")),
    "sending": ("send", _("Sending")),
}
"""By its name: the colour token, and what it is called."""
ENOUGH_CALLS = MIN_CALLS[50]


@dataclass(frozen=True, slots=True)
class TimePart:
    kind: str
    title: Promise
    mean_ms: float
    share: float
    x: float
    """Of the whole bar's width, as `width` (per cent)."""
    width: float


@dataclass(frozen=True, slots=True)
class Spent:
    """The turns of one class. No parts: there are too few calls."""

    title: Promise
    turns: int
    mean_ms: float
    parts: tuple[TimePart, ...]


def parts_ms(turn: Measured) -> dict[str, float]:
    """The parts of its response latency, which is their sum; none without a wait."""
    waited_ms = turn.response_latency
    if waited_ms is None or turn.speech_ended_ms is None:
        return {}
    decided_ms = turn.end_of_turn_delay or 0.0
    silence_ms = float(sum(turn.wait_parts.values())) if turn.wait_parts else decided_ms
    delay_ms = max(0.0, turn.policy_ms - silence_ms) if turn.wait_parts else 0.0
    written, spoken = (
        waited_ms if at is None else at - turn.speech_ended_ms
        for at in (turn.first_sentence_ms, turn.first_byte_ms)
    )
    found: dict[str, float] = defaultdict(float)
    at_ms = 0.0
    for name, until_ms in (
        ("policy", min(decided_ms, silence_ms)),
        ("transcription", decided_ms),
        ("writing", written),
        ("speech", spoken),
        ("policy", decided_ms + delay_ms),
        ("sending", waited_ms),
    ):
        reached_ms = min(until_ms, waited_ms)
        if reached_ms > at_ms:
            found[name] += reached_ms - at_ms
            at_ms = reached_ms
    return dict(found)


def spent(title: Promise, turns: Sequence[Measured]) -> Spent:
    """The mean wait of the turns, by its parts: only means of parts add up to the whole's."""
    waits = [parts for turn in turns if (parts := parts_ms(turn))]
    count = max(len(waits), 1)
    means = {name: sum(parts.get(name, 0.0) for parts in waits) / count for name in PARTS}
    mean_ms = sum(means.values())
    is_enough = mean_ms > 0 and len({turn.call_id for turn in turns}) >= ENOUGH_CALLS
    stacked = tuple(_stacked(means, mean_ms)) if is_enough else ()
    return Spent(title, len(waits), mean_ms, stacked)


def _stacked(means: dict[str, float], whole_ms: float) -> Iterable[TimePart]:
    x = 0.0
    for name, (kind, title) in PARTS.items():
        share = means[name] / whole_ms
        yield TimePart(kind, title, means[name], share, percent(x), percent(share))
        x += share
