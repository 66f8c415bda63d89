"""The codes with which the dashboard's sockets are closed.

Rule: close after the handshake, because a browser never learns the code of a refused socket.
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
CALL_OVER = 4410
"""Of a socket beside one call."""
FLOODED = 4429
"""It sends far more than a microphone does."""
OUT_OF_DATE = 4503
"""live.js knows it, and tries again."""


async def turn_away(receive: Any, send: Any, code: int) -> None:
    """Instead of serving a socket that was just asked for."""
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code})


class NothingThere(AsyncConsumer):  # type: ignore[misc]  # Channels has no types
    """The socket for all other paths: tells the client that nothing is there, and logs no error."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await turn_away(receive, send, NOT_THERE)
