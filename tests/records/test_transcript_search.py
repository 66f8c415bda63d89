"""Words are found in both databases, and forgotten with their calls."""

from __future__ import annotations

import os
import subprocess
import sys

from django.conf import settings
from django.db import connection
from django.test import SimpleTestCase, TestCase, tag

from calls.models import Call
from calls.privacy.keeping import Days
from calls.records import retention
from calls.records.transcript_search import calls_that_said
from calls.records.turn import Turn
from tests.dashboard.call_rows import a_call, a_turn
from tests.servers.postgresql import PostgresqlServer

PROGRAM = """
from tests.dashboard.call_rows import a_call, a_turn
from calls.records.transcript_search import calls_that_said
from django.db import connection
call = a_call(1)
a_turn(call, said="אני רוצה לקבוע תור", answered="לאיזה יום?")
a_turn(a_call(2), said="מה השעות?")
assert set(calls_that_said("לקבוע")) == {call.pk}, set(calls_that_said("לקבוע"))
assert set(calls_that_said("לאיזה")) == {call.pk}
with connection.cursor() as cursor:
    cursor.execute("select count(*) from unnest(show_trgm('תור')) as each where each <> ''")
    assert cursor.fetchone()[0] > 0, "no Hebrew trigrams: the database's character type is C"
print("found")
"""


class SearchTests(TestCase):
    def setUp(self) -> None:
        self.call = a_call(1)
        self.turn = a_turn(self.call, said="אני רוצה לקבוע תור", answered="לאיזה יום?")
        a_turn(a_call(2), said="מה השעות?")

    def test_a_part_of_a_word_is_found_in_what_either_side_said(self) -> None:
        for text in ("קבוע", "לקבוע תור", "איזה יום"):
            self.assertEqual(set(calls_that_said(text)), {self.call.pk}, text)
        self.assertEqual(set(calls_that_said("אין כזה")), set())

    def test_signs_of_the_query_language_are_only_letters(self) -> None:
        for text in ('"""', "a OR b", "said:תור", "*תור*", "NEAR(", "100%"):
            self.assertEqual(set(calls_that_said(text)), set(), text)

    def test_what_is_changed_is_found_as_it_is_now(self) -> None:
        Turn.objects.filter(pk=self.turn.pk).update(said="אני רוצה לבטל")
        self.assertEqual(set(calls_that_said("לקבוע")), set())
        self.assertEqual(set(calls_that_said("לבטל")), {self.call.pk})

    def test_what_is_forgotten_is_not_found(self) -> None:
        Call.objects.filter(pk=self.call.pk).update(ended_at="2020-01-01T00:00Z")
        retention.forget(Days.of("30"))
        self.assertEqual(set(calls_that_said("לקבוע")), set())
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into calls_turn_words (calls_turn_words) values (%s)", ["integrity-check"]
            )

    def test_the_index_is_still_kept_after_all_migrations(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select name from sqlite_master where type = 'trigger'")
            names = {name for (name,) in cursor.fetchall()}
        self.assertLessEqual(
            {"turn_words_added", "turn_words_removed", "turn_words_changed"}, names
        )


@tag("protocol")
class PostgresqlTests(SimpleTestCase):
    def test_hebrew_is_found_by_trigrams(self) -> None:
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
            self.assertEqual(done.stdout.strip(), "found")
            indexes = server.rows("select indexname from pg_indexes where tablename = 'calls_turn'")
            self.assertIn({"indexname": "calls_turn_said"}, indexes)
