"""One phone call: tell the core what happened, do what it says.

Runs entirely on the event loop. Nothing here blocks and nothing here decides: `feed` is the only
way into the core and `_act` the only way out. Both are synchronous, so nothing can slip in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any

from calls.audio.codec import level_db
from calls.audio.echo import Echo
from calls.audio.vad import Vad
from calls.language import language
from calls.language.completion.words_judge import WordsJudge
from calls.language.openers import Openers
from calls.records.turn_in_progress import CallRecord, TurnInProgress
from calls.services import Transcriber, Transcript, Voice, Writer
from calls.telephony.carrier import Media, Stream
from calls.voice.audio_in import AudioIn
from calls.voice.audio_out import AudioOut
from calls.voice.clock import CallClock
from calls.voice.listeners import AudioListener, AudioListeners
from calls.voice.person.person import Holds, Person
from calls.voice.replies import Replies
from calls.voice.reply import Means, is_ours, reason_of
from tuning.turns.events import (
    Action,
    Amend,
    CallBegan,
    Dismiss,
    Event,
    Fill,
    Forget,
    HandOver,
    HangUp,
    Heard,
    LineStalled,
    Overhear,
    Pressed,
    Prompt,
    Recognise,
    Refuse,
    Reply,
    ReplyFailed,
    ReplyLate,
    Resume,
    Retuned,
    Say,
    StopReply,
    Think,
    Transcribed,
    TranscriberFailed,
)
from tuning.turns.profile import Profile
from tuning.turns.turn_taker import TurnTaker

logger = logging.getLogger(__name__)

STALL_MS = 1000
WATCH_S = 0.25
FAILURES = (ReplyFailed, ReplyLate, TranscriberFailed)


class CallOver(Exception):
    """The call has ended: stop all its tasks."""


class Conversation:
    def __init__(
        self,
        stream: Stream,
        began: CallBegan,
        *,
        vad: Vad,
        transcriber: Transcriber,
        writer: Writer,
        speaker: Voice,
        record: CallRecord,
        listeners: Iterable[AudioListener],
        send: Callable[[str], Awaitable[None]],
        persons_transcriber: Callable[[], Transcriber],
        holds: Holds,
        person_notice: str = "",
    ) -> None:
        """began: what the core is told first. listeners: of those outside the conversation. The
        last three: as of calls.voice.person.person.Person."""
        self._loop = asyncio.get_running_loop()
        self._tasks = asyncio.TaskGroup()
        spoken = language.known(began.language)
        self.turns = TurnTaker(spoken.words)
        self.clock = CallClock(self._loop.time)
        self.failure = ""
        """The latest."""
        self._began, self._vad, self._transcriber = began, vad, transcriber
        self._record, self._send = record, send
        self._echo = Echo()
        self._listeners = AudioListeners(*listeners, self._echo)
        self._audio_in = AudioIn(transcriber, self.clock)
        self._audio_out = AudioOut(stream, self.clock, self._listeners)
        means = Means(
            spoken, Openers(writer.openers), writer, speaker, transcriber, record, self.clock,
            self._audio_out, self.turns, self._tasks,
        )  # fmt: skip
        self.replies = Replies(means, self._audio_in, self.feed)
        self.person = Person(
            means, self.replies, self.feed, persons_transcriber, holds, person_notice
        )
        self.takes_whispers = writer.takes_whispers
        self._judge = WordsJudge(spoken.judge)
        self._dismissed: Counter[str] = Counter()
        self.echo_percent = 0
        """How much of the agent's own voice was in what was taken for voice last while it spoke."""
        self._seen: tuple[str, int, str] = ("", 0, "")
        """The state, the silence asked for in it, and why a person is awaited, as an operator was
        told last."""
        self._recognising: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[str] = self._loop.create_future()

    def newest_turn(self) -> TurnInProgress | None:
        """The turn whose reply is heard now, or in which a person speaks, as it stands; else the
        last one."""
        current = self.replies.current
        return (current and current.while_heard()) or self.replies.of_person or self.replies.last

    @property
    def wanted(self) -> dict[str, Any] | None:
        """The person who is awaited, as the live page is told."""
        person, now_ms = self.turns.called_person, self.turns.now_ms
        if not person.is_awaited:
            return None
        waited_s, left_s = person.waited_ms(now_ms) / 1000, person.left_ms(now_ms) / 1000
        return {"why": person.why, "waited_s": waited_s, "left_s": left_s}

    def open_turn(self) -> TurnInProgress | None:
        """The turn that goes on, as it is to be kept should the process die now."""
        current = self.replies.current
        return current.so_far() if current else self.replies.of_person

    # Life.

    async def run(self) -> str:
        """Live for as long as the call does; returns why it ended. A task that breaks raises."""
        try:
            async with self._tasks:
                for job in (self._listen(), self._audio_out.deliver(self._send), self._watch()):
                    self._tasks.create_task(job)
                self.feed(self._began)
                await self._ended
                raise CallOver
        except* CallOver:
            pass
        finally:
            self._audio_in.flush()
            self.replies.close("no reply")
            why = self._ended.result() if self._ended.done() else "failed"
            await self.person.aclose(why)
            await self._transcriber.aclose()
        return self._ended.result()

    def end(self, why: str) -> None:
        """The call is over, whoever ended it."""
        if not self._ended.done():
            self._ended.set_result(why)

    def totals(self) -> dict[str, Any]:
        """What the call's own row keeps of it, by column."""
        audio_in, person = self._audio_in, self.turns.called_person
        if audio_in.frames_in != audio_in.forwarded + sum(audio_in.dropped.values()):
            logger.error("Frames lost: %d in, %d forwarded", audio_in.frames_in, audio_in.forwarded)
        return {
            "failure": self.failure or self.person.failure,
            "person_waited_ms": person.waited_ms(self.turns.now_ms) - self._began.awaited_ms,
            "frames_in": audio_in.frames_in,
            "frames_forwarded": audio_in.forwarded,
            "frames_dropped": audio_in.dropped,
            "dismissed": dict(self._dismissed),
        }

    # What the caller's side brings.

    def hear(self, media: Media) -> None:
        for at_ms, frame in self._audio_in.frames(media):
            self._listeners.hear(at_ms, frame)
            self._audio_in.forward(at_ms, frame, self.turns.profile)
            speech, echo = self._vad(frame), 0
            if speech and self.turns.state in ("speaking", "person"):
                echo = self.echo_percent = self._echo.percent()
            self.feed(Heard(at_ms, speech, level_db(frame), echo))

    def marked(self, name: str) -> None:
        """The carrier has played (or, after `clear`, flushed) everything before this mark."""
        self.replies.marked(name)

    def press(self, digit: str) -> None:
        self.feed(Pressed(self.turns.now_ms, digit))

    def retune(self, revision: int, profile: Profile) -> bool:
        """Go on with these knobs, unless they are older than the present ones, or others are tried:
        whoever tries hears what they chose, whatever is published meanwhile."""
        is_newer = revision > self.turns.revision and not self.turns.tried
        if is_newer:
            self.feed(Retuned(self.turns.now_ms, revision, profile))
        return is_newer

    def limit(self, longest_s: int) -> None:
        """Say goodbye when the call has lasted so long, or now if it has."""
        turns = self.turns
        profile = replace(turns.profile, max_call_s=longest_s)
        self.feed(Retuned(turns.now_ms, turns.revision, profile, turns.tried))

    def try_knobs(self, of_revision: Profile, knobs: dict[str, Any]) -> None:
        """Go on with these in this call alone, on top of its revision's. Raises ProfileError."""
        tried = {name: knob for name, knob in knobs.items() if getattr(of_revision, name) != knob}
        profile = replace(of_revision, **tried)
        self.feed(Retuned(self.turns.now_ms, self.turns.revision, profile, tried))

    # The core's one door in, and its one way out.

    def feed(self, event: Event) -> None:
        wall_ms = self.clock.wall_ms
        self._record.note(event, wall_ms)
        if isinstance(event, FAILURES):
            self.failure = event.reason
        for action in self.turns.feed(event):
            self._record.note(action, wall_ms)
            self._act(action)
        if judged := self._judge.verdict(self.turns, self.replies.question):
            self.feed(judged)
        turns = self.turns
        if (seen := (turns.state, turns.asked_ms, turns.called_person.why)) != self._seen:
            self._seen = seen
            self._record.changed()

    def _act(self, action: Action) -> None:
        match action:
            case Reply() | Think() | Forget() | Prompt() | Say() | Fill() | StopReply() | Resume():
                self.replies.act(action)
            case HandOver() | Refuse() | Overhear():
                self.person.act(action)
            case Recognise():
                if self._recognising:  # a newer stretch holds what this one has
                    self._recognising.cancel()
                self._recognising = self._tasks.create_task(self._recognise(action))
            case Amend(turn=turn, text=text):
                self.replies.amend(turn, text)
            case Dismiss(why=why):
                self._dismissed[why] += 1
            case HangUp(why=why):
                self.end(why)

    # The transcriber.

    async def _listen(self) -> None:
        try:
            async for transcript in self._transcriber.transcripts():
                self._take_words(transcript)
        except Exception as error:
            self._transcriber_failed(error)

    def _take_words(self, heard: Transcript) -> None:
        self.replies.transcribed(heard)
        self.feed(
            Transcribed(self.turns.now_ms, heard.until_ms, heard.text, heard.final, heard.stability)
        )

    async def _recognise(self, what: Recognise) -> None:
        audio = self._audio_in.utterance(what.from_ms, what.until_ms)
        try:
            transcript = await self._transcriber.recognise(audio, what.until_ms)
        except Exception as error:
            self._transcriber_failed(error)
            return
        if transcript:
            self._audio_in.recognised(what.until_ms)
            self._take_words(transcript)

    def _transcriber_failed(self, error: Exception) -> None:
        reason = reason_of(error)
        logger.error("The transcriber failed: %s", reason, exc_info=is_ours(error))
        self.feed(TranscriberFailed(self.turns.now_ms, reason))

    # Clocks.

    async def _watch(self) -> None:
        """The one watchdog: the caller-audio clock can stop, and marks can be lost."""
        clock, fed_ms = self.clock, 0.0
        while True:
            await asyncio.sleep(WATCH_S)
            fed_ms = max(fed_ms, clock.arrived_ms)
            if clock.wall_ms - fed_ms >= STALL_MS:
                fed_ms = clock.wall_ms
                self.feed(LineStalled(clock.at_ms + round(fed_ms - clock.arrived_ms)))
            self.replies.miss_marks()
            self.person.watch()
