"""One person beside one call in progress: who may, and what the audit has of it.

Rules: a row in the audit comes before any sound does, and another, with the length, at the end. The
socket closes as soon as the call is over, or the person may no longer, or no news can come."""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from calls.models import Call
from dashboard.access import may_still
from dashboard.live.close_codes import CALL_OVER, NOT_ALLOWED, OUT_OF_DATE, SIGN_IN_FIRST
from dashboard.models import AuditEvent
from hevoice import bus

RENEW_S = 3.0
CHECK_AGAIN_S = 180.0


class CallSocket(AsyncWebsocketConsumer):
    """Its subclasses say what passes between the person and the call."""

    groups = ("live",)
    permissions: ClassVar[tuple[str, ...]]
    action: ClassVar[AuditEvent.Action]

    async def connect(self) -> None:
        self.began_s: float | None = None
        self.asking: asyncio.Task[None] | None = None
        self.pk = self.scope["url_route"]["kwargs"]["pk"]
        user = self.scope["user"]
        await self.accept()
        call = await Call.objects.filter(pk=self.pk, ended_at=None).afirst()
        if not user.is_authenticated:
            await self.close(code=SIGN_IN_FIRST)
        elif not await database_sync_to_async(user.has_perms)(self.permissions):
            await self.close(code=NOT_ALLOWED)
        elif call is None:
            await self.close(code=CALL_OVER)
        else:
            self.call_sid = call.call_sid
            await self.begin()
            self.asking = asyncio.create_task(self._ask())

    async def begin(self) -> None:
        raise NotImplementedError

    async def ask(self) -> None:
        """Say anew, every few seconds, what is wanted of the call."""

    async def _ask(self) -> None:
        checked_s = time.monotonic()
        while True:
            await self.ask()
            await asyncio.sleep(RENEW_S)
            if bus.failure:
                await self.close(code=OUT_OF_DATE)
                return
            if time.monotonic() - checked_s >= CHECK_AGAIN_S:
                checked_s = time.monotonic()
                if not await may_still(self.scope, *self.permissions):
                    await self.close(code=NOT_ALLOWED)
                    return

    async def live_call(self, message: dict[str, Any]) -> None:
        """Other news of the calls in progress."""

    async def live_ended(self, message: dict[str, Any]) -> None:
        if message["call"] == self.pk:
            await self.close(code=CALL_OVER)

    async def disconnect(self, code: int) -> None:
        if self.asking:
            self.asking.cancel()

    async def note_beginning(self, **detail: Any) -> None:
        await self.note(began=True, **detail)
        self.began_s = time.monotonic()

    async def note_end(self, **detail: Any) -> None:
        """Once, of what has begun."""
        if self.began_s is not None:
            seconds = round(time.monotonic() - self.began_s, 1)
            self.began_s = None
            await self.note(seconds=seconds, **detail)

    async def note(self, **detail: Any) -> None:
        user, client = self.scope["user"], self.scope.get("client")
        await AuditEvent.objects.acreate(
            who_id=user.pk,
            who_name=user.get_username(),
            address=client[0] if client else None,
            action=self.action,
            what=self.call_sid,
            detail=detail,
        )
