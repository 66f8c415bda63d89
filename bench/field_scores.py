"""The field's own measures of taking turns, from what our callers said and heard. Pure.

tau-voice: github.com/sierra-research/tau2-bench at a2c0247, docs/interaction-metrics.md and
src/tau2/metrics/voice_interaction_metrics.py (arXiv 2603.13686). Counts are pooled over calls.
EVA: github.com/ServiceNow/eva at 997ae97, docs/metrics/turn_taking.md (v0.2) and
src/eva/metrics/experience/turn_taking.py. A call scores the mean of its turns, a run that of calls.

Where our logs say less or more than theirs:
- tau-voice counts in ticks of 200 ms, this in milliseconds.
- Both know when the agent's audio is sent, silence in it included. Ours is what is heard: sounds
  with less than PAUSE_MS between them are one stretch of speech.
- A line is one turn, its pauses included: an agent that begins in one interrupts.
- EVA knows no backchannels; here they are no turns of it. None of our turns calls a tool.
- EVA gives a call 0 if it ended in silence after the caller's last words; so is one whose last
  line has no answer. Other lines without any answer are in neither EVA's score nor ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean

from calls.simulator.earpiece import PAUSE_MS, Sound

YIELD_WITHIN_MS = 2000
"""tau-voice: an agent that talks on for longer has not yielded."""
BACKCHANNEL_WITHIN_MS = 1000
"""tau-voice: an agent that falls silent sooner has not talked through a backchannel."""
EARLY_MS, PROMPT_MS, SLOW_MS, LATE_MS = -500, 500, 2000, 3500
"""EVA: a latency scores 0 up to the first, 1 between the second and the third, 0 from the last."""
OVERLAP_MS = YIELD_MS = 2000
"""EVA: so much overlap, or time to yield, scores 0."""
INTERRUPTED_AT_MOST = 0.5
TOO_MANY = 3
"""EVA: so many interruptions of one turn score 0."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the caller says, from the first sample of speech to the last."""

    from_ms: float
    until_ms: float
    is_backchannel: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """One call: the caller's turns in order, and what was heard of the agent."""

    turns: Sequence[Turn]
    sounds: Sequence[Sound]


@dataclass(slots=True)
class TauVoice:
    response_ms: list[float] = field(default_factory=list)
    turns: int = 0
    """Turns with an answer, or with another turn of the caller in its place."""
    agent_interruptions: int = 0
    yield_ms: list[float] = field(default_factory=list)
    caller_interruptions: int = 0
    talked_through: int = 0
    backchannels: int = 0


@dataclass(frozen=True, slots=True)
class Eva:
    turn_taking: float | None
    turns: int
    calls: int


def stretches(sounds: Sequence[Sound]) -> list[Sound]:
    """The agent's speech, the silences between words closed."""
    joined: list[Sound] = []
    for sound in sounds:
        if joined and sound.from_ms - joined[-1].until_ms < PAUSE_MS:
            sound = Sound(joined.pop().from_ms, sound.until_ms)
        joined.append(sound)
    return joined


def tau_voice(calls: Sequence[Heard]) -> TauVoice:
    scores = TauVoice()
    for call in calls:
        agent = stretches(call.sounds)
        _responses(call.turns, agent, scores)
        _overlaps(call.turns, agent, scores)
    return scores


def _responses(turns: Sequence[Turn], agent: Sequence[Sound], scores: TauVoice) -> None:
    waiting = [
        turn
        for turn in turns
        if not turn.is_backchannel and _speaking_at(agent, turn.until_ms) is None
    ]
    for turn, later in pairwise([*waiting, None]):
        assert turn
        answer_ms = next((s.from_ms for s in agent if s.from_ms >= turn.until_ms), None)
        if answer_ms is not None and (later is None or answer_ms <= later.from_ms):
            scores.response_ms.append(answer_ms - turn.until_ms)
        elif later is None:
            continue
        scores.turns += 1


def _overlaps(turns: Sequence[Turn], agent: Sequence[Sound], scores: TauVoice) -> None:
    for turn in turns:
        scores.agent_interruptions += sum(
            turn.from_ms <= stretch.from_ms < turn.until_ms for stretch in agent
        )
        if (spoken_over := _speaking_at(agent, turn.from_ms)) is None:
            continue
        stopped_ms = spoken_over.until_ms - turn.from_ms
        if turn.is_backchannel:
            scores.backchannels += 1
            scores.talked_through += stopped_ms >= BACKCHANNEL_WITHIN_MS
            continue
        scores.caller_interruptions += 1
        if stopped_ms < YIELD_WITHIN_MS:
            scores.yield_ms.append(stopped_ms)


def _speaking_at(agent: Sequence[Sound], at_ms: float) -> Sound | None:
    return next((each for each in agent if each.from_ms <= at_ms < each.until_ms), None)


def eva(calls: Sequence[Heard]) -> Eva:
    scores, evaluated = [], 0
    for call in calls:
        turns = [turn for turn in call.turns if not turn.is_backchannel]
        if not turns:
            continue
        each = [_turn_score(*turn) for turn in _with_answers(turns, stretches(call.sounds))]
        evaluated += sum(score is not None for score in each)
        is_missed = each[-1] is None
        scores.append(0.0 if is_missed else fmean(score for score in each if score is not None))
    return Eva(fmean(scores) if scores else None, evaluated, len(scores))


def _with_answers(
    turns: Sequence[Turn], agent: Sequence[Sound]
) -> list[tuple[Turn, Sound | None, list[Sound]]]:
    """Each turn with what the agent was still saying, and what it began to say from then on."""
    next_ms = [*(turn.from_ms for turn in turns[1:]), float("inf")]
    return [
        (
            turn,
            _speaking_at(agent, turn.from_ms),
            [each for each in agent if turn.from_ms <= each.from_ms < until_ms],
        )
        for turn, until_ms in zip(turns, next_ms, strict=True)
    ]


def _turn_score(turn: Turn, before: Sound | None, answer: Sequence[Sound]) -> float | None:
    """None: the agent did not say anything."""
    if not answer:
        return None
    scores = []
    over = [each for each in answer if each.from_ms < turn.until_ms]
    if over:
        scores.append(_interruption_score(turn, over, answer))
    if before:
        scores.append(max(0.0, 1 - (before.until_ms - turn.from_ms) / YIELD_MS))
    return min(scores) if scores else latency_score(answer[0].from_ms - turn.until_ms)


def _interruption_score(turn: Turn, over: Sequence[Sound], answer: Sequence[Sound]) -> float:
    overlap_ms = sum(min(each.until_ms, turn.until_ms) - each.from_ms for each in over)
    scores = [
        INTERRUPTED_AT_MOST * max(0.0, 1 - overlap_ms / OVERLAP_MS),
        INTERRUPTED_AT_MOST * max(0.0, 1 - (len(over) - 1) / (TOO_MANY - 1)),
    ]
    settled = [each.from_ms for each in answer if each.from_ms > turn.until_ms]
    if settled and _speaking_at(answer, turn.until_ms) is None:
        scores.append(latency_score(settled[0] - turn.until_ms))
    return min(scores)


def latency_score(ms: float) -> float:
    """EVA's curve: too early, in time, too late."""
    rising, falling = (ms - EARLY_MS) / (PROMPT_MS - EARLY_MS), (LATE_MS - ms) / (LATE_MS - SLOW_MS)
    return max(0.0, min(1.0, rising, falling))
