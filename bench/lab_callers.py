"""Callers of the corpus who react, in virtual time: what bench.lab places its calls with.

The phrases are the corpus', heard by the real detectors; other pauses, habits and lines are made of
the same phrases by other seeds. The agent asks what the caller's next line answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from bench.corpus import CallerCall, CallerTurn
from bench.phone_call import QUESTIONS
from bench.turns import heard_by_detectors
from calls.lab.recorded import timings_of
from calls.language.hebrew import HEBREW
from calls.simulator.virtual.agent import Answer
from calls.simulator.virtual.caller import ReactingCaller
from calls.simulator.virtual.line import Line
from tuning.lab.tried import Timing
from tuning.turns.completion import Asked
from tuning.turns.events import Action, CallBegan, Event
from tuning.turns.profile import Profile

SPEAKS_MS = (3500, 6000)


@dataclass(frozen=True, slots=True)
class Placed:
    """A call that was held. true_cut_ins: replies that were heard and had been decided before the
    caller's end, whether the caller went on into them or let the agent finish; of so many."""

    entries: list[Event | Action]
    timings: dict[int, Timing]
    true_cut_ins: int
    replies: int
    lasts_ms: int


@dataclass(frozen=True, slots=True)
class LabCaller:
    lines: tuple[Line, ...]
    noise: tuple[int, ...]
    seed: int
    first: Answer

    def call(self, profile: Profile, wrong_share: float | None, yields: float) -> Placed:
        caller = ReactingCaller(
            self.lines, self.first, self.noise, HEBREW.words, HEBREW.judge, self.seed,
            wrong_share, yields,
        )  # fmt: skip
        held = caller.call(CallBegan(0, 1, profile, self.seed))
        heard = {turn.number: turn.heard_ms for turn in held.agent.turns}
        cut_ins = sum(caller.is_cut_in(turn, heard.get(turn)) for turn in caller.truths)
        replies = sum(heard.get(turn) is not None for turn in caller.truths)
        timings = timings_of(held.agent.turns)
        return Placed(held.entries, timings, cut_ins, replies, held.at_ms)


def callers(half: str, seed: int) -> Iterator[LabCaller]:
    for at, (call, verdicts, noise) in enumerate(heard_by_detectors(half, seed)):
        yield _caller(call, verdicts, noise[0], seed * 1000 + at)


def _caller(call: CallerCall, verdicts: list[list[int]], noise: list[int], seed: int) -> LabCaller:
    drawn = Random(f"lab {seed}")
    asked = [turn.asked for turn in call.turns if turn.over_agent_ms is None]
    lines, answered = [], 0
    first = _answer(asked[0] if asked else Asked(), drawn)
    for turn, heard in zip(call.turns, verdicts, strict=True):
        answered += turn.over_agent_ms is None
        following = asked[answered] if answered < len(asked) else Asked()
        lines.append(_line(turn, heard, _answer(following, drawn)))
    return LabCaller(tuple(lines), tuple(noise), seed, first)


def _answer(asked: Asked, drawn: Random) -> Answer:
    return Answer(QUESTIONS[asked.kind], drawn.randint(*SPEAKS_MS), asked)


def _line(turn: CallerTurn, heard: list[int], answer: Answer) -> Line:
    return Line(
        turn.text, turn.words, tuple(heard), turn.speech_ends_ms, turn.pauses,
        turn.over_agent_ms, turn.takes_floor, answer,
    )  # fmt: skip
