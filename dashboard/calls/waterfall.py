"""The geometry of a turn's waterfall: its stages on one axis, which the template draws as SVG.

Zero is the caller's last voiced frame. Time imposed by the profile is kept apart from time taken by
services.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from calls.models import Turn
from dashboard.charts import LABEL_LEFT_FROM, AxisMark, percent, round_axis, steps, thousands
from tuning.turns.endpointing import verdict_in

LANE_PX = 22
CHARACTER_ROOM = 4.0
"""A label left of its bar needs this much of the chart's width for each of its characters: on a
telephone the chart has 190 px."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time in a lane. kind: policy, stt, llm, tool, tts, send (names of colours)."""

    kind: str
    x: float
    width: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One stage of a turn. `name` is a key of words.STAGES."""

    name: str
    top: int
    bars: tuple[Bar, ...]

    @property
    def bar_y(self) -> int:
        return self.top + 4

    @property
    def text_y(self) -> int:
        return self.top + 15

    @property
    def label(self) -> str:
        return " + ".join(bar.label for bar in self.bars)

    @property
    def label_x(self) -> float:
        """After the lane's last bar; where that leaves the chart before its first, or inside it."""
        start = self.bars[0].x
        room = CHARACTER_ROOM * len(self.label)
        return start if self.is_label_left and start >= room else self._end

    @property
    def is_label_left(self) -> bool:
        return self._end > LABEL_LEFT_FROM

    @property
    def _end(self) -> float:
        return self.bars[-1].x + self.bars[-1].width


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A turn's stages on one axis; they overlap, so they are not added up."""

    lanes: tuple[Lane, ...]
    ticks: tuple[AxisMark, ...]
    zero: float
    decided: float | None
    verdict: AxisMark | None
    """The model said whether the caller had finished."""
    verdict_after_ms: float | None
    verdict_part: str
    """What it said: a key of words.WAIT_PARTS, "" where that moved no silence."""
    ready: AxisMark | None
    """The reply could be heard, where that was before it went out."""
    total: AxisMark | None
    heard: AxisMark | None
    from_speech_end: bool
    """Zero is the speech end; a greeting has none and starts at its decision."""

    @property
    def height(self) -> int:
        return len(self.lanes) * LANE_PX

    @property
    def ticks_y(self) -> int:
        return self.height + 14

    @property
    def svg_height(self) -> int:
        return self.height + 20


def waterfall(turn: Turn) -> Waterfall | None:
    """None: nothing of the turn was measured."""
    zero_ms = turn.decided_ms if turn.speech_ended_ms is None else turn.speech_ended_ms
    if zero_ms is None:
        return None

    def since(moment_ms: float | None) -> float | None:
        return None if moment_ms is None else moment_ms - zero_ms

    stages = list(_stages(turn, since))
    moments = [
        at for _name, stretches in stages for _kind, start, end in stretches for at in (start, end)
    ]
    marked_ms = (turn.first_audio_ms, turn.heard_ms, turn.ready_ms, turn.verdict_ms)
    marked = [since(moment_ms) for moment_ms in marked_ms]
    moments += [at for at in marked if at is not None]
    if not moments:
        return None
    low, high, step = round_axis(min(0.0, *moments), max(moments) * 1.02)

    def place(at_ms: float) -> float:
        return percent((at_ms - low) / (high - low))

    def mark(moment_ms: float | None, kind: str) -> AxisMark | None:
        at = since(moment_ms)
        return None if at is None else AxisMark(place(at), thousands(at), kind)

    lanes = tuple(
        Lane(
            name,
            index * LANE_PX,
            tuple(
                Bar(
                    kind, place(start), max(place(end) - place(start), 0.15), thousands(end - start)
                )
                for kind, start, end in stretches
            ),
        )
        for index, (name, stretches) in enumerate(stages)
    )
    ticks = tuple(AxisMark(place(at), thousands(at)) for at in steps(low, high, step))
    decided = mark(turn.decided_ms, "decided")
    return Waterfall(
        lanes,
        ticks,
        place(0),
        decided.x if decided and turn.speech_ended_ms is not None else None,
        mark(turn.verdict_ms, "verdict"),
        since(turn.verdict_ms),
        verdict_in(turn.wait_parts),
        mark(turn.ready_ms, "ready") if turn.is_prepared else None,
        mark(turn.first_audio_ms, "total"),
        mark(turn.heard_ms, "heard"),
        turn.speech_ended_ms is not None,
    )


Stretches = list[tuple[str, float, float]]


def _stages(
    turn: Turn, since: Callable[[float | None], float | None]
) -> Iterator[tuple[str, Stretches]]:
    """The lanes that the turn reached, and the stretches of time in each."""
    decided, transcribed = since(turn.decided_ms), since(turn.transcribed_ms)
    first_byte, first_audio = since(turn.first_byte_ms), since(turn.first_audio_ms)
    delay_ms = 0.0
    if turn.speech_ended_ms is not None and decided is not None:
        silence_ms = decided
        if turn.wait_parts:
            asked_ms = sum(turn.wait_parts.values())
            silence_ms = min(decided, asked_ms)
            delay_ms = max(0.0, turn.policy_ms - asked_ms)
        stretches = [("policy", 0.0, silence_ms)]
        if decided - silence_ms >= 20:
            stretches.append(("stt", silence_ms, decided))
        yield "silence", stretches
    if transcribed is not None:
        yield "transcription", [("stt", min(0.0, transcribed), max(0.0, transcribed))]
    asked, first_token = since(turn.asked_ms), since(turn.first_token_ms)
    first_sentence, looked = since(turn.first_sentence_ms), since(turn.found_ms)
    if asked is not None and looked is not None:
        yield "knowledge", [("llm", asked, looked)]
    if asked is not None and first_token is not None:
        stretches = [("llm", asked, first_token)]
        if first_sentence is not None:
            stretches.append(("llm-more", first_token, first_sentence))
        yield "writing", stretches
    tool_began, tool_ended = since(turn.tool_began_ms), since(turn.tool_ended_ms)
    if tool_began is not None and tool_ended is not None:
        yield "tools", [("tool", tool_began, tool_ended)]
    if first_sentence is not None and first_byte is not None:
        yield "speech", [("tts", first_sentence, first_byte)]
    if first_byte is not None and first_audio is not None:
        sending_from, stretches = first_byte, []
        if decided is not None and decided + delay_ms > first_byte:  # it was ready, and held
            sending_from = min(decided + delay_ms, first_audio)
            stretches = [("policy", first_byte, sending_from)]
        yield "sending", [*stretches, ("send", sending_from, first_audio)]
