"""Passages are found by what callers ask, in both databases, and each number's are its own."""

from __future__ import annotations

import os
import subprocess
import sys

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import SimpleTestCase, TestCase, tag

from calls.knowledge import known_text
from calls.knowledge.known_text import KnownAnswer, KnownText, Passage
from calls.knowledge.search import found
from tests.knowledge.asked import BUSINESSES, a_number, answered, businesses, questions
from tests.servers.postgresql import PostgresqlServer

LEAST_TUNED, LEAST_UNSEEN = 27, 25
"""Of thirty each."""
PROGRAM = """
from calls.knowledge.known_text import KnownText, Passage
from calls.knowledge.search import found
from tests.knowledge.asked import answered, businesses
numbers = businesses()
print(answered("tuned", numbers), answered("unseen", numbers))
garage = numbers["garage"]
KnownText.objects.filter(number=garage).delete()
assert not found(garage.pk, "כמה עולה טיפול"), found(garage.pk, "כמה עולה טיפול")
for odd in ('"', "'", "\\\\", "| & !", ":*", "()", "a" * 5000, "❤ 12:30"):
    found(numbers["gym"].pk, f"{odd} יוגה {odd}")
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("set enable_seqscan = off")
    cursor.execute(
        "explain select id from calls_passage where "
        "array_to_tsvector(string_to_array(keys, ' ')) @@ '''1:יוגה'''::tsquery"
    )
    plan = str(cursor.fetchall())
assert "calls_passage_keys" in plan, plan
"""


class QuestionTests(TestCase):
    def test_each_question_has_words_of_one_passage_only(self) -> None:
        texts = {path.stem: path.read_text("utf-8") for path in BUSINESSES}
        for kind in ("tuned", "unseen"):
            asked = questions(kind)
            self.assertEqual(len(asked), 30)
            for business, question, words in asked:
                self.assertEqual(texts[business].count(words), 1, question)

    def test_questions_find_what_answers_them(self) -> None:
        numbers = businesses()
        self.assertGreaterEqual(answered("tuned", numbers), LEAST_TUNED)
        self.assertGreaterEqual(answered("unseen", numbers), LEAST_UNSEEN)


class SearchTests(TestCase):
    def setUp(self) -> None:
        self.number = a_number()
        self.text = KnownText(number=self.number, name="שעות", text="ביום שישי סגור.\n\nיש חניון.")
        self.text.save()

    def words(self, question: str, number: int = 0) -> list[str]:
        return [each.words for each in found(number or self.number.pk, question)]

    def test_a_word_is_found_behind_attached_letters_and_in_other_forms(self) -> None:
        for question in ("שישי", "בשישי", "ושבשישי", "איפה החניונים", "יש חניון", "חנייה"):
            self.assertEqual(len(self.words(question)), 1, question)

    def test_another_numbers_texts_are_never_found(self) -> None:
        other = a_number("מוסך", 2)
        self.assertEqual(self.words("שישי", other.pk), [])
        KnownText(number=other, name="שעות", text="בשישי פתוח.").save()
        self.assertEqual(self.words("שישי", other.pk), ["בשישי פתוח."])
        self.assertEqual(self.words("שישי"), ["ביום שישי סגור."])

    def test_words_that_any_question_has_find_nothing(self) -> None:
        for question in ("", "אני רוצה לדעת מה יש לכם", "?!", "״׳"):
            self.assertEqual(self.words(question), [], question)

    def test_signs_of_the_query_languages_are_only_signs(self) -> None:
        for odd in ('"', "'", "\\", "| & !", ":*", "NEAR(", "keys:", "a" * 500, "❤ 12:30"):
            self.assertEqual(self.words(f"{odd} שישי {odd}")[:1], ["ביום שישי סגור."], odd)

    def test_a_text_that_is_changed_is_found_as_it_is_now(self) -> None:
        self.text.text = "ביום שני סגור."
        self.text.save()
        self.assertEqual(self.words("שישי"), [])
        self.assertEqual(self.words("בשני"), ["ביום שני סגור."])
        self.text.delete()
        self.assertEqual(self.words("בשני"), [])
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into calls_passage_keys (calls_passage_keys) values (%s)",
                ["integrity-check"],
            )

    def test_a_question_is_found_with_its_answer(self) -> None:
        wordings = "מה הכתובת\nאיך מגיעים אליכם"
        KnownAnswer(number=self.number, questions=wordings, answer="הרצל 40,\n רחובות.").save()
        passage = found(self.number.pk, "תגידו מה הכתובת שלכם")[0]
        self.assertEqual(passage.heading, "מה הכתובת / איך מגיעים אליכם")
        self.assertEqual(passage.words, "הרצל 40, רחובות.")

    def test_a_number_has_no_more_passages_than_were_measured(self) -> None:
        text = "\n\n".join(f"פרק {number}" for number in range(known_text.MOST_PASSAGES))
        too_much = KnownText(number=self.number, name="ספר", text=text)
        with self.assertRaisesMessage(ValidationError, "2002"):
            too_much.save()
        self.assertEqual(Passage.objects.count(), 2)
        self.assertEqual(KnownText.objects.count(), 1)

    def test_the_index_is_still_kept_after_all_migrations(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select name from sqlite_master where type = 'trigger'")
            names = {name for (name,) in cursor.fetchall()}
        triggers = {f"passage_keys_{done}" for done in ("added", "removed", "changed")}
        self.assertLessEqual(triggers, names)


@tag("protocol")
class PostgresqlTests(SimpleTestCase):
    def test_the_same_is_found(self) -> None:
        with PostgresqlServer() as server:
            environ = os.environ | {
                "DATABASE_URL": server.url, "DJANGO_SETTINGS_MODULE": "tests.fake_settings",
            }  # fmt: skip
            for command in (("migrate", "-v0"), ("shell", "-v0", "-c", PROGRAM)):
                done = subprocess.run(
                    [sys.executable, "manage.py", *command],
                    cwd=settings.BASE_DIR, env=environ, capture_output=True, text=True, check=False,
                )  # fmt: skip
                self.assertEqual(done.returncode, 0, done.stderr)
        tuned, unseen = map(int, done.stdout.split())
        self.assertGreaterEqual(tuned, LEAST_TUNED)
        self.assertGreaterEqual(unseen, LEAST_UNSEEN)
