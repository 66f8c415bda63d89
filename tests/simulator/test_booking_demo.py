"""The demo's number and booking system: at work in a whole call, and open to nobody else."""

from __future__ import annotations

import os
import tempfile
from io import StringIO
from pathlib import Path
from typing import Any

from aiohttp import web
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase, TransactionTestCase, override_settings, tag

from calls.http_tools import tool_use
from calls.http_tools.hosts import Hosts
from calls.http_tools.http_tool import HttpTool
from calls.http_tools.tool_use import ToolUse
from calls.management.commands.booking_system import who_may_ask
from calls.management.commands.call import DEVELOPMENT_ONLY
from calls.services.openai.writer import OpenAiWriter
from calls.services.receptionist.desk import serves_own
from calls.services.receptionist.writer import Receptionist
from calls.services.tool_use.acts import all_done
from calls.simulator import printed, utterances
from calls.simulator.booking import demo
from calls.simulator.booking.system import HERE, KEY
from calls.telephony.phone_number import PhoneNumber
from tests.fakes import FakeSpeaker, FakeTranscriber, tuned
from tests.http_tools.booking_tools import booking
from tests.phone import PhoneCall, conversation_of, services
from tests.servers import free_port
from tests.services.openai_turns import exact

LINES = [each.text for each in utterances.conversation("booking-tool")]


class OpenedTests(SimpleTestCase):
    def test_a_development_server_is_opened_to_one_port_of_this_machine(self) -> None:
        hosts = Hosts.parsed(demo.opened_for(8000)["TOOL_HOSTS"])
        self.assertTrue(hosts.lists(HERE, port=8090))
        for host, port in ((HERE, 8000), (HERE, 80), ("127.0.0.2", 8090), ("10.0.0.1", 8090)):
            with self.subTest(host, port=port):
                self.assertFalse(hosts.lists(host, port=port))

    def test_what_the_deployer_lists_stays(self) -> None:
        before = os.environ.get("TOOL_HOSTS")
        os.environ["TOOL_HOSTS"] = "calendar.lan"
        try:
            self.assertTrue(demo.opened_for(8000)["TOOL_HOSTS"].startswith("calendar.lan,"))
        finally:
            del os.environ["TOOL_HOSTS"]
            if before is not None:
                os.environ["TOOL_HOSTS"] = before

    def test_a_server_that_is_reached_from_outside_is_never_opened(self) -> None:
        for reached in ({"PUBLIC_HOST": "voice.example.org"}, {"TWILIO_AUTH_TOKEN": "secret"}):
            with self.subTest(reached), override_settings(**reached):
                self.assertEqual(demo.opened_for(8000), {})
                with self.assertRaisesMessage(CommandError, DEVELOPMENT_ONLY):
                    call_command("call", conversation="booking-tool", stdout=StringIO())

    def test_only_make_run_opens_one(self) -> None:
        """A deployment starts daphne, which reads TOOL_HOSTS and nothing of the demo."""
        folders = ("calls", "dashboard", "hevoice", "tuning")
        using = {
            path.relative_to(settings.BASE_DIR).as_posix()
            for folder in folders
            for path in (settings.BASE_DIR / folder).rglob("*.py")
            if "opened_for" in path.read_text()
        }
        allowed = {"calls/management/commands/run.py", "calls/simulator/booking/demo.py"}
        self.assertEqual(using, allowed)

    def test_a_server_elsewhere_is_not_called_with_it(self) -> None:
        with self.assertRaisesMessage(CommandError, DEVELOPMENT_ONLY):
            call_command(
                "call", conversation="booking-tool", webhook="http://10.0.0.5:8000/twilio/voice"
            )

    def test_the_booking_system_says_which_server_may_ask_it(self) -> None:
        for server_port in (8000, 8300):
            with override_settings(PORT=server_port):
                beside = demo.port_beside(server_port)
                hosts = Hosts.parsed(demo.opened_for(server_port)["TOOL_HOSTS"])
                self.assertTrue(hosts.lists(HERE, port=beside))
                self.assertIn(f"started on port {server_port} may", who_may_ask(beside))
                self.assertIn("TOOL_HOSTS=127.0.0.1:9001", who_may_ask(9001))
        with override_settings(PUBLIC_HOST="voice.example.org", PORT=8000):
            self.assertIn("TOOL_HOSTS=127.0.0.1:8090", who_may_ask(8090))


