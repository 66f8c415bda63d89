"""The replies of a call: the current turn's, one prepared ahead, and what they leave behind.

Rule: one reply at a time is the turn's, from the decision until it is heard or stopped; at most one
more is being prepared ahead. The history holds what the caller said, and as much of each reply as
was heard.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from calls.records.turn_in_progress import OUTCOMES, WITHDRAWN, TurnInProgress
from calls.services import By, HistoryLine, Transcript
from calls.voice.audio_in import AudioIn
from calls.voice.reply import Means, Reply
from tuning.turns import events
from tuning.turns.endpointing import verdict_in

Order = (
    events.Reply
    | events.Think
    | events.Forget
    | events.Prompt
    | events.Say
    | events.Fill
    | events.StopReply
    | events.Resume
)


@dataclass(slots=True)
class Waste:
    """Replies begun ahead since the last turn, and the work wasted on them."""

    thought: int = 0
    requests: int = 0
    tokens: int = 0
    characters: int = 0

    def add(self, turn: TurnInProgress) -> None:
        self.requests += turn.requests
        self.tokens += turn.tokens
        self.characters += turn.characters

    def put_down_to(self, turn: TurnInProgress) -> Waste:
        turn.thought = self.thought
        turn.requests += self.requests
        turn.wasted_tokens, turn.wasted_characters = self.tokens, self.characters
        return Waste()


class Replies:
    def __init__(
        self, means: Means, audio_in: AudioIn, feed: Callable[[events.Event], None]
    ) -> None:
        """feed: the core's door, for what becomes of them."""
        self._means, self._clock, self._audio_in, self._feed = means, means.clock, audio_in, feed
        self.current: Reply | None = None
        """The turn's."""
        self.last: TurnInProgress | None = None
        """The newest turn that is over."""
        self.history: list[HistoryLine] = []
        self.of_person: TurnInProgress | None = None
        """The turn of a person who speaks in the agent's place."""
        self._whispers: list[HistoryLine] = []
        """For the next reply,"""
        self._followed: list[HistoryLine] = []
        """and those of the current one, should it be withdrawn."""
        self._opener_before = ""
        """The opener that the caller heard last."""
        self._verdict_ms: float | None = None
        """When the model said last whether the caller had finished."""
        self._ahead: Reply | None = None
        self._waste = Waste()
        self._transcript: Transcript | None = None
        self._transcribed_ms: float | None = None
        """When it came."""

    @property
    def ahead(self) -> Reply | None:
        """The reply that is made before it is decided."""
        return None if self._ahead and self._ahead.is_broken else self._ahead

    def question(self) -> str:
        """What the caller has heard last of the agent."""
        said = (line.text for line in reversed(self.history) if line.is_heard)
        return next(said, "")

    # What the core says.

    def act(self, order: Order) -> None:
        current = self.current
        match order:
            case events.Reply():
                self._open(self._made_for(order), order)
            case events.Prompt() | events.Say():
                self._open(self._new(order.turn), order)
            case events.Think():
                self._think(order)
            case events.Forget():
                self._let_go()
            case events.Fill() if current:
                current.fill()
            case events.StopReply(may_resume=True) if current:
                current.hold()
            case events.StopReply(why=why):
                self._stop(why)
            case events.Resume() if current:
                current.resume()

    def amend(self, number: int, text: str) -> None:
        """The final words of a turn that was already answered."""
        turns = (self.current and self.current.turn, self.of_person, self.last)
        turn = next((each for each in turns if each and each.number == number), None)
        if turn is None:
            return
        self.history = [
            replace(line, text=text) if line.is_callers and line.text == turn.said else line
            for line in self.history
        ]
        turn.said, turn.transcribed_ms = text, self._transcribed_ms
        if turn is self.last:
            self._means.record.keep(turn)

    # What a person brings.

    def whisper(self, text: str) -> None:
        self._whispers.append(HistoryLine(By.WHISPER, text))

    def begin_of_person(self, turn: TurnInProgress, by: By) -> None:
        """A turn without a reply of the agent's. by: to whom the caller spoke, if they did."""
        self.end_of_person()
        self.of_person = turn
        if turn.said:
            self.history.append(HistoryLine(by, turn.said))

    def end_of_person(self) -> None:
        if self.of_person:
            self.last, self.of_person = self.of_person, None
            self.last.ended_ms = self._clock.wall_ms
            self._means.record.keep(self.last)

    # What the caller's side brings.

    def transcribed(self, heard: Transcript) -> None:
        self._transcript, self._transcribed_ms = heard, self._clock.wall_ms

    def marked(self, name: str) -> None:
        if self.current:
            self.current.marked(name)

    def miss_marks(self) -> None:
        if self.current:
            self.current.miss_marks()

    def close(self, outcome: str, *, is_withdrawn: bool = False) -> None:
        """The turn is over. is_withdrawn: its reply answers only a part of what the caller says,
        and is not to be built on."""
        if self.current is None:
            return
        reply, self.current = self.current, None
        self.last = turn = reply.close(outcome)
        self._opener_before = self._means.openers.opening(turn.answered) or self._opener_before
        if turn.answered and not is_withdrawn:
            self.history.append(HistoryLine(By.AGENT, turn.answered))
        self._means.record.keep(turn)

    # How that is done.

    def _new(self, number: int, *said: HistoryLine) -> Reply:
        heard_now = self.current.playout.text if self.current else ""
        opener_before = self._means.openers.opening(heard_now) or self._opener_before
        return Reply(number, (*self.history, *said), self._means, self._take, opener_before)

    def _think(self, order: events.Think) -> None:
        self._ahead = self._new(order.turn, *self._whispers, HistoryLine(By.CALLER, order.text))
        self._waste.thought += 1
        self._ahead.begin_ahead(order)

    def _let_go(self) -> None:
        """What was made ahead is not wanted."""
        if self._ahead:
            self._ahead.forget()
            self._waste.add(self._ahead.turn)
        self._ahead = None

    def _made_for(self, order: events.Reply) -> Reply:
        """What was made ahead, where that is the answer; else a new one."""
        if order.prepared and (ahead := self.ahead):
            self._ahead = None
            return ahead
        self._let_go()
        return self._new(order.turn)

    def _open(self, reply: Reply, decision: events.Reply | events.Prompt | events.Say) -> None:
        """It is decided: this is the turn from now on."""
        self.close("no reply")
        self.end_of_person()
        turn, turns = reply.turn, self._means.turns
        turn.decided_ms, turn.why = self._clock.wall_ms, decision.why
        turn.decided_by(turns.revision, turns.tried)
        turn.frames_dropped, turn.transcriber_replaced = self._audio_in.take_losses()
        turn.describe(decision, turns.profile)
        if turn.verdict_ms is None and verdict_in(turn.wait_parts):
            turn.verdict_ms = self._verdict_ms  # it was of a reply that was forgotten
        self._waste = self._waste.put_down_to(turn)
        if not isinstance(decision, events.Say):
            turn.spoke(decision.spoke_from_ms, decision.spoke_until_ms, self._clock.wall_of)
        is_of_words = isinstance(decision, events.Reply) and decision.why != "keypad"
        if is_of_words and self._transcript:
            turn.transcribed_ms = self._transcribed_ms
            turn.chosen_from = self._transcript.chosen_from
        if turn.said:
            self.history.append(HistoryLine(By.CALLER, turn.said))
        self._followed = []
        if isinstance(decision, events.Reply):
            self._followed, self._whispers = self._whispers, []
        before, answered = self.history[:-1], self.history[-1:]
        self.current, reply.history = reply, (*before, *self._followed, *answered)
        reply.decide(decision)

    def _stop(self, why: str) -> None:
        """The turn's reply was stopped before its end."""
        is_withdrawn = why in WITHDRAWN
        if is_withdrawn:
            self._whispers, self._followed = self._followed + self._whispers, []
        if is_withdrawn and self.history and self.history[-1].is_callers:
            self.history.pop()  # what was said goes on, and comes again as one
        if self.current:
            self.current.stop()
            turn = self.current.turn
            if is_withdrawn:
                turn.wasted_tokens += turn.tokens
                turn.wasted_characters += turn.characters
        self.close(OUTCOMES.get(why, "interrupted"), is_withdrawn=is_withdrawn)

    def _take(self, event: events.Event) -> None:
        """What a reply reports of itself: the core is told, once that is written down."""
        match event:
            case events.ReplyEnded():
                self.close("completed")
            case events.JudgedByModel():
                self._verdict_ms = self._clock.wall_ms
        self._feed(event)
