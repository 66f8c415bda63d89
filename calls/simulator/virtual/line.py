"""What callers of virtual calls say: words on the clock, and what detectors hear of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from calls.simulator.virtual.agent import Answer

SILENT = Answer()


@dataclass(frozen=True, slots=True)
class Word:
    """On the clock of its line."""

    text: str
    from_ms: int
    until_ms: int


class Said(Protocol):
    """A line of which a recogniser makes words."""

    @property
    def text(self) -> str: ...

    @property
    def words(self) -> Sequence[Word]: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a caller wants to say, and what the agent says to it.

    text, words: a perfect transcript; none for coughs and people in the background.
    heard: the detectors' bits (events.Heard.speech) of each of its frames.
    ends_ms: where it really ends. pauses: the silences in it, in which the caller may be cut in on.
    over_agent_ms: it begins so long after the agent's words began; None: the agent has finished.
    takes_floor: the agent must stop for it, or answer it.
    answer: what the agent says to it.
    """

    text: str
    words: tuple[Word, ...]
    heard: Sequence[int]
    ends_ms: int
    pauses: tuple[tuple[int, int], ...] = ()
    over_agent_ms: int | None = None
    takes_floor: bool = True
    answer: Answer = SILENT
