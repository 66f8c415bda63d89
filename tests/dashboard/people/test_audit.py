"""The audit: what is in it, who reads it, and that it only grows."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from importlib import import_module
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.test import SimpleTestCase, TestCase, tag
from django.utils import timezone, translation

from calls.models import ToolUse
from dashboard.models import AuditEvent
from dashboard.templatetags.people_words import told
from tests.dashboard.call_rows import a_call
from tests.dashboard.operators import a_person
from tests.dashboard.totp import code_of
from tests.servers.postgresql import PostgresqlServer

PASSWORD = "a long enough one"
REFUSALS = import_module("dashboard.migrations.0002_audit_only_grows").REFUSALS
CHANGES = ("update dashboard_auditevent set who_name = 'x'", "delete from dashboard_auditevent")
Action = AuditEvent.Action


def an_event(who: str = "dana", action: Action = Action.PLAY, **fields: Any) -> AuditEvent:
    return AuditEvent.objects.create(who_name=who, action=action, **fields)


class SignInTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.dana = a_person("operator", "dana", PASSWORD)

    def sign_in(self, name: str = "dana", password: str = PASSWORD) -> None:
        given = {"login": name, "password": password}
        self.client.post("/en/login/", given, REMOTE_ADDR="192.0.2.7")

    def events(self) -> list[tuple[str, str, str]]:
        rows = AuditEvent.objects.order_by("pk")
        return [(event.who_name, event.action, event.what) for event in rows]

    def test_signing_in_and_out_are_in_it_with_the_person_and_the_address(self) -> None:
        self.sign_in()
        self.client.post("/en/logout/")
        self.assertEqual(self.events(), [("dana", "sign-in", ""), ("dana", "sign-out", "")])
        event = AuditEvent.objects.earliest("pk")
        self.assertEqual((event.who, event.address), (self.dana, "192.0.2.7"))
        self.assertEqual(event.detail, {"used": ["password"]})

    def test_a_failed_one_is_in_it_with_the_name_that_was_tried_and_nothing_of_the_password(
        self,
    ) -> None:
        self.sign_in("somebody else", "a secret")
        event = AuditEvent.objects.get()
        self.assertEqual((event.who, event.who_name), (None, "somebody else"))
        self.assertEqual((event.action, event.detail), ("sign-in failed", {"refused": "password"}))

    def test_a_second_step_s_life_is_in_it(self) -> None:
        self.sign_in()
        with self.captureOnCommitCallbacks(execute=True):
            secret = self.client.get("/en/me/two-step/on/").context["form"].secret
            self.client.post("/en/me/two-step/on/", {"code": code_of(secret)})
        with self.captureOnCommitCallbacks(execute=True):
            self.client.post("/en/me/two-step/codes/new/")
        self.client.post("/en/logout/")
        self.sign_in()
        self.client.post("/en/login/code/", {"code": "wrong"})
        self.client.post("/en/login/code/", {"code": code_of(secret, steps_on=1)})
        self.client.post("/en/me/two-step/off/")
        told = [(action, what) for _who, action, what in self.events()]
        self.assertEqual(
            told,
            [
                ("sign-in", ""),
                ("security", "totp"),
                ("security", "recovery_codes"),
                ("security", "recovery_codes"),
                ("sign-out", ""),
                ("sign-in failed", ""),
                ("sign-in", ""),
                ("security", "totp"),
                ("security", "recovery_codes"),
            ],
        )
        self.assertEqual({who for who, _action, _what in self.events()}, {"dana"})
        self.assertNotIn(secret, f"{list(AuditEvent.objects.values())}")

    def test_a_changed_password_is_in_it(self) -> None:
        self.sign_in()
        new = {"oldpassword": PASSWORD, "password1": "another one 7", "password2": "another one 7"}
        self.client.post("/en/me/password/", new)
        self.assertEqual(self.events()[-1], ("dana", "security", "password"))


class PageTests(TestCase):
    def setUp(self) -> None:
        self.admin = a_person("admin", "ronit")
        self.client.force_login(self.admin)

    def shown(self, query: str = "") -> list[AuditEvent]:
        response = self.client.get(f"/en/audit/{query}")
        self.assertEqual(response.status_code, 200)
        return list(response.context["events"])

    def test_the_newest_stands_first_and_says_who_what_and_from_where(self) -> None:
        an_event()
        an_event(
            "ronit", Action.PERSON, what="noa", address="192.0.2.7",
            detail={"changed": "role", "before": "viewer", "after": "admin"},
        )  # fmt: skip
        self.assertEqual([event.who_name for event in self.shown()], ["ronit", "dana"])
        page = self.client.get("/he/audit/")
        for words in ("שינוי באנשים", "noa", "תפקיד", "צופה", "מנהל", "192.0.2.7"):
            self.assertContains(page, words)

    def test_a_call_is_a_link_by_its_masked_caller_and_a_forgotten_one_a_short_key(self) -> None:
        call = a_call(7)
        an_event(action=Action.LISTEN, what=call.call_sid, detail={"began": True})
        an_event(action=Action.TAKE_OVER, what="CA" + 32 * "f", detail={"refused": True})
        page = self.client.get("/en/audit/")
        self.assertContains(page, f'<a class="what" href="/en/calls/{call.pk}/">')
        self.assertContains(page, call.masked_caller)
        self.assertNotContains(page, call.call_sid)
        self.assertContains(page, ">CAffffff…</bdi>")
        self.assertContains(page, '<span class="muted">began</span></span>')

    def test_who_was_refused_a_call_is_told_by_whom_it_was_held(self) -> None:
        an_event(action=Action.TAKE_OVER, detail={"refused": True, "held_by": "operator"})
        [event] = self.shown()
        with translation.override("he"):
            shown = [(f"{name}", value) for name, value in told(event.detail)]
        self.assertCountEqual(shown, [("נדחה", ""), ("השיחה הייתה בידי", "operator")])

    def told(self, language: str = "he", **detail: Any) -> dict[str, str]:
        with translation.override(language):
            return {f"{name}": value for name, value in told(detail)}

    def test_no_role_is_said_of_roles_alone(self) -> None:
        role = self.told("en", changed="role", before="", after="viewer")
        self.assertEqual(role, {"changed": "role", "before": "No role", "after": "Viewer"})
        self.assertEqual(self.told("en", invited=""), {"invited as": "No role"})
        self.assertEqual(self.told(label=["", "שעה"]), {"כותרת": "–, שעה"})
        self.assertEqual(self.told("en", before="", after="fine")["before"], "–")

    def test_a_tool_that_was_tried_has_the_tools_words(self) -> None:
        for outcome in ToolUse.Outcome:
            with self.subTest(outcome):
                shown = self.told(tried="book", outcome=outcome.value, took_ms=812)
                with translation.override("he"):
                    label = f"{outcome.label}"
                self.assertEqual(shown["תוצאה"], label)
                self.assertRegex(" ".join((label, *shown)), "^[^A-Za-z]+$")
        self.assertEqual(self.told("en", outcome="done"), {"outcome": "taken care of"})

    def test_what_is_noted_of_a_tool_a_field_or_a_number_is_in_words(self) -> None:
        shown = self.told(
            schema=["", "{'type': 'object'}"], says_failed=["", "None"],
            reads_only=["False", "True"],
            is_on=[True, False], asks_code=["none", "word"], kind=["", "text"],
            hours=["", "08:00"], deleted="x", may_repeat=["", None], name_path=None,
            **{"headers set": "X-Api-Key"},
        )  # fmt: skip
        values = list(shown.values())
        self.assertEqual(values[:3], ["–, JSON", "לא, כן", "כן, לא"])
        self.assertEqual(values[3:5], ["בלי קוד, מילת קוד", "–, טקסט"])
        self.assertEqual(len(values), 8, "what is empty on both sides is not listed")
        self.assertRegex(" ".join(shown), "^[^A-Za-z]+$")

    def test_a_name_is_a_name_though_a_field_of_a_form_has_a_key(self) -> None:
        self.assertEqual(self.told(name=["", "book"]), {"שם": "–, book"})

    def test_a_field_of_a_form_is_named_as_the_form_names_it(self) -> None:
        an_event(action=Action.CORRECT, detail={"values.reason": [None, "כאב"]})
        an_event(action=Action.EXPORT, detail={"field_visit": "ניקוי", "cut_ins": "on"})
        page = self.client.get("/he/audit/")
        self.assertContains(page, "<bdi>reason</bdi></span> <bdi>–, כאב</bdi>")
        self.assertContains(page, "<bdi>visit</bdi></span> <bdi>ניקוי</bdi>")
        self.assertNotContains(page, "values.")

    def test_the_filters_are_in_the_address_and_meet(self) -> None:
        kept = an_event("dana", Action.PLAY)
        an_event("dana", Action.LISTEN)
        an_event("noa", Action.PLAY)
        today = timezone.localdate()
        query = f"?who=dana&action=play&since={today}&until={today}"
        self.assertEqual(self.shown(query), [kept])
        self.assertContains(self.client.get(f"/en/audit/{query}"), 'value="dana"')
        self.assertEqual(self.shown(f"?since={today + timedelta(days=1)}"), [])
        self.assertEqual(self.shown(f"?until={today - timedelta(days=1)}"), [])

    def test_an_empty_page_says_why_and_what_to_do(self) -> None:
        self.assertContains(self.client.get("/en/audit/"), "the first sign-in will appear")
        an_event()
        page = self.client.get("/en/audit/?who=nobody")
        self.assertContains(page, "Nothing matches this filter.")
        self.assertContains(page, "Clear the filter")

    def test_a_filter_that_makes_no_sense_is_said_and_left_out(self) -> None:
        an_event()
        page = self.client.get("/en/audit/?since=yesterday&action=eat")
        self.assertContains(page, "was left out")
        self.assertEqual(len(page.context["events"]), 1)

    def test_older_ones_come_page_by_page_and_none_is_lost_or_shown_twice(self) -> None:
        made = [an_event(f"{number}").pk for number in range(120)]
        with connection.cursor() as cursor:  # many in one instant
            is_sqlite = connection.vendor == "sqlite"
            off = f"alter table {AuditEvent._meta.db_table} disable trigger all"
            cursor.execute("drop trigger audit_never_updated" if is_sqlite else off)
        AuditEvent.objects.filter(pk__gt=made[40]).update(at=timezone.now())
        seen: list[int] = []
        query = "?"
        while query:
            response = self.client.get(f"/en/audit/{query}", headers={"HX-Request": "true"})
            seen += [event.pk for event in response.context["events"]]
            query = f"?{response.context['more']}" if response.context["more"] else ""
            an_event("meanwhile")
        self.assertEqual(sorted(seen), made)
        self.assertEqual(self.client.get("/en/audit/?before=nonsense").status_code, 404)

    def test_a_page_costs_the_same_queries_however_many_there_are(self) -> None:
        for number in range(60):
            an_event(f"{number}")
        with self.assertNumQueries(6):
            self.client.get("/en/audit/")


class AppendOnlyTests(TestCase):
    def test_the_model_refuses_to_change_or_delete_an_event(self) -> None:
        event = an_event()
        event.who_name = "somebody else"
        with self.assertRaisesMessage(TypeError, "never changed"):
            event.save()
        with self.assertRaisesMessage(TypeError, "never deleted"):
            event.delete()

    def test_the_database_refuses_too(self) -> None:
        event = an_event()
        if connection.vendor == "sqlite":  # the runner takes one away, to empty tables
            with connection.cursor() as cursor:
                for statement in REFUSALS["sqlite"]:
                    cursor.execute(statement.replace("trigger", "trigger if not exists", 1))
        for statement in CHANGES:
            with (
                self.subTest(statement),
                self.assertRaisesMessage(DatabaseError, "the audit only grows"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
        with self.assertRaises(DatabaseError), transaction.atomic():
            AuditEvent.objects.filter(pk=event.pk).update(who_name="x")
        self.assertEqual(AuditEvent.objects.get().who_name, "dana")

    def test_an_event_outlives_its_person(self) -> None:
        person = a_person()
        AuditEvent.objects.create(who=person, who_name="dana", action=Action.PLAY)
        User.objects.filter(pk=person.pk).delete()
        self.assertEqual(AuditEvent.objects.get().who_name, "dana")


@tag("protocol")
class PostgresqlTests(SimpleTestCase):
    def test_postgresql_refuses_too(self) -> None:
        with PostgresqlServer() as server:
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "-v0"],
                cwd=settings.BASE_DIR, env=os.environ | {"DATABASE_URL": server.url}, check=True,
            )  # fmt: skip
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute(
                    "insert into dashboard_auditevent (at, who_name, action, what, detail) "
                    "values (now(), 'dana', 'play', '', '{}')"
                )
                for change in CHANGES:
                    with (
                        self.subTest(change),
                        self.assertRaisesRegex(psycopg.DatabaseError, "the audit only grows"),
                    ):
                        connection.execute(change)
