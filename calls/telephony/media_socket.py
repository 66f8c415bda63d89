"""The media socket of a call, whoever carries it: text in, text out. Nothing is decided here.

The receive loop is its own: stock Channels runs every websocket message through two tasks, a
dispatch by name and a sweep of database connections on a thread that all consumers share, at fifty
messages a second and call. bench/frame_cost.py has the figures.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async
from django.db import DatabaseError

from calls.models import Call
from calls.process.log import call_in_hand
from calls.records import unwritten
from calls.telephony.carrier import (
    Carrier,
    Key,
    Malformed,
    Mark,
    Media,
    Message,
    Started,
    Stopped,
)
from calls.telephony.database_wait import WEBHOOK_S, at_most
from calls.telephony.pace import Pace
from calls.voice import live
from calls.voice.audio_in import LARGEST_JUMP_MS
from tuning.turns.profile import FRAME_MS

logger = logging.getLogger(__name__)

START_S = 5.0
"""How long a socket may take to bring Started."""
CLOSE_S = 2.0
"""How long the stream may stay open for the sake of the record."""
MESSAGE_LIMIT_BYTES = 64 * 1024
MESSAGE_BYTES = 500
"""What a message of 20 ms has at most; a larger one counts for several."""
REFUSED, REPLACED, FLOODED, BROKEN, NORMAL = 4403, 4409, 4429, 1011, 1000
CLOSE_CODES = {"failed": BROKEN, "replaced": REPLACED, "refused": REFUSED, "flooded": FLOODED}


class Flooded(Exception):
    """The socket sends far more than real time."""


class MediaConsumer(AsyncConsumer):
    """One stream of one call."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier, self._parse = carrier, carrier.parse

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self._is_closed, self._is_gone, self._malformed = False, False, 0
        self._live_call: live.LiveCall | None = None
        self._pace, self._heard_ms = Pace(time.monotonic()), 0
        await receive()  # websocket.connect
        if not await self._carrier.admits(scope):
            await self._close(REFUSED)
            return
        await send({"type": "websocket.accept"})
        started = await self._start()
        if started is None:
            await self._close(REFUSED)
            return
        life = live.begin(self._live(started))
        try:
            await asyncio.shield(life)
        except asyncio.CancelledError:
            # The server does so some seconds after the socket has closed. The call ends, too, in
            # its own time: its record may have to wait for the database.
            self._is_closed = True
            self._hang_up()
            raise

    async def _live(self, started: Started) -> None:
        before = unwritten.record_of(started.call_sid)
        call = await self._begun(started)
        if call is None:
            await self._close(REFUSED)
            return
        call_in_hand.set(call.call_sid)
        await call.learn_name()
        stream = self._carrier.stream(started)
        live_call = self._live_call = live.LiveCall(call, stream, self._send_text, before)
        if self._is_gone:
            self._hang_up()
        why = await live_call.run(self._listen)
        # The carrier's next question, what to do now, needs the record; a database that is down
        # keeps the record waiting, but not the caller.
        await live_call.recorded(CLOSE_S)
        if not self._is_closed and (farewell := stream.hang_up()):
            await self._send_text(farewell)
        await self._close(CLOSE_CODES.get(why, NORMAL))
        await live_call.tell_end(why)

    def _hang_up(self) -> None:
        self._is_gone = True
        if self._live_call:
            self._live_call.end("caller hung up")

    # Before the call: who it is, and the token.

    async def _start(self) -> Started | None:
        try:
            async with asyncio.timeout(START_S):
                while (message := await self._next())["type"] == "websocket.receive":
                    match self._parsed(message):
                        case Started() as started:
                            return started
                        case Stopped():
                            return None
        except TimeoutError:
            logger.warning("A stream sent no start within %g s", START_S)
            return None
        except Flooded:
            await self._close(FLOODED)
            return None
        self._is_closed = True
        return None

    async def _begun(self, started: Started) -> Call | None:
        """The call that this stream may begin; None if it may not."""

        def begin() -> Call | None:
            with at_most(WEBHOOK_S):  # the caller waits
                return Call.begin(started.call_sid, started.stream_sid, started.token)

        try:
            call: Call | None = await database_sync_to_async(begin)()
        except DatabaseError:
            logger.exception("Refused %s: the database does not answer", started.call_sid)
            return None
        if call is None:
            logger.warning("Refused %s: its token is missing, wrong or used", started.call_sid)
        return call

    # The call.

    async def _listen(self, live_call: live.LiveCall) -> None:
        conversation = live_call.conversation
        assert conversation
        why = "caller hung up"
        try:
            while (message := await self._next())["type"] == "websocket.receive":
                match self._parsed(message):
                    case Media() as media:
                        conversation.hear(media)
                    case Mark(name=name):
                        conversation.marked(name)
                    case Key(digit=digit):
                        conversation.press(digit)
                    case Stopped():
                        break
            else:
                self._is_closed = True
        except Flooded:
            why = "flooded"
        live_call.end(why)

    async def _next(self) -> dict[str, Any]:
        """The next message. What waits in a queue comes without letting anybody else run."""
        if self._pace.owes_a_turn:
            self._pace.gave_a_turn()
            await asyncio.sleep(0)
        return await self._receive()

    def _parsed(self, message: dict[str, Any]) -> Message | None:
        text, parsed = message.get("text"), None
        try:
            if text is None or len(text) > MESSAGE_LIMIT_BYTES:
                raise Malformed("a binary message" if text is None else "too long")
            parsed = self._parse(text)
        except Malformed as error:
            self._malformed += 1
            if self._live_call:
                self._live_call.malformed_messages = self._malformed
            if self._malformed == 1:
                logger.warning("A malformed message is ignored (the first is logged): %s", error)
        size = len(message.get("bytes") or b"" if text is None else text)
        self._count(1 + size // MESSAGE_BYTES, parsed)
        return parsed

    def _count(self, cost: float, parsed: Message | None) -> None:
        """A leap in time is as much as all the silence that it stands for. Flooded."""
        if isinstance(parsed, Media):
            leap_ms = parsed.timestamp_ms - self._heard_ms
            self._heard_ms = max(self._heard_ms, parsed.timestamp_ms)
            if leap_ms <= LARGEST_JUMP_MS:  # a longer one is not heard
                cost = max(cost, leap_ms / FRAME_MS)
        self._pace.took(cost, time.monotonic())
        if self._pace.is_flood:
            logger.warning("Closed: the stream sends far more than real time")
            raise Flooded

    async def _send_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def _close(self, code: int) -> None:
        if not self._is_closed:
            self._is_closed = True
            await self._send({"type": "websocket.close", "code": code})
