"""The booking system of docs/booking.md, on this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from calls.simulator.booking import demo
from calls.simulator.booking.system import CODE, HERE, KEY


class Command(BaseCommand):
    help = "Serve a small booking system, to try a number's tools on (docs/booking.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        port = demo.port_beside(settings.PORT)
        parser.add_argument("--port", type=int, default=port, help="on 127.0.0.1")

    def handle(self, *args: Any, **options: Any) -> None:
        with suppress(KeyboardInterrupt):
            asyncio.run(self._serve(options["port"]))

    async def _serve(self, port: int) -> None:
        folder = Path(settings.VAR_DIR) / "booking_system"
        try:
            async with demo.serving(port, folder) as address:
                self.stdout.write(
                    f"Address       {address}   (its calendar: {folder})\n"
                    f"Header        X-Api-Key: {KEY}\n"
                    f"Callers' code {CODE}\n"
                    f"{who_may_ask(port)}\nCtrl-C stops it."
                )
                self.stdout.flush()
                await asyncio.Event().wait()
        except demo.PortTaken as error:
            raise CommandError(f"{error}") from None


def who_may_ask(port: int) -> str:
    """`make run` opens its server to one port, by the server's own."""
    if demo.is_development() and port == demo.port_beside(settings.PORT):
        return (
            f"A server that `make run` started on port {settings.PORT} may ask it. For one on "
            "another port: PORT=8300 .venv/bin/python manage.py booking_system"
        )
    return f"A server may ask it that was started with TOOL_HOSTS={HERE}:{port}."
