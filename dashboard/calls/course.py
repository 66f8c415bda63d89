"""The geometry of a call's course: who spoke when, on one axis with the waveform.

Rule: the axis is as long as the longest thing drawn on it. Positions and widths are percentages of
its length; time runs from left to right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from calls.measures.timeline import TRIED, Timeline
from calls.models import Call
from calls.records import recording
from calls.records.turn import Turn
from dashboard.charts import AxisMark, percent
from tuning.models import Revision

TICK_STEPS_S = (5, 10, 15, 30, 60, 120, 300)
MOST_TICKS = 10


@dataclass(frozen=True, slots=True)
class SpokenSpan:
    """A time during which somebody speaks. kind: caller, agent, held (a person may, instead of the
    agent), or voice (as the VAD saw it)."""

    kind: str
    x: float
    width: float
    turn: int = -1


@dataclass(frozen=True, slots=True)
class Course:
    length_ms: float
    spans: tuple[SpokenSpan, ...]
    holds: tuple[SpokenSpan, ...]
    """While a person held the call."""
    cut_ins: tuple[AxisMark, ...]
    dropped: tuple[AxisMark, ...]
    revisions: tuple[AxisMark, ...]
    ticks: tuple[AxisMark, ...]
    has_voice: bool
    """The VAD's strip is there: the call is settled, and its journal could be read."""

    @property
    def seconds(self) -> float:
        return self.length_ms / 1000


def course(call: Call, turns: Sequence[Turn], timeline: Timeline | None) -> Course | None:
    """None: nothing was heard or said."""
    ends = [turn.ended_ms or turn.heard_ms or turn.speech_ended_ms or 0.0 for turn in turns]
    read_ms = timeline.length_ms if timeline else 0.0
    length_ms = max(*ends, read_ms, recording.drawn_ms(call), 0.0)
    if not length_ms:
        return None

    def place(at_ms: float) -> float:
        return percent(min(max(at_ms / length_ms, 0.0), 1.0))

    def span(kind: str, from_ms: float, until_ms: float, turn: int = -1) -> SpokenSpan:
        width = max(place(until_ms) - place(from_ms), 0.1)
        return SpokenSpan(kind, place(from_ms), round(width, 2), turn)

    spans = []
    for turn in turns:
        if turn.speech_began_ms is not None and turn.speech_ended_ms is not None:
            spans.append(span("caller", turn.speech_began_ms, turn.speech_ended_ms, turn.number))
        heard_ms = turn.heard_ms if turn.heard_ms is not None else turn.first_audio_ms
        if heard_ms is not None:
            until_ms = max(turn.ended_ms or 0.0, heard_ms + turn.spoken_ms)
            spans.append(span("agent", heard_ms, until_ms, turn.number))
    voiced, dropped = (timeline.voiced, timeline.dropped) if timeline else ([], [])
    spans += [span("voice", *stretch) for stretch in voiced]
    return Course(
        length_ms,
        tuple(spans),
        tuple(span("held", each["from_ms"], each["until_ms"] or length_ms) for each in call.holds),
        tuple(_cut_ins(turns, place)),
        tuple(AxisMark(place(from_ms), "") for from_ms, _until in dropped),
        tuple(_revisions(timeline, place)),
        tuple(_ticks(length_ms, place)),
        bool(voiced),
    )


def _cut_ins(turns: Sequence[Turn], place: Callable[[float], float]) -> Iterator[AxisMark]:
    for turn in turns:
        if turn.is_cut_in:
            yield AxisMark(place(turn.first_audio_ms or turn.decided_ms or 0.0), f"{turn.number}")


def _revisions(timeline: Timeline | None, place: Callable[[float], float]) -> list[AxisMark]:
    retuned = timeline.retuned if timeline else []
    found = Revision.every.in_bulk([pk for _at, pk in retuned])
    signs = {pk: each.sign for pk, each in found.items()} | {TRIED: gettext("tried")}
    return [AxisMark(place(at), signs.get(pk, "r?")) for at, pk in retuned]


def _ticks(length_ms: float, place: Callable[[float], float]) -> list[AxisMark]:
    step_s = next((s for s in TICK_STEPS_S if length_ms / 1000 / s <= MOST_TICKS), TICK_STEPS_S[-1])
    return [
        AxisMark(place(at_s * 1000), f"{at_s // 60}:{at_s % 60:02}")
        for at_s in range(0, int(length_ms / 1000) + 1, step_s)
    ]
