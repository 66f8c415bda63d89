"""The pictures of docs/booking.md: what its reader sees who follows it, and the call at its end."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from playwright.sync_api import Page

from calls.services.whisper import model as whisper_model
from calls.simulator import utterances
from calls.simulator.caller import Caller, Say
from calls.simulator.dialling import Dialled, place_call
from tests.dashboard.browser import Operator, chromium
from tests.dashboard.tools import booking_guide
from tests.dashboard.tools.test_booking_guide import booking_system
from tests.server import Server

CALLED = "+972770000092"
"""The guide's number."""


def draw(folder: Path) -> None:
    for language in ("he", "en"):
        theme = "light" if language == "he" else "dark"

        def keep(page: Page, name: str, language: str = language) -> None:
            where = page.locator("#try" if name == "try" else "main")
            where.screenshot(path=folder / f"booking-{name}-{language}.png")

        here = booking_guide.WRITTEN_FOR
        model = f"{whisper_model.default_folder()}"
        with (
            booking_system(int(here.partition(":")[2])),
            Server("hevoice.settings", TOOL_HOSTS=here, WHISPER_MODEL=model) as server,
            chromium() as browser,
        ):
            operator = Operator(browser, server, language=language, theme=theme)
            booking_guide.follow(operator, here, keep)
            _call(server)
            (call,) = server.rows("select id from calls_call")
            page = operator.visit(f"calls/{call['id']}/?turn=2")
            page.wait_for_load_state("networkidle")
            table = page.locator("[aria-labelledby=tools-title]")
            table.screenshot(path=folder / f"booking-call-{language}.png")
            operator.leave()


def _call(server: Server) -> None:
    """As `make call CONVERSATION=booking-tool CALLED=...` places it, which finds its booking system
    by the server's port; this one's is there already."""
    lines = [Say(each) for each in utterances.conversation("booking-tool")]
    placed = place_call(Caller(lines), Dialled(webhook=server.webhook, called=CALLED))
    calling = threading.Thread(target=lambda: asyncio.run(placed))  # the driver has this one's loop
    calling.start()
    calling.join()
