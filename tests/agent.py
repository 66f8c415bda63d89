"""A small agent on one port: a voice webhook, a media socket and an action, as Twilio calls them.

It does what a test tells it to do, well or badly; what it was sent is kept.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from typing import Any, Self
from urllib.parse import parse_qsl

import numpy as np
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from calls.audio.codec import BYTES_PER_MS, RATE, to_mulaw

TWIML = (
    '<Response><Connect action="/after"><Stream url="wss://example.org/media">'
    '<Parameter name="token" value="t1"/></Stream></Connect></Response>'
)


def tone(ms: int) -> bytes:
    """Audible mu-law of that length."""
    samples = 8000 * np.sin(np.arange(ms * BYTES_PER_MS) * 2 * np.pi * 440 / RATE)
    return to_mulaw(samples.astype(np.int16))


class Socket:
    """The agent's end of the media socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.protocol = ServerProtocol()
        self.got: list[dict[str, Any]] = []
        self.got_at_s: list[float] = []
        self.stream_sid = ""
        self._pending: list[dict[str, Any]] = []

    async def next(self) -> dict[str, Any] | None:
        """The next message; None: the other side has gone."""
        while True:
            for event in self.protocol.events_received():
                if isinstance(event, Request):
                    self.protocol.send_response(self.protocol.accept(event))
                elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    self._pending.append(json.loads(bytes(event.data)))
            self._flush()
            if self._pending:
                message = self._pending.pop(0)
                self.stream_sid = message.get("streamSid", self.stream_sid)
                self.got.append(message)
                self.got_at_s.append(asyncio.get_running_loop().time())
                return message
            data = await self._reader.read(65536)
            if not data:
                return None
            self.protocol.receive_data(data)

    async def until(self, event: str, name: str | None = None) -> dict[str, Any] | None:
        while message := await self.next():
            if message["event"] == event and (name is None or message["mark"]["name"] == name):
                return message
        return None

    async def audio(self, ms: int) -> None:
        """Listen to so much of the caller."""
        for _frame in range(ms // 20):
            await self.until("media")

    def say(self, audio: bytes) -> None:
        body = {"payload": b64encode(audio).decode()}
        self.send({"event": "media", "streamSid": self.stream_sid, "media": body})

    def mark(self, name: str) -> None:
        self.send({"event": "mark", "streamSid": self.stream_sid, "mark": {"name": name}})

    def clear(self) -> None:
        self.send({"event": "clear", "streamSid": self.stream_sid})

    def send(self, message: dict[str, Any] | str | bytes) -> None:
        if isinstance(message, bytes):
            self.protocol.send_binary(message)
        else:
            text = message if isinstance(message, str) else json.dumps(message)
            self.protocol.send_text(text.encode())
        self._flush()

    def close(self, code: int = 1000) -> None:
        self.protocol.send_close(code)
        self._flush()

    def heard(self) -> bytes:
        """The caller's audio so far."""
        frames = (each["media"]["payload"] for each in self.got if each["event"] == "media")
        return b"".join(map(b64decode, frames))

    def _flush(self) -> None:
        for data in self.protocol.data_to_send():
            self._writer.write(data) if data else self._writer.write_eof()


class Agent:
    def __init__(
        self,
        converse: Callable[[Socket], Awaitable[None]],
        *,
        twiml: str = TWIML,
        status: int = 200,
    ) -> None:
        self._converse, self._twiml, self._status = converse, twiml, status
        self.requests: list[tuple[str, dict[str, str], dict[str, str]]] = []
        """Path, headers and form of each."""
        self.sockets: list[Socket] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.webhook = f"http://127.0.0.1:{port}/voice"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().splitlines()
        pairs = (line.split(": ", 1) for line in lines if line)
        headers = {name.lower(): value for name, value in pairs}
        method, path, _version = first.split()
        if method == "POST":
            form = await reader.readexactly(int(headers["content-length"]))
            self.requests.append((path, headers, dict(parse_qsl(form.decode()))))
            body = (self._twiml if path == "/voice" else "<Response><Hangup/></Response>").encode()
            answer = f"HTTP/1.1 {self._status} -\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(answer.encode() + body)
        else:
            self.requests.append((path, headers, {}))
            socket = Socket(reader, writer)
            self.sockets.append(socket)
            socket.protocol.receive_data(head)
            await self._converse(socket)
            while await socket.next():
                pass
        writer.close()
