"""A spool in every format that ever was is taken in: an upgrade loses nothing that was waiting.

formats/ has one file of each, made by the code of its day (formats/make.py).
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from django.test import TestCase, override_settings
from django.utils import timezone

from calls.models import Call
from calls.records import recovery, spool
from calls.records.record_line import decode
from tests.dashboard.call_rows import a_call
from tuning.turns import journal
from tuning.turns.events import CallBegan, Heard, Prompt

SAMPLES = {path.stem: path for path in sorted((Path(__file__).parent / "formats").glob("*.jsonl"))}


def lines(name: str) -> list[bytes]:
    """The spool, without the line that says where it is from."""
    return SAMPLES[name].read_bytes().splitlines()[1:]


class OldSpoolTests(TestCase):
    def test_every_format_is_taken_in_whole(self) -> None:
        for name in SAMPLES:
            with self.subTest(name):
                call = self.taken_in(name)
                self.assertEqual((call.ended_why, call.frames_in), (Call.Ended.LOST, 180))
                self.assertEqual(call.frames_dropped, {"queue full": 2})
                began, greeting, *heard = journal.read(call.journal())
                self.assertIsInstance(began, CallBegan)
                self.assertEqual(greeting, Prompt(0, "greeting", "greeting"))
                self.assertEqual(heard, [Heard(20, 0, -70), Heard(40, 15, -31)])
                closed, under_way = call.turns.all()
                self.assertEqual(
                    (closed.said, closed.answered, closed.outcome),
                    ("אפשר לקבוע תור", "בשמחה, מתי?", "completed"),
                )
                self.assertEqual(closed.wait_parts, {"longest": 2600, "answered": -2260})
                self.assertEqual((closed.end_of_turn_delay, closed.response_latency), (340, 341))
                self.assertEqual(closed.content_latency, closed.response_latency)
                self.assertTrue(closed.was_ready)
                self.assertEqual((under_way.said, under_way.outcome), ("תודה", "no reply"))

    def test_a_line_that_was_cut_off_is_no_line_in_any_format(self) -> None:
        for name in SAMPLES:
            whole = lines(name)[1]
            with self.subTest(name):
                self.assertEqual(decode(whole).number, 1)
                with self.assertRaises(ValueError):
                    decode(whole[:-40])

    def test_a_sample_says_by_which_code_it_was_made(self) -> None:
        for name, path in SAMPLES.items():
            head = json.loads(path.read_text().splitlines()[0])
            with self.subTest(name):
                self.assertIn(f"make.py {head['commit']}", head["made"])

    def taken_in(self, name: str) -> Call:
        """The call of a process that died, after what it left has been taken in."""
        Call.objects.all().delete()
        call = a_call(ended_at=None, started_at=timezone.now(), process="elsewhere:1")
        with (
            tempfile.TemporaryDirectory() as folder,
            override_settings(VAR_DIR=Path(folder)),
        ):
            spool.folder().mkdir()
            left = spool.folder() / f"1-1{spool.FINISHED}"
            left.write_bytes(b"\n".join(lines(name)) + b"\n")
            recovery.recover()
            self.assertFalse(left.exists(), recovery.failure)
        call.refresh_from_db()
        return call
