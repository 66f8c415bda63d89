"""What every socket of the dashboard keeps to: who may open it, and that it never falls silent.

Rule: a page that no longer receives news (Redis is gone) is disconnected, so that it shows since
when it has been out of date, and reconnects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from dashboard.access import may_still
from dashboard.live.close_codes import NOT_ALLOWED, NOT_THERE, OUT_OF_DATE, SIGN_IN_FIRST, turn_away
from dashboard.people.personal import PERMISSION, may_see_personal
from hevoice import bus

PULSE_S = 3.0
"""A page that has not heard its own pulse for so long may be missing everything else."""
CHECK_AGAIN_PULSES = 60
"""Every three minutes: is whoever watches still signed in, and still allowed to?"""


class PageSocket(AsyncWebsocketConsumer):
    """Its subclasses decide what to show."""

    groups: Sequence[str] = ()
    permission = "calls.view_call"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.language = scope["url_route"]["kwargs"]["language"]
        if self.language not in dict(settings.LANGUAGES):
            await turn_away(receive, send, NOT_THERE)
            return
        if not scope["user"].is_authenticated:
            await turn_away(receive, send, SIGN_IN_FIRST)
            return
        if not await database_sync_to_async(scope["user"].has_perm)(self.permission):
            await turn_away(receive, send, NOT_ALLOWED)
            return
        self.sees_personal = await database_sync_to_async(may_see_personal)(scope["user"])
        self.beating: asyncio.Task[None] | None = None
        try:
            await super().__call__(scope, receive, send)
        except bus.GONE as error:
            bus.lost(error)
            with suppress(Exception):  # the page may have gone, too
                await send({"type": "websocket.close", "code": OUT_OF_DATE})
        finally:
            if self.beating:
                self.beating.cancel()

    async def connect(self) -> None:
        """Its groups are joined already: a page that news cannot reach never opens."""
        await self.accept()
        await self.begin()
        self.beating = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        """Send oneself a pulse the way that news comes; without it the page is out of date."""
        self.felt = asyncio.Event()
        pulses = 0
        try:
            while True:
                pulses += 1
                if not pulses % CHECK_AGAIN_PULSES:
                    if not await may_still(self.scope, self.permission):
                        await self.close(code=SIGN_IN_FIRST)
                        return
                    self.sees_personal = await may_still(self.scope, PERMISSION)
                async with asyncio.timeout(PULSE_S):
                    await bus.tell_one(self.channel_name, {"type": "pulse"})
                    await self.felt.wait()
                self.felt.clear()
                bus.found()
                await self.ask()
                await asyncio.sleep(PULSE_S)
        except bus.GONE as error:
            bus.lost(error)
            await self.close(code=OUT_OF_DATE)

    async def ask(self) -> None:
        """Say anew, with every pulse, what the page wants to be told."""

    async def pulse(self, message: dict[str, Any]) -> None:
        self.felt.set()

    async def begin(self) -> None:
        """Show the page as it is, whatever it showed before."""
        raise NotImplementedError

    async def show(self, template: str, **context: Any) -> None:
        with translation.override(self.language):
            html = render_to_string(template, {"sees_personal": self.sees_personal} | context)
        await self.send(text_data=html)
