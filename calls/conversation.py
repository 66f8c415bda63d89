"""One phone call: tell the core what happened, do what it says.

Runs wholly on the event loop. Nothing here blocks and nothing here decides: `feed` is the core's
one door in, `_act` its one way out, both synchronous, so that nothing slips in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from calls import twilio
from calls.audio import level_db
from calls.ear import Ear
from calls.mouth import Answer, Mouth
from calls.playout import Playout
from calls.services import (
    Line,
    ServiceFailed,
    ServiceLate,
    Transcriber,
    Transcript,
    Voice,
    Writer,
)
from calls.turn_record import Record, TurnBook, TurnRecord
from calls.vad import Vad
from tuning.events import (
    Action,
    Amend,
    Asks,
    CallBegan,
    Dismiss,
    Event,
    Fill,
    Forget,
    HangUp,
    Heard,
    LineStalled,
    Pressed,
    Prompt,
    Recognise,
    Reply,
    ReplyBegan,
    ReplyEnded,
    ReplyFailed,
    ReplyLate,
    Resume,
    Retuned,
    StopReply,
    Think,
    Transcribed,
    TranscriberFailed,
)
from tuning.finished import Asked
from tuning.profile import Profile
from tuning.turns import TurnTaker

logger = logging.getLogger(__name__)

STALL_MS = 1000
WATCH_S = 0.25
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


class Over(Exception):
    """The call has ended: stop every task of it."""


class Conversation:
    def __init__(
        self,
        stream_sid: str,
        *,
        revision: int,
        profile: Profile,
        seed: int,
        first_turn: int,
        vad: Vad,
        transcriber: Transcriber,
        writer: Writer,
        speaker: Voice,
        record: Record,
        send: Callable[[str], Awaitable[None]],
    ) -> None:
        self.stream_sid = stream_sid
        self.turns = TurnTaker()
        self.ear = Ear(transcriber, self.wall_ms)
        self.dismissed: Counter[str] = Counter()
        self.failure = ""
        self._began = CallBegan(0, revision, profile, seed, first_turn)
        self._vad, self._transcriber, self._record, self._send = vad, transcriber, record, send
        self.book = TurnBook(record.keep)
        self._mouth = Mouth(
            stream_sid,
            writer,
            speaker,
            transcriber,
            self.wall_ms,
            self.ear.at_of,
            record,
            self._ask,
        )
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._at_ms = 0
        self._state = ""
        self._saying: asyncio.Task[None] | None = None
        self._ahead: tuple[Answer, asyncio.Task[None]] | None = None
        """The reply that is made before it is decided."""
        self._waste = Waste()
        self._recognising: asyncio.Task[None] | None = None
        self._transcript: Transcript | None = None
        self._transcribed_ms: float | None = None
        self._ended: asyncio.Future[str] = self._loop.create_future()

    def wall_ms(self) -> float:
        return (self._loop.time() - self._began_s) * 1000

    # Life.

    async def run(self) -> str:
        """Live for as long as the call does; returns why it ended. A task that breaks raises."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                for job in (self._listen(), self._mouth.deliver(self._send), self._watch()):
                    self._tasks.create_task(job)
                self.feed(self._began)
                await self._ended
                raise Over
        except* Over:
            pass
        finally:
            self.ear.flush()
            self.book.close("no reply", self.wall_ms())
            await self._transcriber.aclose()
        return self._ended.result()

    def end(self, why: str) -> None:
        """The call is over, whoever ended it."""
        if not self._ended.done():
            self._ended.set_result(why)

    # What the caller's side brings.

    def hear(self, media: twilio.Media) -> None:
        for at_ms, frame in self.ear.frames(media):
            self._record.hear(at_ms, frame)
            self.ear.forward(at_ms, frame, self.turns.profile)
            self.feed(Heard(at_ms, self._vad(frame), level_db(frame)))

    def marked(self, name: str) -> None:
        """Twilio has played (or, after `clear`, flushed) everything before this mark."""
        playout, turn = self.book.playout, self.book.turn
        if playout is None or turn is None or not playout.owns(name):
            return
        if playout.heard_at_ms is None:
            began_ms = self.wall_ms() - playout.first_chunk_ms
            self._begin_heard(playout, turn, max(began_ms, playout.sent_at_ms or 0.0))
        if name == playout.end_mark:
            self._end_heard(playout)

    def press(self, digit: str) -> None:
        self.feed(Pressed(self._at_ms, digit))

    def retune(self, revision: int, profile: Profile) -> bool:
        """Go on with these knobs, unless they are older than the present ones."""
        is_newer = revision > self.turns.revision
        if is_newer:
            self.feed(Retuned(self._at_ms, revision, profile))
        return is_newer

    # The core's one door in, and its one way out.

    def feed(self, event: Event) -> None:
        self._at_ms = event.at_ms
        wall_ms = self.wall_ms()
        self._record.note(event, wall_ms)
        for action in self.turns.feed(event):
            self._record.note(action, wall_ms)
            self._act(action)
        if self.turns.state != self._state:
            self._state = self.turns.state
            self._record.changed()

    def _act(self, action: Action) -> None:
        match action:
            case Reply():
                self._reply(action)
            case Think():
                self._think(action)
            case Forget():
                self._forget()
            case Prompt(name="greeting"):
                self._say(self._open(action, self._new_turn(action)))
            case Prompt(name=name):
                self._mouth.say_prompt(self._open(action, self._new_turn(action)).playout, name)
            case Fill():
                if self.book.turn and self.book.playout:
                    self._mouth.fill(self.book.turn, self.book.playout)
            case StopReply(may_resume=True):
                if self.book.playout:
                    self._mouth.hold(self.book.playout)
            case StopReply(why=why):
                self._stop_saying()
                if self.book.playout and not self.book.playout.is_held:
                    self._mouth.fall_silent()
                self.book.stop(why, self.wall_ms())
            case Resume():
                if self.book.turn and self.book.playout:
                    self.book.turn.resumed += 1
                    self._mouth.release(self.book.playout)
            case Recognise():
                if self._recognising:  # a newer stretch holds what this one has
                    self._recognising.cancel()
                self._recognising = self._tasks.create_task(self._recognise(action))
            case Amend(turn=turn, text=text):
                self.book.amend(turn, text, self._transcribed_ms)
            case Dismiss(why=why):
                self.dismissed[why] += 1
            case HangUp(why=why):
                self.end(why)

    # A turn, from the decision to its last word.

    def _new_turn(self, action: Reply | Prompt | Think) -> Answer:
        turn = TurnRecord(action.turn, self.turns.revision)
        return Answer(turn, Playout(action.turn), tuple(self.book.history))

    def _open(self, action: Reply | Prompt, answer: Answer) -> Answer:
        """It is decided: this is the turn from now on."""
        self._stop_saying()
        self.book.close("no reply", self.wall_ms())
        turn = answer.turn
        turn.decided_ms, turn.why, turn.revision = self.wall_ms(), action.why, self.turns.revision
        turn.frames_dropped, turn.transcriber_replaced = self.ear.take_losses()
        turn.describe(action, self.turns.profile)
        self._waste = self._waste.put_down_to(turn)
        if action.spoke_from_ms is not None and action.spoke_until_ms is not None:
            turn.speech_began_ms = self.ear.wall_of(action.spoke_from_ms)
            turn.speech_ended_ms = self.ear.wall_of(action.spoke_until_ms)
        if isinstance(action, Reply) and action.why != "keypad" and self._transcript:
            turn.transcribed_ms = self._transcribed_ms
            turn.chosen_from = self._transcript.chosen_from
        self.book.open(turn, answer.playout)
        answer.history = tuple(self.book.history)
        answer.wanted.set()
        return answer

    def _reply(self, action: Reply) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead and action.prepared:
            answer = self._open(action, ahead[0])
            answer.turn.is_prepared, self._saying = True, ahead[1]
            self._tasks.create_task(self._release(answer.playout, action.delay_ms))
        else:
            answer = self._open(action, self._new_turn(action))
            answer.not_before_ms = self.wall_ms() + action.delay_ms
            self._say(answer)
        answer.limit_ms = action.limit_ms

    async def _release(self, playout: Playout, delay_ms: int) -> None:
        await asyncio.sleep(delay_ms / 1000)
        if playout is self.book.playout:
            self._mouth.release(playout)

    def _think(self, action: Think) -> None:
        answer = self._new_turn(action)
        answer.history = (*answer.history, Line(True, action.text))
        answer.playout.is_held = True
        self._waste.thought += 1
        self._ahead = answer, self._tasks.create_task(self._make(answer))

    def _forget(self) -> None:
        if self._ahead:
            answer, task = self._ahead
            task.cancel()
            self._waste.add(answer.turn)
        self._ahead = None

    def _say(self, answer: Answer) -> None:
        self._saying = self._tasks.create_task(self._make(answer))

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
            logger.warning("Turn %d: %s", turn.number, reason, exc_info=_is_ours(error))
            if not answer.wanted.is_set():  # should it be, it is asked for again
                self._forget()
                return
            turn.failure = self.failure = reason
            report = ReplyLate if isinstance(error, ServiceLate) else ReplyFailed
            self.feed(report(self._at_ms, turn.number, reason))

    def _ask(self, turn: int, asked: Asked) -> None:
        if asked != Asked():
            self.feed(Asks(self._at_ms, turn, asked))

    def _begin_heard(self, playout: Playout, turn: TurnRecord, wall_ms: float) -> None:
        playout.begin_heard(wall_ms)
        turn.heard_ms = wall_ms
        self.feed(ReplyBegan(self._at_ms, playout.turn))

    def _end_heard(self, playout: Playout) -> None:
        self.book.close("completed", self.wall_ms())
        self.feed(ReplyEnded(self._at_ms, playout.turn, playout.says_farewell))

    # The transcriber.

    async def _listen(self) -> None:
        try:
            async for transcript in self._transcriber.transcripts():
                self._take_words(transcript)
        except Exception as error:
            self._transcriber_failed(error)

    def _take_words(self, heard: Transcript) -> None:
        self._transcript, self._transcribed_ms = heard, self.wall_ms()
        self.feed(
            Transcribed(self._at_ms, heard.until_ms, heard.text, heard.final, heard.stability)
        )

    async def _recognise(self, what: Recognise) -> None:
        audio = self.ear.utterance(what.from_ms, what.until_ms)
        try:
            transcript = await self._transcriber.recognise(audio, what.until_ms)
        except Exception as error:
            self._transcriber_failed(error)
            return
        if transcript:
            self.ear.recognised(what.until_ms)
            self._take_words(transcript)

    def _transcriber_failed(self, error: Exception) -> None:
        self.failure = f"{error}" if isinstance(error, ServiceFailed) else f"{error!r}"
        logger.error("The transcriber failed: %s", self.failure, exc_info=_is_ours(error))
        self.feed(TranscriberFailed(self._at_ms, self.failure))

    # Clocks.

    async def _watch(self) -> None:
        """The one watchdog: the caller-audio clock can stop, and marks can be lost."""
        fed_ms = 0.0
        while True:
            await asyncio.sleep(WATCH_S)
            fed_ms = max(fed_ms, self.ear.arrived_ms)
            if self.wall_ms() - fed_ms >= STALL_MS:
                fed_ms = self.wall_ms()
                stalled_ms = round(fed_ms - self.ear.arrived_ms)
                self.feed(LineStalled(self.ear.heard_ms + stalled_ms))
            self._miss_marks()

    def _miss_marks(self) -> None:
        playout, turn = self.book.playout, self.book.turn
        if playout is None or turn is None or playout.sent_at_ms is None or playout.is_held:
            return
        since_ms = self.wall_ms() - MARK_GRACE_MS
        if playout.heard_at_ms is None and since_ms > playout.sent_at_ms + playout.first_chunk_ms:
            self._begin_heard(playout, turn, playout.sent_at_ms)
        if playout.is_complete and since_ms > playout.plays_until_ms:
            self._end_heard(playout)


def _is_ours(error: Exception) -> bool:
    """Whether an error is a fault in the code, which wants its traceback, and no service's."""
    return not isinstance(error, ServiceFailed)
