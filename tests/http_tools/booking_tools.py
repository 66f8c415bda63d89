"""The three tools with which a number uses the tests' booking system."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from django.test import override_settings

from calls.http_tools import addresses, field_keys
from calls.http_tools.breaker import breaker
from calls.http_tools.hosts import Hosts
from calls.http_tools.http_tool import HttpTool
from calls.telephony.phone_number import PhoneNumber
from tests.servers.booking import KEY, BookingServer

HERE = Hosts.parsed("127.0.0.1")
DAY = {"type": "string", "description": "יום בשבוע"}
HOUR = {"type": "integer", "description": "שעה עגולה, 9 עד 16"}


@asynccontextmanager
async def booking(kind: type[BookingServer] = BookingServer) -> AsyncIterator[BookingServer]:
    """The system, and settings under which tools may ask it."""
    with tempfile.TemporaryDirectory() as folder, override_settings(TOOL_HOSTS=HERE):
        async with kind(Path(folder)) as server:
            try:
                yield server
            finally:
                await addresses.aclose()
                breaker.forget()


def schema(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


def a_tool(server: Any, **fields: Any) -> HttpTool:
    """`free_times`, changed."""
    return HttpTool(
        **{
            "name": "free_times",
            "description": "מה פנוי ביום מסוים.",
            "schema": schema(day=DAY),
            "address": f"{server.address}/free?day={{day}}",
            "headers": {"X-Api-Key": field_keys.sealed(KEY)},
            "paths": "$.free[*]",
            "reads_only": True,
            "says_failed": "היומן לא זמין כרגע.",
            **fields,
        }
    )


def book(server: BookingServer, **fields: Any) -> HttpTool:
    return a_tool(
        server,
        **{
            "name": "book",
            "description": "קובע תור.",
            "schema": schema(day=DAY, hour=HOUR, name={"type": "string"}),
            "method": "POST",
            "address": f"{server.address}/bookings",
            "paths": "",
            "reads_only": False,
            **fields,
        },
    )


def cancel(server: BookingServer, **fields: Any) -> HttpTool:
    return a_tool(
        server,
        **{
            "name": "cancel",
            "description": "מבטל תור.",
            "schema": schema(booking={"type": "integer"}),
            "method": "DELETE",
            "address": f"{server.address}/bookings/{{booking}}",
            "paths": "",
            "reads_only": False,
            **fields,
        },
    )


def keep(number: PhoneNumber, *tools: HttpTool) -> None:
    for tool in tools:
        tool.number = number
        tool.full_clean()
        tool.save()
