"""`manage.py replay`: a candidate on recorded calls, from a terminal and for CI."""

from __future__ import annotations

import json
import tempfile
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.test import TestCase

from calls.models import Call
from tests.dashboard.call_rows import a_call
from tests.lab.recorded_calls import a_recorded_call
from tuning.models import TimingProfile


class ReplayCommandTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        for number in range(1, 33):
            a_recorded_call(number, pause_ms=1300 if number % 4 == 0 else 300)

    def replay(self, *arguments: str) -> str:
        said = StringIO()
        call_command("replay", "--profile=balanced", *arguments, stdout=said)
        return said.getvalue()

    def test_it_prints_the_sentence_and_a_table(self) -> None:
        said = self.replay("--candidate=brisk")
        self.assertIn("On 32 calls of", said)
        self.assertIn("brisk r1", said)
        self.assertRegex(said, r"cut-ins +0\.0 % +11\.1 % +\+11\.1 points")
        self.assertIn("p95 after long utterances", said)
        self.assertNotIn("<", said)

    def test_as_json_it_is_what_a_page_shows(self) -> None:
        a_call(99, profile="balanced")
        found: dict[str, Any] = json.loads(self.replay("--candidate=brisk", "--json"))
        self.assertEqual((found["calls"], found["live"]), (32, "balanced r1"))
        self.assertEqual(found["candidate"], "brisk r1")
        self.assertEqual(len(found["skipped"]["no journal"]), 1)
        self.assertEqual(found["comparison"]["after"]["cut_ins"], 8)
        self.assertEqual(found["counts"]["cut_in"], 8)

    def test_a_broken_guard_ends_it_with_1_and_says_which(self) -> None:
        self.replay("--candidate=brisk", "--cut-ins-at-most=20%")
        with self.assertRaisesRegex(CommandError, r"cut-ins at most 10.0 %: 11.1 %") as broken:
            self.replay("--candidate=brisk", "--cut-ins-at-most=10%")
        self.assertEqual(broken.exception.returncode, 1)

    def test_a_guard_on_what_is_not_known_is_broken(self) -> None:
        with self.assertRaisesRegex(CommandError, "not known"):
            self.replay("--candidate=brisk", "--p95-at-most=99999")

    def test_a_candidate_is_a_file_a_revision_or_a_preset(self) -> None:
        unhurried = TimingProfile.objects.get(name="unhurried")
        told = self.client.get(f"/en/profiles/{unhurried.pk}/r1.json")
        self.assertEqual(told.status_code, 302, "the export wants a sign-in")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "slow.json"
            path.write_text(json.dumps({"knobs": unhurried.newest.knobs}))
            self.assertIn("slow.json", self.replay(f"--candidate={path}"))
            path.write_text(json.dumps({"knobs": {"vad": "none"}}))
            with self.assertRaisesRegex(CommandError, "no call may run on it"):
                self.replay(f"--candidate={path}")
            path.write_text("[]")
            with self.assertRaisesRegex(CommandError, "not a revision"):
                self.replay(f"--candidate={path}")
        self.assertIn("unhurried r1", self.replay("--candidate=unhurried@r1"))
        self.assertIn("preset noisy", self.replay("--candidate=noisy"))
        for name in ("nothing", "unhurried@r9", "unhurried@rx"):
            with self.subTest(name), self.assertRaisesRegex(CommandError, "--candidate"):
                self.replay(f"--candidate={name}")

    def test_the_filters_are_those_of_the_list(self) -> None:
        newest = Call.objects.order_by("-rang_at")[0]
        since = newest.rang_at.isoformat().replace("+", "%2B")
        found = json.loads(self.replay("--candidate=brisk", f"--calls=since={since}", "--json"))
        self.assertEqual(found["calls"], 1)
        found = json.loads(self.replay("--candidate=brisk", "--newest=5", "--json"))
        self.assertEqual(found["calls"], 5)
        for wrong in ("since=never", "nonsense=1"):
            with self.assertRaisesRegex(CommandError, "--calls") as refused:
                self.replay("--candidate=brisk", f"--calls={wrong}")
            self.assertEqual(refused.exception.returncode, 2)
        with self.assertRaisesRegex(CommandError, "No recorded call"):
            self.replay("--candidate=brisk", "--calls=since=2199-01-01")

    def test_what_a_record_cannot_tell_is_named(self) -> None:
        said = self.replay("--candidate=syllables")
        self.assertIn("knobs whose effect a record cannot tell: stt_batch_ms", said)
