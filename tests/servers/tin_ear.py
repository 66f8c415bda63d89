"""The tin ear's server: `hearing`'s ears behind a websocket, which can be told to misbehave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict

from aiohttp import WSCloseCode, WSMsgType, web

from calls.audio.codec import FRAME_BYTES
from calls.services.stt_stream import Result
from tests.servers.hearing import Book, Heard, Hearing


class TinEar:
    key = "tin-0123456789"

    def __init__(self) -> None:
        self.streams = self.in_progress = 0
        """How many were opened, ever and now."""
        self.hangs = 0
        """So many streams from now on take everything and answer nothing."""
        self._sockets: set[web.WebSocketResponse] = set()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Listens while the block runs; gives its address."""
        app = web.Application()
        app.router.add_get("/stream", self._stream)
        app.router.add_post("/whole", self._whole)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def break_streams(self) -> None:
        for socket in tuple(self._sockets):
            await socket.close(code=WSCloseCode.INTERNAL_ERROR, message=b"out of order")

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self._check(request)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.streams, self.in_progress = self.streams + 1, self.in_progress + 1
        self._sockets.add(socket)
        is_hung, self.hangs = self.hangs > 0, max(0, self.hangs - 1)
        hearing = Hearing(Book())
        try:
            async for message in socket:
                if message.type is not WSMsgType.BINARY or is_hung:
                    continue
                for begin in range(0, len(message.data), FRAME_BYTES):
                    for heard in hearing.hear(message.data[begin:][:FRAME_BYTES]):
                        await socket.send_json([asdict(_result(heard))])
        finally:
            self.in_progress -= 1
            self._sockets.discard(socket)
        return socket

    async def _whole(self, request: web.Request) -> web.StreamResponse:
        self._check(request)
        audio, hearing = await request.read(), Hearing(Book())
        frames = range(0, len(audio) - FRAME_BYTES + 1, FRAME_BYTES)
        heard = [each for begin in frames for each in hearing.hear(audio[begin:][:FRAME_BYTES])]
        finals = (each for each in (*heard, *hearing.finish()) if each.is_final)
        return web.Response(text=" ".join(word for each in finals for word in each.words))

    def _check(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            raise web.HTTPUnauthorized


def _result(heard: Heard) -> Result:
    return Result(" ".join(heard.words), heard.until_ms, heard.is_final)
