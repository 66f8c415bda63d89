"""The calls in progress in this process, each with its conversation, its record and its profile.

LiveCall connects one conversation to the rest of the system: it adopts changes of the profile,
tells the live page what is going on, and records the end. It runs as a task of the process
(`begin`), because the server cancels a socket's task soon after the socket has closed, and no part
of a call may depend on that. News from other processes comes through one `follow` per process, so
that no call waits for Redis or ends with it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.utils.module_loading import import_string

from calls.models import Call
from calls.records.recorder import Recorder
from calls.records.turn_in_progress import TurnInProgress
from calls.services.phrase_cache import CachedSpeaker
from calls.telephony.carrier import Stream
from calls.voice import prompts
from calls.voice.conversation import Conversation
from calls.voice.onlookers import Audience
from calls.voice.person.holding import Holding
from calls.voice.snapshot import snapshot
from hevoice import bus
from tuning.models import Revision
from tuning.turns.events import CallBegan
from tuning.turns.knob import Value
from tuning.turns.profile import ProfileError

logger = logging.getLogger(__name__)

ANNOUNCE_S = 0.25
"""The live page hears of a call at most this often."""
FOLLOW_AGAIN_S = 1.0
HOLDING = {"call.take_over", "call.hand_back", "call.voice", "call.whispered", "call.say"}
"""What persons do who step in."""
REPLACE_S = 5.0
"""How long an older stream of a call may take to end."""

calls: dict[str, LiveCall] = {}
"""By call_sid. Touched only on the event loop, so that counting and adding are one step."""
own_channel = ""
"""Where this process hears what is meant for it alone."""
is_draining = False
"""SIGTERM came: running calls may finish, whatever stream brings them; new ones are refused."""

_lives: set[asyncio.Task[None]] = set()


def begin(life: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A call's life from here on belongs to the process."""
    task = asyncio.get_running_loop().create_task(life)
    _lives.add(task)
    task.add_done_callback(_lives.discard)
    return task


async def all_over(limit_s: float) -> None:
    """Wait until no call lives."""
    if lives := set(_lives):
        await asyncio.wait(lives, timeout=limit_s)


async def follow() -> None:
    """Bring the calls of this process what other processes tell, for as long as it lives."""
    global own_channel
    while True:
        with suppress(*bus.GONE):
            channel = own_channel = await bus.subscribed("calls", bus.PROFILES)
            for live_call in calls.values():
                live_call.holding.tell_again()
            while True:
                message = await get_channel_layer().receive(channel)
                for live_call in list(calls.values()):
                    try:
                        live_call.take_news(message)
                    except Exception:  # one call's fault must not cost the others their news
                        logger.exception("A call cannot take its news")
        await asyncio.sleep(FOLLOW_AGAIN_S)


