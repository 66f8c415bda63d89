"""Replay of a recorded call: as it was decided, and as another profile would have decided it.

decide() feeds the record unchanged to a fresh core, which must give back the recorded actions.
imagine() feeds only the caller's side to a core on another profile, and imagines the agent's. A
caller who is answered sooner may speak differently, so the result can be trusted only up to the
first turn that differs from the record: `Comparison.parted_ms` says where that is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import median

from tuning.turns.endpointing import NO_VERDICT
from tuning.turns.events import (
    HEBREW,
    Action,
    CallBegan,
    Event,
    Heard,
    JudgedByModel,
    JudgedLocally,
    LineStalled,
    Pressed,
    Prompt,
    Reply,
    ReplyBegan,
    ReplyEnded,
    StopReply,
    Think,
    Transcribed,
)
from tuning.turns.profile import FRAME_MS, Profile
from tuning.turns.turn_taker import TurnTaker
from tuning.turns.words import WordsOf

Decision = tuple[int, Action]
CALLERS = CallBegan | Heard | Transcribed | JudgedLocally | Pressed | LineStalled
"""What does not depend on what the core decides."""
BEGAN_MS, LASTED_MS = 900, 2500
"""For an imagined reply where the record has none to go by: from the decision until it is heard,
and how long it lasts."""


def decide(entries: Iterable[Event | Action], words_of: WordsOf) -> list[Decision]:
    """Decide a record's events again; each action with its at_ms. Recorded actions are skipped.

    words_of: finds the words of the language that the record names. KeyError if there are none.
    """
    decisions: list[Decision] = []
    for event in entries:
        if isinstance(event, CallBegan):  # a stream that took over from another began afresh
            turns = TurnTaker(words_of(event.language))
        if not isinstance(event, Action):
            decisions += [(event.at_ms, action) for action in turns.feed(event)]
    return decisions


def recorded(entries: Iterable[Event | Action]) -> list[Decision]:
    """The actions of a record, each with the time of the event that caused it."""
    decisions: list[Decision] = []
    at_ms = 0
    for entry in entries:
        if isinstance(entry, Action):
            decisions.append((at_ms, entry))
        else:
            at_ms = entry.at_ms
    return decisions


@dataclass(frozen=True, slots=True)
class Comparison:
    recorded: list[Decision]
    imagined: list[Decision]

    @property
    def parted_ms(self) -> int | None:
        """When the two first differ; None: they never do."""
        pairs = zip(self.recorded, self.imagined, strict=False)
        for (was_ms, was), (is_ms, now) in pairs:
            if (was_ms, was) != (is_ms, now):
                return min(was_ms, is_ms)
        longer = max(self.recorded, self.imagined, key=len)
        shorter = min(len(self.recorded), len(self.imagined))
        return longer[shorter][0] if len(longer) > shorter else None


def imagine(entries: Iterable[Event | Action], profile: Profile, words_of: WordsOf) -> Comparison:
    """The same caller under another profile, from the beginning of the call.

    A reply that is also in the record is as late and as long as it was there; any other is as late
    and as long as the record's replies usually are. The judges say of the same words what they said
    there; of other words, nothing.
    """
    record = list(entries)
    timings, verdicts = _reply_timings(record), _verdicts(record)
    language = next((each.language for each in record if isinstance(each, CallBegan)), HEBREW)
    turns = TurnTaker(words_of(language))
    decisions: list[Decision] = []
    pending: list[ReplyBegan | ReplyEnded] = []
    verdict: JudgedByModel | None = None
    for entry in record:
        if not isinstance(entry, CALLERS):
            continue
        while pending and pending[0].at_ms <= entry.at_ms:
            turns.feed(pending.pop(0))
        if verdict and verdict.at_ms <= entry.at_ms:
            turns.feed(verdict)
            verdict = None
        event = replace(entry, profile=profile) if isinstance(entry, CallBegan) else entry
        for action in turns.feed(event):
            decisions.append((event.at_ms, action))
            if isinstance(action, StopReply):
                pending = []
            elif isinstance(action, Think) and action.with_verdict:
                found, took_ms = verdicts.get(action.text, (NO_VERDICT, 0))
                at_ms = event.at_ms + took_ms
                verdict = JudgedByModel(at_ms, action.turn, action.text, found)
            elif isinstance(action, Reply | Prompt):
                began_ms, lasted_ms = timings.get(action.turn, timings[None])
                heard_ms = event.at_ms + began_ms
                pending = [
                    ReplyBegan(heard_ms, action.turn),
                    ReplyEnded(heard_ms + lasted_ms, action.turn),
                ]
    return Comparison(recorded(record), decisions)


def _verdicts(record: list[Event | Action]) -> dict[str, tuple[str, int]]:
    """By words: the model's verdict, and how long it took."""
    asked: dict[str, int] = {}
    found: dict[str, tuple[str, int]] = {}
    at_ms = 0
    for entry in record:
        if isinstance(entry, JudgedByModel):
            took_ms = entry.at_ms - asked.get(entry.text, entry.at_ms)
            found[entry.text] = (entry.verdict, took_ms)
        elif isinstance(entry, Think) and entry.with_verdict:
            asked[entry.text] = at_ms
        if isinstance(entry, Event):
            at_ms = entry.at_ms
    return found


def _reply_timings(record: list[Event | Action]) -> dict[int | None, tuple[int, int]]:
    """For each turn: decided -> heard, heard -> ended; under None, the medians of the call.

    A reply that was stopped would otherwise have continued: it is imagined to be heard, or to end,
    some time after the stop.
    """
    decided: dict[int, int] = {}
    stopped: dict[int, int] = {}
    for at_ms, action in recorded(record):
        if isinstance(action, Reply | Prompt):
            decided[action.turn] = at_ms
        elif isinstance(action, StopReply):
            stopped[action.turn] = at_ms
    began = {event.turn: event.at_ms for event in record if isinstance(event, ReplyBegan)}
    ended = {event.turn: event.at_ms for event in record if isinstance(event, ReplyEnded)}
    timings: dict[int | None, tuple[int, int]] = {
        turn: (began[turn] - decided[turn], ended[turn] - began[turn])
        for turn in (decided.keys() & began.keys() & ended.keys()) - stopped.keys()
    }
    usual = list(timings.values()) or [(BEGAN_MS, LASTED_MS)]
    began_ms, lasted_ms = (round(median(values)) for values in zip(*usual, strict=True))
    timings[None] = (began_ms, lasted_ms)
    for turn, stop_ms in stopped.items():
        heard_ms = began.get(turn, stop_ms + FRAME_MS + began_ms)
        timings[turn] = (heard_ms - decided[turn], max(heard_ms, stop_ms) + lasted_ms - heard_ms)
    return timings
