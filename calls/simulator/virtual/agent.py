"""The agent of a virtual call: its replies, and what is recorded of them.

It does what calls.voice.replies and reply do, without audio: the moments of a turn are when the
services would have brought something, the events are fed in the driver's order.
Rules: a reply is of one sentence, which is said again if it was stopped for nothing. Whatever had
not come when a turn was over is no moment of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from calls.measures.moments import MOMENTS
from calls.records.turn_in_progress import OUTCOMES, WITHDRAWN, TurnInProgress
from tuning.turns import events
from tuning.turns.completion import Asked
from tuning.turns.endpointing import CUT_SHORT, NEEDS_TIME, verdict_in
from tuning.turns.turn_taker import TurnTaker

PROMPT_MS, PROMPT_SENT_MS = 2000, 40
"""How long a prepared phrase lasts, and when it is heard."""
FILLER_MS = 600
CHARACTERS_A_TOKEN = 3
NOTHING = Asked()


@dataclass(frozen=True, slots=True)
class Services:
    """What they take for one reply, in milliseconds: asked -> verdict; asked -> first token ->
    first sentence handed over -> its first audio; sent -> heard."""

    verdict_ms: float
    token_ms: float
    sentence_ms: float
    voice_ms: float
    heard_after_ms: float = 0.0

    @property
    def makes_ms(self) -> float:
        return self.token_ms + self.sentence_ms + self.voice_ms


@dataclass(frozen=True, slots=True)
class Answer:
    """What the agent says. asks: as the writer tells. opener_ms: so much of it is an opener."""

    text: str = ""
    speaks_ms: int = 0
    asks: Asked = NOTHING
    opener_ms: int = 0
    is_farewell: bool = False


class Business(Protocol):
    """Who answers: the words, how long the services take, and what the model says of words."""

    def answer(self, decision: events.Reply | events.Prompt) -> Answer: ...

    def services(self, text: str) -> Services: ...

    def verdict(self, text: str) -> str:
        """One of endpointing.VERDICTS."""


@dataclass(slots=True)
class Thought:
    """A reply that was begun before the decision."""

    asked_ms: int
    services: Services
    verdict: events.JudgedByModel | None
    """The model's; its at_ms is when it comes. None: it is not asked for one."""
    verdict_ms: float | None = None


@dataclass(slots=True)
class Speech:
    """What the agent is about to say, says, or was stopped in."""

    turn: TurnInProgress
    decision: events.Reply | events.Prompt
    answer: Answer
    begins_ms: float
    """The caller hears it from then on; later, where it goes on."""
    lasts_ms: float
    is_heard: bool = False
    is_paused: bool = False

    @property
    def is_reply(self) -> bool:
        return isinstance(self.decision, events.Reply)

    @property
    def is_audible(self) -> bool:
        return self.is_heard and not self.is_paused


