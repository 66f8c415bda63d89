"""Two server processes behind one address, on PostgreSQL and Redis: the main path on both."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar
from unittest import enterModuleContext

from django.test import SimpleTestCase, tag
from playwright.sync_api import expect

from calls.simulator import utterances
from calls.simulator.caller import Caller, Say, StaySilent
from calls.simulator.dialling import CallResult, Dialled, place_call
from tests.dashboard.browser import Operator, chromium
from tests.server import Server
from tests.servers.balancer import Balancer
from tests.servers.postgresql import PostgresqlServer
from tests.servers.redis import RedisServer

FAKES = "tests.fake_settings"
TURNS = """
    select t.*, r.number as revision_number from calls_turn t
    join calls_call c on c.id = t.call_id join tuning_revision r on r.id = t.revision_id
    where c.call_sid = ? and t.said <> '' order by t.number
"""
SETTLE = """
from calls.records import post_call
from calls.models import Call
for call in Call.objects.filter(settled_at=None, ended_at__isnull=False):
    post_call.settle(call.pk)
"""


def setUpModule() -> None:
    ProcessesTestCase.database = enterModuleContext(PostgresqlServer())
    ProcessesTestCase.redis = enterModuleContext(RedisServer())
    stores: Any = {
        "DATABASE_URL": ProcessesTestCase.database.url,
        "REDIS_URL": ProcessesTestCase.redis.url,
    }
    first = ProcessesTestCase.first = enterModuleContext(Server(FAKES, **stores))
    ProcessesTestCase.second = enterModuleContext(Server(FAKES, beside=first, **stores))


def until(condition: Callable[[], Any], limit_s: float = 20) -> Any:
    until_s = time.monotonic() + limit_s
    while not (found := condition()):
        if time.monotonic() > until_s:
            raise AssertionError("it did not happen in time")
        time.sleep(0.1)
    return found


@tag("browser")
class ProcessesTestCase(SimpleTestCase):
    database: ClassVar[PostgresqlServer]
    redis: ClassVar[RedisServer]
    first: ClassVar[Server]
    second: ClassVar[Server]

    def call(self, *steps: Say | StaySilent) -> tuple[CallResult, list[int]]:
        """Through the one address: the webhook to the first, the stream to the second process."""

        async def call() -> tuple[CallResult, list[int]]:
            async with Balancer((self.first.port, self.second.port)) as balancer:
                webhook = f"{balancer.address}/twilio/voice"
                return await place_call(Caller(steps), Dialled(webhook=webhook)), balancer.taken

        return asyncio.run(call())


class OneAddressTests(ProcessesTestCase):
    def test_a_stream_may_come_to_another_process_than_its_webhook(self) -> None:
        smoke = utterances.load("smoke")
        result, taken = self.call(Say(smoke), Say(smoke))
        row = self.first.ended_call(result.call_sid)
        turns = self.first.rows(TURNS, result.call_sid)
        self.assertEqual((result.errors, row["replays"]), ([], True))
        self.assertEqual(taken[:2], [self.first.port, self.second.port])
        self.assertTrue(row["process"].endswith(f":{self.second.process.pid}"))
        self.assertEqual(len(turns), 2)
        self.assertEqual([line.answered for line in result.lines], [True, True])

    def test_an_edit_through_one_process_reaches_the_call_and_the_page_of_the_other(self) -> None:
        smoke = utterances.load("smoke")
        with ThreadPoolExecutor(1) as beside, chromium() as browser:
            live = Operator(browser, self.first)
            tuning = Operator(browser, self.first, language="en")
            calling = beside.submit(self.call, Say(smoke), StaySilent(12_000), Say(smoke))
            row = live.visit("live/").locator(".live-call")
            expect(row.locator(".last .caller-text")).not_to_be_empty(timeout=20_000)
            page = tuning.visit("profiles/")
            page.click("main a:has-text('balanced')")
            page.click("#all-link")
            page.fill("[name=end_silence_short_ms]", "900")
            page.fill("form.editor [name=note]", "ממתינים יותר")
            page.click("form.editor .publish button")
            expect(page.locator(".taken")).to_contain_text("1 of 1 call", timeout=10_000)
            page = tuning.visit("services/")
            expect(page.locator("section.process .state.ok:has-text('takes')")).to_have_count(2)
            expect(page.locator("#services")).to_contain_text("PostgreSQL")
            expect(page.locator("#services")).to_contain_text("Redis 127.0.0.1")
            result, _taken = calling.result(60)
            expect(row).to_have_count(0, timeout=20_000)
            for address in ("calls/", "latencies/", "profiles/"):
                tuning.visit(address)
            self.assertEqual((live.complaints, tuning.complaints), ([], []))
        self.assertEqual(result.errors, [])
        revisions = [turn["revision_number"] for turn in self.first.rows(TURNS, result.call_sid)]
        self.assertEqual(len(set(revisions)), 2)

    def test_a_page_says_that_it_is_frozen_while_redis_is_gone_and_calls_go_on(self) -> None:
        smoke = utterances.load("smoke")
        with ThreadPoolExecutor(1) as beside, chromium() as browser:
            operator = Operator(browser, self.first)
            page = operator.visit("live/")
            expect(page.locator(".no-live")).to_be_visible()
            calling = beside.submit(self.call, Say(smoke), StaySilent(6_000), Say(smoke))
            expect(page.locator(".live-call")).to_have_count(1, timeout=10_000)
            self.redis.stop()
            self.addCleanup(self.redis.start)
            expect(page.locator("#frozen")).to_contain_text("קפואים", timeout=15_000)
            result, _taken = calling.result(60)
            taken_without, _taken = beside.submit(self.call, Say(smoke)).result(60)
            self.redis.start()
            expect(page.locator("#frozen")).to_be_hidden(timeout=20_000)
        for one in (result, taken_without):
            self.assertEqual((one.errors, {line.answered for line in one.lines}), ([], {True}))
        # Nobody asked for them to be settled; the schedule finds them.
        self.first.manage("shell", "-c", SETTLE)
        for one in (result, taken_without):
            self.assertTrue(self.first.ended_call(one.call_sid)["replays"])

    def test_calls_outlive_the_database_and_are_written_when_it_is_back(self) -> None:
        smoke = utterances.load("smoke")
        with ThreadPoolExecutor(1) as beside:
            calling = beside.submit(self.call, Say(smoke), StaySilent(5_000), Say(smoke))
            until(lambda: self.second.health().get("calls"))
            time.sleep(3)
            self.database.stop()
            try:
                refused, _taken = self.call(Say(smoke))
                result, _taken = calling.result(60)
                unwritten = until(lambda: self.second.health()["unwritten"])
            finally:
                self.database.start()
        self.assertIn("סליחה", refused.errors[0])
        self.assertEqual(
            (result.errors, [line.answered for line in result.lines]), ([], [True] * 2)
        )
        row = self.first.ended_call(result.call_sid)
        self.assertEqual((row["ended_why"], row["replays"]), ("caller hung up", True))
        self.assertEqual(len(self.first.rows(TURNS, result.call_sid)), 2)
        self.assertTrue(unwritten)
        until(lambda: not self.second.health()["unwritten"])
        # Neither process goes on with a connection that the database has forgotten.
        for _time in range(2):
            after, _taken = self.call(Say(smoke))
            self.assertEqual(after.errors, [])

    def test_one_that_dies_leaves_no_call_open_once_another_starts_on_its_machine(self) -> None:
        smoke = utterances.load("smoke")
        environ: Any = {"DATABASE_URL": self.database.url, "REDIS_URL": self.redis.url}
        with Server(FAKES, beside=self.first, **environ) as doomed, ThreadPoolExecutor(1) as beside:
            dialled = Dialled(webhook=doomed.webhook)
            calling = beside.submit(
                lambda: asyncio.run(place_call(Caller([Say(smoke), StaySilent(9_000)]), dialled))
            )
            until(lambda: doomed.health().get("calls"))
            os.kill(doomed.process.pid, signal.SIGKILL)
            call_sid = calling.result(30).call_sid
        lost = "select ended_why from calls_call where call_sid = ?"
        with Server(FAKES, beside=self.first, **environ):
            self.assertEqual(self.first.rows(lost, call_sid), [{"ended_why": "lost"}])
