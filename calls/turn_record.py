"""The turns of a call while they happen: their moments, their outcome, and the history they make.

Pure bookkeeping for Conversation, which says what happened; calls.models.Turn says what each field
means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from calls.playout import Playout
from calls.services import Line, Message
from tuning.events import Action, Event, Prompt, Reply
from tuning.profile import Profile

OUTCOMES = {
    "caller resumed": "caller resumed",
    "cut-in": "cut-in",
    "late": "failed",
    "failed": "failed",
}
"""A stopped turn's outcome by the core's reason; any other reason: interrupted."""


class Latencies:
    """The durations of a turn, each derived here, once; DESIGN.md section 1 defines the words.

    Milliseconds; None where a moment is missing.
    """

    __slots__ = ()
    is_prepared: Any
    speech_ended_ms: float | None
    decided_ms: float | None
    transcribed_ms: float | None
    asked_ms: float | None
    first_token_ms: float | None
    first_sentence_ms: float | None
    first_byte_ms: float | None
    ready_ms: float | None
    first_audio_ms: float | None
    heard_ms: float | None

    @property
    def end_of_turn_delay(self) -> float | None:
        return _between(self.speech_ended_ms, self.decided_ms)

    @property
    def transcription_delay(self) -> float | None:
        return _between(self.speech_ended_ms, self.transcribed_ms)

    @property
    def llm_ttft(self) -> float | None:
        return _between(self.asked_ms, self.first_token_ms)

    @property
    def llm_ttfs(self) -> float | None:
        return _between(self.asked_ms, self.first_sentence_ms)

    @property
    def tts_ttfb(self) -> float | None:
        return _between(self.first_sentence_ms, self.first_byte_ms)

    @property
    def turn_latency(self) -> float | None:
        return _between(self.decided_ms, self.first_audio_ms)

    @property
    def ready_lead(self) -> float | None:
        """Reply ready to be heard -> decided: positive when it was prepared ahead."""
        return _between(self.ready_ms, self.decided_ms)

    @property
    def was_ready(self) -> bool:
        """The reply could have been heard before the decision, which released it."""
        return self.is_prepared and (self.ready_lead or 0.0) > 0

    @property
    def field_turn_latency(self) -> float | None:
        """The field's TURN_LATENCY: decided -> text handed to speech synthesis."""
        return _between(self.decided_ms, self.first_sentence_ms)

    @property
    def response_latency(self) -> float | None:
        """Voice to voice: speech end -> first audio sent."""
        return _between(self.speech_ended_ms, self.first_audio_ms)

    @property
    def heard_latency(self) -> float | None:
        """The caller's side of response_latency: speech end -> heard, by Twilio's mark."""
        return _between(self.speech_ended_ms, self.heard_ms)


