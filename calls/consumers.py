"""Twilio's media socket: text in, text out. Nothing is decided here.

The receive loop is its own: stock Channels runs every websocket message through two tasks, a
dispatch by name and a sweep of database connections on a thread that all consumers share, at fifty
messages a second and call. bench/frame_cost.py has the figures.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from channels.consumer import AsyncConsumer
from channels.layers import get_channel_layer
from django.conf import settings
from django.utils.module_loading import import_string

from calls import gate, live, twilio
from calls.conversation import Conversation
from calls.log import call_in_hand
from calls.models import Call
from calls.recorder import Recorder
from tuning.models import Revision
from tuning.profile import Profile

logger = logging.getLogger(__name__)

START_S = 5.0
"""How long a socket may take to send `start`."""
CLOSE_S = 2.0
"""How long the stream may stay open for the sake of the record."""
ANNOUNCE_S = 0.25
"""The live page hears of a call at most this often."""
REFUSED, REPLACED, TOO_MANY = 4403, 4409, 4429
NORMAL, BROKEN = 1000, 1011


class MediaConsumer(AsyncConsumer):
    """One stream of one call."""

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self._is_closed = False
        self._malformed = 0
        await receive()  # websocket.connect
        if not gate.admits_socket(scope):
            await self._close(REFUSED)
            return
        await send({"type": "websocket.accept"})
        try:
            async with asyncio.timeout(START_S):
                started = await self._next_start()
        except TimeoutError:
            logger.warning("A stream sent no start within %g s", START_S)
            started = None
        call = started and await self._begin(started)
        if not started or not call:
            await self._close(REFUSED)
            return
        call_in_hand.set(call.call_sid)
        await self._serve(call, started.stream_sid)

    # Before the call: connected, start, and the token.

    async def _next_start(self) -> twilio.Started | None:
        while (message := await self._receive())["type"] == "websocket.receive":
            match self._parsed(message):
                case twilio.Started() as started:
                    return started
                case twilio.Stopped():
                    return None
        self._is_closed = True
        return None

    async def _begin(self, started: twilio.Started) -> Call | None:
        token = started.parameters.get("token", "")
        call = await sync_to_async(Call.begin)(started.call_sid, started.stream_sid, token)
        if call is None:
            logger.warning("Refused %s: its token is missing, wrong or used", started.call_sid)
            return None
        if older := live.calls.get(call.call_sid):
            await older.end("replaced")
            call = await sync_to_async(Call.take_over)(call.call_sid)
        if live.is_draining or len(live.calls) >= settings.MAX_CALLS:
            logger.warning("Refused: MAX_CALLS reached or shutting down")
            await sync_to_async(call.refuse)()
            return None
        return call

    # The call.

    async def _serve(self, call: Call, stream_sid: str) -> None:
        layer = get_channel_layer()
        self._call, self._changed = call, asyncio.Event()
        channel = await layer.new_channel()
        # Subscribe, then read: a revision published in between arrives twice, not never.
        await layer.group_add(call.profile.group, channel)
        await layer.group_add("calls", channel)
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        revision = await sync_to_async(lambda: call.profile.newest)()
        self._numbers = {revision.pk: revision.number}
        recorder = Recorder(call, self._changed.set, self._newest)
        try:
            transcriber = import_string(settings.TRANSCRIBER)()
            writer, speaker = import_string(settings.WRITER)(), import_string(settings.SPEAKER)()
            recorder.update(
                revision_id=revision.pk,
                engines=" · ".join((transcriber.name, writer.name, speaker.name)),
            )
            self.conversation = Conversation(
                stream_sid,
                revision=revision.pk,
                profile=revision.values,
                seed=secrets.randbits(32),
                first_turn=call.first_turn,
                vad=import_string(settings.VAD)(),
                transcriber=transcriber,
                writer=writer,
                speaker=speaker,
                record=recorder,
                send=self._send_text,
            )
            live.calls[call.call_sid] = self
            why = await self._converse(channel)
        finally:
            if live.calls.get(call.call_sid) is self:
                del live.calls[call.call_sid]
            await layer.group_discard(call.profile.group, channel)
            await layer.group_discard("calls", channel)
        await self._write_end(recorder, why)
        await layer.group_send("live", {"type": "live.ended", "call": call.pk, "ended_why": why})
        logger.info("Ended: %s", why)

    async def _write_end(self, recorder: Recorder, why: str) -> None:
        """Write the call's end, then close the stream: Twilio's next question needs the record.
        A database that is down keeps the record waiting, but not the caller."""
        conversation, ear = self.conversation, self.conversation.ear
        if ear.frames_in != ear.forwarded + sum(ear.dropped.values()):
            logger.error("Frames lost: %d in, %d on", ear.frames_in, ear.forwarded)
        written = asyncio.ensure_future(
            recorder.finish(
                ended_why=why,
                failure=conversation.failure,
                frames_in=ear.frames_in,
                frames_forwarded=ear.forwarded,
                frames_dropped=ear.dropped,
                malformed_messages=self._malformed,
                dismissed=dict(conversation.dismissed),
            )
        )
        await asyncio.wait([written], timeout=CLOSE_S)
        await self._close(BROKEN if why == "failed" else REPLACED if why == "replaced" else NORMAL)
        await written
        self._ended.set_result(None)

    async def _converse(self, channel: str) -> str:
        """Run the conversation until it, the caller or the server ends it."""
        beside = [
            asyncio.create_task(job)
            for job in (self._take_frames(), self._follow(channel), self._announce())
        ]
        try:
            return await self.conversation.run()
        except Exception as error:
            logger.exception("The conversation broke")
            self.conversation.failure = f"{error!r}"
            return "failed"
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _take_frames(self) -> None:
        conversation, receive = self.conversation, self._receive
        while (message := await receive())["type"] == "websocket.receive":
            match self._parsed(message):
                case twilio.Media() as media:
                    conversation.hear(media)
                case twilio.Mark(name=name):
                    conversation.marked(name)
                case twilio.Dtmf(digit=digit):
                    conversation.press(digit)
                case twilio.Stopped():
                    break
        else:
            self._is_closed = True
        conversation.end("caller hung up")

    def _parsed(self, message: dict[str, Any]) -> twilio.Message | None:
        text = message.get("text")
        try:
            if text is None or len(text) > twilio.MESSAGE_LIMIT_BYTES:
                raise twilio.Malformed("a binary message" if text is None else "too long")
            return twilio.parse(text)
        except twilio.Malformed as error:
            self._malformed += 1
            if self._malformed == 1:
                logger.warning("A malformed message is ignored (the first is logged): %s", error)
            return None

    async def end(self, why: str) -> None:
        """Close the stream; the call's record says why. Returns when it is written."""
        self.conversation.end(why)
        await asyncio.shield(self._ended)

    # Operators: a published profile, and the live page.

    async def _follow(self, channel: str) -> None:
        layer = get_channel_layer()
        while True:
            message = await layer.receive(channel)
            if message["type"] == "profile.changed":
                knobs = Revision(knobs=message["knobs"]).values
                self._retune(message["revision"], message["number"], knobs)
            elif message["type"] == "snapshot.wanted":
                self._changed.set()

    def _newest(self, revision: Revision) -> None:
        """A channel layer may drop a message; the recorder's reading of the newest does not."""
        self._retune(revision.pk, revision.number, revision.values)

    def _retune(self, revision: int, number: int, knobs: Profile) -> None:
        self._numbers[revision] = number
        self.conversation.retune(revision, knobs)

    async def _announce(self) -> None:
        layer = get_channel_layer()
        while True:
            await self._changed.wait()
            self._changed.clear()
            await layer.group_send("live", {"type": "live.call", "call": self._snapshot()})
            await asyncio.sleep(ANNOUNCE_S)

    def _snapshot(self) -> dict[str, Any]:
        call, conversation = self._call, self.conversation
        turns, last = conversation.turns, conversation.last_turn
        return {
            "pk": call.pk,
            "caller": call.masked_caller,
            "started_at": call.started_at.isoformat() if call.started_at else "",
            "profile": call.profile.name,
            "profile_pk": call.profile.pk,
            "revision": self._numbers.get(turns.revision, 0),
            "state": turns.state,
            "seconds": conversation.wall_ms() / 1000,
            "turns": max(turns.turn, 0),
            "last": last
            and {
                "number": last.number,
                "said": last.said,
                "answered": last.answered,
                "why": last.why,
                "response_latency": last.response_latency,
            },
        }

    # The socket.

    async def _send_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def _close(self, code: int) -> None:
        if not self._is_closed:
            self._is_closed = True
            await self._send({"type": "websocket.close", "code": code})
