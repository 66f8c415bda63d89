"""What happens behind a call, once: asked for twice, by a worker that died, by the real one."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.test import TestCase, tag
from django.utils import timezone

from calls import tasks
from calls.measures.latency import BIN_RATIO, bin_of, from_bins, percentile
from calls.measures.latency_count import LatencyCount
from calls.models import Call, JournalPart, Turn
from calls.privacy.keeping import Days
from calls.records import post_call, retention
from tests.dashboard.call_rows import a_call, a_greeting, a_turn
from tests.server import Server


def counted(measure: str = "response_latency") -> dict[int, int]:
    rows = LatencyCount.objects.filter(measure=measure)
    return {row.bin: row.turns for row in rows}


class SettlingTests(TestCase):
    def a_fresh_call(self, minutes: int = 1, **fields: Any) -> Call:
        call = a_call(minutes, replays=None, **fields)
        a_greeting(call)
        a_turn(call, 1, response_ms=1180)
        a_turn(call, 2, response_ms=1190)
        a_turn(call, 3, response_ms=2400, is_short=False)
        return call

    def test_a_call_adds_its_turns_to_its_hour_and_the_greeting_is_none(self) -> None:
        call = self.a_fresh_call()
        self.assertTrue(post_call.settle(call.pk))
        self.assertEqual(counted(), {bin_of(1180): 2, bin_of(2400): 1})
        row = LatencyCount.objects.filter(measure="response_latency", is_short=True).get()
        self.assertEqual((row.revision, row.hour.minute), (call.revision, 0))
        call.refresh_from_db()
        self.assertIsNotNone(call.settled_at)
        self.assertIs(call.replays, True)

    def test_asked_for_twice_it_counts_once(self) -> None:
        call = self.a_fresh_call()
        for _time in range(3):
            tasks.settle_call(call.pk)
        self.assertEqual(sum(counted().values()), 3)

    def test_a_call_in_progress_is_not_settled(self) -> None:
        call = self.a_fresh_call(ended_at=None)
        self.assertFalse(post_call.settle(call.pk))

    def test_another_workers_claim_holds_until_it_runs_out(self) -> None:
        call = self.a_fresh_call(settling_at=timezone.now())
        self.assertFalse(post_call.settle(call.pk))
        Call.objects.update(settling_at=timezone.now() - post_call.CLAIM_LASTS)
        self.assertTrue(post_call.settle(call.pk))

    def test_what_was_never_asked_for_is_found_by_the_schedule(self) -> None:
        old = self.a_fresh_call(minutes=3)
        a_call(9, settled_at=timezone.now())
        a_call(8, ended_at=timezone.now())
        self.assertEqual(post_call.missed(), [old.pk])
        tasks.settle_missed()
        self.assertEqual(post_call.missed(), [])

    def test_a_journal_that_cannot_be_read_is_said_and_costs_nothing_else(self) -> None:
        call = self.a_fresh_call()
        JournalPart.objects.create(call=call, number=0, last=0, lines=b"no gzip")
        with self.assertLogs("calls.records.post_call", "ERROR"):
            post_call.settle(call.pk)
        call.refresh_from_db()
        self.assertIs(call.replays, False)
        self.assertEqual(sum(counted().values()), 3)

    def test_a_queue_that_is_down_is_a_warning(self) -> None:
        app = tasks.settle_call.app
        eager, broker = app.conf.task_always_eager, app.conf.broker_url
        app.conf.update(task_always_eager=False, broker_url="redis://127.0.0.1:1/0")
        self.addCleanup(app.conf.update, task_always_eager=eager, broker_url=broker)
        forget = app._after_fork  # type: ignore[attr-defined]
        forget()  # a task that ran before has left its connections: to another broker
        self.addCleanup(forget)
        began_s = time.monotonic()
        with self.assertLogs("calls.tasks", "WARNING"):
            tasks.settle_later(1)
        self.assertLess(time.monotonic() - began_s, 5)


class BinTests(TestCase):
    def test_a_percentile_from_bins_is_within_its_stated_error(self) -> None:
        values = [300 + 7.3 * number for number in range(500)]
        bins: dict[int, int] = {}
        for value in values:
            bins[bin_of(value)] = bins.get(bin_of(value), 0) + 1
        for percent in (5, 50, 95, 99):
            ratio = from_bins(bins, percent) / percentile(values, percent)
            with self.subTest(percent=percent):
                self.assertLess(max(ratio, 1 / ratio), BIN_RATIO**0.5 * 1.01)

    def test_ends_have_bins_of_their_own(self) -> None:
        self.assertEqual((bin_of(-5), bin_of(19.9), bin_of(20)), (-1, -1, 0))
        self.assertEqual(bin_of(20_000), bin_of(10**9))
        with self.assertRaises(ValueError):
            from_bins({}, 50)


class RetentionTests(TestCase):
    def an_old_call(self, days: int, number: int = 1) -> Call:
        ended_at = timezone.now() - timedelta(days=days)
        call = a_call(number, ended_at=ended_at, messages=[{"name": "דנה"}])
        a_turn(call)
        JournalPart.objects.create(call=call, number=0, last=0, lines=b"")
        return call

    def test_calls_are_forgotten_after_their_days_and_their_figures_stay(self) -> None:
        old, young = self.an_old_call(91), self.an_old_call(89, 2)
        post_call.settle(old.pk)
        self.assertEqual(retention.forget(Days.of("90")), 1)
        self.assertEqual(list(Call.objects.values_list("pk", flat=True)), [young.pk])
        self.assertEqual((Turn.objects.count(), JournalPart.objects.count()), (1, 1))
        self.assertEqual(sum(counted().values()), 1)
        self.assertEqual(retention.forget(Days.of("90")), 0)

    def test_stopped_half_way_it_has_left_no_word(self) -> None:
        call = self.an_old_call(91)
        for _has_it, forget_it in retention.KINDS.values():
            forget_it([call.pk])
        call.refresh_from_db()
        self.assertEqual((call.caller, call.messages), ("", []))
        turn = call.turns.get()
        self.assertEqual((turn.said, turn.answered), ("", ""))
        self.assertFalse(call.journal_parts.exists())

    def test_calls_in_progress_are_never_touched(self) -> None:
        rang_at = timezone.now() - timedelta(hours=20)
        a_call(rang_at=rang_at, started_at=rang_at, ended_at=None)
        self.assertEqual(retention.forget(Days.of("1")), 0)

    def test_a_call_whose_end_nobody_wrote_is_forgotten_with_the_others_of_its_day(self) -> None:
        rang_at = timezone.now() - timedelta(days=91)
        a_call(rang_at=rang_at, started_at=rang_at, ended_at=None)
        self.assertEqual(retention.forget(Days.of("90")), 1)

    def test_nothing_is_forgotten_where_nothing_should_be(self) -> None:
        self.an_old_call(4000)
        self.assertEqual(retention.forget(Days.of("0")), 0)
        with self.assertRaisesMessage(CommandError, "a whole number of days from 0"):
            call_command("forget", days=-1)


@tag("protocol")
class WorkerTests(TestCase):
    """The real worker on the queue of files, with a database of its own."""

    def test_a_worker_that_was_killed_leaves_the_call_to_the_next_whatever_is_broken(self) -> None:
        with Server("tests.fake_settings") as server:
            server.stop_worker()
            server.manage("shell", "-c", MADE)
            self.assertEqual(
                server.rows("select settled_at from calls_call")[0]["settled_at"], None
            )
            queue = Path(server.var) / "queue"
            self.assertEqual(len(list(queue.glob("*.msg"))), 2)
            table = queue / "control" / "celery.exchange"
            whole = table.read_text()
            table.write_text("")
            server.manage("shell", "-c", "from calls import tasks; tasks.settle_later(1)")
            self.assertEqual(len(list(queue.glob("*.msg"))), 2)
            table.write_text(whole)
            for number, content in enumerate(("", '{"body": "hal')):  # as a full disk leaves them
                (queue / f"0_{number}.celery.msg").write_text(content)
            server.start_worker()
            settled = "select * from calls_call where settled_at is not null"
            until_s = time.monotonic() + 30
            while not server.rows(settled) and time.monotonic() < until_s:
                time.sleep(0.1)
            self.assertEqual(len(server.rows(settled)), 1)
            self.assertEqual(len(server.rows("select * from calls_latencycount")), 7)
            self.assertEqual(list(queue.glob("*.msg")), [])
            self.assertEqual(server.log.count("was not whole, and is left out"), 2)


MADE = """
from calls import tasks
from tests.dashboard.call_rows import a_call, a_turn
call = a_call(replays=None)
a_turn(call)
tasks.settle_later(call.pk)
tasks.settle_later(call.pk)
"""