def _between(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else end - start


@dataclass(slots=True)
class TurnRecord(Latencies):
    """Field by field what calls.models.Turn keeps."""

    number: int
    revision: int
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
    tokens: int = 0
    characters: int = 0
    wasted_tokens: int = 0
    wasted_characters: int = 0
    resumed: int = 0
    is_limited: bool = False
    spoken_ms: int = 0
    speech_began_ms: float | None = None
    speech_ended_ms: float | None = None
    decided_ms: float | None = None
    transcribed_ms: float | None = None
    asked_ms: float | None = None
    first_token_ms: float | None = None
    first_sentence_ms: float | None = None
    first_byte_ms: float | None = None
    filled_ms: float | None = None
    ready_ms: float | None = None
    first_audio_ms: float | None = None
    heard_ms: float | None = None
    ended_ms: float | None = None

    def __str__(self) -> str:
        """For the log: how it was decided and how long it took, without a word of what was said."""
        measured = {
            "end_of_turn_delay": self.end_of_turn_delay,
            "turn_latency": self.turn_latency,
            "TURN_LATENCY": self.field_turn_latency,
            "response_latency": self.response_latency,
        }
        shown = [f"{name} {ms:.0f} ms" for name, ms in measured.items() if ms is not None]
        return ", ".join((f"turn {self.number}: {self.why}, {self.outcome}", *shown))

    def hand_over(self, text: str, wall_ms: float) -> None:
        """A text goes to speech synthesis; the first one is a moment of the turn."""
        self.characters += len(text)
        if self.first_sentence_ms is None:
            self.first_sentence_ms = wall_ms

    def describe(self, answer: Reply | Prompt, profile: Profile) -> None:
        """What the core said of the utterance, if there was one, and what the profile imposed."""
        delay_ms = 0
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


class Record(Protocol):
    """Where a call is written down; none of these waits."""

    def note(self, entry: Event | Action, wall_ms: float) -> None: ...

    def keep(self, turn: TurnRecord) -> None: ...

    def keep_message(self, message: Message) -> None: ...

    def hear(self, at_ms: int, frame: bytes) -> None: ...

    def speak(self, from_ms: int, audio: bytes) -> None: ...

    def fall_silent(self, at_ms: int) -> None: ...

    def changed(self) -> None: ...


class TurnBook:
    """The open turn, the one before it, and what was said and heard so far."""

    def __init__(self, keep: Callable[[TurnRecord], None]) -> None:
        self._keep = keep
        self.turn: TurnRecord | None = None
        self.playout: Playout | None = None
        self.last: TurnRecord | None = None
        self.history: list[Line] = []
        self.failure = ""
        """The latest, of the whole call."""

    def newest(self, wall_ms: float) -> TurnRecord | None:
        """The turn whose reply is heard now, as it stands, else the last one.

        One that is still heard has no outcome: "".
        """
        turn, playout = self.turn, self.playout
        if turn is None or playout is None or playout.heard_at_ms is None:
            return self.last
        return replace(
            turn,
            answered=playout.text,
            outcome="",
            first_audio_ms=playout.answer_at_ms,
            spoken_ms=playout.spoken_ms(wall_ms),
        )

    def open(self, turn: TurnRecord, playout: Playout) -> None:
        self.turn, self.playout = turn, playout
        if turn.said:
            self.history.append(Line(True, turn.said))

    def stop(self, why: str, wall_ms: float) -> None:
        """The reply was stopped before its end."""
        is_withdrawn = why in {"caller resumed", "cut-in"}
        if is_withdrawn and self.history and self.history[-1].by_caller:
            self.history.pop()  # what was said goes on, and comes again as one
        if is_withdrawn and self.turn:
            self.turn.wasted_tokens += self.turn.tokens
            self.turn.wasted_characters += self.turn.characters
        self.close(OUTCOMES.get(why, "interrupted"), wall_ms, is_withdrawn)

    def close(self, outcome: str, wall_ms: float, is_withdrawn: bool = False) -> None:
        """Keep the open turn, with the agent's words as far as they were heard.

        is_withdrawn: they answer only a part of what the caller says, and are not to be built on.
        """
        turn, playout = self.turn, self.playout
        if turn is None or playout is None:
            return
        _take_from(playout, turn, outcome, wall_ms)
        if turn.answered and not is_withdrawn:
            self.history.append(Line(False, turn.answered))
        self.last, self.turn, self.playout = turn, None, None
        self._keep(turn)

    def so_far(self, wall_ms: float) -> TurnRecord | None:
        """The open turn, as it is to be kept should the process die now."""
        if self.turn is None or self.playout is None:
            return None
        turn = replace(self.turn)
        _take_from(self.playout, turn, "no reply", wall_ms)
        return turn

    def amend(self, number: int, text: str, transcribed_ms: float | None) -> None:
        """The final words of a turn that was already answered."""
        turn = next((t for t in (self.turn, self.last) if t and t.number == number), None)
        if turn is None:
            return
        said = Line(True, turn.said)
        self.history = [Line(True, text) if line == said else line for line in self.history]
        turn.said, turn.transcribed_ms = text, transcribed_ms
        if turn is self.last:
            self._keep(turn)


def _take_from(playout: Playout, turn: TurnRecord, outcome: str, wall_ms: float) -> None:
    """What was said and heard of its reply, which ends now."""
    is_whole = outcome == "completed"
    turn.answered = playout.text if is_whole else playout.heard_text(wall_ms)
    turn.ended_ms, turn.first_audio_ms = wall_ms, playout.answer_at_ms
    turn.spoken_ms = playout.audio_ms if is_whole else playout.spoken_ms(wall_ms)
    was_heard = turn.heard_ms is not None
    turn.outcome = "interrupted" if outcome == "no reply" and was_heard else outcome