@dataclass(slots=True)
class VirtualAgent:
    """feed: the core's door."""

    core: TurnTaker
    business: Business
    feed: Callable[[events.Event], None]
    at_ms: int = 0
    speech: Speech | None = None
    silent_ms: int = 0
    """When it fell silent."""
    turns: list[TurnInProgress] = field(default_factory=list)
    """Those that are over, in order."""
    transcribed_ms: float | None = None
    is_over: bool = False
    """It has hung up."""
    question: str = ""
    """What the caller has heard last of it."""
    _thought: Thought | None = None
    _judging: Thought | None = None
    """Whose verdict is still to come."""
    _verdict_ms: float | None = None
    _waste: TurnInProgress = field(default_factory=lambda: TurnInProgress(0, 0))
    _asks: deque[tuple[float, events.Asks]] = field(default_factory=deque)

    # Time.

    def speak(self, at_ms: int) -> None:
        """What is heard of it up to this moment."""
        self.at_ms = at_ms
        while self._asks and self._asks[0][0] <= at_ms:
            _due_ms, asks = self._asks.popleft()
            self.feed(events.Asks(at_ms, asks.turn, asks.asked))
        speech = self.speech
        if speech is None or speech.is_paused:
            return
        if not speech.is_heard and at_ms >= speech.begins_ms:
            speech.is_heard, speech.turn.heard_ms = True, speech.begins_ms
            self.feed(events.ReplyBegan(at_ms, speech.turn.number))
        elif speech.is_heard and at_ms >= speech.begins_ms + speech.lasts_ms:
            self.silent_ms = at_ms
            self._close("completed")
            number, is_farewell = speech.turn.number, speech.answer.is_farewell
            self.feed(events.ReplyEnded(at_ms, number, is_farewell))

    def judge(self) -> None:
        """The model's verdict, if it is due."""
        if (judging := self._judging) and judging.verdict and judging.verdict.at_ms <= self.at_ms:
            self._judging = None
            self._verdict_ms = judging.verdict_ms
            given = judging.verdict
            self.feed(events.JudgedByModel(self.at_ms, given.turn, given.text, given.verdict))

    # What the core says.

    def act(self, action: events.Action) -> None:
        speech = self.speech
        match action:
            case events.Think():
                self._think(action)
            case events.Forget():
                self._forget()
            case events.Reply() | events.Prompt():
                self._open(action)
            case events.StopReply(may_resume=True):
                self.silent_ms = self.at_ms
                if speech:
                    speech.is_paused = True
            case events.StopReply(why=why):
                self.silent_ms = self.at_ms
                self._close(OUTCOMES.get(why, "interrupted"), is_withdrawn=why in WITHDRAWN)
            case events.Resume() if speech:
                speech.is_paused, speech.begins_ms = False, self.at_ms
                speech.turn.resumed += 1
            case events.Fill() if speech:
                self._fill(speech)
            case events.Amend(turn=number, text=text):
                current = [speech.turn] if speech else []
                for turn in (*current, *self.turns[-1:]):
                    if turn.number == number:
                        turn.said, turn.transcribed_ms = text, self.transcribed_ms
            case events.HangUp():
                self.is_over = True

    def hang_up(self) -> None:
        """The call is over, whoever ended it."""
        self.is_over = True
        self._close("no reply")

    def _think(self, order: events.Think) -> None:
        services, verdict = self.business.services(order.text), None
        self._waste.thought += 1
        verdict_ms = self.at_ms + services.verdict_ms
        if order.with_verdict:
            says = self.business.verdict(order.text)
            due_ms = -int(-verdict_ms // 1)
            verdict = events.JudgedByModel(due_ms, order.turn, order.text, says)
        self._thought = Thought(self.at_ms, services, verdict, verdict_ms if verdict else None)
        self._judging = self._thought if verdict else None

    def _forget(self) -> None:
        if thought := self._thought:
            self._waste.requests += 1
            if self.at_ms >= thought.asked_ms + thought.services.token_ms:
                self._waste.wasted_tokens += 1
        self._thought = self._judging = None

    def _open(self, decision: events.Reply | events.Prompt) -> None:
        self._close("no reply")
        turn = TurnInProgress(decision.turn, self.core.revision)
        turn.decided_ms, turn.why = self.at_ms, decision.why
        turn.describe(decision, self.core.profile)
        turn.speech_began_ms, turn.speech_ended_ms = decision.spoke_from_ms, decision.spoke_until_ms
        answer = self.business.answer(decision)
        if isinstance(decision, events.Prompt):
            self._forget()
            self._put_waste_down_to(turn)
            sent_ms = self.at_ms + 0.0
            heard_ms, lasts_ms = sent_ms + PROMPT_SENT_MS, answer.speaks_ms or PROMPT_MS
            if decision.name == "greeting":
                turn.requests, turn.asked_ms, turn.ready_ms = 0, sent_ms, sent_ms
        else:
            made = self._thought if decision.prepared else None
            if not made:
                self._forget()
                made = Thought(self.at_ms, self.business.services(decision.text), None)
            self._thought = None
            sent_ms = self._make(turn, made, decision)
            heard_ms, lasts_ms = sent_ms + made.services.heard_after_ms, answer.speaks_ms
        turn.characters, turn.tokens = len(answer.text), len(answer.text) // CHARACTERS_A_TOKEN
        turn.first_audio_ms, turn.first_content_ms = sent_ms, sent_ms + answer.opener_ms
        self.speech = Speech(turn, decision, answer, heard_ms, lasts_ms)
        if answer.asks != NOTHING:
            due_ms = max(self.at_ms, turn.first_sentence_ms or 0.0)
            self._asks.append((due_ms, events.Asks(0, turn.number, answer.asks)))

    def _make(self, turn: TurnInProgress, made: Thought, decision: events.Reply) -> float:
        """Its moments; returns when its first audio is sent."""
        services, turn.asked_ms = made.services, made.asked_ms
        turn.is_prepared, turn.requests, turn.transcribed_ms = (
            decision.prepared,
            1,
            self.transcribed_ms,
        )
        began_ms: float = made.asked_ms
        if made.verdict and made.verdict_ms is not None:
            turn.verdict_ms = made.verdict_ms
            if made.verdict.verdict in (CUT_SHORT, NEEDS_TIME):  # decided before: asked again
                began_ms, turn.requests = max(made.verdict_ms, self.at_ms), 2
        elif verdict_in(turn.wait_parts):
            turn.verdict_ms = self._verdict_ms  # it was of a reply that was forgotten
        self._put_waste_down_to(turn)
        turn.first_token_ms = began_ms + services.token_ms
        turn.first_sentence_ms = turn.first_token_ms + services.sentence_ms
        turn.first_byte_ms = turn.ready_ms = turn.first_sentence_ms + services.voice_ms
        return max(turn.ready_ms, self.at_ms + decision.delay_ms)

    def _put_waste_down_to(self, turn: TurnInProgress) -> None:
        turn.thought, turn.wasted_tokens = self._waste.thought, self._waste.wasted_tokens
        turn.requests += self._waste.requests
        self._waste = TurnInProgress(0, 0)

    def _fill(self, speech: Speech) -> None:
        """A few ready-made words come before it, and it follows them."""
        if speech.turn.first_audio_ms is None or self.at_ms >= speech.turn.first_audio_ms:
            return
        answer_ms = max(speech.turn.first_audio_ms, self.at_ms + FILLER_MS) - self.at_ms
        speech.turn.filled_ms, speech.turn.first_content_ms = self.at_ms, self.at_ms + answer_ms
        heard_after_ms = speech.begins_ms - speech.turn.first_audio_ms
        speech.begins_ms = self.at_ms + heard_after_ms
        speech.lasts_ms += answer_ms

    def _close(self, outcome: str, *, is_withdrawn: bool = False) -> None:
        speech, self.speech = self.speech, None
        if speech is None:
            return
        turn = speech.turn
        self._asks = deque(each for each in self._asks if each[1].turn != turn.number)
        for name in MOMENTS:
            moment_ms = getattr(turn, name)
            if moment_ms is not None and moment_ms > self.at_ms:
                setattr(turn, name, None)
        turn.ended_ms, turn.outcome = self.at_ms, outcome
        if outcome == "no reply" and turn.heard_ms is not None:
            turn.outcome = "interrupted"
        share = 1.0
        if outcome != "completed":
            heard_ms = self.at_ms - speech.begins_ms if speech.is_heard else 0.0
            share = min(1.0, max(0.0, heard_ms / (speech.lasts_ms or 1)))
        words = speech.answer.text.split()
        turn.answered = " ".join(words[: round(share * len(words))])
        turn.spoken_ms = round(share * speech.lasts_ms)
        if is_withdrawn:
            turn.wasted_tokens += turn.tokens
            turn.wasted_characters += turn.characters
        elif turn.answered:
            self.question = turn.answered
        self.turns.append(turn)
