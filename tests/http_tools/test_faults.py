"""Systems that break below HTTP, over real sockets: each fault ends within its deadline, is told to
an operator in words, and what may have acted is never said not to have."""

from __future__ import annotations

import ssl
import tempfile
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiohttp import web
from django.test import SimpleTestCase, override_settings, tag
from django.utils import translation

from calls.http_tools import addresses
from calls.http_tools.asking import Answer, Outcome, Request, ask
from calls.http_tools.hosts import Address
from calls.http_tools.offered import Offered
from calls.http_tools.why import Why, in_words
from calls.language.hebrew import HEBREW
from calls.services import NO_NUMBER
from tests.http_tools.booking_tools import HERE, a_tool, book, booking
from tests.http_tools.test_asking import NAME, certificate
from tests.http_tools.test_offered import BookingStub
from tests.servers.booking import BookingServer
from tests.servers.broken import broken

TEXTS = HEBREW.instructions.outside
BOOKING = {"day": "שלישי", "hour": 10, "name": "דנה"}
LATE_S = 0.4


async def here(host: str, port: int) -> list[Address]:
    return [ip_address("127.0.0.1")]


async def asked(url: str, tls: ssl.SSLContext | None = None, **changed: Any) -> Answer:
    """With a pool of its own, in which every name is this machine's."""
    with override_settings(TOOL_HOSTS=HERE):
        resolve = changed.pop("resolve", here)
        async with addresses.new_pool(tls, resolve) as pool:
            given = {"deadline_s": LATE_S, "may_repeat": False, **changed}
            return await ask(Request("GET", url), pool=pool, **given)


