"""One call of the corpus, played to the core: the caller, the recogniser and the agent's voice.

Pure, on the caller-audio clock. Callers say what is written for them whatever the agent does, but
let it finish where their line is no interruption. The recogniser is as late as the local speech
server; a reply takes as long as its services do, and the model's verdict as long as its first
token. The corpus tells what kind of question was asked, not its words: the local judge is told a
question of that kind.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.corpus import CallerTurn
from calls.language.hebrew import HEBREW
from calls.simulator.virtual.agent import Answer, Services, Speech
from calls.simulator.virtual.business import said_of
from calls.simulator.virtual.call import VirtualCall
from calls.simulator.virtual.recogniser import transcripts
from tuning.turns.completion import same_words
from tuning.turns.endpointing import NO_VERDICT
from tuning.turns.events import (
    Action,
    Asks,
    CallBegan,
    Event,
    Forget,
    Prompt,
    Reply,
    Resume,
    StopReply,
    Think,
)
from tuning.turns.profile import FRAME_MS, Profile

SPEAKS_MS, PROMPT_MS = 6000, 2000
REACTS_MS = (250, 900)
"""Callers begin so long after the agent has finished."""
GIVES_UP_MS = 6000
SERVICES = Services(verdict_ms=370, token_ms=350, sentence_ms=50, voice_ms=180)
"""First token, the rest of a short clause at 60 a second, first sound; the verdict is the first
token, and 17 ms for the marker."""
WRONG_SHARE = 0.04
QUESTIONS = {
    "": "",
    "yes_no": "זה מתאים לך?",
    "choice": "מה מתאים יותר?",
    "number": "מה מספר הטלפון?",
    "phrase": "מה השם, בבקשה?",
    "open": "שלום, במה אפשר לעזור?",
}


@dataclass(slots=True)
class Outcome:
    """What became of one turn of the caller's; None: never."""

    turn: CallerTurn
    begins_ms: int
    early: int = 0
    """Decisions before its end, whether anything of their replies was heard or not."""
    is_cut_in: bool = False
    """A reply that was decided before its end was heard."""
    decided_ms: int | None = None
    speech_end_ms: int = 0
    """As the core heard it."""
    heard_ms: int | None = None
    why: str = ""
    is_prepared: bool = False
    thought: int = 0
    forgotten: int = 0
    stopped_ms: int | None = None
    is_resumed: bool = False
    is_answered: bool = False
    """Although it asked for nothing."""

    @property
    def ends_ms(self) -> int:
        return self.begins_ms + self.turn.speech_ends_ms


