"""Each kind of personal data is forgotten after its own days; calls, and what measures, stay."""

from __future__ import annotations

import os
import tempfile
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import SimpleTestCase, TestCase
from django.utils import timezone

from calls.lab.recorded import CannotTry, RecordedCall, Unusable
from calls.models import Call
from calls.privacy.keeping import Days
from calls.records import recording, retention
from calls.records.transcript_search import calls_that_said
from hevoice import environment
from tests.dashboard.call_rows import a_turn
from tests.dashboard.operators import a_person
from tests.lab.recorded_calls import a_recorded_call

KEPT = Days.of("calls=365 audio=30 words=90 agreed=365 numbers=60")


class DaysTests(SimpleTestCase):
    def test_one_number_is_for_all(self) -> None:
        days = Days.of("90")
        self.assertEqual((days.calls, days.audio, days.numbers), (90, 90, 90))
        self.assertEqual(f"{days}", "90")

    def test_a_kind_that_is_not_named_is_kept_as_long_as_the_calls(self) -> None:
        days = Days.of("calls=365 audio=30")
        self.assertEqual((days.audio, days.words, days.agreed), (30, 365, 365))
        self.assertEqual(f"{days}", "calls=365 audio=30 words=365 agreed=365 numbers=365")
        self.assertEqual(Days.of(f"{days}"), days)
        self.assertEqual(Days.of("audio=30").calls, 90)

    def test_commas_part_kinds_as_spaces_do(self) -> None:
        for raw in ("calls=365, audio=30", "calls=365,audio=30", " calls=365 ,audio=30,"):
            with self.subTest(raw):
                self.assertEqual(Days.of(raw), Days.of("calls=365 audio=30"))

    def test_for_ever_is_longer_than_any_number(self) -> None:
        self.assertEqual(Days.of("calls=0 audio=30").shortest, 30)
        self.assertEqual(Days.of("0").shortest, 0)

    def test_what_makes_no_sense_is_refused_in_words(self) -> None:
        for raw, why in {
            "-1": "a whole number of days from 0 to 3650",
            "4000": "a whole number of days",
            "ninety": "a whole number of days",
            "audio=x": "a whole number of days",
            "sound=30": "kinds are calls, audio, words, agreed, numbers",
            "audio=30 audio=40": "each once",
            "calls=30 audio=60": "audio=60 is longer than calls=30",
            "calls=30 audio=0": "audio=0 is longer than calls=30",
            "agreed=365": "agreed=365 is longer than calls=90",
        }.items():
            with self.subTest(raw), self.assertRaisesMessage(ValueError, why):
                Days.of(raw)

    def test_the_setting_is_named_with_what_is_wrong_with_it(self) -> None:
        os.environ["RETENTION_DAYS"] = "calls=30 audio=60"
        self.addCleanup(os.environ.pop, "RETENTION_DAYS")
        with self.assertRaisesMessage(ImproperlyConfigured, "RETENTION_DAYS='calls=30 audio=60'"):
            environment.days("RETENTION_DAYS")


class ForgettingTests(TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(self.settings(VAR_DIR=folder))

    def an_old_call(self, days: int, number: int = 1, **fields: Any) -> Call:
        ended_at = timezone.now() - timedelta(days=days)
        message = {"name": "דנה", "number": "0541234567", "reason": "לחזור"}
        hold = {"who": "dana", "from_ms": 0, "until_ms": 9, "ended": "handed back", "note": "דנה"}
        given: dict[str, Any] = {"ended_at": ended_at, "messages": [message], "holds": [hold]}
        call = a_recorded_call(number, **given | fields)
        recording.write(recording.path_of(call), 0, b"\xff" * 1600)
        return call

    def again(self, call: Call) -> Call:
        return Call.objects.get(pk=call.pk)

    def test_each_kind_goes_at_its_time_and_the_latencies_stay(self) -> None:
        calls = {days: self.an_old_call(days, days) for days in (29, 31, 61, 91)}
        waited = calls[91].turns.last()
        assert waited
        latency = waited.response_latency
        retention.forget(KEPT)
        had = {
            days: (
                recording.path_of(call).exists(),
                bool(self.again(call).caller),
                call.journal_parts.exists(),
            )
            for days, call in calls.items()
        }
        self.assertEqual(
            had,
            {
                29: (True, True, True),
                31: (False, True, True),
                61: (False, False, True),
                91: (False, False, False),
            },
        )
        left = self.again(calls[91])
        self.assertEqual((left.messages, left.holds[0]["note"], left.failure), ([], "", ""))
        self.assertEqual(left.holds[0]["who"], "dana")
        turn = left.turns.last()
        assert turn
        self.assertEqual((turn.said, turn.answered), ("", ""))
        self.assertEqual(turn.response_latency, latency)
        self.assertEqual(self.again(calls[61]).messages[0], {
            "name": "דנה", "number": "", "reason": "לחזור",
        })  # fmt: skip

    def test_what_was_forgotten_is_not_found_and_forgotten_once(self) -> None:
        call = self.an_old_call(91)
        a_turn(call, 50, said="יום שלישי")
        retention.forget(KEPT)
        self.assertEqual(set(calls_that_said("שלישי")), set())
        with self.assertNumQueries(8):  # four of recovery, one for each kind, one for calls
            retention.forget(KEPT)

    def test_a_test_call_stays_one_and_who_talked_from_a_browser_stays_named(self) -> None:
        placed = self.an_old_call(61, 1, caller=Call.TEST_CALLER)
        talked = self.an_old_call(61, 2, caller="dana", via=Call.Via.BROWSER)
        retention.forget(KEPT)
        self.assertTrue(self.again(placed).is_test)
        self.assertEqual(self.again(talked).caller, "dana")

    def test_the_lab_says_why_nothing_can_be_tried(self) -> None:
        call = self.an_old_call(91)
        RecordedCall.load(call.pk)
        retention.forget(KEPT)
        with self.assertRaises(CannotTry) as refused:
            RecordedCall.load(call.pk)
        self.assertEqual(refused.exception.why, Unusable.NO_WORDS)

    def test_its_page_says_what_is_gone(self) -> None:
        call = self.an_old_call(91)
        retention.forget(KEPT)
        self.client.force_login(a_person("operator"))
        with self.settings(RETENTION_DAYS=KEPT):
            page = self.client.get(f"/en/calls/{call.pk}/").content.decode()
        for text in (
            "What was said in this call was deleted because of its age: words are kept for",
            "recordings are kept for",
            "Response latency",
        ):
            self.assertIn(text, page)
        self.assertInHTML('<span class="muted">deleted because of its age</span>', page)
        self.assertNotIn("What would another profile have done here?", page)

    def test_the_command_takes_kinds_too(self) -> None:
        call = self.an_old_call(31)
        call_command("forget", days="calls=365 audio=30")
        self.assertFalse(recording.path_of(call).exists())
        self.assertTrue(self.again(call).audio_forgotten)
        with self.assertRaisesMessage(CommandError, "--days: audio=60 is longer than calls=30"):
            call_command("forget", days="calls=30 audio=60")
