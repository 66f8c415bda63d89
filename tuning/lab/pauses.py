"""The pauses of a recorded caller: how long they were silent before going on. Pure.

Read from a call's journal by the core's own code (heard.CallerVoice), so that a pause is what the
core would have called one. Rule: only the longest pause of a turn counts, once for the time while
the utterance was short and once for when it was long, because a different silence ends each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tuning.turns.events import (
    Action,
    CallBegan,
    Dismiss,
    Event,
    Heard,
    Overhear,
    Prompt,
    Reply,
    Retuned,
    StopReply,
)
from tuning.turns.heard import CallerVoice
from tuning.turns.profile import Profile

SHORTEST_MS = 100
"""Anything shorter is a gap within a word."""
SHORT_ANSWER_MS = (150, 600)
"""Speech of this length that makes no turn may have been a yes or a no: "כן" takes 0.38 s."""
NO_ANSWERS = {"backchannel", "spoken over"}
"""Reasons for dismissing speech that have nothing to do with its length."""
WENT_ON = {"caller resumed", "cut-in"}
"""Reasons for which a reply stopped because its caller had not finished."""


@dataclass(slots=True)
class TurnPauses:
    """A turn's longest pauses after which the caller went on; None: there was none."""

    short_ms: int | None = None
    long_ms: int | None = None

    def add(self, pause_ms: int, *, is_short: bool) -> None:
        if is_short:
            self.short_ms = max(pause_ms, self.short_ms or 0)
        else:
            self.long_ms = max(pause_ms, self.long_ms or 0)


def pauses(entries: Iterable[Event | Action]) -> dict[int, TurnPauses]:
    """The pauses of each turn. If the caller went on over the reply, the pause lasts until then."""
    found: dict[int, TurnPauses] = {}
    profile, voice, now = Profile(), CallerVoice(), TurnPauses()
    answered: tuple[int, CallerVoice] | None = None
    for entry in entries:
        match entry:
            case CallBegan() | Retuned():
                profile = entry.profile
            case Heard():
                span_ms = voice.span_ms
                voice.hear(entry, profile)
                if voice.pause_ms >= SHORTEST_MS:
                    now.add(voice.pause_ms, is_short=span_ms < profile.short_utterance_ms)
            case Reply() | Prompt():
                if isinstance(entry, Reply) or entry.spoke_until_ms is not None:
                    found[entry.turn] = now
                    answered = entry.turn, voice
                    voice, now = voice.anew(), TurnPauses()
            case Dismiss() | Overhear():  # what a person is told is no turn of the agent's
                voice, now = voice.anew(), TurnPauses()
            case StopReply() if entry.why in WENT_ON and answered and answered[0] == entry.turn:
                before = answered[1]
                if voice.is_heard:
                    is_short = before.span_ms < profile.short_utterance_ms
                    pause_ms = max(0, voice.began_ms - before.ended_ms)
                    found[entry.turn].add(pause_ms, is_short=is_short)
                    voice.began_ms = before.began_ms  # the utterance goes on
                answered = None
    return found


def dropped_short(entries: Iterable[Event | Action]) -> int:
    """How many stretches of speech as long as a yes or a no made no turn."""
    return sum(is_short_answer(entry) for entry in entries if isinstance(entry, Dismiss))


def is_short_answer(dismissed: Dismiss) -> bool:
    """Is it as long as a yes or a no, and dismissed for no better reason?"""
    low, high = SHORT_ANSWER_MS
    length_ms = dismissed.until_ms - dismissed.from_ms
    return low <= length_ms <= high and dismissed.why not in NO_ANSWERS
