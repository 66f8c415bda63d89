"""A browser whose socket was lost comes back with another, and the call does not notice.

Rules: a call has one line, over one socket of its browser after another. Each side counts the
texts that came from the other and keeps what it said last; a new socket begins with both counts,
and what was missed is said again: nothing is lost, nothing comes twice. Whoever comes back is the
person who began the call, and shows its token. Only a socket that was lost is waited for: a page
that is closed has hung up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from hmac import compare_digest
from typing import Any

from calls.telephony.browser import messages
from calls.telephony.browser.carrier import BROWSER
from calls.telephony.carrier import Malformed, Mark, Started
from calls.telephony.media_socket import MESSAGE_LIMIT_BYTES, REFUSED, START_S
from calls.voice import live

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

AGAIN = b"again"
"""In the query of a socket that goes on with a call."""
HOLD_S = 10.0
"""How long a call waits for its browser. A line without a sound is dead after 30 s in any case."""
KEPT = 1000
"""Texts, at most: more than the agent says in a minute. What has been played is not kept."""
MARK = ('{"event":"mark"', '{"event": "mark"')
LOST = 1006
"""The close code of a socket that nobody has closed."""
OVER = 4410
"""There is no such call, or no longer."""

_lines: dict[str, Line] = {}
"""By call, in this process: only the one that holds a call can go on with it."""


class Line:
    """What a MediaConsumer takes for the one socket of its call."""

    def __init__(self, person: Any, receive: Receive, send: Send) -> None:
        self.person, self.call_sid, self.token = person, "", ""
        self.life: asyncio.Task[None] | None = None
        self._receive, self._send = receive, send
        self._came, self._went = 0, 0
        self._kept: deque[str] = deque(maxlen=KEPT)
        self._is_over = self._is_lost = False
        self._next: tuple[Receive, Send, int] | None = None
        self._has_next = asyncio.Event()

    async def receive(self) -> Message:
        """What the browser says, by whichever socket."""
        while True:
            message = await self._receive()
            if message["type"] == "websocket.receive":
                self._came += 1
                text = message.get("text") or ""
                if not self.token:
                    self._take_token(text)
                elif text.startswith(MARK):
                    self._was_played(text)
            elif message["type"] == "websocket.disconnect" and await self._goes_on(message):
                continue
            return message

    async def send(self, message: Message) -> None:
        """What is said to it: now, or when it is back."""
        if message["type"] == "websocket.send":
            self._went += 1
            self._kept.append(message["text"])
        self._is_over |= message["type"] == "websocket.close"
        if not self._is_lost:
            await self._send(message)

    async def take_over(self, receive: Receive, send: Send, had: int) -> None:
        """From this socket on; `had`: so many of our texts have come to its browser."""
        self._next = receive, send, had
        self._has_next.set()
        if not self._is_lost:  # that the other is gone is not known here
            await self._send({"type": "websocket.close", "code": OVER})

    async def _goes_on(self, message: Message) -> bool:
        """A socket has ended: whether another has taken its place."""
        if self._is_over or not (self._next or message.get("code") == LOST):
            return False
        self._is_lost = True
        try:
            async with asyncio.timeout(HOLD_S):
                await self._has_next.wait()
        except TimeoutError:
            return False
        assert self._next
        (self._receive, self._send, had), self._next = self._next, None
        self._has_next.clear()
        if not 0 <= self._went - had <= len(self._kept):
            return False
        await self._send({"type": "websocket.send", "text": messages.again(self._came)})
        while had < self._went:  # more may be said meanwhile
            text = self._kept[len(self._kept) - (self._went - had)]
            had += 1
            await self._send({"type": "websocket.send", "text": text})
        self._is_lost = False
        return True

    def _was_played(self, text: str) -> None:
        """A mark is back: what was said up to it is not said again."""
        with suppress(Malformed):
            mark = messages.parse(text)
            said = messages.Line().mark(mark.name) if isinstance(mark, Mark) else ""
            if said in self._kept:
                while self._kept.popleft() != said:
                    pass

    def _take_token(self, text: str) -> None:
        if len(text) > MESSAGE_LIMIT_BYTES:
            return
        try:
            started = messages.parse(text)
        except Malformed:
            return
        if isinstance(started, Started) and started.token:
            self.call_sid, self.token = started.call_sid, started.token
            _lines.setdefault(self.call_sid, self)

    def end(self) -> None:
        self._is_over = True
        if _lines.get(self.call_sid) is self:
            del _lines[self.call_sid]


def may_return(consumer: Application) -> Application:
    """The same application, whose sockets may be lost."""

    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        if AGAIN in scope["query_string"].split(b"&"):
            await _go_on(scope, receive, send)
            return
        line = Line(_person(scope), receive, send)
        line.life = live.begin(_call(consumer, scope, line))
        await asyncio.shield(line.life)  # the server cancels this some time after its socket

    return serve


async def _call(consumer: Application, scope: Any, line: Line) -> None:
    try:
        await consumer(scope, line.receive, line.send)
    finally:
        line.end()


async def _go_on(scope: Any, receive: Receive, send: Send) -> None:
    await receive()  # websocket.connect
    if not await BROWSER.admits(scope):
        await send({"type": "websocket.close", "code": REFUSED})
        return
    await send({"type": "websocket.accept"})
    found = None
    try:
        async with asyncio.timeout(START_S):
            back = messages.back((await receive()).get("text") or "")
        found = _lines.get(back.call_sid)
    except (TimeoutError, Malformed):
        pass
    if not found or found.person != _person(scope) or not compare_digest(found.token, back.token):
        await send({"type": "websocket.close", "code": OVER})
        return
    await found.take_over(receive, send, back.had)
    if found.life:
        await asyncio.shield(found.life)


def _person(scope: Any) -> Any:
    return getattr(scope.get("user"), "pk", None)