@tag("protocol")
class BelowHttpTests(SimpleTestCase):
    async def test_every_fault_ends_in_time_and_has_its_word(self) -> None:
        for fault, outcome, why in (
            ("says nothing", Outcome.FAILED, Why.BROKE),
            ("no http", Outcome.FAILED, Why.NOT_HTTP),
            ("half an answer", Outcome.FAILED, Why.BROKE),
            ("endless headers", Outcome.FAILED, Why.NOT_HTTP),
            ("hangs", Outcome.LATE, Why.SLOW),
            ("dribbles", Outcome.LATE, Why.SLOW),
        ):
            async with broken(fault) as port:
                answer = await asked(f"http://127.0.0.1:{port}/")
            with self.subTest(fault):
                self.assertEqual((answer.outcome, answer.why.partition(": ")[0]), (outcome, why))
                self.assertTrue(answer.was_sent)
                self.assertLess(answer.took_ms, 1000 * LATE_S + 300)

    async def test_what_was_never_reached_has_not_acted(self) -> None:
        for url, resolve, why in (
            ("http://127.0.0.1:1/", here, Why.NO_CONNECTION),
            ("https://gone.invalid/", addresses.resolved, Why.NO_ADDRESS),
            (f"https://{'a' * 64}.example/", addresses.resolved, Why.NO_ADDRESS),
        ):
            answer = await asked(url, resolve=resolve, deadline_s=5)
            with self.subTest(url):
                self.assertEqual((answer.outcome, answer.why), (Outcome.FAILED, why))
                self.assertFalse(answer.was_sent)

    async def test_a_certificate_that_is_not_valid_and_none_at_all(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            theirs, trusting = certificate(Path(folder), "other.example")
            for tls, ours, why in (
                (theirs, trusting, Why.CERTIFICATE),
                (theirs, None, Why.CERTIFICATE),
                (None, trusting, Why.NO_TLS),
            ):
                async with broken("no http", tls) as port:
                    answer = await asked(f"https://{NAME}:{port}/", ours)
                with self.subTest(why):
                    self.assertEqual(answer.why.partition(": ")[0], why)
                    self.assertFalse(answer.was_sent, "nothing was said to whoever it is")

    async def test_a_number_that_nobody_can_read_is_no_json(self) -> None:
        async with broken("a number of 5000 digits") as port:
            answer = await asked(f"http://127.0.0.1:{port}/")
        self.assertEqual(answer.outcome, Outcome.DONE)
        self.assertEqual(Offered(a_tool(BookingStub())).fitting(answer).why, Why.NO_JSON)


class WhyTests(SimpleTestCase):
    def test_every_word_is_a_sentence_in_hebrew(self) -> None:
        with translation.override("he"):
            for why in Why:
                said, detail = in_words(f"{why.value}: 5 s")
                with self.subTest(why):
                    self.assertRegex(said, "[א-ת]")
                    self.assertEqual(detail, "5 s")
        self.assertEqual(in_words("hour is missing"), ("", "hour is missing"))


class OddServer(BookingServer):
    """It does what it is asked, and says so oddly."""

    says, kind = "OK", "text/plain"

    async def _book(self, request: web.Request) -> web.Response:
        await super()._book(request)
        return web.Response(text=self.says, status=201, content_type=self.kind)

    async def _free(self, request: web.Request) -> web.Response:
        return web.Response(text=self.says, content_type=self.kind)


class PageServer(OddServer):
    """It answers with somebody's sign-in page, whatever it is asked."""

    says, kind = "<!DOCTYPE html><title>Sign in</title>", "text/html"


@tag("protocol")
class ActedTests(SimpleTestCase):
    async def test_an_act_that_is_answered_without_json_may_have_been_done(self) -> None:
        async with booking(OddServer) as server:
            tool = book(server, paths="$.booking", says_failed="")
            with self.assertLogs("calls.http_tools", "WARNING"):
                done = await Offered(tool).tool.run(NO_NUMBER, BOOKING)
            self.assertEqual(len(server.bookings()), 1)
            self.assertEqual(done.told, TEXTS.unknown)
            self.assertIn(TEXTS.unknown, done.note)

    async def test_without_parts_that_are_wanted_any_answer_will_do(self) -> None:
        async with booking(OddServer) as server:
            done = await Offered(book(server)).tool.run(NO_NUMBER, BOOKING)
        self.assertEqual(done.told, TEXTS.answered.format(data='"OK"'))

    async def test_a_web_page_is_no_answer_and_what_acts_may_have_been_done(self) -> None:
        async with booking(PageServer) as server:
            looks_up, acts = a_tool(server, paths="", says_failed=""), book(server, says_failed="")
            for tool, given, told in (
                (looks_up, {"day": "שלישי"}, TEXTS.failed),
                (acts, BOOKING, TEXTS.unknown),
            ):
                with (
                    self.subTest(tool.name),
                    self.assertLogs("calls.http_tools", "WARNING") as log,
                ):
                    done = await Offered(tool).tool.run(NO_NUMBER, given)
                self.assertEqual(done.told, told)
                self.assertIn(Why.WEB_PAGE, log.output[0])

    async def test_json_that_is_called_a_page_and_no_text_at_all_are_answers(self) -> None:
        """Some systems call all that they send text/html."""
        for says, data in (('{"free": []}', '{"free": []}'), ("", '""')):
            async with booking(PageServer) as server:
                assert isinstance(server, PageServer)
                server.says = says
                done = await Offered(a_tool(server, paths="")).tool.run(NO_NUMBER, {"day": "x"})
            self.assertEqual(done.told, TEXTS.answered.format(data=data))


@tag("protocol")
class RebindingTests(SimpleTestCase):
    async def test_a_name_that_leads_inside_the_second_time_is_not_followed(self) -> None:
        """The first attempt breaks; the name then means what a cloud tells its machines."""
        meant = [[ip_address("127.0.0.1")], [ip_address("169.254.169.254")]]
        looked_up = 0

        async def rebinding(host: str, port: int) -> list[Address]:
            nonlocal looked_up
            looked_up += 1
            return meant.pop(0)

        async with broken("says nothing") as port:
            url = f"http://127.0.0.1:{port}/"
            answer = await asked(url, resolve=rebinding, may_repeat=True)
        self.assertEqual((answer.outcome, answer.attempts), (Outcome.FORBIDDEN, 2))
        self.assertEqual(looked_up, 2, "once for each connection")
        self.assertEqual(answer.why, "inside: 127.0.0.1 = 169.254.169.254")
        self.assertTrue(answer.was_sent, "the first time")

    async def test_an_address_that_is_its_own_name_is_said_once(self) -> None:
        answer = await asked("https://10.0.0.5/", resolve=addresses.resolved)
        self.assertEqual(answer.why, "inside: 10.0.0.5")
