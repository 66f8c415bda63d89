"""A number whose tools use the booking system, and that system for the length of a call.

Rule: the system listens on this machine alone, at a port of its own beside the server's, and a
server is opened to that one port only by `make run`, and only where nobody reaches it from outside:
never by what a deployment starts (daphne), nor where PUBLIC_HOST is set.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpcore2
from django.conf import settings

from calls.http_tools import field_keys, parameters
from calls.http_tools.callers_code import Asks
from calls.http_tools.http_tool import HttpTool
from calls.simulator.booking.bookings import DAYS, HOURS, Taken
from calls.simulator.booking.system import HERE, KEY, BookingSystem
from calls.telephony.phone_number import PhoneNumber

NUMBER, NAME = "+972770000090", "הדגמה: קביעת תורים"
CONVERSATION = "booking-tool"
PORTS_ABOVE = 90
"""The server's port."""
TAKEN = "שלישי", 11
DAY = {"type": "string", "description": "יום בשבוע", "enum": [*DAYS]}
HOUR = {"type": "integer", "description": f"שעה עגולה, {HOURS[0]} עד {HOURS[-1]}"}
FAILED = "היומן לא זמין כרגע."


class PortTaken(Exception):
    """Something else listens there."""


def port_beside(server_port: int) -> int:
    beside = server_port + PORTS_ABOVE
    return beside if beside < 2**16 else server_port - PORTS_ABOVE


def is_development() -> bool:
    """Nobody but this machine reaches the server."""
    return not (settings.PUBLIC_HOST or settings.TWILIO_AUTH_TOKEN)


def opened_for(server_port: int) -> dict[str, str]:
    """What `make run` tells the server that it starts, besides: nothing where it is no development
    server."""
    if not is_development():
        return {}
    listed = os.environ.get("TOOL_HOSTS", "").strip()
    return {"TOOL_HOSTS": ",".join(filter(None, (listed, f"{HERE}:{port_beside(server_port)}")))}


def number(port: int) -> PhoneNumber:
    """The demo's number, with its tools as they should be."""
    made, _is_new = PhoneNumber.objects.get_or_create(number=NUMBER, defaults={"name": NAME})
    for name, fields in _tools(f"http://{HERE}:{port}").items():
        HttpTool.objects.update_or_create(number=made, name=name, defaults=fields)
    return made


def _tools(address: str) -> dict[str, dict[str, Any]]:
    """docs/booking.md has the same, field by field."""
    shared = {"headers": {"X-Api-Key": field_keys.sealed(KEY)}, "says_failed": FAILED}
    return {
        "free_times": shared
        | {
            "description": "מה פנוי ביום מסוים.",
            "schema": _schema(day=DAY),
            "address": f"{address}/free?day={{day}}",
            "paths": "$.free[*]",
            "reads_only": True,
        },
        "book": shared
        | {
            "description": "קובע תור ביום ובשעה, למי שעל הקו.",
            "schema": _schema(day=DAY, hour=HOUR),
            "method": "POST",
            "address": f"{address}/bookings",
            "body": '{"day": "{day}", "hour": "{hour}", "name": "{caller}"}',
            "may_repeat": True,
        },
        "cancel": shared
        | {
            "description": "מבטל תור של מי שעל הקו, לפי המספר שהתקבל כשנקבע.",
            "schema": _schema(booking={"type": "integer", "description": "מספר התור"}),
            "method": "DELETE",
            "address": f"{address}/bookings/{{booking}}?by={{caller}}",
        },
        "my_bookings": shared
        | {
            "description": "התורים של מי שעל הקו.",
            "schema": parameters.NO_PARAMETERS,
            "address": f"{address}/mine?by={{caller}}",
            "paths": "$.bookings[*]",
            "reads_only": True,
            "asks_code": Asks.DIGITS,
        },
    }


def _schema(**properties: dict[str, Any]) -> dict[str, Any]:
    return parameters.NO_PARAMETERS | {"properties": properties, "required": [*properties]}


@asynccontextmanager
async def serving(port: int, folder: Path | None = None) -> AsyncIterator[str]:
    """Its address while it listens; one that listens there already is used. folder: where the
    calendar is kept; None: it is forgotten. Raises PortTaken."""
    address = f"http://{HERE}:{port}"
    with tempfile.TemporaryDirectory() as forgotten:
        system = BookingSystem(folder or Path(forgotten), port)
        try:
            await system.__aenter__()
        except OSError:
            if not await asyncio.to_thread(_is_ours, address):
                raise PortTaken(f"port {port} is taken: the booking system needs it") from None
            yield address
            return
        try:
            with suppress(Taken):  # a kept calendar has it
                system.book(*TAKEN, "תפוס")
            yield address
        finally:
            await system.__aexit__(None, None, None)


def _is_ours(address: str) -> bool:
    try:
        answer = httpcore2.request(
            "GET",
            f"{address}/mine",
            headers={"X-Api-Key": KEY},
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), 2.0)},
        )
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException):
        return False
    return answer.status == 403 and b"wrong code" in answer.content
