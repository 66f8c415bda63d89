"""The demo's booking system, which notes what it is asked and, by `fault`, fails as systems do."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from aiohttp import web

from calls.simulator.booking.system import KEY as KEY
from calls.simulator.booking.system import BookingSystem

HUGE = 300_000
HANGS_S = 3600.0


class BookingServer(BookingSystem):
    """`async with BookingServer(folder) as server:` listens on 127.0.0.1."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        super().__init__(folder, port)
        self.fault = ""
        """One of: 500, wrong json, huge, hangs, drops, moved, packed; or seconds that every answer
        takes. `once` before it: only the next request."""
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        """Method, path with query, headers, and the body's JSON, in order."""
        self.callers: dict[str, object] = {}
        """What is known of who calls, by their number: /callers/NUMBER tells it."""

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        body = json.loads(await request.text() or "null")
        self.requests.append((request.method, request.path_qs, dict(request.headers), body))
        if request.headers.get("X-Api-Key") != KEY:
            return web.json_response({"error": "wrong key"}, status=401)
        fault = self.fault.removeprefix("once ")
        if self.fault.startswith("once "):
            self.fault = ""
        match fault:
            case "500":
                return web.Response(status=500, text="<h1>Internal Server Error</h1>")
            case "wrong json":
                return web.Response(text='{"free": [', content_type="application/json")
            case "huge":
                return web.json_response({"free": ["x" * 100] * (HUGE // 100)})
            case "hangs":
                await asyncio.sleep(HANGS_S)
            case "drops" if request.transport:
                request.transport.abort()
            case "moved":
                return web.Response(status=302, headers={"Location": "http://169.254.169.254/"})
            case "packed":
                return web.Response(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
            case seconds if seconds:
                await asyncio.sleep(float(seconds))
        if request.path.startswith("/callers/"):
            return self._caller(request.path.removeprefix("/callers/"))
        response: web.StreamResponse = await handler(request)
        return response

    def _caller(self, number: str) -> web.Response:
        if (known := self.callers.get(number)) is None:
            return web.json_response({"error": "nobody"}, status=404)
        return web.json_response({"customer": {"name": known, "debt": 120}})
