"""With which codes the dashboard's sockets are closed.

Rule: after the handshake, for a browser never learns the code of a socket that was refused.
"""

from __future__ import annotations

from typing import Any

from channels.consumer import AsyncConsumer

SIGN_IN_FIRST = 4401
"""live.js loads the page anew, which leads to the sign-in."""
NOT_ALLOWED = 4403
"""Signed in, but without the permission."""
NOT_THERE = 4404
"""No such socket, or not in this language."""
OUT_OF_DATE = 4503
"""live.js knows it, and tries again."""


async def turn_away(receive: Any, send: Any, code: int) -> None:
    """Instead of serving a socket that was just asked for."""
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code})


class NothingThere(AsyncConsumer):  # type: ignore[misc]  # Channels has no types
    """The socket of every path that has none: whoever asks is told, and no error is logged."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await turn_away(receive, send, NOT_THERE)
