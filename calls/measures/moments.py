"""The moments of a turn and the latencies between them, each declared once, here.

These declarations are read by the columns of calls.models.Turn, the record of a turn in progress,
the hourly counts, the exports, the waterfall and the pages. The glossary of the help pages explains
them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, overload

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Moment = float | None
"""Wall milliseconds since the stream began; None: it never came."""


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class Moments:
    """The moments of a turn, in the order in which they usually come."""

    speech_began_ms: Moment = None
    """The caller's first voice."""
    speech_ended_ms: Moment = None
    """The caller's last voice: time zero of every latency."""
    decided_ms: Moment = None
    """The caller has finished, says the core."""
    transcribed_ms: Moment = None
    """The transcript that the turn rests on (final, or the partial that was answered)."""
    asked_ms: Moment = None
    """The writer was asked for the reply."""
    found_ms: Moment = None
    """What the business knows of it was there, or was no longer waited for."""
    verdict_ms: Moment = None
    """The model said whether the caller had finished: the first token of its answer; before
    `asked_ms` where it said to wait, and was asked again."""
    first_token_ms: Moment = None
    """The first piece of its text came."""
    tool_began_ms: Moment = None
    """A system outside was first asked, by a tool: ahead of the decision, or after it."""
    tool_ended_ms: Moment = None
    """The last such answer came, or was given up."""
    first_sentence_ms: Moment = None
    """The first sentence was handed to speech synthesis."""
    first_byte_ms: Moment = None
    """The first of its audio came."""
    filled_ms: Moment = None
    """The answer was late: a filler was sent to the caller."""
    ready_ms: Moment = None
    """The first audio of the answer was there, whether it went out at once or not."""
    first_audio_ms: Moment = None
    """The first audio of the answer was sent to the caller: of its opener, if it has one, but not
    a filler's."""
    first_content_ms: Moment = None
    """The first sound that is neither an opener nor a filler began: when it was sent or, where one
    of those still played, when that was over."""
    heard_ms: Moment = None
    """Confirmed by the carrier's mark: the caller hears the answer, or the filler before it."""
    ended_ms: Moment = None
    """The reply was heard to its end, or stopped."""


MOMENTS = tuple(each.name for each in fields(Moments))


class Latency:
    """From one moment of a turn to another, in milliseconds; None where one of them is missing.

    Read from a turn, it is that duration; read from a class, it is this declaration.
    """

    name: str

    def __init__(
        self,
        starts: str,
        ends: str,
        label: Promise,
        meaning: Promise,
        *,
        is_stage: bool = False,
        is_counted: bool = True,
        is_exported: bool = True,
        is_forward: bool = False,
    ) -> None:
        """is_stage: it is a part of what the caller waits. is_counted: by the hour, for good.
        is_exported: with every turn of a JSON export. is_forward: none where the end came first,
        because it was of an earlier start."""
        self.is_forward = is_forward
        self.starts, self.ends, self.label, self.meaning = starts, ends, label, meaning
        self.is_stage, self.is_counted, self.is_exported = is_stage, is_counted, is_exported

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, turn: None, owner: type) -> Latency: ...

    @overload
    def __get__(self, turn: Moments, owner: type) -> float | None: ...

    def __get__(self, turn: Moments | None, owner: type) -> Latency | float | None:
        if turn is None:
            return self
        start_ms, end_ms = getattr(turn, self.starts), getattr(turn, self.ends)
        if start_ms is None or end_ms is None:
            return None
        lasted_ms: float = end_ms - start_ms
        return None if self.is_forward and lasted_ms < 0 else lasted_ms


class Latencies(Moments):
    """The latencies of a turn, in the order in which pages show them."""

    is_prepared: Any

    response_latency = Latency(
        "speech_ended_ms",
        "first_audio_ms",
        _("Response latency"),
        _(
            "From the caller's last sound to the first audio of the answer, an opener's too, but "
            "not a filler's: how long the caller waits."
        ),
    )
    content_latency = Latency(
        "speech_ended_ms",
        "first_content_ms",
        _("Content latency"),
        _(
            "From the caller's last sound to the first sound that is neither an opener nor a "
            "filler: how long the caller waits for what the answer says."
        ),
    )
    end_of_turn_delay = Latency(
        "speech_ended_ms",
        "decided_ms",
        _("End-of-turn delay"),
        _("From the speech end to the decision that the caller has finished."),
        is_stage=True,
    )
    transcription_delay = Latency(
        "speech_ended_ms",
        "transcribed_ms",
        _("Transcription delay"),
        _("From the speech end to the transcript that the turn is based on."),
        is_stage=True,
    )
    knowledge_latency = Latency(
        "asked_ms",
        "found_ms",
        _("Knowledge"),
        _(
            "From the request until what the business knows of it was found, or was no longer "
            "waited for: a part of the time to the first token."
        ),
        is_counted=False,
    )
    llm_ttft = Latency(
        "asked_ms",
        "first_token_ms",
        _("LLM, first token"),
        _("From the request to the first piece of the reply's text."),
        is_stage=True,
    )
    llm_ttfs = Latency(
        "asked_ms",
        "first_sentence_ms",
        _("LLM, first sentence"),
        _("From the request to the first sentence handed to speech synthesis."),
        is_stage=True,
    )
    tts_ttfb = Latency(
        "first_sentence_ms",
        "first_byte_ms",
        _("TTS, first byte"),
        _("From handing over the first sentence to the first byte of its audio."),
        is_stage=True,
    )
    tool_time = Latency(
        "tool_began_ms",
        "tool_ended_ms",
        _("Tools"),
        _(
            "From the first question to a system outside to its last answer, ahead of the "
            "decision or after it."
        ),
        is_stage=True,
    )
    verdict_latency = Latency(
        "asked_ms",
        "verdict_ms",
        _("LLM, verdict"),
        _("From the request to the verdict on whether the caller has finished."),
        is_counted=False,
        is_forward=True,
    )
    turn_latency = Latency(
        "decided_ms",
        "first_audio_ms",
        _("Turn latency"),
        _("From the decision to the first audio sent."),
    )
    ready_lead = Latency(
        "ready_ms",
        "decided_ms",
        _("Ready before the decision"),
        _(
            "From when the reply's first audio was ready to the decision; negative: it was ready "
            "only after."
        ),
        is_counted=False,
    )
    field_turn_latency = Latency(
        "decided_ms",
        "first_sentence_ms",
        _("TURN_LATENCY (field)"),
        _(
            "The older log line: from the decision until the text is handed to speech "
            "synthesis. It leaves out the silence before and the synthesis after."
        ),
        is_counted=False,
        is_exported=False,
    )
    heard_latency = Latency(
        "speech_ended_ms",
        "heard_ms",
        _("Heard"),
        _("From the speech end to the mark confirming that the caller hears the reply."),
        is_counted=False,
        is_exported=False,
    )

    @property
    def was_ready(self) -> bool:
        """The reply could have been heard before the decision, which released it."""
        return self.is_prepared and (self.ready_lead or 0.0) > 0


LATENCIES = tuple(each for each in vars(Latencies).values() if isinstance(each, Latency))


def names_of(is_wanted: Callable[[Latency], bool]) -> tuple[str, ...]:
    """Of these latencies."""
    return tuple(each.name for each in LATENCIES if is_wanted(each))
