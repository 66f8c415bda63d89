"""One phone call: tell the core what happened, do what it says.

Runs wholly on the event loop. Nothing here blocks and nothing here decides: `feed` is the core's
one door in, `_act` its one way out, both synchronous, so that nothing slips in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from calls import prompts, twilio
from calls.audio import level_db
from calls.ear import Ear
from calls.mouth import Mouth
from calls.playout import Playout, turn_of
from calls.services import (
    ServiceFailed,
    ServiceLate,
    Speaker,
    Transcriber,
    Transcript,
    Writer,
)
from calls.turn_record import TurnBook, TurnRecord
from calls.vad import Vad
from tuning.events import (
    Action,
    Amend,
    CallBegan,
    Dismiss,
    Event,
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

STALL_S = 1.0
WATCH_S = 0.25
MARK_GRACE_MS = 2000
"""A mark this overdue was lost: the reply counts as heard."""
ARRIVALS = 1000
"""Frames (20 s) whose arrival is remembered, to date a speech end in wall time."""


class Over(Exception):
    """The call has ended: stop every task of it."""


class Record(Protocol):
    """Where a call is written down; none of these waits."""

    def note(self, entry: Event | Action, wall_ms: float) -> None: ...

    def keep(self, turn: TurnRecord) -> None: ...

    def changed(self) -> None: ...


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
        speaker: Speaker,
        record: Record,
        send: Callable[[str], Awaitable[None]],
    ) -> None:
        self.stream_sid = stream_sid
        self.turns = TurnTaker()
        self.ear = Ear(transcriber)
        self.dismissed: Counter[str] = Counter()
        self.failure = ""
        self._began = CallBegan(0, revision, profile, seed, first_turn)
        self._vad, self._transcriber, self._record, self._send = vad, transcriber, record, send
        self._book = TurnBook(record.keep)
        self._mouth = Mouth(stream_sid, writer, speaker, transcriber, self.wall_ms)
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._at_ms = 0
        self._frame_s = self._began_s
        self._arrivals: deque[tuple[int, float]] = deque(maxlen=ARRIVALS)
        self._state = ""
        self._saying: asyncio.Task[None] | None = None
        self._transcript: Transcript | None = None
        self._transcribed_ms: float | None = None
        self._ended: asyncio.Future[str] = self._loop.create_future()

    @property
    def last_turn(self) -> TurnRecord | None:
        return self._book.last

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
            self._book.close("no reply", self.wall_ms())
            await self._transcriber.aclose()
        return self._ended.result()

    def end(self, why: str) -> None:
        """The call is over, whoever ended it."""
        if not self._ended.done():
            self._ended.set_result(why)

    # What the caller's side brings.

    def hear(self, media: twilio.Media) -> None:
        for at_ms, frame in self.ear.frames(media):
            self._frame_s = self._loop.time()
            self._arrivals.append((at_ms, (self._frame_s - self._began_s) * 1000))
            self.ear.forward(at_ms, frame, self.turns.profile)
            self.feed(Heard(at_ms, self._vad(frame), level_db(frame)))

    def marked(self, name: str) -> None:
        """Twilio has played (or, after `clear`, flushed) everything before this mark."""
        playout, turn = self._book.playout, self._book.turn
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
                self._mouth.say_clip(playout, prompts.text(name), prompts.clip(name))
            case StopReply(why=why):
                if self._saying:
                    self._saying.cancel()
                self._mouth.fall_silent()
                self._book.stop(why, self.wall_ms())
            case Recognise():
                self._tasks.create_task(self._recognise(action))
            case Amend(turn=turn, text=text):
                self._book.amend(turn, text, self._transcribed_ms)
            case Dismiss(why=why):
                self.dismissed[why] += 1
            case HangUp(why=why):
                self.end(why)

    # A turn, from the decision to its last word.

    def _open(self, action: Reply | Prompt) -> tuple[TurnRecord, Playout]:
        self._book.close("no reply", self.wall_ms())
        turn = TurnRecord(action.turn, self.turns.revision, action.why, decided_ms=self.wall_ms())
        if isinstance(action, Prompt):
            turn.prompt = action.name
        else:
            turn.describe(action, self.turns.profile)
            turn.speech_began_ms = self._wall_of(action.spoke_from_ms)
            turn.speech_ended_ms = self._wall_of(action.spoke_until_ms)
            if action.why != "keypad" and self._transcript:
                turn.transcribed_ms = self._transcribed_ms
                turn.chosen_from = self._transcript.chosen_from
        return turn, self._book.open(turn)

    async def _say(self, turn: TurnRecord, playout: Playout, delay_ms: int) -> None:
        """Say the answer; whatever goes wrong is reported to the core, never left as dead air."""
        try:
            await self._mouth.say(turn, playout, tuple(self._book.history), delay_ms)
        except ServiceLate as error:
            self._blame(turn, f"{error}")
            self.feed(ReplyLate(self._at_ms, turn.number, f"{error}"))
        except ServiceFailed as error:
            self._blame(turn, f"{error}")
            self.feed(ReplyFailed(self._at_ms, turn.number, f"{error}"))
        except Exception as error:
            logger.exception("Turn %d broke", turn.number)
            self._blame(turn, f"{type(error).__name__}: {error}")
            self.feed(ReplyFailed(self._at_ms, turn.number, type(error).__name__))

    def _blame(self, turn: TurnRecord, failure: str) -> None:
        turn.failure = self.failure = failure
        logger.warning("Turn %d: %s", turn.number, failure)

    def _begin_heard(self, playout: Playout, turn: TurnRecord, wall_ms: float) -> None:
        playout.heard_at_ms = turn.heard_ms = wall_ms
        self.feed(ReplyBegan(self._at_ms, playout.turn))

    def _end_heard(self, playout: Playout) -> None:
        self._book.close("completed", self.wall_ms())
        self.feed(ReplyEnded(self._at_ms, playout.turn, playout.says_farewell))

    # The transcriber.

    async def _listen(self) -> None:
        try:
            async for transcript in self._transcriber.transcripts():
                self._take_words(transcript)
        except Exception as error:
            self._transcriber_failed(error)

    def _take_words(self, transcript: Transcript) -> None:
        self._transcript, self._transcribed_ms = transcript, self.wall_ms()
        self.feed(
            Transcribed(
                self._at_ms,
                transcript.until_ms,
                transcript.text,
                transcript.final,
                transcript.stability,
            )
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
        self.failure = f"{error}" if isinstance(error, ServiceFailed) else f"transcriber: {error!r}"
        logger.error("The transcriber failed: %s", self.failure)
        self.feed(TranscriberFailed(self._at_ms, self.failure))

    # Clocks.

    def _wall_of(self, at_ms: int) -> float:
        """When the frame that ended at `at_ms` of caller audio arrived."""
        wall_ms = self.wall_ms()
        for heard_ms, wall_ms in reversed(self._arrivals):
            if heard_ms <= at_ms:
                return wall_ms
        return wall_ms

    async def _watch(self) -> None:
        """The one watchdog: the caller-audio clock can stop, and marks can be lost."""
        fed_s = self._frame_s
        while True:
            await asyncio.sleep(WATCH_S)
            now_s = self._loop.time()
            fed_s = max(fed_s, self._frame_s)
            if now_s - fed_s >= STALL_S:
                fed_s = now_s
                stalled_ms = round((now_s - self._frame_s) * 1000)
                self.feed(LineStalled(self.ear.heard_ms + stalled_ms))
            self._miss_marks()

    def _miss_marks(self) -> None:
        playout, turn = self._book.playout, self._book.turn
        if playout is None or turn is None or playout.sent_at_ms is None:
            return
        overdue_ms = self.wall_ms() - playout.sent_at_ms - MARK_GRACE_MS
        if playout.heard_at_ms is None and overdue_ms > playout.first_chunk_ms:
            self._begin_heard(playout, turn, playout.sent_at_ms)
        if playout.is_complete and overdue_ms > playout.audio_ms:
            self._end_heard(playout)
