"""The calls in progress in this process: how many, which, and whether new ones are taken."""

from __future__ import annotations

from typing import Protocol


class LiveCall(Protocol):
    async def end(self, why: str) -> None:
        """Close the stream; the call's record says why."""


calls: dict[str, LiveCall] = {}
"""By CallSid. Touched only on the event loop."""
is_draining = False
"""SIGTERM came: running calls may finish, new ones are refused."""
