"""A core that hears a record's caller under one profile, and what it decides. Pure.

trying.py says by which rules; here is what one core is told, and what becomes of what it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

from tuning.lab.pauses import WENT_ON, is_short_answer
from tuning.lab.record import Record
from tuning.lab.tried import NEVER_JUDGED, REACTION, CallTried, TurnTried
from tuning.turns.endpointing import NO_VERDICT
from tuning.turns.events import (
    SILENCE,
    Action,
    CallBegan,
    Dismiss,
    Event,
    HandOver,
    HangUp,
    Heard,
    JudgedByModel,
    JudgedLocally,
    Prompt,
    Reply,
    ReplyBegan,
    ReplyEnded,
    ReplyFailed,
    ReplyLate,
    Resume,
    Retuned,
    Say,
    StopReply,
    Think,
    Transcribed,
)
from tuning.turns.heard import CallerVoice
from tuning.turns.turn_taker import TurnTaker

FLOOR = Reply | Prompt | Say | HandOver | StopReply | Resume | HangUp
"""What moves the floor from one speaker to the other."""
MOVES = frozenset(get_args(FLOOR))
LASTS_MS = 2500
"""An imagined reply, where the record has none to go by."""


def moves(actions: Sequence[Action]) -> list[Action]:
    return [each for each in actions if type(each) in MOVES]


@dataclass(slots=True)
class Decision:
    """It counts unless it is taken back before the answer is heard."""

    tried: TurnTried
    turn: int
    """By the core's own count."""
    first_audio_ms: float
    """As imagined, on the caller-audio clock."""


@dataclass(slots=True)
class Decisions:
    """Of all cores that go through one call under one profile."""

    record: Record
    short_ms: int
    """An utterance below this is a short one."""
    has_verdicts: bool
    """A model would be asked for its verdicts."""
    call: CallTried = field(default_factory=CallTried)
    made: list[Decision] = field(default_factory=list)


