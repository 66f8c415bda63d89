"""The agent's side of a call: what the core says about replies is done here, and what the caller
hears of them is told to the core.

Rule: one answer at a time is the turn's, open from the decision until it is heard or stopped; at
most one more is made ahead, and nothing of that goes out before it is decided.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from calls.ear import Ear
from calls.mouth import Answer, Mouth
from calls.playout import Playout
from calls.services import Line, ServiceFailed, ServiceLate, Transcript
from calls.turn_record import TurnBook, TurnRecord
from tuning.events import (
    Event,
    Fill,
    Forget,
    Prompt,
    Reply,
    ReplyBegan,
    ReplyEnded,
    ReplyFailed,
    ReplyLate,
    Resume,
    StopReply,
    Think,
)
from tuning.turns import TurnTaker

logger = logging.getLogger(__name__)

MARK_GRACE_MS = 2000
"""A mark this overdue was lost: the reply counts as heard."""


@dataclass(slots=True)
class Waste:
    """Replies that were begun ahead since the last turn, and what was asked for in vain."""

    thought: int = 0
    tokens: int = 0
    characters: int = 0

    def add(self, turn: TurnRecord) -> None:
        self.tokens += turn.tokens
        self.characters += turn.characters

    def put_down_to(self, turn: TurnRecord) -> Waste:
        turn.thought = self.thought
        turn.wasted_tokens, turn.wasted_characters = self.tokens, self.characters
        return Waste()


class Speaking:
    """tasks: those of the call, which own what is said; set when it begins."""

    tasks: asyncio.TaskGroup

    def __init__(
        self,
        mouth: Mouth,
        book: TurnBook,
        ear: Ear,
        turns: TurnTaker,
        *,
        wall_ms: Callable[[], float],
        feed: Callable[[Event], None],
    ) -> None:
        self._mouth, self._book, self._ear, self._turns = mouth, book, ear, turns
        self._wall_ms, self._feed = wall_ms, feed
        self.transcribed_ms: float | None = None
        """When the newest transcript came."""
        self._transcript: Transcript | None = None
        self._saying: asyncio.Task[None] | None = None
        self._ahead: tuple[Answer, asyncio.Task[None]] | None = None
        """The reply that is made before it is decided."""
        self._waste = Waste()

    async def deliver(self, send: Callable[[str], Awaitable[None]]) -> None:
        await self._mouth.deliver(send)

    def transcribed(self, heard: Transcript) -> None:
        self._transcript, self.transcribed_ms = heard, self._wall_ms()

    def act(self, action: Reply | Think | Forget | Prompt | Fill | StopReply | Resume) -> None:
        turn, playout = self._book.turn, self._book.playout
        match action:
            case Reply():
                self._reply(action)
            case Think():
                self._think(action)
            case Forget():
                self._forget()
            case Prompt(name="greeting"):
                self._say(self._open(action, self._new_answer(action)))
            case Prompt(name=name):
                self._mouth.say_prompt(self._open(action, self._new_answer(action)).playout, name)
            case Fill() if turn and playout:
                self._mouth.fill(turn, playout)
            case StopReply(may_resume=True) if playout:
                self._mouth.hold(playout)
            case StopReply(why=why):
                self._stop(why)
            case Resume() if turn and playout:
                turn.resumed += 1
                self._mouth.release(playout)

    def marked(self, name: str) -> None:
        """Twilio has played (or, after `clear`, flushed) everything before this mark."""
        playout, turn = self._book.playout, self._book.turn
        if playout is None or turn is None or not playout.owns(name):
            return
        if playout.heard_at_ms is None:
            began_ms = self._wall_ms() - playout.first_chunk_ms
            self._begin_heard(playout, turn, max(began_ms, playout.sent_at_ms or 0.0))
        if name == playout.end_mark:
            self._end_heard(playout)

    def miss_marks(self) -> None:
        playout, turn = self._book.playout, self._book.turn
        if playout is None or turn is None or playout.sent_at_ms is None or playout.is_held:
            return
        since_ms = self._wall_ms() - MARK_GRACE_MS
        if playout.heard_at_ms is None and since_ms > playout.sent_at_ms + playout.first_chunk_ms:
            self._begin_heard(playout, turn, playout.sent_at_ms)
        if playout.is_complete and since_ms > playout.plays_until_ms:
            self._end_heard(playout)

    def _new_answer(self, action: Reply | Prompt | Think) -> Answer:
        turn = TurnRecord(action.turn, self._turns.revision)
        return Answer(turn, Playout(action.turn), tuple(self._book.history))

    def _open(self, action: Reply | Prompt, answer: Answer) -> Answer:
        """It is decided: this is the turn from now on."""
        self._stop_saying()
        self._book.close("no reply", self._wall_ms())
        turn = answer.turn
        turn.decided_ms, turn.why, turn.revision = self._wall_ms(), action.why, self._turns.revision
        turn.frames_dropped, turn.transcriber_replaced = self._ear.take_losses()
        turn.describe(action, self._turns.profile)
        self._waste = self._waste.put_down_to(turn)
        if action.spoke_from_ms is not None and action.spoke_until_ms is not None:
            turn.speech_began_ms = self._ear.wall_of(action.spoke_from_ms)
            turn.speech_ended_ms = self._ear.wall_of(action.spoke_until_ms)
        if isinstance(action, Reply) and action.why != "keypad" and self._transcript:
            turn.transcribed_ms = self.transcribed_ms
            turn.chosen_from = self._transcript.chosen_from
        self._book.open(turn, answer.playout)
        answer.history = tuple(self._book.history)
        answer.wanted.set()
        return answer

    def _reply(self, action: Reply) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead and action.prepared:
            answer = self._open(action, ahead[0])
            answer.turn.is_prepared, self._saying = True, ahead[1]
            self.tasks.create_task(self._release(answer.playout, action.delay_ms))
        else:
            answer = self._open(action, self._new_answer(action))
            answer.not_before_ms = self._wall_ms() + action.delay_ms
            self._say(answer)
        answer.limit_ms = action.limit_ms

    async def _release(self, playout: Playout, delay_ms: int) -> None:
        await asyncio.sleep(delay_ms / 1000)
        if playout is self._book.playout:
            self._mouth.release(playout)

    def _think(self, action: Think) -> None:
        answer = self._new_answer(action)
        answer.history = (*answer.history, Line(True, action.text))
        answer.playout.is_held = True
        self._waste.thought += 1
        self._ahead = answer, self.tasks.create_task(self._make(answer))

    def _forget(self) -> None:
        if self._ahead:
            answer, task = self._ahead
            task.cancel()
            self._waste.add(answer.turn)
        self._ahead = None

    def _say(self, answer: Answer) -> None:
        self._saying = self.tasks.create_task(self._make(answer))

    def _stop_saying(self) -> None:
        if self._saying:
            self._saying.cancel()
        self._saying = None

    async def _make(self, answer: Answer) -> None:
        """Say the answer; whatever goes wrong is reported to the core, never left as dead air."""
        turn = answer.turn
        try:
            await self._mouth.say(answer)
        except Exception as error:
            reason = f"{error}" if isinstance(error, ServiceFailed) else f"{error!r}"
            logger.warning("Turn %d: %s", turn.number, reason, exc_info=is_ours(error))
            if not answer.wanted.is_set():  # should it be, it is asked for again
                self._waste.add(turn)
                if self._ahead and self._ahead[0] is answer:
                    self._ahead = None
                return
            turn.failure = self._book.failure = reason
            report = ReplyLate if isinstance(error, ServiceLate) else ReplyFailed
            self._feed(report(self._turns.now_ms, turn.number, reason))

    def _begin_heard(self, playout: Playout, turn: TurnRecord, wall_ms: float) -> None:
        playout.begin_heard(wall_ms)
        turn.heard_ms = wall_ms
        self._feed(ReplyBegan(self._turns.now_ms, playout.turn))

    def _end_heard(self, playout: Playout) -> None:
        self._book.close("completed", self._wall_ms())
        self._feed(ReplyEnded(self._turns.now_ms, playout.turn, playout.says_farewell))

    def _stop(self, why: str) -> None:
        self._stop_saying()
        if self._book.playout and not self._book.playout.is_held:
            self._mouth.fall_silent()
        self._book.stop(why, self._wall_ms())


def is_ours(error: Exception) -> bool:
    """Whether an error is a fault in the code, which wants its traceback, and no service's."""
    return not isinstance(error, ServiceFailed)
