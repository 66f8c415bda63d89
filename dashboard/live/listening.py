"""Listening in on a call in progress: both sides' sound, to one browser.

Rule: a slow listener misses some sound: the amount that a browser has not confirmed is limited, so
nothing piles up in this process and the call never waits for anybody."""

from __future__ import annotations

from typing import Any

from dashboard.live.call_socket import CallSocket
from dashboard.live.sockets import ask_call
from dashboard.models import AuditEvent
from dashboard.people.personal import PERMISSION

MOST_UNCONFIRMED = 10
"""Messages of 200 ms, or of 60 while a person speaks, that a browser may owe its confirmation
for."""


class ListenConsumer(CallSocket):
    """One listener to one call. Messages are stereo mu-law: caller and agent samples alternate."""

    permissions = ("calls.listen_call", PERMISSION)
    action = AuditEvent.Action.LISTEN
    unconfirmed = missed = 0

    async def begin(self) -> None:
        await self.note_beginning()
        await self.channel_layer.group_add(f"sound.{self.pk}", self.channel_name)

    async def ask(self) -> None:
        await ask_call(self, self.pk, listens=True)

    async def call_sound(self, message: dict[str, Any]) -> None:
        if self.unconfirmed >= MOST_UNCONFIRMED:
            self.missed += 1
            return
        self.unconfirmed += 1
        await self.send(bytes_data=message["sound"])

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """The browser has taken one more message."""
        self.unconfirmed = max(0, self.unconfirmed - 1)

    async def disconnect(self, code: int) -> None:
        await super().disconnect(code)
        if self.began_s is not None:
            await self.note_end(missed=self.missed)
            await self.channel_layer.group_discard(f"sound.{self.pk}", self.channel_name)
            await ask_call(self, self.pk, listens=True, stops=True)
