"""One phone call: tell the core what happened, do what it says.

Runs wholly on the event loop. Nothing here blocks and nothing here decides: `feed` is the core's
one door in, `_act` its one way out, both synchronous, so that nothing slips in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable

from calls import twilio
from calls.audio import level_db
from calls.ear import Ear
from calls.mouth import Mouth
from calls.playout import Playout, turn_of
from calls.services import (
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
    CallBegan,
    Dismiss,
    Event,
    Fill,
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
    Retuned,
    StopReply,
    Transcribed,
    TranscriberFailed,
)
from tuning.profile import Profile
from tuning.turns import TurnTaker

logger = logging.getLogger(__name__)

STALL_MS = 1000
WATCH_S = 0.25
MARK_GRACE_MS = 2000
"""A mark this overdue was lost: the reply counts as heard."""


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
            stream_sid, writer, speaker, transcriber, self.wall_ms, self.ear.at_of, record
        )
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._at_ms = 0
        self._state = ""
        self._saying: asyncio.Task[None] | None = None
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
        if playout is None or turn is None or turn_of(name) != playout.turn:
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
            case Reply(delay_ms=delay_ms):
                self._saying = self._tasks.create_task(self._say(*self._open(action), delay_ms))
            case Prompt(name="greeting"):
                self._saying = self._tasks.create_task(self._say(*self._open(action), 0))
            case Prompt(name=name):
                _turn, playout = self._open(action)
                self._mouth.say_prompt(playout, name)
            case Fill():
                if self.book.turn and self.book.playout:
                    self._mouth.fill(self.book.turn, self.book.playout)
            case StopReply(why=why):
                if self._saying:
                    self._saying.cancel()
                self._mouth.fall_silent()
                self.book.stop(why, self.wall_ms())
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

    def _open(self, action: Reply | Prompt) -> tuple[TurnRecord, Playout]:
        self.book.close("no reply", self.wall_ms())
        turn = TurnRecord(action.turn, self.turns.revision, action.why, decided_ms=self.wall_ms())
        turn.frames_dropped, turn.transcriber_replaced = self.ear.take_losses()
        turn.describe(action, self.turns.profile)
        if action.spoke_from_ms is not None and action.spoke_until_ms is not None:
            turn.speech_began_ms = self.ear.wall_of(action.spoke_from_ms)
            turn.speech_ended_ms = self.ear.wall_of(action.spoke_until_ms)
        if isinstance(action, Reply) and action.why != "keypad" and self._transcript:
            turn.transcribed_ms = self._transcribed_ms
            turn.chosen_from = self._transcript.chosen_from
        return turn, self.book.open(turn)

    async def _say(self, turn: TurnRecord, playout: Playout, delay_ms: int) -> None:
        """Say the answer; whatever goes wrong is reported to the core, never left as dead air."""
        try:
            await self._mouth.say(turn, playout, tuple(self.book.history), delay_ms)
        except Exception as error:
            reason = f"{error}" if isinstance(error, ServiceFailed) else f"{error!r}"
            turn.failure = self.failure = reason
            logger.warning("Turn %d: %s", turn.number, reason, exc_info=_is_ours(error))
            report = ReplyLate if isinstance(error, ServiceLate) else ReplyFailed
            self.feed(report(self._at_ms, turn.number, reason))

    def _begin_heard(self, playout: Playout, turn: TurnRecord, wall_ms: float) -> None:
        playout.heard_at_ms = turn.heard_ms = wall_ms
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
        if playout is None or turn is None or playout.sent_at_ms is None:
            return
        since_ms = self.wall_ms() - MARK_GRACE_MS
        if playout.heard_at_ms is None and since_ms > playout.sent_at_ms + playout.first_chunk_ms:
            self._begin_heard(playout, turn, playout.sent_at_ms)
        if playout.is_complete and since_ms > playout.plays_until_ms:
            self._end_heard(playout)


def _is_ours(error: Exception) -> bool:
    """Whether an error is a fault in the code, which wants its traceback, and no service's."""
    return not isinstance(error, ServiceFailed)
