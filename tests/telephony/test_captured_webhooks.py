"""A webhook that was captured and comes again, signature and all: it opens nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.test import TestCase, override_settings
from django.utils import timezone

from calls.models import MAY_RING_AGAIN, TOKEN_LIFETIME, Call
from calls.privacy.keeping import Days
from calls.records import recording, retention
from calls.telephony.phone_number import PhoneNumber
from tests.telephony.test_routing import a_closed_number, a_number, ring

FORM = {"CallSid": "CA1", "From": "+972501234567", "To": "+972771234567"}


class CapturedTest(TestCase):
    def row(self) -> dict[str, Any]:
        return dict(Call.objects.values().get())

    def age(self, **age: int) -> None:
        """The call rang so long ago."""
        past = timezone.now() - timedelta(**age)
        Call.objects.update(rang_at=past, token_at=past)

    def test_a_call_that_has_ended_gets_no_token(self) -> None:
        ring()
        Call.objects.get().close(Call.Ended.CALLER)
        before = self.row()
        with self.assertLogs("calls.telephony.answering", "WARNING") as log:
            twiml = ring()
        self.assertNotIn("<Stream", twiml)
        self.assertIn("<Hangup />", twiml)
        self.assertEqual(self.row(), before)
        self.assertIn("ended", log.output[0])

    def test_a_call_that_rang_long_ago_gets_no_token_though_it_never_ended(self) -> None:
        ring()
        self.age(seconds=round(MAY_RING_AGAIN.total_seconds()) + 1)
        Call.objects.update(started_at=timezone.now())  # in progress: nobody closes it
        before = self.row()
        self.assertNotIn("<Stream", ring())
        self.assertEqual(self.row(), before)

    def test_within_minutes_it_may_ring_again_as_twilio_tries_again(self) -> None:
        ring()
        self.age(minutes=2)
        Call.objects.update(started_at=timezone.now())
        before = self.row()
        self.assertIn("<Stream", ring())
        call = Call.objects.get()
        self.assertNotEqual(call.token, before["token"])
        self.assertEqual(call.rang_at, before["rang_at"])
        self.assertIsNotNone(Call.begin("CA1", "MZ1", call.token))

    def test_a_new_token_is_good_for_a_minute_whenever_the_call_first_rang(self) -> None:
        ring()
        self.age(minutes=2)
        Call.objects.update(started_at=timezone.now())
        ring()
        token = Call.objects.get().token
        Call.objects.update(token_at=timezone.now() - TOKEN_LIFETIME - timedelta(seconds=1))
        self.assertIsNone(Call.begin("CA1", "MZ1", token))

    def test_the_recording_stays_where_it_is_and_is_forgotten_with_its_call(self) -> None:
        a_number(records=True)
        with TemporaryDirectory() as folder, override_settings(VAR_DIR=Path(folder)):
            ring()
            self.age(days=100)
            call = Call.objects.get()
            Call.objects.update(ended_at=timezone.now() - timedelta(days=100), ended_why="goodbye")
            recording.write(recording.path_of(call), 0, b"\xff" * 320)
            ring()
            self.assertEqual(retention.forget(Days.of("90")), 1)
            self.assertEqual(list(Path(folder).rglob("*.wav")), [])

    def test_a_closed_or_forwarded_call_hears_the_same_again_and_its_record_stays(self) -> None:
        for fields, words in (
            ({"closed_text": "סגור."}, "סגור."),
            ({"when_closed": "forward", "forward_to": "+972541111111"}, "+972541111111"),
        ):
            with self.subTest(words):
                PhoneNumber.objects.all().delete()
                Call.objects.all().delete()
                a_closed_number(**fields)
                self.assertIn(words, ring())
                before = self.row()
                self.assertIn(words, ring())
                self.assertEqual(self.row(), before)

    def test_a_forwarded_call_that_is_reported_again_does_not_end_again(self) -> None:
        a_closed_number(when_closed="forward", forward_to="+972541111111")
        ring()
        form = {"CallSid": "CA1", "DialCallStatus": "no-answer"}
        self.client.post("/twilio/forwarded", form)
        before = self.row()
        self.assertEqual(before["ended_why"], "unanswered")
        for became in ("no-answer", "canceled"):
            self.client.post("/twilio/forwarded", form | {"DialCallStatus": became})
            self.assertEqual(self.row(), before)

    def test_another_call_s_end_is_not_changed_by_a_report_of_a_forwarding(self) -> None:
        ring()
        Call.objects.get().close(Call.Ended.GOODBYE)
        before = self.row()
        self.client.post("/twilio/forwarded", {"CallSid": "CA1", "DialCallStatus": "busy"})
        self.assertEqual(self.row(), before)


class PlaceTest(TestCase):
    """A call that rings holds one of MAX_CALLS places until its stream comes."""

    @override_settings(MAX_CALLS=1)
    def test_who_never_connects_gives_the_place_back_within_seconds(self) -> None:
        ring(call_sid="CA1")
        self.assertIn("תפוסים", ring(call_sid="CA2"))
        Call.objects.update(token_at=timezone.now() - timedelta(seconds=11))
        self.assertIn("<Stream", ring(call_sid="CA3"))

    @override_settings(MAX_CALLS=1)
    def test_who_rings_again_and_again_holds_one_place_and_no_longer(self) -> None:
        """A call's place is counted from its newest token, and by its age among the others."""
        ring(call_sid="CA1")
        for _again in range(3):
            self.assertIn("<Stream", ring(call_sid="CA1"))
        Call.objects.update(token_at=timezone.now() - timedelta(seconds=11))
        self.assertIn("<Stream", ring(call_sid="CA2"))