@dataclass(slots=True)
class PhoneCall:
    """verdicts: for each turn those of the detectors on its audio; noise: on the bare line before
    the first turn and after each."""

    turns: Sequence[CallerTurn]
    verdicts: Sequence[Sequence[int]]
    noise: Sequence[Sequence[int]]
    profile: Profile
    seed: int
    wrong_share: float | None = WRONG_SHARE
    """Of the model's verdicts; None: it gives none."""
    outcomes: list[Outcome] = field(default_factory=list)
    _call: VirtualCall = field(init=False)
    _decisions: dict[int, tuple[int, bool]] = field(default_factory=dict)
    """By turn: when it was decided, and whether before the caller's end."""
    _said: int = 0
    """Turns of the caller's so far."""
    _random: random.Random = field(init=False)

    def play(self) -> list[Outcome]:
        self._random = random.Random(self.seed)
        self._call = VirtualCall(HEBREW.words, HEBREW.judge, self, self._told)
        self._call.begin(CallBegan(0, 1, self.profile, seed=1))
        for number, turn in enumerate(self.turns):
            if not self._wait_for_their_moment(turn):
                continue
            self._begin(turn)
            for verdict in self.verdicts[number]:
                self._step(verdict)
            self._said = number + 1
        self._wait(GIVES_UP_MS)
        return self.outcomes

    @property
    def events(self) -> list[Event]:
        return [each for each in self._call.entries if isinstance(each, Event)]

    # The caller.

    def _wait_for_their_moment(self, turn: CallerTurn) -> bool:
        """Until they would speak; False: that moment never comes."""
        call = self._call
        reacts_ms, until_ms = self._random.randint(*REACTS_MS), call.at_ms + GIVES_UP_MS
        while True:
            speech = call.agent.speech
            if turn.over_agent_ms is None:
                is_quiet = speech is None and call.at_ms - call.agent.silent_ms >= reacts_ms
                if is_quiet and (self._is_answered or call.at_ms >= until_ms):
                    return True
            elif speech and speech.is_reply and speech.is_audible:
                is_time = call.at_ms >= speech.begins_ms + turn.over_agent_ms
                if is_time:
                    return True
            if call.at_ms >= until_ms + SPEAKS_MS:
                return turn.over_agent_ms is None
            self._step(self._noise())

    @property
    def _is_answered(self) -> bool:
        floor = [each for each in self.outcomes if each.turn.takes_floor]
        return not floor or floor[-1].heard_ms is not None

    def _begin(self, turn: CallerTurn) -> None:
        call = self._call
        if turn.over_agent_ms is None:
            call.feed(Asks(call.at_ms, call.core.turn, turn.asked))
            call.agent.question = QUESTIONS[turn.asked.kind]
        self.outcomes.append(Outcome(turn, call.at_ms))
        call.transcribe(transcripts(turn, call.at_ms, self._random))

    def _wait(self, ms: int) -> None:
        for _ in range(ms // FRAME_MS):
            self._step(self._noise())

    def _noise(self) -> int:
        verdicts = self.noise[self._said]
        return verdicts[self._call.at_ms // FRAME_MS % len(verdicts)]

    def _step(self, verdict: int) -> None:
        speech = self._call.agent.speech
        was_heard = speech is None or speech.is_heard
        self._call.step(verdict)
        if speech and speech.is_heard and not was_heard:
            self._heard(speech)

    def _heard(self, speech: Speech) -> None:
        last = self._last_floor()
        if last is None or not isinstance(speech.decision, Reply):
            return
        decided_ms, is_early = self._decisions[speech.decision.turn]
        if is_early:
            last.is_cut_in = True
            return
        last.heard_ms, last.decided_ms = self._call.at_ms, decided_ms
        last.speech_end_ms = speech.decision.spoke_until_ms
        last.why, last.is_prepared = speech.decision.why, speech.decision.prepared

    def _last_floor(self) -> Outcome | None:
        return next((each for each in reversed(self.outcomes) if each.turn.takes_floor), None)

    # The business: the same services for every reply.

    def answer(self, decision: Reply | Prompt) -> Answer:
        return Answer(speaks_ms=SPEAKS_MS if isinstance(decision, Reply) else PROMPT_MS)

    def services(self, text: str) -> Services:
        return SERVICES

    def verdict(self, text: str) -> str:
        """The model's, the same for the same words."""
        if self.wrong_share is None:
            return NO_VERDICT
        last = self._last_floor()
        is_whole = last is not None and same_words(text, last.turn.text, HEBREW.words)
        return said_of(text, is_whole=is_whole, wrong_share=self.wrong_share)

    # The core.

    def _told(self, action: Action) -> None:
        newest = self.outcomes[-1] if self.outcomes else None
        at_ms = self._call.at_ms
        match action:
            case Think() if newest:
                newest.thought += 1
            case Forget() if newest:
                newest.forgotten += 1
            case Reply():
                last = self._last_floor()
                is_early = last is not None and at_ms < last.ends_ms
                self._decisions[action.turn] = at_ms, is_early
                if last and is_early:
                    last.early += 1
                if newest and not newest.turn.takes_floor and newest is not last:
                    newest.is_answered = True
            case StopReply():
                speech = self._call.agent.speech
                if speech and speech.is_heard and newest and newest.stopped_ms is None:
                    newest.stopped_ms = at_ms
            case Resume() if newest:
                newest.is_resumed = True
