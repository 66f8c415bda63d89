"""A simulated caller: follows a script and notes how it is answered. Pure: the frame is the tick.

`Caller.frames()` yields what the telephone sends: 20 ms of audio at a time, or a key. When it ends,
the caller hangs up. The line (calls/simulator/dialling.py) asks for each frame when it is due and
plays the agent's audio to `ear`, so the caller waits, listens and interrupts without a clock.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from calls.audio.codec import FRAME_BYTES, SILENCE_BYTE
from calls.simulator.earpiece import Earpiece

FRAME_MS = 20
SILENT_FRAME = SILENCE_BYTE * FRAME_BYTES
QUIET_MS = (500, 900)
"""The agent has finished when nothing is left to play for this long (drawn each time)."""
NO_ANSWER_MS = 12_000
"""The caller goes on after this long without an answer."""
BETWEEN_KEYS_MS = 240


class SpokenLine(Protocol):
    """A line to say: 8 kHz mu-law, and where the speech begins and ends in it."""

    @property
    def name(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def audio(self) -> bytes: ...
    @property
    def speech_from_ms(self) -> int: ...
    @property
    def speech_until_ms(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Say:
    """Say this when the agent has finished, or over it, once it has been heard for this long."""

    speech: SpokenLine
    barge_in_after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """Press these keys when the agent has finished."""

    keys: str


@dataclass(frozen=True, slots=True)
class StaySilent:
    """Be silent for this long."""

    ms: int


Step = Say | Press | StaySilent


@dataclass(frozen=True, slots=True)
class Key:
    digit: str


@dataclass(slots=True)
class LineOutcome:
    """One of the caller's lines, and how it was answered. Times are as the caller hears them."""

    name: str
    text: str
    started_ms: float
    """First sample of speech, or first key; since the stream began."""
    ended_ms: float
    """End of the last sample of speech, or last key."""
    is_keyed: bool = False
    answered: bool = False
    voice_to_voice_ms: float | None = None
    """End of the caller's speech -> first audible sample of the agent. None without an answer,
    or when the agent cut in."""
    cut_in: bool = False
    """The agent began before the caller had finished."""
    barge_stop_ms: float | None = None
    """The caller's first sample over the agent's voice -> the agent is silent."""


class Caller:
    def __init__(
        self,
        steps: Iterable[Step],
        *,
        seed: int = 0,
        awaits_greeting: bool = True,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        """`on_line` is called with the words as each line begins."""
        self.ear = Earpiece()
        self.now_ms = 0
        self._steps, self._awaits_greeting = steps, awaits_greeting
        self._random = random.Random(seed)
        self._on_line = on_line
        self._lines: list[LineOutcome] = []
        self._listens_from_ms = 0.0

    def frames(self) -> Iterator[bytes | Key]:
        for step in self._steps:
            match step:
                case Say():
                    yield from self._say(step)
                case Press():
                    yield from self._press(step.keys)
                case StaySilent():
                    yield from self._silence(step.ms)
        yield from self._hear_out()

    def lines(self) -> list[LineOutcome]:
        """What was said, with how the agent answered as far as it has been heard."""
        until_ms = float("inf")
        for line in reversed(self._lines):
            self._measure(line, until_ms)
            until_ms = line.started_ms
        return list(self._lines)

    def _say(self, step: Say) -> Iterator[bytes]:
        if step.barge_in_after_ms is None:
            yield from self._hear_out()
        else:
            yield from self._hear(step.barge_in_after_ms)
        speech, audio = step.speech, step.speech.audio
        from_ms, until_ms = speech.speech_from_ms, speech.speech_until_ms
        self._begin(
            LineOutcome(speech.name, speech.text, self.now_ms + from_ms, self.now_ms + until_ms)
        )
        for at in range(0, len(audio), FRAME_BYTES):
            yield from self._frame(audio[at : at + FRAME_BYTES].ljust(FRAME_BYTES, SILENCE_BYTE))

    def _press(self, keys: str) -> Iterator[bytes | Key]:
        yield from self._hear_out()
        line = LineOutcome(keys, keys, self.now_ms, self.now_ms, is_keyed=True)
        self._begin(line)
        for digit in keys:
            line.ended_ms = self._listens_from_ms = self.now_ms
            yield Key(digit)
            yield from self._silence(BETWEEN_KEYS_MS)

    def _begin(self, line: LineOutcome) -> None:
        self._lines.append(line)
        self._listens_from_ms = line.ended_ms
        if self._on_line:
            self._on_line(line.text)

    def _hear_out(self) -> Iterator[bytes]:
        """Wait until the agent has answered and has finished."""
        quiet_ms = self._random.randint(*QUIET_MS)
        if self._lines or self._awaits_greeting:
            yield from self._hear(0)
        while self.now_ms < max(self.ear.ends_ms, self._listens_from_ms) + quiet_ms:
            yield from self._frame(SILENT_FRAME)

    def _hear(self, ms: int) -> Iterator[bytes]:
        """Wait until the agent has been heard for so long in answer to the last line."""
        give_up_ms = self._listens_from_ms + NO_ANSWER_MS
        while self.now_ms < give_up_ms:
            answer = self.ear.begun_since(self._listens_from_ms)
            if answer and self.now_ms >= answer[0].from_ms + ms:
                return
            yield from self._frame(SILENT_FRAME)

    def _silence(self, ms: int) -> Iterator[bytes]:
        for _frame in range(ms // FRAME_MS):
            yield from self._frame(SILENT_FRAME)

    def _frame(self, audio: bytes) -> Iterator[bytes]:
        yield audio
        self.now_ms += FRAME_MS

    def _measure(self, line: LineOutcome, next_ms: float) -> None:
        silent_ms = self.ear.silent_from(line.started_ms)
        line.barge_stop_ms = None if silent_ms is None else silent_ms - line.started_ms
        # What goes on of an interrupted reply is its end, not an answer to this line.
        free_ms = line.started_ms if silent_ms is None else silent_ms
        spoken_over = self.ear.begun_since(free_ms, line.ended_ms)
        answer = self.ear.begun_since(max(free_ms, line.ended_ms), next_ms)
        line.cut_in = bool(spoken_over)
        is_spoiled = line.cut_in and spoken_over[-1].until_ms > line.ended_ms
        line.answered = bool(answer) or is_spoiled
        line.voice_to_voice_ms = (
            answer[0].from_ms - line.ended_ms if answer and not line.cut_in else None
        )
