"""A database that keeps us waiting keeps no caller waiting: the webhook answers long before Twilio
gives up, after 15 s."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import psycopg
from django.db import DatabaseError, connection
from django.test import Client, SimpleTestCase, TransactionTestCase, tag

from calls.models import Call
from calls.telephony.database_wait import WEBHOOK_S, at_most
from calls.telephony.media_socket import REFUSED
from tests.faults.test_fault_stores import a_database_that_takes_nothing
from tests.phone import PhoneCall, services
from tests.server import Server
from tests.servers.postgresql import PostgresqlServer

FORM = {"CallSid": "CA1", "From": "+972501234567", "To": "+97231234567"}
APOLOGY = "סליחה, יש תקלה"
IN_TIME_S = 8.0
"""Twice WEBHOOK_S: this machine may be busy."""


@tag("protocol")
class SqliteTest(TransactionTestCase):
    def post(self, name: str, **form: str) -> tuple[Any, float]:
        began_s = time.monotonic()
        answer = Client().post(f"/twilio/{name}", FORM | form)
        return answer, time.monotonic() - began_s

    def test_a_call_that_comes_while_it_is_locked_gets_the_apology_within_seconds(self) -> None:
        with a_database_that_takes_nothing():
            answer, took_s = self.post("voice")
        self.assertLess(took_s, IN_TIME_S)
        self.assertEqual(answer.status_code, 200)
        self.assertIn(APOLOGY, answer.content.decode())
        self.assertIn("<Hangup />", answer.content.decode())

    def test_every_other_webhook_answers_in_time_too(self) -> None:
        Call.ring("CA1", "", "")
        for name, form, status in (
            ("after", {}, 200),
            ("forwarded", {"DialCallStatus": "completed"}, 200),
            ("status", {"CallStatus": "completed", "SequenceNumber": "3"}, 503),
            ("stream", {"StreamEvent": "stream-error", "StreamError": "x"}, 503),
        ):
            with self.subTest(name), a_database_that_takes_nothing():
                answer, took_s = self.post(name, **form)
            self.assertLess(took_s, IN_TIME_S)
            self.assertEqual(answer.status_code, status)

    async def test_a_stream_that_begins_while_it_is_locked_is_refused_in_time(self) -> None:
        """The caller, who has heard nothing so far, gets the apology of `after`."""
        phone = PhoneCall()
        await phone.ring()
        await phone.connect()
        began_s = time.monotonic()
        with services(), a_database_that_takes_nothing():
            await phone.start()
            while phone.close_code is None and time.monotonic() - began_s < IN_TIME_S:
                await asyncio.sleep(0.05)
        self.assertEqual(phone.close_code, REFUSED)

    def test_the_limit_is_of_all_its_questions_together_and_of_nobody_else_s(self) -> None:
        began_s = time.monotonic()
        with a_database_that_takes_nothing():
            with at_most(1.0), self.assertRaises(DatabaseError):
                for _question in range(20):
                    try:
                        Call.close_unconnected()
                    except DatabaseError:
                        continue
                Call.close_unconnected()
            self.assertLess(time.monotonic() - began_s, 4.0)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout")
            self.assertEqual(cursor.fetchone(), (20_000,))

    def test_a_lock_that_is_given_up_in_time_costs_nothing_but_the_wait(self) -> None:
        self.assertGreater(WEBHOOK_S, 1)
        self.assertIn("<Stream", self.post("voice")[0].content.decode())


@tag("protocol")
class PostgresqlTest(SimpleTestCase):
    def test_a_locked_table_and_a_server_that_hangs_are_waited_for_as_long(self) -> None:
        with (
            PostgresqlServer() as database,
            Server("tests.fake_settings", DATABASE_URL=database.url) as server,
        ):
            self.answers(server, "CA0", "<Stream")
            with psycopg.connect(database.url) as other:
                other.execute("lock table calls_call in access exclusive mode")
                self.answers(server, "CA1", APOLOGY)
            with database.hanging():
                self.answers(server, "CA2", APOLOGY)
            self.answers(server, "CA3", "<Stream")

    def answers(self, server: Server, call_sid: str, words: str) -> None:
        began_s = time.monotonic()
        twiml = server.post("/twilio/voice", FORM | {"CallSid": call_sid})
        self.assertLess(time.monotonic() - began_s, IN_TIME_S)
        self.assertIn(words, twiml)