@dataclass(slots=True)
class Listener:
    core: TurnTaker
    of_turn: int
    """The record's turn that is being heard."""
    decisions: Decisions
    is_apart: bool = False
    """It has done otherwise than the record since it was copied."""
    standing: Decision | None = None
    """Its newest decision, while nobody has gone on into the answer."""
    is_answered: bool = False
    """The record has answered what is being heard here."""
    muted_ms: int | None = None
    """Since when that answer is heard: from here on the caller is silent."""
    _is_over: bool = False
    """That answer was heard to its end."""
    _over_answer: CallerVoice = field(default_factory=CallerVoice)
    """The recorded caller's voice over that answer, which may be why they spoke."""
    _pending: list[Event] = field(default_factory=list)
    """What is imagined of the agent and of the model, in order of time."""
    _asked: dict[str, int] = field(default_factory=dict)
    """When the model was asked, by the words."""
    _unjudged: set[str] = field(default_factory=set)
    """Words of which nobody knows what the model would have said."""
    _judged: str = ""
    """Words that the local judge has judged."""
    _is_held: bool = False
    """A sound has stopped the reply, which may go on."""

    @property
    def is_done(self) -> bool:
        """It has decided, or there is nothing left to decide."""
        return self.standing is not None or not self.core.is_hearing

    @property
    def is_waiting(self) -> bool:
        """It hears what it has not yet decided on."""
        return self.standing is None and self.core.is_listening and self.core.is_hearing

    # What it is told.

    def tell(self, event: Event, moved: Sequence[Action]) -> None:
        """An event of the record; `moved`: what the record's own core did about the floor."""
        own: list[Action] = []
        while self._pending and self._pending[0].at_ms < event.at_ms:
            own += self._feed(self._pending.pop(0))
        told = self._as_told(event)
        if told is not None:
            own += self._feed(told)
        if (own or moved) and not self.is_apart and not _is_same(own, moved):
            self.is_apart = True
            self._imagine()

    def _as_told(self, event: Event) -> Event | None:
        match event:
            case Heard() if self.muted_ms is not None:
                if not self._is_over:
                    self._over_answer.hear(event, self.core.profile)
                return Heard(event.at_ms, SILENCE)
            case Heard():
                return event
            case Transcribed() if self.muted_ms is not None:
                return event if event.until_ms <= self.muted_ms else None
            case CallBegan() | Retuned() | JudgedLocally():
                return None
            case JudgedByModel():
                own = [each for each in self._pending if isinstance(each, JudgedByModel)]
                if event in own:
                    self._pending.remove(event)
                    return event
                return None if own or self.is_apart else event
            case ReplyBegan() if self.is_answered and event.turn == self.of_turn:
                self.muted_ms = event.at_ms
                return None
            case ReplyEnded() if self.is_answered and event.turn == self.of_turn:
                self._is_over = True
                return None
            case ReplyBegan() | ReplyEnded() | ReplyLate() | ReplyFailed():
                return None if self.is_apart else event
        return event

    def _feed(self, event: Event) -> list[Action]:
        actions = self.core.feed(event)
        self.note(event.at_ms, actions)
        moved = moves(actions)
        words = self.core.words_so_far
        if words != self._judged and self.core.profile.endpointing == "adaptive":
            self._judged = words
            record = self.decisions.record
            if found := record.local_verdict(words, event.at_ms, self.core.turn):
                moved += self._feed(replace(found, at_ms=event.at_ms))
        return moved

    def _await_verdict(self, think: Think, at_ms: int) -> None:
        record = self.decisions.record
        known = record.verdict(think.text, at_ms)
        if known is None and not self.is_apart and (at_ms, think) in record.unanswered:
            return
        if known is None and (record.has_verdicts or self.decisions.has_verdicts):
            self._unjudged.add(think.text)
        verdict, took_ms = known or (NO_VERDICT, record.verdict_ms)
        self._pending = [each for each in self._pending if not isinstance(each, JudgedByModel)]
        self._await(JudgedByModel(at_ms + took_ms, think.turn, think.text, verdict))

    def _imagine(self) -> None:
        """The agent's side from here on, until the record decides anew."""
        self._pending = [each for each in self._pending if isinstance(each, JudgedByModel)]
        core, record = self.core, self.decisions.record
        if core.is_listening:
            return
        began_ms: float = core.now_ms
        if self.standing and self.standing.turn == core.turn:
            heard_after_ms = record.timing(self.of_turn).heard_after_ms
            began_ms = self.standing.first_audio_ms + heard_after_ms
        at_ms = max(round(began_ms), core.now_ms)
        ends_ms = at_ms + record.lasts_ms.get(self.of_turn, LASTS_MS)
        self._await(ReplyBegan(at_ms, core.turn), ReplyEnded(ends_ms, core.turn))

    def _await(self, *events: Event) -> None:
        self._pending = sorted((*self._pending, *events), key=lambda each: each.at_ms)

    # What it does.

    def note(self, at_ms: int, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case Think():
                    self._asked[action.text] = at_ms
                    if action.with_verdict:
                        self._await_verdict(action, at_ms)
                case Reply():
                    self._decide(action, at_ms)
                case Prompt(spoke_from_ms=int(), spoke_until_ms=int()):
                    self._decide(action, at_ms)
                case Prompt():
                    self.standing = None
                case StopReply():
                    self._stop(action)
                case Resume():
                    self._resume()
                case Dismiss():
                    self.decisions.call.dropped += is_short_answer(action)
            if self.is_apart and type(action) in MOVES:
                self._imagine()

    def _decide(self, answer: Reply | Prompt, at_ms: int) -> None:
        assert answer.spoke_from_ms is not None
        assert answer.spoke_until_ms is not None
        text, delay_ms, is_prepared = "", 0, False
        if isinstance(answer, Reply):
            text, delay_ms, is_prepared = answer.text, answer.delay_ms, answer.prepared
        asked_ms = self._asked.get(text, at_ms) if is_prepared else at_ms
        ready_ms = asked_ms + self.decisions.record.timing(self.of_turn).makes_ms
        unknown = NEVER_JUDGED if text in self._unjudged else ""
        if self._over_answer.is_heard:
            unknown = REACTION
        span_ms = answer.spoke_until_ms - answer.spoke_from_ms
        tried = TurnTried(
            turn=self.of_turn,
            said=text,
            is_short=span_ms < self.decisions.short_ms,
            spoke_until_ms=answer.spoke_until_ms,
            decided_ms=at_ms,
            asked_ms=sum(answer.parts.values()),
            why=answer.why,
            latency_ms=None,
            is_unseen=self.muted_ms is not None,
            unknown=unknown,
        )
        self.standing = Decision(tried, answer.turn, max(at_ms + delay_ms, ready_ms))
        self.decisions.made.append(self.standing)

    def _stop(self, stop: StopReply) -> None:
        decision = self.standing
        is_its_answer = decision is not None and decision.turn == stop.turn
        why = stop.why
        if decision and is_its_answer and decision.tried.turn in self.decisions.record.went_on:
            # Who spoke into the record's answer speaks into one that came sooner, however long it
            # has been heard by then.
            why = "cut-in" if why == "barge-in" else why
        if why == "barge-in":
            self.decisions.call.stopped += not self._is_held
            self._is_held = stop.may_resume
        if why not in WENT_ON or decision is None or not is_its_answer:
            return
        if why == "cut-in":
            decision.tried = replace(decision.tried, is_cut_in=True)
        else:
            self.decisions.made.remove(decision)
        if not stop.may_resume:
            self.standing = None

    def _resume(self) -> None:
        """It was no interruption."""
        if self._is_held:
            self.decisions.call.stopped -= 1
            self._is_held = False
        elif self.standing:
            self.standing.tried = replace(self.standing.tried, is_cut_in=False)


def _is_same(own: Sequence[Action], moved: Sequence[Action]) -> bool:
    """Do both do the same, to the same turn?"""
    return [_move(each) for each in own] == [_move(each) for each in moved]


def _move(action: Action) -> tuple[type, int | None, bool]:
    turn = getattr(action, "turn", None)
    return type(action), turn, getattr(action, "may_resume", False)
