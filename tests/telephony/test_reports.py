"""What Twilio reports of a call beside its stream: late, twice, and out of order."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from itertools import permutations
from typing import Any

from django.contrib.auth.models import User
from django.test import TestCase
from django.utils import timezone

from calls.models import Call
from calls.process.server_process import this_process
from tests.dashboard.call_rows import a_call

HANDSHAKE = "Stream - Connection - Handshake error: 31920"


class ReportsTestCase(TestCase):
    def setUp(self) -> None:
        self.call = Call.ring("CA1", "+972501234567", "+972771234567")

    def status(self, status: str, sequence: int | str = "", call_sid: str = "CA1") -> None:
        form = {"CallSid": call_sid, "CallStatus": status, "SequenceNumber": f"{sequence}"}
        self.assertEqual(self.client.post("/twilio/status", form).status_code, 204)

    def stream(self, event: str, error: str = "", call_sid: str = "CA1") -> None:
        form = {"CallSid": call_sid, "StreamEvent": event, "StreamError": error}
        self.assertEqual(self.client.post("/twilio/stream", form).status_code, 204)

    def row(self) -> Call:
        return Call.objects.get(call_sid="CA1")

    def begin(self) -> None:
        self.assertIsNotNone(Call.begin("CA1", "MZ1", self.call.token))


class StatusTest(ReportsTestCase):
    def test_in_whatever_order_reports_come_the_latest_stands(self) -> None:
        inorder = [("ringing", 1), ("in-progress", 2), ("completed", 3)]
        for reports in permutations(inorder):
            with self.subTest(reports):
                Call.objects.update(twilio_status="", twilio_sequence=None)
                for status, sequence in reports:
                    self.status(status, sequence)
                self.assertEqual(self.row().twilio_status, "completed")

    def test_a_report_that_comes_again_changes_nothing(self) -> None:
        self.begin()
        self.status("in-progress", 2)
        before = Call.objects.values().get()
        for status, sequence in (("in-progress", 2), ("ringing", 1), ("ringing", 2)):
            self.status(status, sequence)
        self.assertEqual(Call.objects.values().get(), before)

    def test_an_end_is_undone_by_nothing_and_corrected_only_by_a_later_end(self) -> None:
        self.status("no-answer", 3)
        for status, sequence in (
            ("in-progress", 4),
            ("in-progress", ""),
            ("busy", 2),
            ("busy", ""),
        ):
            self.status(status, sequence)
            self.assertEqual(self.row().twilio_status, "no-answer")
        self.status("completed", 5)
        self.assertEqual(self.row().twilio_status, "completed")

    def test_reports_without_a_number_come_in_the_order_of_a_call(self) -> None:
        for status in ("ringing", "in-progress", "completed", "in-progress"):
            self.status(status)
        self.assertEqual(self.row().twilio_status, "completed")

    def test_a_caller_who_hangs_up_while_it_rings_ends_the_call(self) -> None:
        self.status("canceled", 1)
        call = self.row()
        self.assertEqual((call.ended_why, call.token), ("hung up early", ""))
        self.assertIsNotNone(call.ended_at)
        self.assertIsNone(Call.begin("CA1", "MZ1", self.call.token))

    def test_a_call_that_twilio_gave_up_was_never_connected(self) -> None:
        self.status("failed", 1)
        self.assertEqual(self.row().ended_why, "never connected")

    def test_how_a_call_ended_that_had_a_stream_the_stream_says(self) -> None:
        self.begin()
        self.status("completed", 4)
        self.assertEqual((self.row().ended_why, self.row().ended_at), ("", None))
        Call.objects.update(ended_why="goodbye", ended_at=timezone.now())
        self.status("completed", 4)
        self.assertEqual(self.row().ended_why, "goodbye")

    def test_a_call_whose_process_has_died_ends_with_twilios_report(self) -> None:
        self.begin()
        child = subprocess.Popen([sys.executable, "-c", ""])
        child.wait()
        host = this_process().rpartition(":")[0]
        Call.objects.update(process=f"{host}:{child.pid}")
        self.status("completed", 4)
        self.assertEqual(self.row().ended_why, "lost")

    def test_what_is_not_known_is_ignored(self) -> None:
        self.status("completed", 1, call_sid="CA9")
        with self.assertLogs("calls.telephony.twilio.reports", "WARNING"):
            self.status("exploded", 1)
        self.status("ringing", "-1")
        self.status("ringing", "٣")
        self.assertEqual((self.row().twilio_status, self.row().twilio_sequence), ("ringing", None))
        self.assertEqual(Call.objects.count(), 1)


class StreamTest(ReportsTestCase):
    def test_a_stream_that_could_not_connect_ends_the_call(self) -> None:
        with self.assertLogs("calls.telephony.twilio.reports", "ERROR"):
            self.stream("stream-error", HANDSHAKE)
        call = self.row()
        self.assertEqual((call.ended_why, call.stream_error), ("never connected", HANDSHAKE))
        after = self.client.post("/twilio/after", {"CallSid": "CA1"})
        self.assertIn("סליחה", after.content.decode())

    def test_the_reason_stands_whichever_report_comes_first(self) -> None:
        ended = partial(self.status, "completed", 2)
        failed = partial(self.stream, "stream-error", HANDSHAKE)
        for reports in permutations([ended, failed]):
            Call.objects.update(ended_at=None, ended_why="", twilio_status="", stream_error="")
            with self.assertLogs("calls.telephony.twilio.reports", "ERROR"):
                for report in reports:
                    report()
            self.assertEqual(self.row().ended_why, "never connected")
            self.assertEqual(self.row().stream_error, HANDSHAKE)

    def test_an_error_in_mid_call_is_kept_and_ends_nothing(self) -> None:
        self.begin()
        with self.assertLogs("calls.telephony.twilio.reports", "ERROR"):
            self.stream("stream-error", "x" * 400)
        self.assertEqual((self.row().ended_why, len(self.row().stream_error)), ("", 300))

    def test_what_starts_and_stops_is_known_from_the_stream_itself(self) -> None:
        before = Call.objects.values().get()
        for event in ("stream-started", "stream-stopped", "something new"):
            self.stream(event)
        self.stream("stream-started", call_sid="CA9")
        self.assertEqual(Call.objects.values().get(), before)


class PageTest(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("dana"))

    def page(self, **fields: Any) -> str:
        call = a_call(1, **fields)
        page = self.client.get(f"/en/calls/{call.pk}/").content.decode()
        call.delete()
        return page

    def test_a_failed_stream_is_told_with_what_to_do(self) -> None:
        for error, meaning in (
            (HANDSHAKE, "TWILIO_AUTH_TOKEN (the token of the number"),
            ("31901", "did not answer in time"),
            ("Stream - Connection - Broken pipe", "its proxy dropped it"),
            ("31924 - Websocket protocol error", "31924"),
            ("something new", "something new"),
        ):
            with self.subTest(error):
                page = self.page(
                    stream_error=error, started_at=None, ended_why=Call.Ended.UNCONNECTED
                )
                self.assertIn("Twilio&#x27;s stream failed", page.replace("'", "&#x27;"))
                self.assertIn(meaning, page)

    def test_a_stream_that_was_closed_by_the_agent_is_no_fault(self) -> None:
        error = "31921 - Stream - Close error"
        self.assertNotIn("stream failed", self.page(stream_error=error, ended_why="goodbye"))
        self.assertIn("stream failed", self.page(stream_error=error, ended_why="failed"))

    def test_twilios_state_is_said_in_words(self) -> None:
        self.assertIn("given up by the caller", self.page(twilio_status="canceled"))
        self.assertIn("not reported", self.page())
