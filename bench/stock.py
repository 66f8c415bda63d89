"""What MediaConsumer is measured against: the same call behind a stock Channels consumer."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from calls.models import Call
from calls.telephony.carrier import Media, Started, Stopped
from calls.telephony.twilio.carrier import TWILIO
from calls.voice import live


class StockConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """The same work where Channels would have it: in `receive`."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        match TWILIO.parse(text_data or ""):
            case Media() as media:
                self.conversation.hear(media)
            case Started() as started:
                await self._begin(started)
            case Stopped():
                self.conversation.end("caller hung up")
                await self.running
                await self.close()

    async def _begin(self, started: Started) -> None:
        call = await sync_to_async(Call.begin)(started.call_sid, started.stream_sid, started.token)
        assert call is not None
        self.live_call = live.LiveCall(call, TWILIO.stream(started), self._send_text)
        begun = asyncio.get_running_loop().create_future()

        async def listen(live_call: live.LiveCall) -> None:
            begun.set_result(live_call.conversation)

        self.running = asyncio.create_task(self.live_call.run(listen))
        self.conversation = await begun

    async def _send_text(self, text: str) -> None:
        await self.send(text_data=text)
