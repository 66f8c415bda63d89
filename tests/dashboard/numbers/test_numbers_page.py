"""The numbers' pages: who answers, when, and what callers hear."""

from __future__ import annotations

from typing import Any, ClassVar

from django.test import TestCase, override_settings
from django.utils.html import strip_tags

from calls.models import Call
from calls.telephony.phone_number import PhoneNumber
from dashboard.models import AuditEvent
from tests.dashboard.call_rows import a_call
from tests.dashboard.operators import a_person

NUMBER = "+972771234567"


class NumbersTestCase(TestCase):
    def setUp(self) -> None:
        self.client.force_login(a_person("admin"))

    def save(self, address: str = "/he/numbers/new/", /, **fields: str | list[str]) -> str:
        form = {
            "number": NUMBER, "name": "מרפאת אלון", "when_closed": "say", "person_wait_s": "0",
            "hours-TOTAL_FORMS": "2", "hours-INITIAL_FORMS": "0",
            "hours-0-days": "6", "hours-0-opens": "20:00", "hours-0-closes": "01:00",
            "closed_days-TOTAL_FORMS": "1", "closed_days-INITIAL_FORMS": "0",
            "closed_days-0-date": "2026-12-31", "closed_days-0-reason": "ספירת מלאי",
        }  # fmt: skip
        return self.client.post(address, form | fields, follow=True).content.decode()

    def page(self, address: str) -> str:
        return self.client.get(address).content.decode()


class EditTests(NumbersTestCase):
    def test_how_long_a_person_is_awaited_is_a_setting_of_the_number(self) -> None:
        self.assertIn("נשמר", self.save(person_wait_s="45"))
        self.assertEqual(PhoneNumber.objects.get().as_called().person_wait_s, 45)

    def test_nobody_waits_longer_than_two_minutes(self) -> None:
        self.save(person_wait_s="121")
        self.assertFalse(PhoneNumber.objects.exists())

    def test_a_number_is_added_with_its_hours_and_closed_days(self) -> None:
        page = self.save(
            openers="בכיף", records="on", keeps_holidays="on", pronunciations="HeVoice = הי וויס"
        )
        self.assertIn("נשמר", page)
        number = PhoneNumber.objects.get()
        hours = number.hours.get()
        self.assertEqual(number.as_called().openers, ("בכיף,",))
        self.assertTrue(number.records and number.keeps_holidays)
        self.assertEqual((hours.weekday, f"{hours.opens:%H:%M}"), (6, "20:00"))
        self.assertEqual(number.closed_days.get().reason, "ספירת מלאי")
        self.assertIn("מרפאת אלון", self.page("/he/numbers/"))

    def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(self) -> None:
        page = self.save(number="077-123456", hints="א\n" * 21, when_closed="forward")
        for words in ("דבר לא נשמר", "חסרות ספרות", "לכל היותר", "לאן להעביר"):
            self.assertIn(words, page)
        self.assertIn("ספירת מלאי", page, "what was typed is still there")
        self.assertFalse(PhoneNumber.objects.exists())

    def test_a_number_that_there_is_already_is_refused(self) -> None:
        PhoneNumber.objects.create(number=NUMBER, name="מרפאה")
        for typed in (NUMBER, "077-123-4567"):
            self.assertIn("דבר לא נשמר", self.save(number=typed))
        self.assertEqual(PhoneNumber.objects.count(), 1)

    def test_numbers_are_kept_in_one_form_however_they_are_typed(self) -> None:
        self.save(number="077-1234567", when_closed="forward", forward_to="00972 50-123-4567")
        number = PhoneNumber.objects.get()
        self.assertEqual((number.number, number.forward_to), (NUMBER, "+972501234567"))
        self.assertIn("לכוכבית", self.save(number="*1234"))
        address = f"/he/numbers/{number.pk}/"
        self.assertIn("אל עצמו", self.save(address, when_closed="forward", forward_to="0771234567"))

    def test_a_number_typed_otherwise_is_no_change(self) -> None:
        number = PhoneNumber.objects.create(number=NUMBER, name="מרפאת אלון")
        self.save(f"/he/numbers/{number.pk}/", number="077-1234567", greeting="שלום")
        event = AuditEvent.objects.get(action=AuditEvent.Action.NUMBER)
        self.assertIn("greeting", event.detail)
        self.assertNotIn("number", event.detail)

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