class NumberTests(TestCase):
    def test_its_tools_are_good_and_as_they_should_be_however_often_it_is_made(self) -> None:
        made = demo.number(8090)
        HttpTool.objects.create(number=made, name="own", address="https://a.example")
        made.http_tools.filter(name="book").update(address="https://b.example", method="GET")
        self.assertEqual(demo.number(8190).pk, made.pk)
        for tool in made.http_tools.exclude(name="own"):
            with self.subTest(tool.name):
                tool.full_clean()
                self.assertTrue(tool.address.startswith("http://127.0.0.1:8190/"))
                self.assertFalse(tool.unreadable_headers())
        self.assertEqual(made.http_tools.count(), 5)
        called = made.as_called(caller="+972501234567")
        self.assertTrue(serves_own(called.own_tools))


@tag("protocol")
class ServingTests(SimpleTestCase):
    async def test_one_that_listens_is_used_and_what_is_kept_stays(self) -> None:
        port = free_port()
        with tempfile.TemporaryDirectory() as folder:
            for _time in range(2):
                kept, again = demo.serving(port, Path(folder)), demo.serving(port)
                async with kept as address, again as used:
                    self.assertEqual(used, address)

    async def test_a_port_that_something_else_has_is_said(self) -> None:
        runner = web.AppRunner(web.Application())
        await runner.setup()
        site = web.TCPSite(runner, HERE, 0)
        await site.start()
        port = runner.addresses[0][1]
        with self.assertRaisesMessage(demo.PortTaken, f"port {port} is taken"):
            async with demo.serving(port):
                self.fail("it is not ours")
        await runner.cleanup()


@tag("protocol")
class CallTests(TransactionTestCase):
    """The lines of `make call CONVERSATION=booking-tool`, by both writers that need no key."""

    async def held(self, writer: type[Any]) -> list[str]:
        hearing = tuned(FakeTranscriber, sayings=tuple(LINES), delay_s=0.01)
        async with booking() as system, exact():
            system.book(*demo.TAKEN, "תפוס")
            number = await PhoneNumber.objects.acreate(number="+97233333333", name="מרפאה")
            for name, fields in demo._tools(system.address).items():
                await HttpTool.objects.acreate(number=number, name=name, **fields)
            with services(hearing, writer, tuned(FakeSpeaker, first_byte_s=0.01)):
                async with PhoneCall(speed=10) as phone:
                    await phone.until_quiet()
                    for _line in LINES[:-1]:
                        turn = conversation_of("CA1").turns.turn
                        await phone.say("MMMMMMMM")
                        await phone.until(lambda: conversation_of("CA1").turns.turn > turn)  # noqa: B023
                        await phone.until_quiet()
                turns = await phone.turns()
            await all_done(10)
            await tool_use.all_kept()
            self.assertEqual(system.bookings(), [(*demo.TAKEN, "תפוס")])
            booked = [body for method, _path, _h, body in system.requests if method == "POST"]
            self.assertEqual(booked[0], {"day": "שלישי", "hour": 10, "name": booked[0]["name"]})
            self.assertTrue(booked[0]["name"].startswith("+"), "the caller's number")
        uses = [each async for each in ToolUse.objects.all()]
        self.assertEqual(
            [(use.name, use.outcome) for use in uses],
            [("free_times", "done"), ("book", "done"), ("book", "refused"), ("cancel", "done")],
        )
        self.assertNotIn(KEY, printed.tools_text(uses, 140))
        for shown in ("free_times", "day: שלישי, hour: 10", "409", "refused"):
            self.assertIn(shown, printed.tools_text(uses, 140))
        self.assertIn("tools", printed.turns_text(turns, [], 140))
        return [turn.answered for turn in turns[1:]]

    async def test_the_embedded_receptionist(self) -> None:
        self.assertEqual((await self.held(Receptionist))[-1][:10], "התור בוטל.")

    async def test_the_scripted_model(self) -> None:
        self.assertIn("התור בוטל.", (await self.held(OpenAiWriter))[-1])
