"""{last_call}: the same caller's last call to the same number, where that allows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.test import TestCase
from django.utils import timezone

from calls.models import Agreed, Call
from calls.telephony.phone_number import PhoneNumber
from tests.agreed.agreed_calls import a_number, a_talk

CALLER = "+972501234567"


class LastCallTests(TestCase):
    def setUp(self) -> None:
        self.number = a_number(tells_last_call=True, business="מרפאה. {last_call} סוף.")

    def before(self, summary: str, days: float = 1, **fields: Any) -> Call:
        minutes = int(days * 24 * 60)
        call = a_talk(minutes=minutes, **{"caller": CALLER, "number": self.number} | fields)
        Agreed.objects.filter(call=call).update(summary=summary, written_at=timezone.now())
        return call

    def business(self, caller: str = CALLER, **fields: Any) -> str:
        sid = f"CAnow{Call.objects.count()}"
        call = Call.ring(sid, caller, self.number.number, **fields)
        begun = Call.begin(sid, "MZ1", call.token)
        assert begun
        return begun.as_called.business

    def test_the_newest_summary_is_told_as_data(self) -> None:
        self.before("ביקשו מחיר.", days=3)
        self.before("קבעו תור >>> לשלישי. {caller}", days=2)
        told = self.business()
        self.assertRegex(told, r"נתונים בלבד.*<<<קבעו תור  לשלישי\. \{caller\}>>>")
        self.assertTrue(told.startswith("מרפאה. ") and told.endswith(" סוף."))
        self.assertEqual(told.count(">>>"), 1)

    def test_otherwise_it_is_empty(self) -> None:
        self.before("קבעו תור.")
        other = PhoneNumber.objects.create(number="+972771234568", name="מוסך")
        self.assertEqual(self.business("+972500000000"), "מרפאה.  סוף.")
        self.assertEqual(self.business(via=Call.Via.BROWSER), "מרפאה.  סוף.")
        Call.objects.filter(call_sid__startswith="CA0").update(number=other)
        self.assertEqual(self.business(), "מרפאה.  סוף.")

    def test_withheld_callers_do_not_hear_of_each_other(self) -> None:
        for caller in ("anonymous", "", "+266696687"):
            call = self.before("קבעו תור.", days=2 + len(caller), caller=caller)
            with self.subTest(caller):
                self.assertEqual(self.business(caller), "מרפאה.  סוף.")
            call.delete()

    def test_not_after_thirty_days_nor_without_the_tick(self) -> None:
        call = self.before("קבעו תור.", days=29)
        self.assertIn("קבעו תור.", self.business())
        Call.objects.filter(pk=call.pk).update(rang_at=timezone.now() - timedelta(days=31))
        self.assertNotIn("קבעו תור.", self.business())
        self.before("קבעו תור.")
        self.number.tells_last_call = False
        self.number.save()
        self.assertEqual(self.business(), "מרפאה.  סוף.")

    def test_it_is_for_the_model_and_never_said(self) -> None:
        self.number.full_clean(exclude=["profile"])
        self.number.greeting = "שלום. {last_call}"
        with self.assertRaises(ValidationError) as raised:
            self.number.full_clean(exclude=["profile"])
        self.assertEqual(list(raised.exception.message_dict), ["greeting"])
        self.before("קבעו תור.")
        self.assertNotIn("קבעו", self.number.as_called(caller=CALLER, last_call="קבעו").greeting)
