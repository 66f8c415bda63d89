"""What was agreed on its call's page, and corrected by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.test import TestCase
from django.utils import timezone
from django.utils.html import strip_tags

from calls.models import Agreed, FormField
from calls.telephony.phone_number import PhoneNumber
from dashboard.models import AuditEvent
from tests.dashboard.call_rows import (
    FIELDS,
    VALUES,
    a_call,
    a_field,
    a_form,
    a_turn,
    an_agreed,
)
from tests.dashboard.operators import a_person

PERSONAL = ("דנה לוי", "0541234567")
FORM = {
    "summary": "דנה ביקשה תור לניקוי שיניים. נקבע תור ליום שלישי בארבע.", "outcome": "done",
    "follow_ups": "לשלוח תזכורת יום לפני התור", "values.name": "דנה לוי",
    "values.phone": "0541234567", "values.visit": "ניקוי", "values.wanted_day": "2026-12-01",
    "values.hour": "16:00", "values.people": "2", "values.is_new": "no", "values.reason": "",
}  # fmt: skip
"""What the page of `an_agreed` sends where nobody changes anything."""


class AgreedPageTestCase(TestCase):
    def setUp(self) -> None:
        self.client.force_login(a_person("operator"))
        self.number = PhoneNumber.objects.create(number="+972771234567", name="מרפאה")
        a_form(self.number)
        self.call = a_call(1, number=self.number)
        a_turn(self.call)
        self.address = f"/en/calls/{self.call.pk}/"

    def page(self, address: str = "") -> str:
        return self.client.get(f"{self.address}{address}").content.decode()

    def card(self) -> str:
        fragment = self.client.get(f"{self.address}agreed/", headers={"HX-Request": "true"})
        self.assertTemplateNotUsed(fragment, "base.html")
        return fragment.content.decode()

    def said(self) -> str:
        """The card in words."""
        return " ".join(strip_tags(self.card().replace("<", " <")).split())


class CardTests(AgreedPageTestCase):
    def test_it_shows_outcome_summary_fields_and_what_is_left_to_do(self) -> None:
        an_agreed(self.call)
        said = self.said()
        for words in (
            "✓ taken care of", "נקבע תור ליום שלישי", "שם דנה לוי", "טלפון 0541234567",
            "סוג הביקור ניקוי", "היום המבוקש 01/12/2026", "שעה 16:00", "אנשים 2", "לקוח חדש no",
            "סיבה –", "לשלוח תזכורת", "Written by the language model",
        ):  # fmt: skip
            with self.subTest(words):
                self.assertIn(words, said)
        self.assertIn('id="agreed"', self.page())
        self.assertNotIn("hx-trigger", self.card())

    def test_without_a_model_it_says_why_nobody_has_judged_what_came_of_it(self) -> None:
        an_agreed(self.call, outcome="", by=Agreed.By.WITHOUT)
        said = self.said()
        for words in ("○ not judged", "without a language model", "no model has read"):
            self.assertIn(words, said)
        Agreed.objects.update(outcome="message")
        self.assertNotIn("no model has read", self.said())

    def test_it_is_asked_for_again_until_it_is_there(self) -> None:
        Agreed.objects.create(call=self.call)
        self.assertIn('hx-trigger="every 3s"', self.card())
        self.assertIn("It is being written now", self.said())
        Agreed.objects.all().delete()
        an_agreed(self.call)
        self.assertNotIn("hx-trigger", self.card())

    def test_a_call_that_has_just_ended_waits_for_its_row(self) -> None:
        self.assertIn("It is being written now", self.said())

    def test_where_no_worker_comes_it_says_so_and_asks_no_more(self) -> None:
        long_ago = timezone.now() - timedelta(minutes=6)
        self.call.ended_at = long_ago
        self.call.save()
        self.assertIn("Is hevoice-worker running?", self.said())
        self.assertNotIn("hx-trigger", self.card())

    def test_a_call_of_before_and_one_that_goes_on_show_nothing(self) -> None:
        long_ago = timezone.now() - timedelta(days=6)
        self.call.ended_at = self.call.settled_at = long_ago
        self.call.save()
        self.assertEqual(self.card().strip(), "")
        self.call.ended_at = self.call.settled_at = None
        self.call.save()
        self.assertEqual(self.card().strip(), "")

    def test_without_a_model_it_says_so(self) -> None:
        an_agreed(self.call, by=Agreed.By.WITHOUT, summary="", follow_ups=[])
        self.assertIn("from messages and tools alone, without a language model", self.said())

    def test_a_model_that_failed_is_named_with_what_happens_next(self) -> None:
        failed = "OpenAI gpt-6-luna: no answer within 20 s"
        an_agreed(
            self.call, by=Agreed.By.WITHOUT, failure=failed,
            due_at=timezone.now() + timedelta(minutes=2),
        )  # fmt: skip
        self.assertIn(f"did not write it: {failed} · It is tried again by itself.", self.said())
        self.assertIn('hx-trigger="every 15s"', self.card())
        Agreed.objects.update(due_at=None)
        self.assertNotIn("tried again", self.said())
        self.assertNotIn("hx-trigger", self.card())

    def test_what_the_model_wrote_in_vain_is_named(self) -> None:
        an_agreed(self.call, dropped={"reason": "long"})
        self.assertIn("Left out of what the model wrote: סיבה (it was too long)", self.said())

    def test_a_call_whose_form_has_changed_since_stays_readable(self) -> None:
        an_agreed(self.call)
        FormField.objects.all().delete()
        a_field("other", "אחר", "text", number=self.number).save()
        self.assertIn("סוג הביקור ניקוי", self.said())
        self.assertNotIn("אחר", self.said())
        page = self.page("agreed/correct/")
        self.assertIn("values.visit", page)
        self.assertNotIn("values.other", page)

    def test_a_viewer_sees_that_there_is_personal_data_and_not_which(self) -> None:
        an_agreed(self.call, summary="לחזור אל 054-1234567", values={"name": "דנה", "people": 2})
        self.client.force_login(a_person("viewer", "viewer"))
        said = self.said()
        self.assertIn("שם •••", said)
        self.assertIn("טלפון –", said)
        self.assertIn("אנשים 2", said)
        self.assertNotIn("1234567", said)
        self.assertNotIn("agreed/correct", self.card())

    def test_nor_in_what_was_written_about_it(self) -> None:
        an_agreed(
            self.call, summary="דנה לוי ביקשה תור", follow_ups=["לחזור לדנה בערב"],
            values=VALUES | {"reason": "הבת של גברת לוי"},
        )  # fmt: skip
        self.assertIn("דנה לוי ביקשה תור", self.said())
        self.client.force_login(a_person("viewer", "viewer"))
        said = self.said()
        for words in ("••• ביקשה תור", "לחזור ל••• בערב", "הבת של גברת •••"):
            self.assertIn(words, said)
        for name in ("דנה", "לוי"):
            self.assertNotIn(name, said)

    def test_a_number_that_the_form_calls_nothing_personal_is_hidden_all_the_same(self) -> None:
        form = [a_field(*each).as_kept | {"is_personal": False} for each in FIELDS]
        values = {"phone": "0541234567", "people": 541234567, "reason": "אל 0541234567 בבקשה"}
        an_agreed(self.call, form=form, values=values)
        self.client.force_login(a_person("viewer", "viewer"))
        said = self.said()
        for words in ("טלפון •••", "אנשים •••", "אל [מספר טלפון] בבקשה"):
            self.assertIn(words, said)

    def test_it_adds_no_query_to_its_calls_page(self) -> None:
        an_agreed(self.call)
        self.page()
        with self.assertNumQueries(9):
            self.page()


class CorrectionTests(AgreedPageTestCase):
    def correct(self, **fields: str) -> Any:
        given = FORM | {name.replace("__", "."): value for name, value in fields.items()}
        return self.client.post(f"{self.address}agreed/correct/", given)

    def newest(self) -> AuditEvent | None:
        return AuditEvent.objects.filter(action=AuditEvent.Action.CORRECT).first()

    def test_every_kind_is_corrected_and_says_by_whom(self) -> None:
        an_agreed(self.call)
        answer = self.correct(
            outcome="message", follow_ups="לחזור\n\n לאשר ", values__phone="+972 54-765 4321",
            values__visit="בדיקה", values__wanted_day="2026-12-02", values__hour="09:30",
            values__people="3.5", values__is_new="yes", values__reason="כאב",
        )  # fmt: skip
        self.assertRedirects(answer, self.address)
        agreed = Agreed.objects.get()
        self.assertEqual(agreed.outcome, "message")
        self.assertEqual(agreed.follow_ups, ["לחזור", "לאשר"])
        expected = {
            "name": "דנה לוי", "phone": "+972547654321", "visit": "בדיקה", "people": 3.5,
            "wanted_day": "2026-12-02", "hour": "09:30", "is_new": True, "reason": "כאב",
        }  # fmt: skip
        self.assertEqual(agreed.values, expected)
        self.assertIn("Corrected by dana", self.said())

    def test_the_audit_has_before_and_after_but_nothing_personal(self) -> None:
        an_agreed(self.call)
        self.correct(
            summary="דנה שילמה", outcome="unfinished", values__name="רונה", values__people="3"
        )
        event = self.newest()
        assert event
        hidden = ["•••", "•••"]
        expected = {
            "summary": hidden, "outcome": ["done", "unfinished"], "values.name": hidden,
            "values.people": [2, 3],
        }  # fmt: skip
        self.assertEqual((event.what, event.detail), (self.call.call_sid, expected))
        self.client.force_login(a_person("admin", "admin"))
        audit = self.client.get("/en/audit/").content.decode()
        self.assertIn("corrected what was agreed", audit)
        self.assertIn("taken care of, not finished", audit)
        self.assertIn(f'href="{self.address}"', audit)

    def test_without_a_change_nothing_is_noted(self) -> None:
        an_agreed(self.call)
        self.assertEqual(self.correct().status_code, 302)
        self.assertIsNone(self.newest())
        self.assertEqual(Agreed.objects.get().by, Agreed.By.MODEL)

    def test_a_value_is_taken_away(self) -> None:
        an_agreed(self.call)
        self.correct(**{f"values__{name}": "" for name in ("name", "people", "is_new", "visit")})
        self.assertEqual({*Agreed.objects.get().values}, {"phone", "wanted_day", "hour"})

    def test_what_does_not_fit_is_said_beside_its_field_and_nothing_is_saved(self) -> None:
        an_agreed(self.call)
        for name, value, words in (
            ("values__phone", "דנה", "digits of a telephone number"),
            ("values__visit", "עיסוי", "valid choice"),
            ("values__wanted_day", "tomorrow", "valid date"),
            ("values__hour", "25:00", "valid time"),
            ("values__people", "two", "number"),
            ("values__is_new", "maybe", "valid choice"),
            ("values__reason", "א" * 301, "300"),
            ("outcome", "", "required"),
            ("summary", "א" * 601, "600"),
            ("follow_ups", "\n".join("אבגדהו"), "At most 5 lines"),
            ("follow_ups", "א" * 201, "at most 200"),
        ):
            with self.subTest(name, value=value[:20]):
                answer = self.correct(**{name: value})
                self.assertEqual(answer.status_code, 422)
                page = " ".join(strip_tags(answer.content.decode()).split())
                self.assertIn(words, page)
                self.assertIn("Nothing was saved", page)
        self.assertIsNone(self.newest())
        self.assertEqual(Agreed.objects.get().by, Agreed.By.MODEL)

    def test_one_that_was_never_written_is_written_by_hand_in_todays_form(self) -> None:
        failed = {"outcome": "", "summary": "", "values": {}, "form": [], "follow_ups": []}
        an_agreed(self.call, written_at=None, by="", failure="No model.", **failed)
        self.assertIn("It is not written: No model.", self.said())
        self.assertEqual(self.correct().status_code, 302)
        self.assertEqual(Agreed.objects.get().values["people"], 2)
        self.assertIn("Corrected by dana", self.said())

    def test_a_viewer_may_not_and_a_call_without_a_row_has_no_page(self) -> None:
        self.assertEqual(self.correct().status_code, 404)
        an_agreed(self.call)
        self.client.force_login(a_person("viewer", "viewer"))
        self.assertEqual(self.correct().status_code, 403)

    def test_who_may_not_see_personal_data_corrects_only_the_rest(self) -> None:
        an_agreed(self.call, values=VALUES | {"reason": "לחזור אל 0541234567"})
        operators = Group.objects.get(name="operator")
        operators.permissions.remove(Permission.objects.get(codename="see_personal"))
        page = self.page("agreed/correct/")
        for hidden in (*PERSONAL, "values.name", "values.reason", "תזכורת", "נקבע תור"):
            self.assertNotIn(hidden, page)
        self.correct(summary="x", values__name="x", values__people="4", outcome="message")
        agreed = Agreed.objects.get()
        self.assertEqual((agreed.values["name"], agreed.values["people"]), ("דנה לוי", 4))
        self.assertEqual(agreed.values["reason"], "לחזור אל 0541234567")
        self.assertIn("נקבע תור", agreed.summary)
        self.assertEqual((agreed.outcome, len(agreed.follow_ups)), ("message", 1))
