"""From the telephone to what was agreed: a whole call, settled, and written behind it."""

from __future__ import annotations

import asyncio
import time

from asgiref.sync import sync_to_async
from django.test import TestCase, TransactionTestCase, override_settings, tag

from calls import tasks
from calls.agreed import writing
from calls.language.hebrew import HEBREW
from calls.models import Agreed, Call
from calls.records import post_call
from calls.services.openai.writer import OpenAiWriter
from tests.agreed.agreed_calls import TURNS, WRITER, a_number, a_talk
from tests.dashboard.call_rows import a_call
from tests.fakes import FakeTranscriber, tuned
from tests.phone import PhoneCall, conversation_of, services
from tests.server import Server
from tests.servers.openai_answers import Answer
from tests.services.openai_turns import served

MESSAGE = '{"name":"דנה לוי","number":"0541234567","reason":"לחזור אליי מחר"}'


@tag("protocol")
class WholeCallTests(TransactionTestCase):
    async def test_a_call_that_leaves_a_message_is_settled_and_then_written(self) -> None:
        await sync_to_async(a_number)(number="+97233333333")
        hearing = tuned(FakeTranscriber, sayings=("אפשר לחזור אליי מחר", "תודה"), delay_s=0.01)
        async with served() as server:
            server.answers["מחר"] = Answer(tools=(("take_message", MESSAGE),))
            server.answers[HEBREW.instructions.kept] = Answer("לחזור לדנה לוי. נכון?")
            with services(hearing, OpenAiWriter), override_settings(WRITER=WRITER):
                async with PhoneCall() as phone:
                    await phone.until_quiet()
                    await phone.say("MMMMMMMM")
                    await phone.until(lambda: len(server.requests) == 2)
                    await phone.until(lambda: conversation_of("CA1").replies.current is None)
                call = await phone.ended()
                async with asyncio.timeout(10):
                    while not await Agreed.objects.filter(written_at__isnull=False).aexists():
                        await asyncio.sleep(0.05)
        agreed = await Agreed.objects.aget(call=call)
        self.assertEqual((agreed.by, agreed.outcome, agreed.failure), ("model", "message", ""))
        self.assertEqual(agreed.values, {"name": "דנה לוי"})
        self.assertIn("אפשר לחזור אליי מחר", agreed.summary)


class SettledTests(TestCase):
    def test_settling_leaves_it_to_a_task_of_its_own_and_to_the_schedule(self) -> None:
        a_number()
        call = a_talk(*TURNS)
        Agreed.objects.all().delete()
        self.assertTrue(post_call.settle(call.pk))
        agreed = Agreed.objects.get()
        self.assertFalse(agreed.is_written)
        Agreed.objects.update(due_at=agreed.due_at and agreed.due_at - 2 * writing.MISSED_AFTER)
        tasks.settle_missed()
        agreed.refresh_from_db()
        self.assertEqual((agreed.by, agreed.outcome, agreed.due_at), ("without a model", "", None))

    def test_a_call_that_never_began_has_none(self) -> None:
        call = a_call(started_at=None, ended_why=Call.Ended.CLOSED)
        tasks.settle_call(call.pk)
        self.assertFalse(Agreed.objects.exists())

    def test_test_calls_and_those_from_the_browser_have_one(self) -> None:
        for minutes, fields in ((1, {"caller": Call.TEST_CALLER}), (2, {"via": Call.Via.BROWSER})):
            tasks.settle_call(a_call(minutes, **fields).pk)
        self.assertEqual(Agreed.objects.filter(written_at__isnull=False).count(), 2)

    def test_a_call_that_is_forgotten_meanwhile_is_no_failure(self) -> None:
        call = a_talk(*TURNS)
        Call.objects.all().delete()
        tasks.write_agreed(call.pk)
        self.assertFalse(Agreed.objects.exists())


@tag("protocol")
class WorkerTests(TestCase):
    def test_the_real_worker_writes_it_behind_the_call(self) -> None:
        with Server("tests.fake_settings") as server:
            server.manage("shell", "-c", MADE)
            written = "select * from calls_agreed where written_at is not null"
            until_s = time.monotonic() + 30
            while not (rows := server.rows(written)) and time.monotonic() < until_s:
                time.sleep(0.1)
        self.assertEqual([row["outcome"] for row in rows], ["message"])
        self.assertEqual((rows[0]["by"], rows[0]["attempts"]), ("without a model", 1))


MADE = """
from calls import tasks
from tests.dashboard.call_rows import a_call, a_turn
call = a_call(replays=None, messages=[{"name": "", "number": "0501234567", "reason": ""}])
a_turn(call)
tasks.settle_later(call.pk)
tasks.settle_later(call.pk)
"""
