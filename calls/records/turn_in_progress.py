"""The turns of a call in progress: their moments and their outcome.

Pure bookkeeping: replies.py and reply.py report what happens; calls.models.Turn explains the
fields.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Protocol

from calls.measures.moments import Latencies
from calls.services import Message
from calls.services.known import Looked
from tuning.turns.events import Action, Event, Prompt, Reply, Say
from tuning.turns.knob import Value
from tuning.turns.profile import Profile

OUTCOMES = {
    "caller resumed": "caller resumed",
    "cut-in": "cut-in",
    "late": "failed",
    "failed": "failed",
}
"""A stopped turn's outcome by the core's reason; any other reason: interrupted."""
WITHDRAWN = {"caller resumed", "cut-in"}
"""The core's reasons by which what was answered had not been all: it comes again, as one."""


@dataclass(slots=True)
class TurnInProgress(Latencies):
    """The same fields as calls.models.Turn, including the moments."""

    number: int
    revision: int | None
    why: str = ""
    said: str = ""
    answered: str = ""
    prompt: str = ""
    outcome: str = "no reply"
    failure: str = ""
    chosen_from: int | None = None
    frames_dropped: int = 0
    transcriber_replaced: int = 0
    span_ms: int = 0
    is_short: bool = True
    policy_ms: int = 0
    wait_parts: dict[str, int] = field(default_factory=dict)
    is_prepared: bool = False
    thought: int = 0
    requests: int = 0
    tokens: int = 0
    characters: int = 0
    wasted_tokens: int = 0
    wasted_characters: int = 0
    resumed: int = 0
    is_limited: bool = False
    spoken_ms: int = 0
    tried_knobs: dict[str, Value] | None = None
    knowledge: list[dict[str, str]] | None = None
    person: str = ""

    def __str__(self) -> str:
        """For the log: how it was decided and how long it took, without a word of what was said."""
        measured = {
            "end_of_turn_delay": self.end_of_turn_delay,
            "turn_latency": self.turn_latency,
            "TURN_LATENCY": self.field_turn_latency,
            "response_latency": self.response_latency,
            "content_latency": self.content_latency,
        }
        shown = [f"{name} {ms:.0f} ms" for name, ms in measured.items() if ms is not None]
        return ", ".join((f"turn {self.number}: {self.why}, {self.outcome}", *shown))

    def hand_over(self, text: str, wall_ms: float) -> None:
        """A text goes to speech synthesis; the first one is a moment of the turn."""
        self.characters += len(text)
        if self.first_sentence_ms is None:
            self.first_sentence_ms = wall_ms

    def asked_outside(self, wall_ms: float, *, is_over: bool) -> None:
        """By a tool: from the first question to the last answer."""
        if is_over:
            self.tool_ended_ms = wall_ms
        elif self.tool_began_ms is None:
            self.tool_began_ms = wall_ms

    def looked(self, looked: Looked, wall_ms: float) -> None:
        """What the business knows was looked up; a moment of the turn."""
        if not looked.is_told:
            self.found_ms = wall_ms
        if not looked.is_late:
            self.knowledge = [asdict(each) for each in looked.passages]

    def decided_by(self, revision: int, tried: dict[str, Value]) -> None:
        """Knobs that were tried stand instead of the revision that they were tried on."""
        self.revision, self.tried_knobs = (None, tried) if tried else (revision, None)

    def spoke(
        self, from_ms: int | None, until_ms: int | None, wall_of: Callable[[int], float]
    ) -> None:
        """The caller, by their own clock, if at all."""
        if from_ms is not None and until_ms is not None:
            self.speech_began_ms, self.speech_ended_ms = wall_of(from_ms), wall_of(until_ms)

    def describe(self, answer: Reply | Prompt | Say, profile: Profile) -> None:
        """What the core said of the utterance, if there was one, and what the profile imposed."""
        delay_ms = 0
        if isinstance(answer, Say):
            return
        if isinstance(answer, Prompt):
            self.prompt = answer.name
        else:
            self.said, delay_ms = answer.text, answer.delay_ms
        self.wait_parts = answer.parts
        if answer.spoke_from_ms is None or answer.spoke_until_ms is None:
            return
        self.span_ms = answer.spoke_until_ms - answer.spoke_from_ms
        self.is_short = self.span_ms < profile.short_utterance_ms
        self.policy_ms = sum(self.wait_parts.values()) + delay_ms


class CallRecord(Protocol):
    """Where a call is recorded; none of these methods waits."""

    def note(self, entry: Event | Action, wall_ms: float) -> None: ...

    def keep(self, turn: TurnInProgress) -> None: ...

    def keep_message(self, message: Message) -> None: ...

    def changed(self) -> None: ...
