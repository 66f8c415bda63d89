"""One use of a tool against the booking system, and over TLS: deadlines, second attempts, what is
read, and that a connection goes where the name led when it was checked."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpcore2
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import SimpleTestCase, override_settings, tag

from calls.http_tools import addresses
from calls.http_tools.asking import LARGEST, Answer, Outcome, Request, ask
from calls.http_tools.breaker import FAILURES, REST_S, Breaker
from calls.http_tools.hosts import Address, Hosts
from tests.http_tools.booking_tools import HERE, a_tool, book, booking
from tests.servers.booking import KEY

NAME = "calendar.example"


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side with a certificate for this name, and a client's side that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "cert").write_bytes(made.public_bytes(pem))
    (folder / "key").write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert", folder / "key")
    return server, ssl.create_default_context(cafile=f"{folder / 'cert'}")


@tag("protocol")
class AskTests(SimpleTestCase):
    async def asked(self, tool: Any, key: str = "", **given: Any) -> Answer:
        answer: Answer = await ask(
            tool.request(given, key), deadline_s=tool.deadline_s, may_repeat=tool.is_repeatable
        )
        return answer

    async def test_what_only_looks_is_tried_twice_and_what_acts_once(self) -> None:
        async with booking() as server:
            server.fault = "once 500"
            answer = await self.asked(a_tool(server), day="שלישי")
            self.assertEqual((answer.outcome, answer.attempts), (Outcome.DONE, 2))
            server.fault = "once 500"
            answer = await self.asked(book(server), day="שלישי", hour=10, name="דנה")
            self.assertEqual((answer.outcome, answer.attempts), (Outcome.FAILED, 1))
            self.assertEqual(server.bookings(), [])

    async def test_what_may_be_tried_again_is_under_the_same_key(self) -> None:
        given = {"day": "שלישי", "hour": 10, "name": "דנה"}
        async with booking() as server:
            server.fault = "once drops"
            answer = await self.asked(book(server, may_repeat=True), "CA1-2-1-x", **given)
            self.assertEqual((answer.outcome, answer.attempts), (Outcome.DONE, 2))
            keys = [headers["Idempotency-Key"] for _m, _p, headers, _b in server.requests]
            self.assertEqual(keys, ["CA1-2-1-x"] * 2)
            answer = await self.asked(book(server, may_repeat=True), "CA1-2-1-x", **given)
            self.assertEqual(answer.outcome, Outcome.DONE)
            self.assertEqual(server.bookings(), [("שלישי", 10, "דנה")])

    async def test_the_deadline_is_of_an_attempt(self) -> None:
        async with booking() as server:
            server.fault = "once hangs"
            answer = await self.asked(a_tool(server, deadline_s=0.5), day="שלישי")
            self.assertEqual((answer.outcome, answer.attempts), (Outcome.DONE, 2))
            self.assertGreater(answer.took_ms, 500)

    async def test_a_refusal_is_an_answer_and_a_wrong_key_is_a_failure(self) -> None:
        async with booking() as server:
            answer = await self.asked(a_tool(server), day="שבת")
            self.assertEqual((answer.outcome, answer.status), (Outcome.REFUSED, 404))
            answer = await self.asked(a_tool(server, headers={}), day="שלישי")
            self.assertEqual((answer.outcome, answer.status), (Outcome.FAILED, 401))

    async def test_no_more_is_read_than_is_wanted(self) -> None:
        async with booking() as server:
            server.fault = "huge"
            answer = await self.asked(a_tool(server), day="שלישי")
        self.assertTrue(answer.is_cut)
        self.assertEqual(len(answer.text), LARGEST)

    async def test_a_redirect_is_not_followed(self) -> None:
        async with booking() as server:
            server.fault = "moved"
            answer = await self.asked(a_tool(server), day="שלישי")
        self.assertEqual((answer.outcome, answer.status), (Outcome.FAILED, 302))

    async def test_without_being_listed_this_machine_is_not_asked_nor_anything_without_tls(
        self,
    ) -> None:
        async with booking() as server:
            with override_settings(TOOL_HOSTS=Hosts()):
                answer = await self.asked(a_tool(server), day="שלישי")
            self.assertEqual((answer.outcome, answer.attempts), (Outcome.FORBIDDEN, 0))
            self.assertEqual(answer.why, f"http: {server.address.removeprefix('http://')}")
            with override_settings(TOOL_HOSTS=Hosts()):
                tls = server.address.replace("http:", "https:")
                answer = await self.asked(a_tool(server, address=f"{tls}/{{day}}"), day="שלישי")
            self.assertEqual(answer.outcome, Outcome.FORBIDDEN)
            self.assertEqual(server.requests, [])

    async def test_one_connection_serves_one_use_after_another(self) -> None:
        async with booking() as server:
            for _use in range(3):
                await self.asked(a_tool(server), day="שלישי")
            self.assertEqual(len(addresses.pool().connections), 1)

    async def test_no_log_has_what_goes_out_or_comes_in_however_much_it_says(self) -> None:
        async with booking() as server:
            with self.assertLogs(level="DEBUG") as logged:
                await self.asked(book(server), day="שלישי", hour=10, name="דנה")
        for secret in (KEY, "דנה", 'booking":'):
            self.assertNotIn(secret, f"{logged.output}")

    def test_what_is_shown_of_a_request_or_an_answer_holds_no_secret(self) -> None:
        request = Request("GET", "https://a.example/", (("X-Api-Key", "s3cret"),), b"s3cret")
        self.assertNotIn("s3cret", f"{request!r}{Answer(Outcome.DONE, text='s3cret')!r}")


@tag("protocol")
class PinnedTests(SimpleTestCase):
    """A name that leads somewhere else each time it is asked for."""

    @asynccontextmanager
    async def served(self, name: str) -> AsyncIterator[tuple[int, ssl.SSLContext]]:
        async def hello(request: web.Request) -> web.Response:
            return web.json_response({"host": request.host})

        app = web.Application()
        app.router.add_get("/", hello)
        with tempfile.TemporaryDirectory() as folder:
            theirs, ours = certificate(Path(folder), name)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=theirs).start()
            try:
                yield runner.addresses[0][1], ours
            finally:
                await runner.cleanup()

    async def answer(self, port: int, pool: httpcore2.AsyncConnectionPool) -> Answer:
        async with pool:
            request = Request("GET", f"https://{NAME}:{port}/")
            return await ask(request, deadline_s=2, may_repeat=False, pool=pool)

    async def test_the_address_that_was_checked_is_asked_by_the_name(self) -> None:
        looked_up: list[str] = []

        async def here(host: str, port: int) -> list[Address]:
            looked_up.append(host)
            return [ip_address("127.0.0.1")]

        async with self.served(NAME) as (port, tls):
            with override_settings(TOOL_HOSTS=HERE):
                answer = await self.answer(port, addresses.new_pool(tls, here))
        self.assertEqual(
            (answer.outcome, answer.text), (Outcome.DONE, f'{{"host": "{NAME}:{port}"}}')
        )
        self.assertEqual(looked_up, [NAME], "once for a connection")

    async def test_a_certificate_for_another_name_is_refused(self) -> None:
        async def here(host: str, port: int) -> list[Address]:
            return [ip_address("127.0.0.1")]

        async with self.served("other.example") as (port, tls):
            with override_settings(TOOL_HOSTS=HERE):
                answer = await self.answer(port, addresses.new_pool(tls, here))
        self.assertEqual(answer.outcome, Outcome.FAILED)
        self.assertIn("certificate", answer.why)

    async def test_of_several_addresses_only_those_on_the_internet_are_tried(self) -> None:
        async def both(host: str, port: int) -> list[Address]:
            return [ip_address("169.254.169.254"), ip_address("127.0.0.1")]

        async with self.served(NAME) as (port, tls):
            with override_settings(TOOL_HOSTS=HERE):
                answer = await self.answer(port, addresses.new_pool(tls, both))
            self.assertEqual(answer.outcome, Outcome.DONE)
            answer = await self.answer(port, addresses.new_pool(tls, both))
            self.assertEqual(answer.outcome, Outcome.FORBIDDEN)

    async def test_a_name_server_that_hangs_costs_the_deadline_and_no_more(self) -> None:
        async def never(host: str, port: int) -> list[Address]:
            await asyncio.Event().wait()
            return []

        pool = addresses.new_pool(ssl.create_default_context(), never)
        async with pool:
            request = Request("GET", f"https://{NAME}/")
            answer = await ask(request, deadline_s=0.2, may_repeat=False, pool=pool)
        self.assertEqual(answer.outcome, Outcome.LATE)
        self.assertLess(answer.took_ms, 1000)


class BreakerTests(SimpleTestCase):
    def test_a_tool_that_keeps_failing_rests_and_is_then_tried_once(self) -> None:
        now_s = [0.0]
        breaker = Breaker(lambda: now_s[0])
        for _failure in range(FAILURES):
            self.assertTrue(breaker.admits("book"))
            breaker.failed("book")
        self.assertFalse(breaker.admits("book"))
        self.assertTrue(breaker.admits("cancel"))
        now_s[0] += REST_S
        self.assertTrue(breaker.admits("book"))
        self.assertFalse(breaker.admits("book"), "one is tried at a time")
        breaker.failed("book")
        now_s[0] += REST_S - 1
        self.assertFalse(breaker.admits("book"))
        now_s[0] += 1
        self.assertTrue(breaker.admits("book"))
        breaker.worked("book")
        self.assertTrue(breaker.admits("book"))
