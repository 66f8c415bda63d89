"""A system that breaks as systems do below HTTP: bare sockets on this machine.

`async with broken("dribbles") as port:` answers every connection with that fault.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

ANSWERS = {
    "says nothing": b"",
    "no http": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "half an answer": b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"free": [',
    "endless headers": b"HTTP/1.1 200 OK\r\n" + b"X-More: %s\r\n" % (b"x" * 90) * 3000,
    "a number of 5000 digits": b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"9" * 5000,
}
DRIBBLES_S = 0.05
HANGS_S = 3600.0


@asynccontextmanager
async def broken(fault: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """fault: one of ANSWERS, after which it closes; hangs: accepts, and never answers; dribbles:
    some bytes a second, for ever."""
    answering = set[asyncio.Task[None]]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        answering.add(task)
        try:
            if fault == "hangs":
                await asyncio.sleep(HANGS_S)
            await reader.read(4096)
            if fault == "dribbles":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
                while True:
                    writer.write(b" ")
                    await writer.drain()
                    await asyncio.sleep(DRIBBLES_S)
            writer.write(ANSWERS[fault])
            await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    try:
        port: int = server.sockets[0].getsockname()[1]
        yield port
    finally:
        server.close()
        for task in answering:
            task.cancel()
