"""A caller of a virtual call who reacts as people do. Pure.

They let the agent finish, and answer. Cut in on in a pause, they go on as they had meant to, or
let the agent finish first (a habit), and say the rest of their line. They repeat a line that was
not heard, or not answered, and hang up in the end. What a caller does hangs on the seed, on their
lines and on what they hear of the agent.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from calls.language.completion.words_judge import Judge
from calls.simulator.virtual.agent import Answer, Speech
from calls.simulator.virtual.business import LineBusiness
from calls.simulator.virtual.call import VirtualCall
from calls.simulator.virtual.line import Line, Word
from calls.simulator.virtual.recogniser import FINAL_AFTER_MS, FINAL_LATE_MS, transcripts
from tuning.turns.events import Action, CallBegan, Prompt, Reply, Transcribed
from tuning.turns.profile import FRAME_MS
from tuning.turns.words import LanguageWords

REACTS_MS = (250, 900)
"""Callers begin so long after the agent has finished."""
NOTICES_MS = 200
"""Whoever has heard the agent for less goes on, because it takes so long to stop."""
YIELDS = 0.2
"""So often a caller who is cut in on lets the agent finish."""
PATIENCE_MS = 6000
"""After so long without an answer they say it again,"""
TIMES = 2
"""at most so often."""
MOMENT_MS = 12_000
"""For what is said over the agent, which must speak first."""
HANGS_UP_MS = 700
LEAD_MS = 40
"""A line's sound begins so long before its first word, or less."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Of one decision: which line it answers, and whether the caller had finished it."""

    at_ms: int
    line: int
    is_early: bool


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a line."""

    text: str
    words: tuple[Word, ...]


@dataclass(slots=True)
class ReactingCaller:
    """lines: in order; the first answers the greeting. noise: the detectors' bits on the bare
    line. levels_db: of a frame without and with speech."""

    lines: Sequence[Line]
    greeting: Answer
    noise: Sequence[int]
    words: LanguageWords
    judge: Judge | None
    seed: int
    wrong_share: float | None
    yields: float = YIELDS
    levels_db: tuple[int, int] = (-100, -100)
    truths: dict[int, Truth] = field(default_factory=dict)
    """By turn."""
    hung_up: bool = False
    _call: VirtualCall = field(init=False)
    _line: int = -1
    """The one that was said last, and takes the floor."""
    _begins_ms: int = 0
    _ends_ms: int = 0
    """Where it really ends, as things stand."""
    _answered: bool = True
    _asked_again: bool = False

    def call(self, began: CallBegan) -> VirtualCall:
        """The whole call."""
        business = LineBusiness(
            self.seed, self.words, self.wrong_share, self._said_last, self._answer_to
        )
        call = self._call = VirtualCall(self.words, self.judge, business, self._told)
        call.begin(began)
        for heard in self._frames():
            speech = call.agent.speech
            was_heard = speech is None or speech.is_heard
            call.step(heard, self.levels_db[heard > 0])
            if speech and speech.is_heard and not was_heard:
                self._hears(speech)
            if call.agent.is_over:
                return call
        self.hung_up = True
        call.agent.hang_up()
        return call

    def is_cut_in(self, turn: int, heard_ms: float | None) -> bool:
        """Was a reply heard that was decided before the caller's end?"""
        truth = self.truths.get(turn)
        return truth is not None and truth.is_early and heard_ms is not None

    # What they say.

    def _frames(self) -> Iterator[int]:
        """The detectors' bits, frame by frame, until the caller hangs up."""
        for number, line in enumerate(self.lines):
            drawn = Random(f"{self.seed} line {number}")
            if not (yield from self._wait_for_moment(line, drawn)):
                continue
            yield from self._say(number, line, drawn)
            for _time in range(TIMES):
                if not line.takes_floor or (yield from self._wait_for_answer(drawn)):
                    break
                yield from self._say(number, line, drawn)
        yield from self._wait_for_quiet(HANGS_UP_MS)

    def _wait_for_moment(self, line: Line, drawn: Random) -> Generator[int, None, bool]:
        """Until they would speak; returns False if that moment never comes."""
        call, since_ms = self._call, self._call.at_ms
        if line.over_agent_ms is None:
            yield from self._wait_for_quiet(drawn.randint(*REACTS_MS))
            return True
        while call.at_ms - since_ms < MOMENT_MS:
            speech = call.agent.speech
            if speech and speech.is_reply and speech.is_audible:
                if call.at_ms >= speech.begins_ms + line.over_agent_ms:
                    return True
            elif speech is None and self._answered and call.at_ms - since_ms > FRAME_MS:
                return False  # it has said all it had to say
            yield self._quiet()
        return False

    def _wait_for_quiet(self, reacts_ms: int) -> Iterator[int]:
        call, until_ms = self._call, self._call.at_ms + 2 * MOMENT_MS
        while call.at_ms < until_ms:
            if call.agent.speech is None and call.at_ms - call.agent.silent_ms >= reacts_ms:
                return
            yield self._quiet()

    def _wait_for_answer(self, drawn: Random) -> Generator[int, None, bool]:
        """Until the line is answered; returns False if it has to be said again."""
        call, reacts_ms = self._call, drawn.randint(*REACTS_MS)
        while not self._answered:
            agent = call.agent
            if agent.speech is None:
                quiet_ms = call.at_ms - max(agent.silent_ms, self._ends_ms)
                if quiet_ms >= (reacts_ms if self._asked_again else PATIENCE_MS):
                    return False
            yield self._quiet()
        return True

    def _say(self, number: int, line: Line, drawn: Random) -> Iterator[int]:
        """All of it, whatever the agent does; only when they go on hangs on that."""
        call, begins_ms = self._call, self._call.at_ms
        if line.takes_floor:
            self._line, self._begins_ms, self._ends_ms = number, begins_ms, begins_ms + line.ends_ms
            self._answered = self._asked_again = False
        call.transcribe(transcripts(line, begins_ms, drawn))
        at = 0
        for from_ms, until_ms in line.pauses:
            goes_on = max(0, until_ms - LEAD_MS) // FRAME_MS
            while at < goes_on:
                yield line.heard[at]
                at += 1
            if self._hears_agent and drawn.random() < self.yields:
                call.unsay(begins_ms + until_ms)
                call.transcribe(self._closed(line, begins_ms, from_ms))
                yield from self._wait_for_quiet(drawn.randint(*REACTS_MS))
                later_ms = call.at_ms - begins_ms - at * FRAME_MS
                begins_ms += later_ms
                self._ends_ms += later_ms
                rest = tuple(word for word in line.words if word.from_ms >= until_ms)
                said = Rest(" ".join(word.text for word in rest), rest)
                call.transcribe(transcripts(said, begins_ms, drawn))
        while at < len(line.heard):
            yield line.heard[at]
            at += 1

    @property
    def _hears_agent(self) -> bool:
        speech = self._call.agent.speech
        if speech is None or not speech.is_audible:
            return False
        return self._call.at_ms - speech.begins_ms >= NOTICES_MS

    @staticmethod
    def _closed(line: Line, begins_ms: int, from_ms: int) -> list[Transcribed]:
        """The final of what was said before the pause, where it was not to have one yet."""
        open_words: list[str] = []
        for word, following in zip(line.words, line.words[1:], strict=False):
            if word.until_ms > from_ms:
                break
            open_words.append(word.text)
            if following.from_ms - word.until_ms >= FINAL_AFTER_MS:
                open_words.clear()
        if not open_words:
            return []
        until_ms = begins_ms + from_ms
        at_ms = until_ms + FINAL_AFTER_MS + FINAL_LATE_MS
        return [Transcribed(at_ms, until_ms, " ".join(open_words), final=True)]

    def _quiet(self) -> int:
        return self.noise[self._call.at_ms // FRAME_MS % len(self.noise)]

    # What they hear, and what becomes of it.

    def _hears(self, speech: Speech) -> None:
        """The agent has begun to say something."""
        if isinstance(speech.decision, Prompt):
            self._asked_again = self._asked_again or not self._answered
        elif speech.turn.heard_ms is not None and speech.turn.heard_ms >= self._ends_ms:
            self._answered = True

    def _told(self, action: Action) -> None:
        if isinstance(action, Reply):
            at_ms = self._call.at_ms
            self.truths[action.turn] = Truth(at_ms, self._line, at_ms < self._ends_ms)

    def _said_last(self) -> tuple[int, str]:
        return self._line, self.lines[self._line].text if self._line >= 0 else ""

    def _answer_to(self, number: int) -> Answer:
        return self.lines[number].answer if number >= 0 else self.greeting
