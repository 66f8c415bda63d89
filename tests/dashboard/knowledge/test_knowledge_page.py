"""The page of what a number's business knows."""

from __future__ import annotations

import re

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase

from calls.knowledge.known_text import LONGEST_TEXT, MOST_PASSAGES, KnownAnswer, KnownText
from dashboard.knowledge.knowledge_forms import LARGEST_FILE, MOST_FILES
from dashboard.models import AuditEvent
from tests.dashboard.operators import a_person
from tests.knowledge.asked import a_number


def a_file(name: str, content: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())


class KnowledgeTestCase(TestCase):
    role = "admin"

    def setUp(self) -> None:
        self.client.force_login(a_person(self.role))
        self.number = a_number()
        self.address = f"/he/numbers/{self.number.pk}/knowledge/"

    def page(self, address: str = "") -> str:
        return self.client.get(self.address + address).content.decode()

    def post(self, address: str = "", **fields: object) -> str:
        return self.client.post(self.address + address, fields, follow=True).content.decode()

    def audited(self) -> list[list[str]]:
        events = AuditEvent.objects.filter(action=AuditEvent.Action.NUMBER).order_by("pk")
        return [event.detail["knowledge"] for event in events]


class EditTests(KnowledgeTestCase):
    def test_a_text_is_added_changed_and_deleted_and_the_audit_tells_each(self) -> None:
        self.assertIn("נשמר", self.post("text/new/", name="שעות", text="בשישי סגור."))
        text = KnownText.objects.get()
        self.assertIn("שעות", self.page())
        self.post(f"text/{text.pk}/", name="שעות", text="בשבת סגור.\n\nבשישי פתוח.")
        self.assertEqual(text.passages.count(), 2)
        self.post(f"text/{text.pk}/delete/")
        self.assertFalse(KnownText.objects.exists())
        short = ["שעות (11)", "שעות (23)"]
        self.assertEqual(self.audited(), [["", short[0]], short, [short[1], ""]])

    def test_the_longest_text_in_hebrew_fits_into_what_is_posted(self) -> None:
        """Percent-encoded it would not: six bytes a letter."""
        self.assertLess(LONGEST_TEXT * 4, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        page = self.page("text/new/")
        self.assertIn('<form method="post" enctype="multipart/form-data"', page)

    def test_a_question_is_added_and_changed(self) -> None:
        self.post("answer/new/", questions="יש חניה\nאיפה חונים", answer="בחצר.")
        answer = KnownAnswer.objects.get()
        self.post(f"answer/{answer.pk}/", questions="יש חניה", answer="ברחוב.")
        self.assertIn("ברחוב.", self.page())
        self.assertEqual(self.audited()[1], ["יש חניה – בחצר.", "יש חניה – ברחוב."])

    def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(self) -> None:
        self.post("text/new/", name="שעות", text="סגור.")
        self.assertIn("כבר", self.post("text/new/", name="שעות", text="פתוח."))
        self.assertIn("לכל היותר", self.post("answer/new/", questions="א\n" * 11, answer="ב"))
        text = "\n\n".join(["מילה"] * (MOST_PASSAGES + 1))
        self.assertIn("2002", self.post("text/new/", name="ספר", text=text))
        self.assertEqual([text.text for text in KnownText.objects.all()], ["סגור."])
        self.assertFalse(KnownAnswer.objects.exists())

    def test_another_numbers_text_is_not_there(self) -> None:
        text = KnownText(number=a_number("מוסך", 2), name="א", text="ב")
        text.save()
        for address in (f"text/{text.pk}/", f"text/{text.pk}/delete/"):
            self.assertEqual(self.client.post(self.address + address).status_code, 404)


class UploadTests(KnowledgeTestCase):
    def test_files_become_texts_and_one_of_the_same_name_is_replaced(self) -> None:
        for content in ("# שעות\n\nסגור", "# שעות\n\nפתוח"):
            self.post(texts=[a_file("a.md", content), a_file("ב.TXT", "\ufeffמחירים")])
        kept = dict(KnownText.objects.values_list("name", "text"))
        self.assertEqual(kept, {"a.md": "# שעות\n\nפתוח", "ב.TXT": "מחירים"})
        self.assertEqual(len(self.audited()), 4)

    def test_older_windows_files_are_read(self) -> None:
        self.post(texts=[a_file("a.txt", "שלום".encode("cp1255"))])
        self.post(texts=[a_file("b.txt", "שלום".encode("utf-16"))])
        self.assertEqual(set(KnownText.objects.values_list("text", flat=True)), {"שלום"})

    def test_what_is_no_text_is_refused_and_none_of_the_files_is_kept(self) -> None:
        for wrong in (
            a_file("a.pdf", "%PDF"), a_file("a.txt", b"\0\1\2"), a_file("a.txt", " "),
            a_file("a.txt", b"\x89PNG\r\n\x1a\n\x06"), a_file("a.txt", b"\xff\xfe\x00\xd8"),
            a_file("a.txt", "שלום".encode("utf-16-le")), a_file("a.txt", b""),
            a_file("a.txt", "א" * 500_001), a_file(f"{'a' * 100}.txt", "א"),
        ):  # fmt: skip
            page = self.post(texts=[a_file("b.txt", "שלום"), wrong])
            self.assertIn("problem bad", page)
            self.assertFalse(KnownText.objects.exists())
        many = "\n\n".join(["מילה"] * MOST_PASSAGES)
        self.assertIn("2001", self.post(texts=[a_file("b.txt", "שלום"), a_file("c.txt", many)]))
        self.assertFalse(KnownText.objects.exists() or AuditEvent.objects.exists())

    def test_which_file_is_empty_or_too_long_is_said_and_how_long_one_may_be(self) -> None:
        for content in (b"", b" \n"):
            self.assertIn("m1.txt ריק.", self.post(texts=[a_file("m1.txt", content)]))
        for length in (500_001, 1_500_000):
            page = self.post(texts=[a_file("m1.txt", "א" * length)])
            self.assertIn('m1.txt ארוך מדי: לכל היותר <bdi dir="ltr">500,000</bdi> תווים.', page)

    def test_the_documented_nginx_lets_as_many_pass_as_may_be_uploaded(self) -> None:
        operations = (settings.BASE_DIR / "docs" / "operations.md").read_text()
        found = re.search(r"client_max_body_size ([0-9]+)m;", operations)
        assert found
        self.assertGreater(int(found[1]) * 2**20, MOST_FILES * LARGEST_FILE + 2**20)

    def test_nothing_chosen_is_told(self) -> None:
        self.assertIn("problem bad", self.post())


class TryTests(KnowledgeTestCase):
    def setUp(self) -> None:
        super().setUp()
        KnownText(number=self.number, name="נהלים", text="# חופש\n\nבחגים <b>סגור</b>.").save()
        KnownAnswer(number=self.number, questions="יש אצלכם חנייה", answer="בחצר.").save()

    def test_what_would_be_found_is_shown_with_its_source_and_how_long_it_took(self) -> None:
        page = self.client.get(f"{self.address}found/", {"asked": "ומה בחג"}).content.decode()
        for words in ("חופש", "בחגים &lt;b&gt;סגור", "נהלים", " ms"):
            self.assertIn(words, page)
        self.assertNotIn("<html", page)
        self.assertIn("נהלים", self.page("?asked=" + "ומה בחג"))

    def test_a_question_that_is_certainly_asked_is_told_of(self) -> None:
        for asked, is_certain in (("יש לכם חניה", True), ("יש לכם חניה לנכים", False)):
            page = self.page(f"found/?asked={asked}")
            self.assertIn("בחצר.", page)
            self.assertEqual("state ok" in page, is_certain)

    def test_where_all_of_it_is_told_what_is_not_found_is_known_all_the_same(self) -> None:
        self.assertIn("מקבל את כולו", self.page("found/?asked=אמבטיה"))

    def test_where_nothing_is_found_that_is_told(self) -> None:
        KnownText(number=self.number, name="ספר", text="מילה " * 1000).save()
        self.assertIn("state unsure", self.page("found/?asked=אמבטיה"))
        self.assertNotIn("state unsure", self.page("found/?asked="))


class ViewerTests(KnowledgeTestCase):
    role = "viewer"

    def test_a_viewer_sees_and_tries_it_and_changes_nothing(self) -> None:
        text = KnownText(number=self.number, name="נהלים", text="בחגים סגור.")
        text.save()
        self.assertIn("נהלים", self.page("?asked=חג"))
        self.assertNotIn("<textarea", self.page())
        self.assertNotIn('type="file"', self.page())
        for address in ("", "text/new/", f"text/{text.pk}/", f"text/{text.pk}/delete/"):
            answer = self.client.post(self.address + address, {"name": "א", "text": "ב"})
            self.assertEqual(answer.status_code, 403, address)
        self.assertEqual(self.client.get(f"{self.address}text/{text.pk}/").status_code, 403)

    def test_nobody_sees_it_without_a_sign_in(self) -> None:
        self.client.logout()
        self.assertEqual(self.client.get(self.address).status_code, 302)
