"""Numbers are edited in the admin's pages, and named on the pages of their calls."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import TestCase

from calls.telephony.phone_number import PhoneNumber
from tests.dashboard.call_rows import a_call

CHANGELIST = "/he/admin/calls/phonenumber/"
NUMBER = "+972771234567"


class NumberAdminTest(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("dana"))

    def save(self, **fields: str) -> str:
        form = {
            "number": NUMBER, "name": "מרפאת אלון", "when_closed": "say",
            "hours-TOTAL_FORMS": "1", "hours-INITIAL_FORMS": "0",
            "hours-0-weekday": "6", "hours-0-opens": "20:00", "hours-0-closes": "01:00",
            "closed_days-TOTAL_FORMS": "1", "closed_days-INITIAL_FORMS": "0",
            "closed_days-0-date": "2026-12-31", "closed_days-0-reason": "ספירת מלאי",
        }  # fmt: skip
        answer = self.client.post(f"{CHANGELIST}add/", form | fields, follow=True)
        return answer.content.decode()

    def test_a_number_is_added_with_its_hours_and_closed_days(self) -> None:
        self.save(records="on", keeps_holidays="on", pronunciations="HeVoice = הי וויס")
        number = PhoneNumber.objects.get()
        hours = number.hours.get()
        self.assertTrue(number.records and number.keeps_holidays)
        self.assertEqual((hours.weekday, f"{hours.opens:%H:%M}"), (6, "20:00"))
        self.assertEqual(number.closed_days.get().reason, "ספירת מלאי")
        self.assertIn("מרפאת אלון", self.client.get(CHANGELIST).content.decode())

    def test_what_is_wrong_is_said_in_hebrew_and_nothing_is_saved(self) -> None:
        page = self.save(number="077-123456", hints="א\n" * 21, when_closed="forward")
        for words in ("חסרות ספרות", "לכל היותר", "לאן להעביר"):
            self.assertIn(words, page)
        self.assertFalse(PhoneNumber.objects.exists())

    def test_a_number_is_kept_in_one_form_and_hours_that_overlap_are_refused(self) -> None:
        self.save(number="077-1234567")
        self.assertEqual(PhoneNumber.objects.get().number, NUMBER)
        PhoneNumber.objects.all().delete()
        again = {"hours-1-weekday": "6", "hours-1-opens": "22:00", "hours-1-closes": "23:00"}
        page = self.save(**{"hours-TOTAL_FORMS": "2"} | again)
        self.assertIn("חופף", page)
        self.assertFalse(PhoneNumber.objects.exists())

    def test_a_call_names_the_number_that_was_dialled(self) -> None:
        number = PhoneNumber.objects.create(number=NUMBER, name="מרפאת אלון")
        call = a_call(1, number=number, called=NUMBER, is_after_hours=True)
        page = self.client.get(f"/en/calls/{call.pk}/").content.decode()
        self.assertIn("<bdi>מרפאת אלון</bdi>", page)
        self.assertIn(f'<bdi dir="ltr">{NUMBER}</bdi>', page)
        self.assertIn("out of hours", page)
