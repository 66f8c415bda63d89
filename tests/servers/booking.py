"""A business's booking system on this machine: real HTTP, a real calendar in SQLite.

It lists what is free on a day, books an hour of it (409 where it is taken; the same idempotency key
books once), tells a booking by its number and cancels it. `fault` has it fail as systems do.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

HOURS = range(9, 17)
KEY = "calendar-key-1234567890"
HUGE = 300_000
HANGS_S = 3600.0
DAYS = ("ראשון", "שני", "שלישי", "רביעי", "חמישי")


class BookingServer:
    """`async with BookingServer(folder) as server:` listens on 127.0.0.1."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._calendar = sqlite3.connect(folder / "calendar.sqlite3")
        self._calendar.execute(
            "CREATE TABLE booking (id INTEGER PRIMARY KEY, day TEXT, hour INTEGER, name TEXT,"
            " key TEXT UNIQUE, UNIQUE (day, hour))"
        )
        self.fault = ""
        """One of: 500, wrong json, huge, hangs, drops, moved, packed; or seconds that every answer
        takes. `once` before it: only the next request."""
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        """Method, path with query, headers, and the body's JSON, in order."""
        self.callers: dict[str, object] = {}
        """What is known of who calls, by their number."""
        self._port = port

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def bookings(self) -> list[tuple[str, int, str]]:
        found = self._calendar.execute("SELECT day, hour, name FROM booking ORDER BY day, hour")
        return [(str(day), int(hour), str(name)) for day, hour, name in found]

    def book(self, day: str, hour: int, name: str, key: str | None = None) -> int:
        """sqlite3.IntegrityError: it is taken."""
        values = (day, hour, name, key)
        with self._calendar:
            made = self._calendar.execute(
                "INSERT INTO booking (day, hour, name, key) VALUES (?, ?, ?, ?)", values
            )
        assert made.lastrowid
        return made.lastrowid

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/free", self._free)
        app.router.add_get("/callers/{number}", self._caller)
        app.router.add_post("/bookings", self._book)
        app.router.add_delete("/bookings/{id:\\d+}", self._cancel)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()
        self._calendar.close()

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
        response: web.StreamResponse = await handler(request)
        return response

    async def _free(self, request: web.Request) -> web.Response:
        day = request.query.get("day", "")
        if day not in DAYS:
            return web.json_response({"error": f"closed on {day}"}, status=404)
        taken = {hour for on, hour, _name in self.bookings() if on == day}
        free = [f"{hour}:00" for hour in HOURS if hour not in taken]
        return web.json_response({"day": day, "free": free, "_internal": "do not read out"})

    async def _caller(self, request: web.Request) -> web.Response:
        if (known := self.callers.get(request.match_info["number"])) is None:
            return web.json_response({"error": "nobody"}, status=404)
        return web.json_response({"customer": {"name": known, "debt": 120}})

    async def _book(self, request: web.Request) -> web.Response:
        asked = await request.json()
        day, hour, name = asked["day"], asked["hour"], asked["name"]
        key = request.headers.get("Idempotency-Key")
        done = self._calendar.execute("SELECT id FROM booking WHERE key = ?", (key,)).fetchone()
        if key and done:
            return web.json_response({"booking": done[0], "day": day, "hour": hour})
        try:
            made = self.book(day, hour, name, key)
        except sqlite3.IntegrityError:
            taken = {on_hour for on, on_hour, _name in self.bookings() if on == day}
            free = next((each for each in HOURS if each > hour and each not in taken), None)
            error = {"error": "taken", "next_free": free and f"{free}:00"}
            return web.json_response(error, status=409)
        return web.json_response({"booking": made, "day": day, "hour": hour}, status=201)

    async def _cancel(self, request: web.Request) -> web.Response:
        with self._calendar:
            gone = self._calendar.execute(
                "DELETE FROM booking WHERE id = ?", (request.match_info["id"],)
            )
        if not gone.rowcount:
            return web.json_response({"error": "no such booking"}, status=404)
        return web.json_response({"cancelled": int(request.match_info["id"])})
