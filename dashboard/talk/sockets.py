"""The sockets beside a call from the browser: what the call does, and how far the server is."""

from __future__ import annotations

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from calls.telephony.browser.carrier import BROWSER, PERMISSION
from dashboard.live.close_codes import NOT_ALLOWED
from dashboard.live.sockets import LiveConsumer
from hevoice import bus

LONGEST_ECHO = 500
"""Characters: a message of 20 ms has no more."""


class TalkConsumer(LiveConsumer):
    """The live page's news of one call alone: the one that the page holds."""

    permission = PERMISSION

    async def live_call(self, message: dict[str, Any]) -> None:
        if message["call"]["pk"] == self.looked_at:
            await super().live_call(message)

    async def _look(self, pk: int) -> None:
        await super()._look(pk)
        await bus.tell("calls", {"type": "snapshot.wanted"})  # what it told before is gone


class EchoConsumer(AsyncWebsocketConsumer):
    """Sends back what it is sent: the way to the server and back, measured as a call would go."""

    async def connect(self) -> None:
        await self.accept()
        if not await BROWSER.admits(self.scope):
            await self.close(code=NOT_ALLOWED)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data=(text_data or "")[:LONGEST_ECHO])
