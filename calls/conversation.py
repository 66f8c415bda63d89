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
from calls.echo import Echo
from calls.mouth import Mouth
from calls.services import ServiceFailed, Transcriber, Transcript, Voice, Writer
from calls.speaking import Speaking, is_ours
from calls.turn_record import Record, TurnBook
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
        self._began = CallBegan(0, revision, profile, seed, first_turn)
        self._vad, self._transcriber, self._record, self._send = vad, transcriber, record, send
        self.book = TurnBook(record.keep)
        self._echo = Echo()
        mouth = Mouth(
            stream_sid, writer, speaker, transcriber, self.wall_ms, self.ear.at_of, record,
            self._echo, self._ask,
        )  # fmt: skip
        self.speaking = Speaking(
            mouth, self.book, self.ear, self.turns, wall_ms=self.wall_ms, feed=self.feed
        )
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._seen: tuple[str, int] = ("", 0)
        """The state, and the silence asked for in it, that an operator was told last."""
        self._recognising: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[str] = self._loop.create_future()

    def wall_ms(self) -> float:
        return (self._loop.time() - self._began_s) * 1000

    # Life.

    async def run(self) -> str:
        """Live for as long as the call does; returns why it ended. A task that breaks raises."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self.speaking.tasks = self._tasks
                for job in (self._listen(), self.speaking.deliver(self._send), self._watch()):
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
            speech, echo = self._vad(frame), 0
            self._echo.hear(at_ms, frame)
            if speech and self.turns.state == "speaking":
                echo = self._echo.percent()
            self.feed(Heard(at_ms, speech, level_db(frame), echo))

    def marked(self, name: str) -> None:
        """Twilio has played (or, after `clear`, flushed) everything before this mark."""
        self.speaking.marked(name)

    def press(self, digit: str) -> None:
        self.feed(Pressed(self.turns.now_ms, digit))

    def retune(self, revision: int, profile: Profile) -> bool:
        """Go on with these knobs, unless they are older than the present ones."""
        is_newer = revision > self.turns.revision
        if is_newer:
            self.feed(Retuned(self.turns.now_ms, revision, profile))
        return is_newer

    # The core's one door in, and its one way out.

    def feed(self, event: Event) -> None:
        wall_ms = self.wall_ms()
        self._record.note(event, wall_ms)
        for action in self.turns.feed(event):
            self._record.note(action, wall_ms)
            self._act(action)
        if (seen := (self.turns.state, self.turns.asked_ms)) != self._seen:
            self._seen = seen
            self._record.changed()

    def _act(self, action: Action) -> None:
        match action:
            case Reply() | Think() | Forget() | Prompt() | Fill() | StopReply() | Resume():
                self.speaking.act(action)
            case Recognise():
                if self._recognising:  # a newer stretch holds what this one has
                    self._recognising.cancel()
                self._recognising = self._tasks.create_task(self._recognise(action))
            case Amend(turn=turn, text=text):
                self.book.amend(turn, text, self.speaking.transcribed_ms)
            case Dismiss(why=why):
                self.dismissed[why] += 1
            case HangUp(why=why):
                self.end(why)

    def _ask(self, turn: int, asked: Asked) -> None:
        if asked != Asked():
            self.feed(Asks(self.turns.now_ms, turn, asked))

    # The transcriber.

    async def _listen(self) -> None:
        try:
            async for transcript in self._transcriber.transcripts():
                self._take_words(transcript)
        except Exception as error:
            self._transcriber_failed(error)

    def _take_words(self, heard: Transcript) -> None:
        self.speaking.transcribed(heard)
        self.feed(
            Transcribed(self.turns.now_ms, heard.until_ms, heard.text, heard.final, heard.stability)
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
        self.book.failure = f"{error}" if isinstance(error, ServiceFailed) else f"{error!r}"
        logger.error("The transcriber failed: %s", self.book.failure, exc_info=is_ours(error))
        self.feed(TranscriberFailed(self.turns.now_ms, self.book.failure))

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
            self.speaking.miss_marks()