class OpeningHoursTests(NumbersTestCase):
    WEEK: ClassVar[dict[str, str | list[str]]] = {
        "hours-0-days": ["0", "1", "2", "3", "4"],
        "hours-0-opens": "9:00", "hours-0-closes": "17:00",
        "hours-1-days": ["5"], "hours-1-opens": "09:00", "hours-1-closes": "13:00",
    }  # fmt: skip

    def spans(self) -> list[tuple[int, str, str]]:
        return [
            (each.weekday, f"{each.opens:%H:%M}", f"{each.closes:%H:%M}")
            for each in PhoneNumber.objects.get().hours.all()
        ]

    def test_a_week_is_written_in_one_go(self) -> None:
        self.save(**self.WEEK)
        week = [(day, "09:00", "17:00") for day in range(5)]
        self.assertEqual(self.spans(), [*week, (5, "09:00", "13:00")])

    def test_days_with_the_same_hours_stand_in_one_row(self) -> None:
        number = PhoneNumber.objects.create(number=NUMBER, name="מרפאה")
        for day, opens, closes in (
            (0, "16:00", "19:00"), (0, "08:00", "13:00"),
            (2, "08:00", "13:00"), (5, "08:00", "12:00"),
        ):  # fmt: skip
            number.hours.create(weekday=day, opens=opens, closes=closes)
        hours: Any = self.client.get(f"/en/numbers/{number.pk}/").context["hours"]
        self.assertEqual(
            [row["days"] for row in hours.initial],
            [[0, 2], [0], [5]],
        )

    def test_saving_replaces_the_hours_and_the_audit_tells_it(self) -> None:
        self.save(**self.WEEK)
        number = PhoneNumber.objects.get()
        address = f"/en/numbers/{number.pk}/"
        given = {**self.WEEK, "hours-INITIAL_FORMS": "2", "closed_days-0-date": ""}
        self.save(address, **given | {"closed_days-0-reason": ""})
        self.assertNotIn("hours", AuditEvent.objects.latest("pk").detail, "nothing changed")
        given |= {"hours-1-DELETE": "on", "hours-0-days": ["0", "1"]}
        self.save(address, **given | {"closed_days-0-reason": ""})
        self.assertEqual(self.spans(), [(0, "09:00", "17:00"), (1, "09:00", "17:00")])
        before, after = AuditEvent.objects.latest("pk").detail["hours"]
        self.assertIn("Friday", before)
        self.assertNotIn("Friday", after)

    def test_hours_that_overlap_are_refused_at_their_field(self) -> None:
        for days, opens, closes, words in (
            ("2", "12:00", "20:00", "Tuesday 12:00–20:00 overlaps Tuesday 09:00–17:00"),
            ("0", "09:00", "17:00", "Sunday 09:00–17:00 overlaps Sunday 09:00–17:00"),
            ("6", "20:00", "09:30", "Saturday 20:00–09:30 overlaps Sunday 09:00–17:00"),
            ("3", "08:00", "08:00", "Wednesday 08:00–08:00 overlaps Wednesday 09:00–17:00"),
        ):  # fmt: skip
            with self.subTest(days=days, opens=opens):
                page = self.save(
                    "/en/numbers/new/", **self.WEEK | {
                        "hours-1-days": days, "hours-1-opens": opens, "hours-1-closes": closes,
                    },
                )  # fmt: skip
                at_its_field = page.split('id="hours-1-days-problems"')[1].split("</div>")[0]
                said = strip_tags(at_its_field).replace("\u2066", "").replace("\u2069", "")
                self.assertIn(words, said)
        self.assertFalse(PhoneNumber.objects.exists())

    def test_hours_that_touch_do_not_overlap(self) -> None:
        given = {"hours-1-days": "4", "hours-1-opens": "17:00", "hours-1-closes": "09:00"}
        self.save(**self.WEEK | given)
        self.assertEqual(len(self.spans()), 6)

    def test_a_row_that_is_not_whole_says_what_is_missing(self) -> None:
        page = self.save("/en/numbers/new/", **self.WEEK | {"hours-1-days": []})
        self.assertIn("Choose the days.", page)
        self.assertFalse(PhoneNumber.objects.exists())


class PageTests(NumbersTestCase):
    def test_without_numbers_the_page_says_what_becomes_of_calls(self) -> None:
        with self.settings(UNKNOWN_NUMBER="default"):
            self.assertIn("is answered according to the settings", self.page("/en/numbers/"))
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
