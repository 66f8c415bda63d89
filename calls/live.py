"""The calls in progress in this process: each with its conversation, its record and its profile.

LiveCall ties one conversation to the rest of the system: it takes the profile's changes, tells the
live page what is going on, and writes the end. The socket is the consumer's. What other processes
tell comes in through `follow`, once a process: no call waits for Redis, or ends with it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.utils.module_loading import import_string

from calls.conversation import Conversation
from calls.models import Call
from calls.recorder import Recorder
from calls.services.phrase_cache import CachedSpeaker
from tuning import news
from tuning.models import Revision

logger = logging.getLogger(__name__)

ANNOUNCE_S = 0.25
"""The live page hears of a call at most this often."""
FOLLOW_AGAIN_S = 1.0

calls: dict[str, LiveCall] = {}
"""By CallSid. Touched only on the event loop, so that counting and adding are one step."""
is_draining = False
"""SIGTERM came: running calls may finish, new ones are refused."""


async def follow() -> None:
    """Bring the calls of this process what other processes tell, for as long as it lives."""
    while True:
        with suppress(*news.GONE):
            channel = await news.subscribed("calls", news.PROFILES)
            while True:
                message = await get_channel_layer().receive(channel)
                for live_call in list(calls.values()):
                    live_call.take_news(message)
        await asyncio.sleep(FOLLOW_AGAIN_S)


class LiveCall:
    def __init__(self, call: Call, stream_sid: str, send: Callable[[str], Awaitable[None]]) -> None:
        self.call = call
        self._stream_sid, self._send = stream_sid, send
        self.conversation: Conversation | None = None
        self._changed = asyncio.Event()
        self._end_asked = ""
        self._is_recorded = asyncio.Event()
        self._published: Revision | None = None
        """What came before the conversation was there to take it."""
        self._recorder = Recorder(call, self._changed.set, self._retune)
        self._numbers: dict[int, int] = {}
        """Revision numbers, as operators know them, by primary key."""

    async def run(self, listen: Callable[[Conversation], Coroutine[Any, Any, None]]) -> str:
        """Live until the conversation, the caller or the server ends it; returns why.

        `listen` brings what the caller sends, and returns when the caller has hung up.
        """
        try:
            # News comes already: a revision published just now arrives twice, not never.
            newest = await database_sync_to_async(lambda: self.call.profile.newest)()
            conversation = self.conversation = self._begin(self._published or newest)
            # One that breaks ends the call, in an apology: none may die unseen.
            async with asyncio.TaskGroup() as tasks:
                beside = [
                    tasks.create_task(job)
                    for job in (
                        listen(conversation),
                        self._announce(),
                        self._recorder.audience.attend(self._details),
                    )
                ]
                why = await conversation.run()
                for task in beside:
                    task.cancel()
            return why
        except Exception as error:
            logger.exception("The call broke")
            if self.conversation:
                self.conversation.book.failure = f"{error!r}"
            return "failed"
        finally:
            if calls.get(self.call.call_sid) is self:
                del calls[self.call.call_sid]

    async def end(self, why: str) -> None:
        """End the call from outside. Returns when its record is written."""
        self._end_asked = why
        if self.conversation:
            self.conversation.end(why)
        await self._is_recorded.wait()

    async def record_end(self, why: str, malformed_messages: int) -> None:
        """Write how it ended; returns when that is written."""
        fields: dict[str, Any] = {"ended_why": why, "malformed_messages": malformed_messages}
        if conversation := self.conversation:
            ear = conversation.ear
            if ear.frames_in != ear.forwarded + sum(ear.dropped.values()):
                logger.error("Frames lost: %d in, %d forwarded", ear.frames_in, ear.forwarded)
            fields |= {
                "failure": conversation.book.failure,
                "frames_in": ear.frames_in,
                "frames_forwarded": ear.forwarded,
                "frames_dropped": ear.dropped,
                "dismissed": dict(conversation.dismissed),
            }
        await self._recorder.finish(**fields)
        self._is_recorded.set()
        await news.tell("live", {"type": "live.ended", "call": self.call.pk, "ended_why": why})
        logger.info("Ended: %s", why)

    def _begin(self, revision: Revision) -> Conversation:
        brief = self.call.brief
        transcriber, writer, speaker = (
            import_string(path)(brief)
            for path in (settings.TRANSCRIBER, settings.WRITER, settings.SPEAKER)
        )
        speaker = CachedSpeaker(speaker, self.call.call_sid, brief.pronunciations)
        self._numbers[revision.pk] = revision.number
        engines = " · ".join((transcriber.name, writer.name, speaker.name))
        self._recorder.update(revision_id=revision.pk, engines=engines)
        conversation = Conversation(
            self._stream_sid,
            revision=revision.pk,
            profile=revision.values,
            seed=secrets.randbits(32),
            first_turn=self.call.first_turn,
            vad=import_string(settings.VAD)(),
            transcriber=transcriber,
            writer=writer,
            speaker=speaker,
            record=self._recorder,
            send=self._send,
        )
        if self._end_asked:
            conversation.end(self._end_asked)
        return conversation

    # Operators: a published profile, and the live page.

    def take_news(self, message: dict[str, Any]) -> None:
        if message["type"] == "snapshot.wanted":
            self._changed.set()
        elif message["type"] == "call.asked":
            if message["call"] == self.call.pk:
                self._recorder.audience.take_news(message)
        elif message["profile"] == self.call.profile_id:
            self._retune(
                Revision(pk=message["revision"], number=message["number"], knobs=message["knobs"])
            )

    def _retune(self, revision: Revision) -> None:
        """Told by another process, or, should that have been lost, read by the recorder."""
        if self.conversation is None:
            self._published = revision
        elif self.conversation.retune(revision.pk, revision.values):
            self._numbers[revision.pk] = revision.number
            self._recorder.update(revision_id=revision.pk)
            self._changed.set()

    async def _announce(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self.conversation:
                snapshot = self._snapshot(self.conversation)
                await news.tell("live", {"type": "live.call", "call": snapshot})
            await asyncio.sleep(ANNOUNCE_S)

    def _snapshot(self, conversation: Conversation) -> dict[str, Any]:
        call, turns = self.call, conversation.turns
        last = conversation.book.newest(conversation.wall_ms())
        return {
            "pk": call.pk,
            "caller": call.masked_caller,
            "called": call.called,
            "number": call.number.name if call.number else "",
            "process": call.process,
            "started_at": call.started_at.isoformat() if call.started_at else "",
            "profile": call.profile.name,
            "profile_pk": call.profile.pk,
            "revision": self._numbers.get(turns.revision, 0),
            "state": turns.state,
            "silence_ms": turns.silence_ms,
            "asked_ms": turns.asked_ms,
            "seconds": conversation.wall_ms() / 1000,
            "turns": max(turns.turn, 0),
            "listeners": self._recorder.audience.listeners,
            "last": last and asdict(last) | {"response_latency": last.response_latency},
        }

    def _details(self) -> dict[str, Any]:
        """What only those see who have opened the call."""
        turns = self.conversation.turns if self.conversation else None
        return {"partial": turns.words_so_far if turns else ""}
