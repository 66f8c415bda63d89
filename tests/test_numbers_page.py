"""The numbers' pages: who answers, when, and what callers hear."""

from __future__ import annotations

from django.test import TestCase, override_settings

from calls.models import Call
from calls.phone_number import PhoneNumber
from dashboard.models import AuditEvent
from tests.call_rows import a_call
from tests.people import a_person

NUMBER = "+972771234567"


class NumbersTestCase(TestCase):
    def setUp(self) -> None:
        self.client.force_login(a_person("admin"))

    def save(self, address: str = "/he/numbers/new/", **fields: str) -> str:
        form = {
            "number": NUMBER, "name": "מרפאת אלון", "when_closed": "say",
            "hours-TOTAL_FORMS": "2", "hours-INITIAL_FORMS": "0",
            "hours-0-weekday": "6", "hours-0-opens": "20:00", "hours-0-closes": "01:00",
            "closed_days-TOTAL_FORMS": "1", "closed_days-INITIAL_FORMS": "0",
            "closed_days-0-date": "2026-12-31", "closed_days-0-reason": "ספירת מלאי",
        }  # fmt: skip
        return self.client.post(address, form | fields, follow=True).content.decode()

    def page(self, address: str) -> str:
        return self.client.get(address).content.decode()


class EditTests(NumbersTestCase):
    def test_a_number_is_added_with_its_hours_and_closed_days(self) -> None:
        page = self.save(records="on", keeps_holidays="on", pronunciations="HeVoice = הי וויס")
        self.assertIn("נשמר", page)
        number = PhoneNumber.objects.get()
        hours = number.hours.get()
        self.assertTrue(number.records and number.keeps_holidays)
        self.assertEqual((hours.weekday, f"{hours.opens:%H:%M}"), (6, "20:00"))
        self.assertEqual(number.closed_days.get().reason, "ספירת מלאי")
        self.assertIn("מרפאת אלון", self.page("/he/numbers/"))

    def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(self) -> None:
        page = self.save(number="077-1234567", hints="א\n" * 21, when_closed="forward")
        for words in ("דבר לא נשמר", "קידומת המדינה", "לכל היותר", "לאן להעביר"):
            self.assertIn(words, page)
        self.assertIn("ספירת מלאי", page, "what was typed is still there")
        self.assertFalse(PhoneNumber.objects.exists())

    def test_a_number_that_there_is_already_is_refused(self) -> None:
        PhoneNumber.objects.create(number=NUMBER, name="מרפאה")
        self.assertIn("דבר לא נשמר", self.save())
        self.assertEqual(PhoneNumber.objects.count(), 1)

    def test_a_change_stands_in_the_audit_with_before_and_after(self) -> None:
        number = PhoneNumber.objects.create(number=NUMBER, name="מרפאה", greeting="שלום")
        self.save(f"/he/numbers/{number.pk}/", greeting="ברוכים הבאים")
        event = AuditEvent.objects.get(action=AuditEvent.Action.NUMBER)
        self.assertEqual(event.who_name, "dana")
        self.assertEqual(event.detail["greeting"], ["שלום", "ברוכים הבאים"])

    def test_the_calls_of_a_deleted_number_stay(self) -> None:
        number = PhoneNumber.objects.create(number=NUMBER, name="מרפאה")
        a_call(1, number=number, called=NUMBER)
        self.assertEqual(self.client.get(f"/he/numbers/{number.pk}/delete/").status_code, 405)
        self.client.post(f"/he/numbers/{number.pk}/delete/")
        self.assertFalse(PhoneNumber.objects.exists())
        self.assertIsNone(Call.objects.get().number)


class PageTests(NumbersTestCase):
    def test_without_numbers_the_page_says_what_becomes_of_calls(self) -> None:
        with self.settings(UNKNOWN_NUMBER="default"):
            self.assertIn("is answered as the settings say", self.page("/en/numbers/"))
        with self.settings(UNKNOWN_NUMBER="refuse"):
            self.assertIn("Calls are refused", self.page("/en/numbers/"))

    def test_the_list_says_whether_a_number_is_open(self) -> None:
        PhoneNumber.objects.create(number=NUMBER, name="מרפאה")
        closed = PhoneNumber.objects.create(number="+97221234567", name="מוסך")
        closed.hours.create(weekday=0, opens="10:00", closes="10:01")
        page = self.page("/en/numbers/")
        self.assertEqual((page.count("</span>open"), page.count("</span>closed")), (1, 1))

    @override_settings(PUBLIC_HOST="voice.example")
    def test_the_page_says_what_to_set_at_twilio(self) -> None:
        number = PhoneNumber.objects.create(number=NUMBER, name="מרפאה")
        page = self.page(f"/en/numbers/{number.pk}/")
        self.assertIn("https://voice.example/twilio/voice", page)
        self.assertIn(f"connect_number {NUMBER}", page)

    def test_who_may_only_look_sees_the_form_and_cannot_save(self) -> None:
        number = PhoneNumber.objects.create(number=NUMBER, name="מרפאה")
        self.client.force_login(a_person("viewer", "viewer"))
        page = self.page(f"/en/numbers/{number.pk}/")
        self.assertIn('<fieldset class="bare" disabled>', page)
        self.assertEqual(self.client.post(f"/en/numbers/{number.pk}/").status_code, 403)
        self.assertEqual(self.client.get("/en/numbers/new/").status_code, 403)
