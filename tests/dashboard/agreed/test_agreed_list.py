"""What was agreed in the list of calls and in its exports: columns, filters, no query a call."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import AsyncClient, TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from calls.models import Agreed, Call, ToolUse
from calls.telephony.phone_number import PhoneNumber
from dashboard.calls.call_filter import CallFilter
from dashboard.calls.export import EXCEL_READS_UTF8, as_csv, as_json
from dashboard.models import AuditEvent
from tests.dashboard.call_rows import a_call, a_form, a_turn, an_agreed
from tests.dashboard.operators import a_person
from tuning.models import TimingProfile

SUMMARY = "לחזור אל 054-1234567 בבקשה"


class ListTestCase(TestCase):
    def setUp(self) -> None:
        self.client.force_login(a_person("operator"))
        self.number = PhoneNumber.objects.create(number="+972771234567", name="מרפאה")
        a_form(self.number)
        self.booked = a_call(1, number=self.number)
        self.message = a_call(2, number=self.number)
        self.without = a_call(3, number=self.number)
        an_agreed(self.booked)
        an_agreed(
            self.message, outcome=Agreed.Outcome.MESSAGE, summary=SUMMARY, follow_ups=[],
            values={"reason": "כאב שיניים חזק", "people": 1.5, "is_new": True, "hour": "09:30"},
        )  # fmt: skip

    def page(self, query: str = "", **headers: str) -> str:
        return self.client.get(f"/en/calls/?{query}", headers=headers).content.decode()

    def found(self, query: str) -> list[int]:
        response = self.client.get(f"/en/calls/?{query}")
        self.assertEqual(response.status_code, 200)
        context: Any = response.context
        return [call.pk for call in context["calls"]]


class ColumnTests(ListTestCase):
    def test_outcome_and_the_beginning_of_the_summary_stand_in_the_list(self) -> None:
        an_agreed(self.without, summary="מילה " * 100, outcome=Agreed.Outcome.UNFINISHED)
        page = self.page()
        said = " ".join(strip_tags(page.replace("<", " <")).split())
        self.assertIn("✓ taken care of דנה ביקשה תור", said)
        self.assertIn("✓ a message was taken לחזור אל 054-1234567", said)
        self.assertIn("≈ not finished מילה", said)
        self.assertLess(page.count("מילה"), 30)

    def test_a_viewer_is_shown_no_number_that_the_summary_has(self) -> None:
        self.client.force_login(a_person("viewer", "viewer"))
        page = self.page()
        self.assertNotIn("1234567 בבקשה", page)
        self.assertIn("לחזור אל [", page)

    def test_nor_a_name_that_the_form_has(self) -> None:
        an_agreed(self.without, summary="דנה ביקשה שיחזרו לדנה לוי")
        self.client.force_login(a_person("viewer", "viewer"))
        page = self.page()
        self.assertIn("••• ביקשה שיחזרו ל•••<", page)
        self.assertNotIn("דנה", page)

    def test_a_longer_list_takes_no_more_queries(self) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as counted:
                self.page(f"number={self.number.pk}")
            return len(counted)

        self.page()
        before = queries()
        for number in range(10, 30):
            an_agreed(a_call(number, number=self.number))
        self.assertEqual(queries(), before)


class FilterTests(ListTestCase):
    def test_by_outcome_and_by_what_is_left_to_do(self) -> None:
        self.assertEqual(self.found("outcome=message"), [self.message.pk])
        self.assertEqual(self.found("follow_ups=on"), [self.booked.pk])
        self.assertEqual(self.found("outcome=message&follow_ups=on"), [])

    def test_what_nobody_has_judged_is_told_from_what_is_not_written(self) -> None:
        Agreed.objects.create(call=self.without)
        self.assertEqual(self.found("outcome=unjudged"), [])
        Agreed.objects.filter(call=self.message).update(outcome="", by=Agreed.By.WITHOUT)
        self.assertEqual(self.found("outcome=unjudged"), [self.message.pk])
        page = self.client.get("/en/calls/?outcome=unjudged").content.decode()
        self.assertIn("</span>not judged</span>", page)
        self.assertNotIn("not written yet", page)

    def test_by_each_kind_of_field_of_the_number_that_is_chosen(self) -> None:
        for query, call in (
            ("field_visit=ניקוי", self.booked),
            ("field_wanted_day=2026-12-01", self.booked),
            ("field_hour=16:00", self.booked),
            ("field_hour=09:30", self.message),
            ("field_people=2", self.booked),
            ("field_people=1.5", self.message),
            ("field_is_new=no", self.booked),
            ("field_is_new=yes", self.message),
            ("field_reason=שיניים", self.message),
        ):
            with self.subTest(query):
                self.assertEqual(self.found(f"number={self.number.pk}&{query}"), [call.pk])

    def test_fields_are_taken_together_and_say_what_they_are(self) -> None:
        query = f"number={self.number.pk}&field_is_new=yes&field_people=2&field_visit=בדיקה"
        self.assertEqual(self.found(query), [])
        words = dict(CallFilter.of_query(query).in_words())
        self.assertEqual(words["לקוח חדש"], "yes")
        self.assertEqual(words["סוג הביקור"], "בדיקה")
        page = self.page(query)
        self.assertIn("field_is_new=yes", page)  # for the exports

    def test_without_a_number_there_are_none(self) -> None:
        self.assertEqual(len(self.found("field_visit=ניקוי")), 3)
        self.assertNotIn("field_visit", self.page())

    def test_a_personal_field_is_no_filter(self) -> None:
        query = f"number={self.number.pk}"
        self.assertEqual(len(self.found(f"{query}&field_name=אחרת")), 3)
        self.assertNotIn("field_phone", self.page(query))

    def test_nor_is_a_text_for_who_may_not_see_personal_data(self) -> None:
        Agreed.objects.filter(call=self.message).update(values={"reason": "לחזור אל 0541234567"})
        query = f"number={self.number.pk}"
        self.assertEqual(self.found(f"{query}&field_reason=054123"), [self.message.pk])
        self.client.force_login(a_person("viewer", "viewer"))
        self.assertEqual(len(self.found(f"{query}&field_reason=054123")), 3)
        self.assertNotIn("field_reason", self.page(query))
        self.assertIn("field_visit", self.page(query))

    def test_who_may_not_see_personal_data_filters_by_nothing_free(self) -> None:
        for name in ("visit", "is_new"):
            self.assertIn(f'name="field_{name}"', self.page(f"number={self.number.pk}"))
        self.client.force_login(a_person("viewer", "viewer"))
        query = f"number={self.number.pk}"
        self.assertEqual(self.found(f"{query}&field_visit=ניקוי"), [self.booked.pk])
        self.assertEqual(self.found(f"{query}&field_is_new=yes"), [self.message.pk])
        for free in ("people=2", "wanted_day=2026-12-01", "hour=16:00", "reason=כאב", "phone=05"):
            with self.subTest(free):
                self.assertEqual(len(self.found(f"{query}&field_{free}")), 3)
                page = self.page(f"{query}&field_{free}")
                self.assertNotIn(f'name="field_{free.partition("=")[0]}"', page)

    def test_what_makes_no_sense_is_said(self) -> None:
        for query in ("field_visit=עיסוי", "field_wanted_day=x", "field_people=x", "outcome=x"):
            with self.subTest(query):
                answer = self.client.get(f"/en/calls/?number={self.number.pk}&{query}")
                self.assertContains(answer, 'role="alert"', status_code=422)
        self.assertEqual(self.client.get("/en/calls/?number=x").status_code, 422)

    def test_they_come_alone_when_a_number_is_chosen(self) -> None:
        headers = {"HX-Request": "true", "HX-Target": "number-filters"}
        page = self.page(f"number={self.number.pk}&field_visit=בדיקה", **headers)
        self.assertIn('name="field_visit"', page)
        self.assertIn("selected>בדיקה", page)
        self.assertNotIn("finished-calls", page)
        self.assertNotIn("field_", self.page("", **headers))


class ExportTests(TransactionTestCase):
    def setUp(self) -> None:
        TimingProfile.create_shipped()
        self.person = a_person("operator")
        number = PhoneNumber.objects.create(number="+972771234567", name="מרפאה")
        a_form(number)
        self.query = f"number={number.pk}"
        call = a_call(1, number=number)
        a_turn(call, knowledge=[{"heading": "מחירון", "words": "סתימה עולה 300 שקלים."}])
        an_agreed(call, summary=SUMMARY)
        ToolUse.objects.create(
            call=call, name="book", turn=1, key="1", given={"phone": "0541234567"},
            outcome="done", took_ms=812.4, attempts=1, began_at=timezone.now(),
        )  # fmt: skip
        a_call(2, number=number)

    async def export(self, kind: str, query: str = "") -> str:
        client = AsyncClient()
        await client.aforce_login(self.person)
        response: Any = await client.get(f"/en/calls/export/{kind}/?{query}")
        return b"".join([part async for part in response.streaming_content]).decode()

    async def rows(self, query: str = "") -> list[dict[str, str]]:
        text = await self.export("csv", query)
        return list(csv.DictReader(io.StringIO(text.removeprefix(EXCEL_READS_UTF8))))

    async def test_a_line_has_all_of_it_and_nothing_personal(self) -> None:
        first, second = await self.rows()
        self.assertEqual((first["agreed_outcome"], first["agreed_by"]), ("done", "model"))
        self.assertEqual(first["follow_ups"], "לשלוח תזכורת יום לפני התור")
        self.assertEqual(first["tools"], "book: done 812 ms")
        self.assertEqual(
            first["fields"].splitlines(),
            ["name: •••", "phone: •••", "visit: ניקוי", "wanted_day: 2026-12-01", "hour: 16:00",
             "people: 2", "is_new: no"],
        )  # fmt: skip
        self.assertNotIn("1234567", first["summary"])
        self.assertNotIn("דנה", f"{first}")
        self.assertEqual({second[name] for name in ("agreed_outcome", "fields", "tools")}, {""})

    async def test_a_filter_that_whoever_exports_may_not_use_is_left_out(self) -> None:
        query = f"{self.query}&field_people=3"
        self.assertEqual(await self.rows(query), [])
        operators = await Group.objects.aget(name="operator")
        permission = await Permission.objects.aget(codename="see_personal")
        await operators.permissions.aremove(permission)
        self.assertEqual(len(await self.rows(query)), 2)
        event = await AuditEvent.objects.order_by("-pk").afirst()
        assert event
        self.assertNotIn("field_people", event.detail)

    async def test_the_fields_of_a_number_that_is_chosen_have_columns(self) -> None:
        first, second = await self.rows(self.query)
        self.assertEqual((first["field_visit"], first["field_is_new"]), ("ניקוי", "no"))
        self.assertEqual((first["field_name"], second["field_visit"]), ("•••", ""))

    async def test_who_may_and_asks_for_it_gets_personal_data(self) -> None:
        (first, _second) = await self.rows(f"{self.query}&personal=on")
        self.assertEqual((first["field_name"], first["summary"]), ("דנה לוי", SUMMARY))

    async def test_json_has_them_as_they_are_with_tools_and_knowledge(self) -> None:
        told, other = json.loads(await self.export("json"))
        self.assertEqual(told["fields"]["people"], 2)
        self.assertIs(told["fields"]["is_new"], False)
        self.assertEqual((told["fields"]["name"], told["fields"]["reason"]), ("•••", None))
        self.assertEqual(told["follow_ups"], ["לשלוח תזכורת יום לפני התור"])
        use = {"name": "book", "turn": 1, "outcome": "done", "status": None, "attempts": 1}
        self.assertEqual(told["tools"], [use | {"took_ms": 812.4}])
        self.assertEqual(told["turns"][0]["knowledge"][0]["heading"], "מחירון")
        self.assertEqual((other["fields"], other["tools"], other["agreed_outcome"]), ({}, [], ""))
        self.assertNotIn("0541234567", json.dumps(told))

    def test_more_calls_take_no_more_queries(self) -> None:
        async def written(write: Any) -> list[str]:
            return [part async for part in write(Call.objects.order_by("-rang_at", "-pk"))]

        def queries() -> list[int]:
            counts = []
            for write in (as_csv, as_json):
                with CaptureQueriesContext(connection) as counted:
                    self.assertTrue(async_to_sync(written)(write))
                counts.append(len(counted))
            return counts

        before = queries()
        for number in range(10, 30):
            an_agreed(a_call(number))
        self.assertEqual(queries(), before)
