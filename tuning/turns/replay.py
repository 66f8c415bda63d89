"""Replay of a recorded call, as it was decided. Under another profile: tuning/lab/trying.py.

decide() feeds the record unchanged to a fresh core, which must give back the recorded actions.
"""

from __future__ import annotations

from collections.abc import Iterable

from tuning.turns.events import Action, CallBegan, Event
from tuning.turns.turn_taker import TurnTaker
from tuning.turns.words import WordsOf

Decision = tuple[int, Action]


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
