"""The way to a server that is far away: a delay in each direction, and TLS at its other end.

Pure delay: bytes keep their order and none is lost. TCP's own handshake takes a round trip, too:
what is sent first arrives that much later.
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
TICK_S = 1e-6
"""Between two writes: a loop does not promise the order of what is due at the same moment."""


@asynccontextmanager
async def far(
    port: int, round_trip_s: float, certificate: Path | None = None
) -> AsyncIterator[int]:
    """The port at which this server is so far away; with a certificate, behind TLS."""
    loop, one_way_s = asyncio.get_running_loop(), round_trip_s / 2

    async def carry(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        connected_s = loop.time() + round_trip_s
        there, onward = await asyncio.open_connection(HOST, door)
        await _both(_pour(near, onward, one_way_s, connected_s), _pour(there, back, one_way_s))

    async def unwrap(there: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        await _both(_pour(there, writer), _pour(reader, back))

    door, context = port, ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    if certificate:
        context.load_cert_chain(certificate)
        behind = await asyncio.start_server(unwrap, HOST, 0, ssl=context)
        door = behind.sockets[0].getsockname()[1]
    server = await asyncio.start_server(carry, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        if certificate:
            behind.close()


async def _both(*pours: Coroutine[Any, Any, None]) -> None:
    with suppress(asyncio.CancelledError):  # the loop may end before its connections do
        await asyncio.gather(*pours)


async def _pour(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    delay_s: float = 0.0,
    not_before_s: float = 0.0,
) -> None:
    loop, due_s = asyncio.get_running_loop(), not_before_s + delay_s
    with suppress(OSError):
        while data := await reader.read(65536):
            due_s = max(due_s + TICK_S, loop.time() + delay_s)
            loop.call_at(due_s, writer.write, data)
    loop.call_at(max(due_s + TICK_S, loop.time() + delay_s), writer.close)


def made_certificate(folder: Path) -> Path:
    """A certificate for this machine and its key, in one file that a client can also trust."""
    made = folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=IP:{HOST}",
         "-keyout", str(made), "-out", str(folder / "certificate.crt")],
        check=True, capture_output=True,
    )  # fmt: skip
    made.write_text(made.read_text() + (folder / "certificate.crt").read_text())
    return made
