"""One call of the corpus, played to the core: the caller, the recogniser and the agent's voice.

Pure, on the caller-audio clock. Callers say what is written for them whatever the agent does, but
let it finish where their line is no interruption. The recogniser is as late as the local speech
server; a reply takes as long as its services do, and the model's verdict as long as its first
token. The corpus tells what kind of question was asked, not its words: the local judge is told a
question of that kind.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

from bench.corpus import CallerTurn
from bench.recogniser import transcripts
from calls.language.completion.words_judge import WordsJudge
from calls.language.hebrew import HEBREW
from tuning.turns.completion import same_words
from tuning.turns.endpointing import CUT_SHORT, NO_VERDICT, WHOLE
from tuning.turns.events import (
    Action,
    Asks,
    CallBegan,
    Event,
    Forget,
    Heard,
    JudgedByModel,
    Prompt,
    Reply,
    ReplyBegan,
    ReplyEnded,
    Resume,
    StopReply,
    Think,
    Transcribed,
)
from tuning.turns.profile import FRAME_MS, Profile
from tuning.turns.turn_taker import TurnTaker

MAKES_MS = 350 + 50 + 180
"""Asked -> first audio: first token, the rest of a short clause at 60 a second, first sound."""
SPEAKS_MS, PROMPT_MS = 6000, 2000
REACTS_MS = (250, 900)
"""Callers begin so long after the agent has finished."""
GIVES_UP_MS = 6000


VERDICT_MS = 370
"""From the question until the model's verdict: its first token, and 17 ms for the marker."""
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
class Speech:
    """What the agent is about to say, says, or was stopped in."""

    turn: int
    begins_ms: int
    lasts_ms: int
    is_early: bool = False
    answers: Reply | None = None
    decided_ms: int = 0
    is_heard: bool = False
    is_paused: bool = False


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
    events: list[Event] = field(default_factory=list)
    _core: TurnTaker = field(default_factory=lambda: TurnTaker(HEBREW.words))
    _at_ms: int = 0
    _speech: Speech | None = None
    _silent_ms: int = 0
    """When the agent fell silent."""
    _thinking_ms: int = 0
    _said: int = 0
    """Turns of the caller's so far."""
    _random: random.Random = field(init=False)
    _transcripts: deque[tuple[int, Transcribed]] = field(default_factory=deque)
    _judge: WordsJudge = field(default_factory=lambda: WordsJudge(HEBREW.judge))
    _question: str = ""
    _verdict: JudgedByModel | None = None
    """On its way."""

    def play(self) -> list[Outcome]:
        self._random = random.Random(self.seed)
        self._feed(CallBegan(0, 1, self.profile, seed=1))
        for number, turn in enumerate(self.turns):
            if not self._wait_for_their_moment(turn):
                continue
            self._begin(turn)
            for verdict in self.verdicts[number]:
                self._step(verdict)
            self._said = number + 1
        self._wait(GIVES_UP_MS)
        return self.outcomes

    # The caller.

    def _wait_for_their_moment(self, turn: CallerTurn) -> bool:
        """Until they would speak; False: that moment never comes."""
        reacts_ms, until_ms = self._random.randint(*REACTS_MS), self._at_ms + GIVES_UP_MS
        while True:
            speech = self._speech
            if turn.over_agent_ms is None:
                is_quiet = speech is None and self._at_ms - self._silent_ms >= reacts_ms
                if is_quiet and (self._is_answered or self._at_ms >= until_ms):
                    return True
            elif speech and speech.answers and speech.is_heard and not speech.is_paused:
                is_time = self._at_ms >= speech.begins_ms + turn.over_agent_ms
                if is_time:
                    return True
            if self._at_ms >= until_ms + SPEAKS_MS:
                return turn.over_agent_ms is None
            self._step(self._noise())

    @property
    def _is_answered(self) -> bool:
        floor = [each for each in self.outcomes if each.turn.takes_floor]
        return not floor or floor[-1].heard_ms is not None

    def _begin(self, turn: CallerTurn) -> None:
        if turn.over_agent_ms is None:
            self._feed(Asks(self._at_ms, self._core.turn, turn.asked))
            self._question = QUESTIONS[turn.asked.kind]
        self.outcomes.append(Outcome(turn, self._at_ms))
        self._transcripts.extend(transcripts(turn, self._at_ms, self._random))

    def _wait(self, ms: int) -> None:
        for _ in range(ms // FRAME_MS):
            self._step(self._noise())

    def _noise(self) -> int:
        verdicts = self.noise[self._said]
        return verdicts[self._at_ms // FRAME_MS % len(verdicts)]

    # Time.

    def _step(self, verdict: int) -> None:
        self._at_ms += FRAME_MS
        self._speak()
        while self._transcripts and self._transcripts[0][0] <= self._at_ms:
            self._feed(self._transcripts.popleft()[1])
        if self._verdict and self._verdict.at_ms <= self._at_ms:
            given, self._verdict = self._verdict, None
            self._feed(given)
        self._feed(Heard(self._at_ms, verdict))

    def _speak(self) -> None:
        speech = self._speech
        if speech is None or speech.is_paused:
            return
        if not speech.is_heard and self._at_ms >= speech.begins_ms:
            speech.is_heard = True
            self._heard(speech)
            self._feed(ReplyBegan(self._at_ms, speech.turn))
        elif speech.is_heard and self._at_ms >= speech.begins_ms + speech.lasts_ms:
            self._speech, self._silent_ms = None, self._at_ms
            self._feed(ReplyEnded(self._at_ms, speech.turn))

    def _heard(self, speech: Speech) -> None:
        last = self._last_floor()
        if speech.answers is None or last is None:
            return
        if speech.is_early:
            last.is_cut_in = True
            return
        last.heard_ms, last.decided_ms = self._at_ms, speech.decided_ms
        last.speech_end_ms = speech.answers.spoke_until_ms
        last.why, last.is_prepared = speech.answers.why, speech.answers.prepared

    def _last_floor(self) -> Outcome | None:
        return next((each for each in reversed(self.outcomes) if each.turn.takes_floor), None)

    # The core.

    def _feed(self, event: Event) -> None:
        self.events.append(event)
        for action in self._core.feed(event):
            self._act(action)
        if judged := self._judge.verdict(self._core, lambda: self._question):
            self._feed(judged)

    def _act(self, action: Action) -> None:
        newest = self.outcomes[-1] if self.outcomes else None
        match action:
            case Think():
                self._thinking_ms = self._at_ms
                if newest:
                    newest.thought += 1
                if action.with_verdict:
                    at_ms, verdict = self._at_ms + VERDICT_MS, self._says(action.text)
                    self._verdict = JudgedByModel(at_ms, action.turn, action.text, verdict)
            case Forget():
                self._verdict = None
                if newest:
                    newest.forgotten += 1
            case Reply():
                self._reply(action, newest)
            case Prompt():
                self._speech = Speech(action.turn, self._at_ms + 2 * FRAME_MS, PROMPT_MS)
            case StopReply():
                self._stop(action, newest)
            case Resume():
                if self._speech:
                    self._speech.is_paused = False
                    self._speech.begins_ms = self._at_ms
                if newest:
                    newest.is_resumed = True

    def _says(self, text: str) -> str:
        """The model's verdict, the same for the same words."""
        if self.wrong_share is None:
            return NO_VERDICT
        last = self._last_floor()
        is_whole = last is not None and same_words(text, last.turn.text, HEBREW.words)
        truth = WHOLE if is_whole else CUT_SHORT
        is_wrong = crc32(text.encode()) % 1000 < 1000 * self.wrong_share
        return {WHOLE: CUT_SHORT, CUT_SHORT: WHOLE}[truth] if is_wrong else truth

    def _reply(self, reply: Reply, newest: Outcome | None) -> None:
        asked_ms = self._thinking_ms if reply.prepared else self._at_ms
        begins_ms = max(self._at_ms + reply.delay_ms, asked_ms + MAKES_MS)
        last = self._last_floor()
        is_early = last is not None and self._at_ms < last.ends_ms
        if last and is_early:
            last.early += 1
        if newest and not newest.turn.takes_floor and newest is not last:
            newest.is_answered = True
        self._speech = Speech(
            reply.turn, begins_ms, SPEAKS_MS, is_early, reply, decided_ms=self._at_ms
        )

    def _stop(self, stop: StopReply, newest: Outcome | None) -> None:
        speech = self._speech
        if speech and speech.is_heard and newest and newest.stopped_ms is None:
            newest.stopped_ms = self._at_ms
        self._silent_ms = self._at_ms
        if speech and stop.may_resume:
            speech.is_paused = True
        else:
            self._speech = None
