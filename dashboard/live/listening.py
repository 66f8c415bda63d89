"""Listening in on a call in progress: both sides' sound, to one browser.

Rules: it starts with a row in the audit, before any sound is sent, and ends with another that says
how long it lasted. A slow listener misses some sound: the amount that a browser has not confirmed
is limited, so nothing piles up in this process and the call never waits for anybody."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from calls.models import Call
from dashboard.access import may_still
from dashboard.live.close_codes import NOT_ALLOWED, OUT_OF_DATE, SIGN_IN_FIRST
from dashboard.live.sockets import ask_call
from dashboard.models import AuditEvent
from hevoice import bus

PERMISSION = "calls.listen_call"
CALL_OVER = 4410
MOST_UNCONFIRMED = 10
"""Messages of 200 ms that a browser may owe its confirmation for."""
RENEW_S = 3.0
CHECK_AGAIN_S = 180.0


class ListenConsumer(AsyncWebsocketConsumer):
    """One listener to one call. Messages are stereo mu-law: caller and agent samples alternate."""

    groups = ("live",)

    async def connect(self) -> None:
        self.unconfirmed = self.missed = 0
        self.began_s: float | None = None
        self.asking: asyncio.Task[None] | None = None
        self.pk = self.scope["url_route"]["kwargs"]["pk"]
        user = self.scope["user"]
        await self.accept()
        call = await Call.objects.filter(pk=self.pk, ended_at=None).afirst()
        if not user.is_authenticated:
            await self.close(code=SIGN_IN_FIRST)
        elif not await database_sync_to_async(user.has_perm)(PERMISSION):
            await self.close(code=NOT_ALLOWED)
        elif call is None:
            await self.close(code=CALL_OVER)
        else:
            await self._begin(call)

    async def _begin(self, call: Call) -> None:
        self.call_sid = call.call_sid
        await self._note(began=True)
        self.began_s = time.monotonic()
        await self.channel_layer.group_add(f"sound.{self.pk}", self.channel_name)
        self.asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        checked_s = time.monotonic()
        while True:
            await ask_call(self, self.pk, listens=True)
            await asyncio.sleep(RENEW_S)
            if bus.failure:
                await self.close(code=OUT_OF_DATE)
                return
            if time.monotonic() - checked_s >= CHECK_AGAIN_S:
                checked_s = time.monotonic()
                if not await may_still(self.scope, PERMISSION):
                    await self.close(code=NOT_ALLOWED)
                    return

    async def call_sound(self, message: dict[str, Any]) -> None:
        if self.unconfirmed >= MOST_UNCONFIRMED:
            self.missed += 1
            return
        self.unconfirmed += 1
        await self.send(bytes_data=message["sound"])

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """The browser has taken one more message."""
        self.unconfirmed = max(0, self.unconfirmed - 1)

    async def live_call(self, message: dict[str, Any]) -> None:
        """Other news of the calls in progress."""

    async def live_ended(self, message: dict[str, Any]) -> None:
        if message["call"] == self.pk:
            await self.close(code=CALL_OVER)

    async def disconnect(self, code: int) -> None:
        if self.asking:
            self.asking.cancel()
        if self.began_s is not None:
            seconds = round(time.monotonic() - self.began_s, 1)
            self.began_s = None
            await self._note(seconds=seconds, missed=self.missed)
            await self.channel_layer.group_discard(f"sound.{self.pk}", self.channel_name)
            await ask_call(self, self.pk, listens=True, stops=True)

    async def _note(self, **detail: Any) -> None:
        user, client = self.scope["user"], self.scope.get("client")
        await AuditEvent.objects.acreate(
            who_id=user.pk,
            who_name=user.get_username(),
            address=client[0] if client else None,
            action=AuditEvent.Action.LISTEN,
            what=self.call_sid,
            detail=detail,
        )
