"""What is noted after a number's calls, on its pages: fields are added, changed, moved, deleted."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from django.test import TestCase

from calls.agreed.form_field import MOST_FIELDS
from calls.agreed.schema import schema_of
from calls.models import FormField
from calls.telephony.phone_number import PhoneNumber
from dashboard.models import AuditEvent
from tests.dashboard.call_rows import a_form
from tests.dashboard.operators import a_person

REASON = {"label": "סיבת הפנייה", "name": "reason", "kind": "text", "how_to_tell": "מה ביקשו"}


class FormPageTestCase(TestCase):
    def setUp(self) -> None:
        self.client.force_login(a_person("admin"))
        self.number = PhoneNumber.objects.create(number="+972771234567", name="מרפאה")
        self.address = f"/he/numbers/{self.number.pk}/form/"

    def page(self, address: str = "") -> str:
        return self.client.get(f"{self.address}{address}").content.decode()

    def save(self, address: str = "new/", /, **fields: str) -> str:
        return self.client.post(
            f"{self.address}{address}", REASON | fields, follow=True
        ).content.decode()

    def newest(self) -> AuditEvent:
        newest = AuditEvent.objects.first()
        assert newest
        return newest

    def names(self) -> list[str]:
        return [field.name for field in self.number.form_fields.all()]


class FieldTests(FormPageTestCase):
    def test_a_field_is_added_behind_the_others_and_the_audit_says_so(self) -> None:
        a_form(self.number)
        FormField.objects.filter(name="reason").delete()
        self.assertIn("נשמר", self.save(is_personal="on"))
        self.assertEqual(self.names()[-1], "reason")
        self.assertTrue(self.number.form_fields.get(name="reason").is_personal)
        event = self.newest()
        self.assertEqual(event.what, "+972771234567 reason")
        self.assertEqual(event.detail["how_to_tell"], ["", "מה ביקשו"])
        self.assertEqual(event.detail["is_personal"], ["", "True"])
        self.assertNotIn("choices", event.detail)

    def test_a_field_is_changed_and_the_audit_has_only_what_changed(self) -> None:
        self.save()
        field = FormField.objects.get()
        self.save(f"{field.pk}/", label="סיבה")
        self.assertEqual(FormField.objects.get().label, "סיבה")
        self.assertEqual(self.newest().detail, {"label": ["סיבת הפנייה", "סיבה"]})

    def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(self) -> None:
        for fields, words in (
            ({"name": "Reason"}, "אותיות לטיניות קטנות"),
            ({"name": "סיבה"}, "אותיות לטיניות קטנות"),
            ({"name": "outcome"}, "המפתח הזה תפוס"),
            ({"label": ""}, "problem bad"),
            ({"kind": "choice", "choices": "אחת"}, "לפחות שתי אפשרויות"),
            ({"kind": "choice", "choices": "אחת\nאחת"}, "אותה אפשרות כתובה פעמיים"),
            ({"kind": "colour"}, "problem bad"),
        ):
            with self.subTest(fields):
                page = self.save(**fields)
                self.assertIn("דבר לא נשמר", page)
                self.assertIn(words, page)
                self.assertFalse(FormField.objects.exists())

    def test_a_key_is_given_once_a_number(self) -> None:
        self.save()
        self.assertIn("כבר יש שדה עם המפתח הזה", self.save())
        self.assertEqual(FormField.objects.count(), 1)

    def test_a_form_has_twenty_fields_and_no_more(self) -> None:
        for place in range(MOST_FIELDS):
            self.assertIn("form/new/", self.page())
            self.save(name=f"field_{place}")
        self.assertNotIn("form/new/", self.page())
        self.assertIn("לכל היותר 20 שדות", unescape(self.save()).replace("\u2068", ""))
        self.assertEqual(FormField.objects.count(), MOST_FIELDS)

    def test_a_field_of_another_number_is_not_found(self) -> None:
        self.save()
        other = PhoneNumber.objects.create(number="+972771234568", name="אחר")
        address = f"/he/numbers/{other.pk}/form/{FormField.objects.get().pk}/"
        self.assertEqual(self.client.get(address).status_code, 404)
        self.assertEqual(self.client.post(f"{address}delete/").status_code, 404)
        self.assertEqual(self.client.post(f"{address}move/", {"to": "up"}).status_code, 404)


class OrderTests(FormPageTestCase):
    def move(self, name: str, to: str) -> int:
        field = FormField.objects.get(name=name)
        return self.client.post(f"{self.address}{field.pk}/move/", {"to": to}).status_code

    def test_a_field_moves_one_place_and_stays_at_the_ends(self) -> None:
        for name in ("one", "two", "three"):
            self.save(name=name)
        self.move("three", "up")
        self.assertEqual(self.names(), ["one", "three", "two"])
        self.assertEqual(self.newest().detail, {"moved": [3, 2]})
        self.move("one", "down")
        self.assertEqual(self.names(), ["three", "one", "two"])
        count = AuditEvent.objects.count()
        self.move("three", "up")
        self.move("two", "down")
        self.assertEqual(self.names(), ["three", "one", "two"])
        self.assertEqual(AuditEvent.objects.count(), count)
        self.assertEqual(self.move("one", "away"), 404)

    def test_a_field_is_deleted_and_the_audit_says_so(self) -> None:
        self.save()
        self.client.post(f"{self.address}{FormField.objects.get().pk}/delete/")
        self.assertFalse(FormField.objects.exists())
        self.assertEqual(self.newest().detail, {"deleted": "סיבת הפנייה"})


class BeginningTests(FormPageTestCase):
    def test_an_empty_page_offers_a_form_to_begin_with(self) -> None:
        offered = "שם, טלפון, סיבת הפנייה, היום המבוקש"
        self.assertIn(f"להתחיל עם: <bdi>{offered}</bdi>", self.page())
        self.client.post(f"{self.address}begin/")
        self.assertEqual(self.names(), ["name", "phone", "reason", "wanted_day"])
        personal = self.number.form_fields.filter(is_personal=True)
        self.assertEqual({field.name for field in personal}, {"name", "phone"})
        for field in self.number.form_fields.all():
            field.full_clean()
        self.assertEqual(AuditEvent.objects.count(), 4)
        self.assertNotIn("להתחיל עם", self.page())

    def test_it_is_in_the_language_of_the_calls_whatever_the_pages(self) -> None:
        english = f"/en/numbers/{self.number.pk}/form/"
        self.assertIn("Begin with: <bdi>שם, טלפון", self.client.get(english).content.decode())
        self.client.post(f"{english}begin/")
        field = self.number.form_fields.get(name="reason")
        self.assertEqual(
            (field.label, field.how_to_tell), ("סיבת הפנייה", "מה מבקשים, בכמה מילים.")
        )

    def test_nothing_is_added_to_a_form_that_is_there(self) -> None:
        self.save()
        self.client.post(f"{self.address}begin/")
        self.assertEqual(self.names(), ["reason"])

    def test_the_schema_is_shown_as_the_model_is_asked(self) -> None:
        a_form(self.number)
        shown = re.search(r"<pre[^>]*><code>(.*?)</code>", self.page(), re.S)
        assert shown
        schema: Any = json.loads(unescape(shown[1]))
        self.assertEqual(schema, schema_of(self.number.form_fields.all()))


class RoleTests(FormPageTestCase):
    def test_only_an_admin_changes_it(self) -> None:
        self.save()
        field = FormField.objects.get()
        for role in ("viewer", "operator"):
            self.client.force_login(a_person(role, role))
            self.assertIn("סיבת הפנייה", self.page())
            self.assertNotIn("form/new/", self.page())
            self.assertIn("disabled", self.page(f"{field.pk}/"))
            for address in (
                "new/",
                "begin/",
                *(f"{field.pk}/{end}" for end in ("", "move/", "delete/")),
            ):
                with self.subTest(role, address=address):
                    refused = self.client.post(f"{self.address}{address}", REASON)
                    self.assertEqual(refused.status_code, 403)

    def test_the_numbers_page_leads_to_it(self) -> None:
        page = self.client.get(f"/he/numbers/{self.number.pk}/").content.decode()
        self.assertIn(f'href="{self.address}"', page)
