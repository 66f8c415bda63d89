"""The guide says what works: its values are the demo's, and who follows it has three good tools."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.test import SimpleTestCase, tag

from calls.simulator.booking import demo
from calls.simulator.booking.system import CODE, KEY
from tests.dashboard.browser import Operator, chromium
from tests.dashboard.tools import booking_guide
from tests.server import Server
from tests.servers import free_port


@contextmanager
def booking_system(port: int) -> Iterator[None]:
    """In a thread: the browser's own driver has this one's loop."""
    loop, is_there, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with demo.serving(port):
            is_there.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    is_there.wait(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)


class ValuesTests(SimpleTestCase):
    def test_the_guide_has_the_demos_values(self) -> None:
        text = booking_guide.GUIDE.read_text()
        for name, fields in demo._tools(f"http://{booking_guide.WRITTEN_FOR}").items():
            for value in (name, *map(fields.get, ("description", "address", "body", "paths"))):
                with self.subTest(name, value=value):
                    self.assertIn(f"`{value or name}`", text)
        for value in (KEY, CODE, demo.NUMBER, demo.FAILED):
            self.assertIn(value, text)


@tag("browser")
class FollowedTests(SimpleTestCase):
    def test_who_follows_it_has_three_tools_that_work(self) -> None:
        port = free_port()
        with (
            booking_system(port),
            Server("tests.fake_settings", TOOL_HOSTS=f"127.0.0.1:{port}") as server,
            chromium() as browser,
        ):
            operator = Operator(browser, server, language="en")
            shown = dict[str, str]()
            number = booking_guide.follow(
                operator,
                f"127.0.0.1:{port}",
                lambda page, name: shown.update({name: page.inner_text("main")}),
            )
            self.assertIn('{"$.free[*]": ["9:00", "10:00", "12:00"', shown["try"])
            self.assertIn("HTTP 200", shown["try"])
            self.assertNotIn(KEY, shown["try"])
            listed = operator.visit(f"{number}tools/").inner_text("main")
            for name in ("free_times", "book", "cancel"):
                self.assertIn(name, listed)
            kept = server.rows("select name, address, body, reads_only from calls_httptool")
            wanted = demo._tools(f"http://127.0.0.1:{port}")
            for row in kept:
                fields = wanted[row["name"]]
                self.assertEqual(row["address"], fields["address"])
                self.assertEqual(row["body"], fields.get("body", ""))
                self.assertEqual(bool(row["reads_only"]), fields.get("reads_only", False))
            self.assertEqual(len(kept), 3)
            operator.leave()
            self.assertEqual(operator.complaints, [])
