"""The log's lines: whoever is quoted in one cannot forge another."""

from __future__ import annotations

import logging
import sys

from django.test import SimpleTestCase, TestCase

from calls.models import Call
from calls.process.log import LONGEST_LINE, LineFormatter

FORM = {"CallSid": "CA1", "From": "+972501234567", "To": "+97231234567"}
FORGED = "CA1\n2026-11-27 10:00:00,000 ERROR calls [-] forged"


class LineTest(SimpleTestCase):
    def line(self, message: str) -> str:
        record = logging.makeLogRecord({"msg": message, "levelname": "ERROR"})
        return LineFormatter("{levelname} {message}", style="{").format(record)

    def test_a_line_stays_one_line_and_can_be_written(self) -> None:
        for quoted in (FORGED, "a\rb", "a\x1b[2Jb", "a\x00b", "a\u2028b", "\ud800", "‮abc"):
            line = self.line(f"Refused {quoted}: no token")
            with self.subTest(quoted):
                self.assertTrue(line.isprintable())
                line.encode()
        self.assertEqual(self.line("נענה: שלום"), "ERROR נענה: שלום")

    def test_a_line_has_a_longest_length(self) -> None:
        self.assertLess(len(self.line("x" * 100_000)), LONGEST_LINE + 10)

    def test_a_traceback_keeps_its_lines(self) -> None:
        try:
            raise ValueError("x")
        except ValueError:
            record = logging.makeLogRecord({"msg": "broke", "exc_info": sys.exc_info()})
        self.assertIn("\nTraceback", LineFormatter("{message}", style="{").format(record))


class CallSidTest(TestCase):
    def test_a_call_s_name_is_one_of_twilio_s_or_the_webhook_is_refused(self) -> None:
        for name in (FORGED, "CA1\x00", "C" * 65, "", "קריאה", "CA 1", "CA1\x1b[2J", "\ufffd"):
            for webhook in ("voice", "after", "forwarded", "status", "stream"):
                with self.subTest(webhook, name=name):
                    form = FORM | {"CallSid": name, "CallStatus": "completed"}
                    status = self.client.post(f"/twilio/{webhook}", form).status_code
                    self.assertEqual(status, 400)
        self.assertFalse(Call.objects.exists())

    def test_a_webhook_with_a_nul_is_refused_for_no_database_keeps_it(self) -> None:
        for field in ("From", "To", "CallStatus", "StreamError", "DialCallStatus"):
            with self.subTest(field):
                form = FORM | {field: "a\x00b"}
                for webhook in ("voice", "after", "forwarded", "status", "stream"):
                    answer = self.client.post(f"/twilio/{webhook}", form)
                    self.assertEqual(answer.status_code, 400)
