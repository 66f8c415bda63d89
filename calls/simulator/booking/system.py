"""The booking system's HTTP. docs/booking.md has what it is asked and what it answers.

Rule: it is asked as a business's own system would be: with its key, by callers' numbers, and with
an idempotency key where it acts; it says no in JSON, with a status that means it.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from calls.simulator.booking.bookings import DAYS, HOURS, Bookings, Taken

HERE = "127.0.0.1"
KEY = "calendar-key-1234567890"
CODE = "2468"
"""What every caller's code is."""


class BookingSystem:
    """`async with BookingSystem(folder) as system:` listens on this machine alone."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._calendar = Bookings(folder / "calendar.sqlite3")
        self._port = port

    @property
    def address(self) -> str:
        return f"http://{HERE}:{self._port}"

    def bookings(self) -> list[tuple[str, int, str]]:
        return self._calendar.all()

    def book(self, day: str, hour: int, name: str, key: str | None = None) -> int:
        """Raises Taken."""
        return self._calendar.book(day, hour, name, key)[0]

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/free", self._free)
        app.router.add_post("/bookings", self._book)
        app.router.add_delete("/bookings/{id:\\d+}", self._cancel)
        app.router.add_get("/mine", self._mine)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HERE, self._port).start()
        except OSError:
            await self._runner.cleanup()
            self._calendar.close()
            raise
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
        if request.headers.get("X-Api-Key") != KEY:
            return _json({"error": "wrong key"}, status=401)
        response: web.StreamResponse = await handler(request)
        return response

    async def _free(self, request: web.Request) -> web.Response:
        day = request.query.get("day", "")
        if day not in DAYS:
            return _json({"error": f"closed on {day}"}, status=404)
        free = [f"{hour}:00" for hour in self._calendar.free(day)]
        return _json({"day": day, "free": free, "_internal": "do not read out"})

    async def _book(self, request: web.Request) -> web.Response:
        asked = await request.json()
        day, hour, name = (asked.get(each) for each in ("day", "hour", "name"))
        if day not in DAYS or hour not in HOURS or not name:
            error = {"error": "day, hour (9 to 16) and name are needed"}
            return _json(error, status=422)
        try:
            made, is_new = self._calendar.book(
                day, hour, name, request.headers.get("Idempotency-Key")
            )
        except Taken:
            later = next((each for each in self._calendar.free(day) if each > hour), None)
            error = {"error": "taken"} | ({"next_free": f"{later}:00"} if later else {})
            return _json(error, status=409)
        booked = {"booking": made, "day": day, "hour": hour}
        return _json(booked, status=201 if is_new else 200)

    async def _cancel(self, request: web.Request) -> web.Response:
        """`by`: only one of theirs."""
        number = int(request.match_info["id"])
        if not self._calendar.cancel(number, request.query.get("by")):
            return _json({"error": "no such booking"}, status=404)
        return _json({"cancelled": number})

    async def _mine(self, request: web.Request) -> web.Response:
        """A caller's bookings, for who knows the code."""
        if request.headers.get("X-Caller-Code") != CODE:
            return _json({"error": "wrong code"}, status=403)
        found = self._calendar.of(request.query.get("by", ""))
        rows = [{"booking": each, "day": day, "hour": f"{hour}:00"} for each, day, hour in found]
        return _json({"bookings": rows})


def _json(data: dict[str, Any], status: int = 200) -> web.Response:
    """Hebrew as it is, to be read by who tries it."""
    text = json.dumps(data, ensure_ascii=False)
    return web.json_response(text=text, status=status)