class LiveCall:
    def __init__(
        self,
        call: Call,
        stream: Stream,
        send: Callable[[str], Awaitable[None]],
        before: Recorder | None = None,
    ) -> None:
        """`before` recorded an older stream of the call that is over, and may not be written."""
        self.call = call
        self._stream, self._send, self._before = stream, send, before
        self.conversation: Conversation | None = None
        self.malformed_messages = 0
        self._changed = asyncio.Event()
        self._end_asked = ""
        self._is_over = asyncio.Event()
        self._failure = ""
        self._published: Revision | None = None
        """What came before the conversation was there to take it."""
        self._recorder: Recorder | None = None
        self.holding = Holding(call, self._keep, self._changed.set, begin, lambda: own_channel)
        self._audience = Audience(call.pk, self._changed.set, lambda: self.holding.person)
        self._revision: Revision | None = None
        """Whatever is tried on top. What is published is newer than a trial's candidate."""

    async def run(self, listen: Callable[[LiveCall], Coroutine[Any, Any, None]]) -> str:
        """Live until the conversation, the caller or the server ends it; returns why.

        `listen` brings what the caller sends, and returns when the caller has hung up. Whatever
        happens, the call has left `calls` and its end is with the recorder afterwards.
        """
        why = "failed"
        try:
            why = await self._run(listen)
        except Exception as error:
            logger.exception("The call broke")
            self._failure = f"{error!r}"
        finally:
            if calls.get(self.call.call_sid) is self:
                del calls[self.call.call_sid]
            self._record_end(why)
            self._is_over.set()
        return why

    async def _run(self, listen: Callable[[LiveCall], Coroutine[Any, Any, None]]) -> str:
        older = calls.get(self.call.call_sid)
        takes_over = older and older._end_asked != "shutdown"
        if not takes_over and (is_draining or len(calls) >= settings.MAX_CALLS):
            logger.warning("Refused: MAX_CALLS reached or shutting down")
            return Call.Ended.REFUSED
        calls[self.call.call_sid] = self
        if older:
            older.end("replaced")
            async with asyncio.timeout(REPLACE_S):
                await older._is_over.wait()
            self._before = older._recorder
        recorder = self._record()
        # News comes already: a revision published just now arrives twice, not never.
        begins_on = await database_sync_to_async(self.call.begins_on)(self.call.profile)
        if self.call.longest_s is not None:  # its link may have been withdrawn just now
            await self.call.arefresh_from_db(fields=["longest_s"])
        if self._published and self._published.pk > begins_on.pk:
            begins_on = self._published
        conversation = self.conversation = self._begin(begins_on, recorder)
        # One that breaks ends the call, in an apology: none may die unseen.
        async with asyncio.TaskGroup() as tasks:
            jobs = (listen(self), self._announce(), self._audience.attend(self._details))
            beside = [tasks.create_task(job) for job in jobs]
            why = await conversation.run()
            for task in beside:
                task.cancel()
        return why

    def end(self, why: str) -> None:
        """End the call from outside."""
        self._end_asked = why
        if self.conversation:
            self.conversation.end(why)

    async def recorded(self, limit_s: float) -> None:
        """Wait, but no longer than this, until its record is written."""
        written = asyncio.ensure_future(self._record().is_written.wait())
        await asyncio.wait([written], timeout=limit_s)
        written.cancel()

    async def tell_end(self, why: str) -> None:
        if why != "replaced":  # else the call goes on
            await bus.tell("live", {"type": "live.ended", "call": self.call.pk, "ended_why": why})
        logger.info("Ended: %s", why)

    def _record(self) -> Recorder:
        if self._recorder is None:
            if self._before:
                self._before.hand_on(self.call)
            self._recorder = Recorder(self.call, self._changed.set, self._retune, self._open_turn)
            self._recorder.update(ended_at=None, ended_why="")
        return self._recorder

    def _keep(self, **fields: Any) -> None:
        self._record().update(**fields)

    def _record_end(self, why: str) -> None:
        fields: dict[str, Any] = {"ended_why": why, "malformed_messages": self.malformed_messages}
        fields |= self.conversation.totals() if self.conversation else {"failure": ""}
        if self.conversation:
            turns = self.conversation.turns
            self.call.awaited = turns.called_person.awaited(turns.now_ms)
        self.call.person_waited_ms += fields.get("person_waited_ms", 0)
        fields["person_waited_ms"] = self.call.person_waited_ms
        if self._failure:
            fields["failure"] = self._failure
        self._record().end(**fields)

    def _open_turn(self) -> TurnInProgress | None:
        return self.conversation.open_turn() if self.conversation else None

    def _begin(self, revision: Revision, recorder: Recorder) -> Conversation:
        called = self.call.as_called
        transcriber, writer, speaker = (
            import_string(path)(called)
            for path in (settings.TRANSCRIBER, settings.WRITER, settings.SPEAKER)
        )
        speaker = CachedSpeaker(speaker, self.call.call_sid, called)
        if (number := self.call.number) and (called.own_openers or called.own_tools):
            begin(prompts.warm_up([number.as_called()]))  # saved since; nothing of who calls
        self._revision = revision
        engines = " · ".join((transcriber.name, writer.name, speaker.name))
        recorder.update(revision_id=revision.pk, engines=engines)
        seed, first, wait_s = secrets.randbits(32), self.call.first_turn, called.person_wait_s
        code, knobs = called.language.code, self.call.knobs_of(revision)
        began = CallBegan(0, revision.pk, knobs, seed, first, code, wait_s, *self.call.awaited)
        conversation = Conversation(
            self._stream,
            began,
            vad=import_string(settings.VAD)(),
            transcriber=transcriber,
            writer=writer,
            speaker=speaker,
            record=recorder,
            listeners=(recorder, self._audience),
            send=self._send,
            persons_transcriber=partial(import_string(settings.TRANSCRIBER), called),
            holds=self.holding,
            person_notice=called.person_notice,
        )
        self.holding.person = conversation.person
        if self._end_asked:
            conversation.end(self._end_asked)
        return conversation

    # Operators: a published profile, and the live page.

    def take_news(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "snapshot.wanted"}:
                self._changed.set()
            case {"type": "call.asked", "call": self.call.pk}:
                self._audience.take_news(message)
                if (person := self.holding.person) and message["listens"]:
                    person.listen_in(message["who"], stops=message["stops"])
            case {"type": "call.limited", "call": self.call.pk, "longest_s": longest_s}:
                self.call.longest_s = longest_s
                if self.conversation:
                    self.conversation.limit(longest_s)
            case {"type": "call.tried", "call": self.call.pk, "knobs": knobs}:
                self._try(knobs)
            case {"type": kind, "call": self.call.pk} if kind in HOLDING:
                self.holding.take_news(message)
            case {"type": "profile.changed", "profile": self.call.profile_id}:
                pk, number, knobs = (message[name] for name in ("revision", "number", "knobs"))
                self._retune(Revision(pk=pk, number=number, knobs=knobs))

    def _retune(self, revision: Revision) -> None:
        """Told by another process, or, should that have been lost, read by the recorder."""
        if self.conversation is None:
            self._published = revision
        elif self.conversation.retune(revision.pk, self.call.knobs_of(revision)):
            self._revision = revision
            self._record().update(revision_id=revision.pk)
            self._changed.set()

    def _try(self, knobs: dict[str, Value]) -> None:
        """These and no others, in this call alone; none: on with its revision."""
        if self.conversation is None or self._revision is None:
            return
        try:
            self.conversation.try_knobs(self.call.knobs_of(self._revision), knobs)
        except ProfileError as error:  # the revision has changed since they were checked
            logger.warning("Knobs are not tried: %s", error)
        self._changed.set()

    async def _announce(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self.conversation:
                listeners = self._audience.listeners
                shown = snapshot(
                    self.call, self.conversation, self._revision, listeners, self.holding
                )
                await bus.tell("live", {"type": "live.call", "call": shown})
            await asyncio.sleep(ANNOUNCE_S)

    def _details(self) -> dict[str, Any]:
        """What only those see who have opened the call."""
        if not self.conversation:
            return {"partial": "", "echo": 0}
        words = self.conversation.turns.words_so_far
        return {"partial": words, "echo": self.conversation.echo_percent}
