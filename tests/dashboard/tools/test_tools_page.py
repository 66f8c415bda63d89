"""A number's tools on their pages: the form, the schema, secrets that never come out, "Try it"."""

from __future__ import annotations

import json
from html import unescape
from typing import Any

from asgiref.sync import sync_to_async
from cryptography.fernet import Fernet
from django.test import TestCase, TransactionTestCase, override_settings, tag
from django.utils import timezone
from django.utils.html import strip_tags

from calls.http_tools import field_keys
from calls.http_tools.http_tool import HttpTool
from calls.http_tools.tool_use import ToolUse
from calls.simulator.booking.system import CODE
from calls.telephony.phone_number import PhoneNumber
from dashboard.models import AuditEvent
from dashboard.tools.tool_forms import are_rows
from tests.dashboard.call_rows import a_call, a_turn
from tests.dashboard.operators import a_person
from tests.http_tools.booking_tools import a_tool, booking
from tests.http_tools.test_callers_code import mine
from tests.servers.booking import KEY

SECRET = "s3cret-calendar-key"
FORM = {
    "name": "free_times", "description": "מה פנוי", "method": "GET", "is_on": "on",
    "address": "https://calendar.example.org/free?day={day}", "deadline_s": "5",
    "paths": "$.free[*]", "reads_only": "on", "asks_code": "none",
    "parameters-TOTAL_FORMS": "2", "parameters-INITIAL_FORMS": "0",
    "parameters-0-name": "day", "parameters-0-type": "string",
    "parameters-0-description": "יום", "parameters-0-choices": "שני, שלישי",
    "parameters-1-type": "string",
    "headers-TOTAL_FORMS": "1", "headers-INITIAL_FORMS": "0",
    "headers-0-name": "X-Api-Key", "headers-0-value": SECRET,
}  # fmt: skip


class ToolsTestCase(TestCase):
    def setUp(self) -> None:
        self.client.force_login(a_person("admin"))
        self.number = PhoneNumber.objects.create(number="+972771234567", name="מרפאה")
        self.address = f"/he/numbers/{self.number.pk}/tools/"

    def save(self, address: str = "new/", /, **fields: str) -> str:
        page = self.client.post(f"{self.address}{address}", FORM | fields, follow=True)
        return page.content.decode()

    def page(self, address: str = "") -> str:
        return self.client.get(f"{self.address}{address}").content.decode()


class FormTests(ToolsTestCase):
    def test_a_tool_is_made_from_rows_and_its_secret_never_comes_out(self) -> None:
        self.assertIn("נשמר", self.save())
        tool = HttpTool.objects.get()
        day = {"type": "string", "description": "יום", "enum": ["שני", "שלישי"]}
        self.assertEqual(
            tool.schema,
            {
                "type": "object",
                "properties": {"day": day},
                "required": ["day"],
                "additionalProperties": False,
            },
        )
        self.assertEqual(field_keys.opened(tool.headers["X-Api-Key"]), SECRET)
        stored = json.dumps(list(HttpTool.objects.values()), ensure_ascii=False)
        audited = json.dumps(list(AuditEvent.objects.values("what", "detail")), ensure_ascii=False)
        for shown in (self.page(), self.page(f"{tool.pk}/"), stored, audited):
            self.assertNotIn(SECRET, shown)
        self.assertIn("X-Api-Key", audited)
        offered = self.number.tools()[0].as_function["function"]
        self.assertEqual((offered["name"], offered["strict"]), ("free_times", True))

    def test_a_secret_stays_where_none_is_written_and_goes_with_its_header(self) -> None:
        self.save()
        tool = HttpTool.objects.get()
        kept = {"headers-INITIAL_FORMS": "1", "parameters-INITIAL_FORMS": "1"}
        self.save(f"{tool.pk}/", **kept, **{"headers-0-value": ""})
        self.assertEqual(field_keys.opened(HttpTool.objects.get().headers["X-Api-Key"]), SECRET)
        self.save(f"{tool.pk}/", **kept, **{"headers-0-DELETE": "on"})
        self.assertEqual(HttpTool.objects.get().headers, {})

    def test_what_no_key_opens_is_said_to_be_unreadable(self) -> None:
        self.save()
        with override_settings(FIELD_KEY=[Fernet.generate_key().decode()]):
            self.assertIn("סוד אינו קריא", self.page())
            self.assertIn("אינו קריא: יש לכתוב שוב", self.page(f"{HttpTool.objects.get().pk}/"))

    def test_the_schema_can_be_written_by_hand(self) -> None:
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {"day": {"type": "string", "minLength": 2}},
            "required": [],
        }
        self.save(uses_schema="on", schema_text=json.dumps(schema))
        tool = HttpTool.objects.get()
        self.assertEqual(tool.schema, schema)
        self.assertFalse(are_rows(schema))
        self.assertIn("minLength", self.page(f"{tool.pk}/"))

    def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(self) -> None:
        for fields, words in (
            ({"name": "Free Times"}, "אותיות לטיניות קטנות"),
            ({"name": "take_message"}, "לכל מספר יש כלי בשם הזה"),
            ({"address": "https://{day}.example.org/"}, "יש לכתוב כתובת"),
            ({"address": "https://a.example/{month}"}, "אין פרמטר בשם"),
            ({"address": "https://a.example/{day}?api_key=s3cret"}, "api_key נראה כמו סוד"),
            ({"body": "{day}", "method": "POST"}, "זה אינו JSON"),
            ({"paths": "free"}, "אינו נתיב"),
            ({"deadline_s": "31"}, "30"),
            ({"uses_schema": "on", "schema_text": "["}, "זה אינו JSON"),
            ({"uses_schema": "on", "schema_text": "[]"}, "הסכמה חייבת"),
            ({"headers-0-name": "Host"}, "זו אינה כותרת"),
            ({"headers-0-value": ""}, "יש לכתוב את הערך"),
            ({"parameters-0-type": "integer"}, "אינם מהסוג"),
            ({"parameters-1-name": "day"}, "לכל פרמטר שם"),
            ({"parameters-1-name": "caller"}, "השיחה ממלאת"),
            ({"parameters-1-name": "code"}, "השיחה ממלאת"),
            ({"asks_code": "word", "address": "https://a.example/{code}"}, "אין פרמטר בשם"),
        ):
            with self.subTest(fields):
                page = self.save(**fields)
                self.assertIn("דבר לא נשמר", page)
                self.assertIn(words, page)
                self.assertFalse(HttpTool.objects.exists())

    def test_a_name_is_given_once_a_number(self) -> None:
        self.save()
        self.assertIn("למספר יש כלי בשם הזה", self.save())
        self.assertEqual(HttpTool.objects.count(), 1)

    def test_the_audit_has_of_a_new_tool_what_it_has(self) -> None:
        self.save()
        newest = AuditEvent.objects.first()
        assert newest
        tool = HttpTool.objects.get()
        names = ", ".join(tool.schema["properties"])
        self.assertEqual(newest.detail["schema"], [None, names])
        self.assertEqual(newest.detail["deadline_s"], [None, tool.deadline_s])
        self.assertNotIn("says_failed", newest.detail)
        self.assertNotIn("may_repeat", newest.detail)

    def test_a_tool_is_deleted_and_the_audit_says_so(self) -> None:
        self.save()
        self.client.post(f"{self.address}{HttpTool.objects.get().pk}/delete/")
        self.assertFalse(HttpTool.objects.exists())
        newest = AuditEvent.objects.first()
        assert newest
        self.assertEqual(newest.detail, {"deleted": "free_times"})


class RoleTests(ToolsTestCase):
    def test_only_an_admin_changes_or_tries(self) -> None:
        self.save()
        tool = HttpTool.objects.get()
        for role in ("viewer", "operator"):
            self.client.force_login(a_person(role, role))
            self.assertIn("free_times", self.page())
            self.assertIn("disabled", self.page(f"{tool.pk}/"))
            for address in ("new/", f"{tool.pk}/", f"{tool.pk}/try/", f"{tool.pk}/delete/"):
                with self.subTest(role, address=address):
                    refused = self.client.post(f"{self.address}{address}", FORM)
                    self.assertEqual(refused.status_code, 403)
        self.client.logout()
        self.assertEqual(self.client.get(self.address).status_code, 302)

    def test_a_tool_of_another_number_is_not_found(self) -> None:
        self.save()
        other = PhoneNumber.objects.create(number="+972771234568", name="אחר")
        found = self.client.get(f"/he/numbers/{other.pk}/tools/{HttpTool.objects.get().pk}/")
        self.assertEqual(found.status_code, 404)


class TryTests(ToolsTestCase):
    def test_an_address_that_may_not_be_reached_is_said_and_its_secret_masked(self) -> None:
        self.save(address="https://127.0.0.1:9/free?day={day}")
        tool = HttpTool.objects.get()
        tried = self.client.post(f"{self.address}{tool.pk}/try/", {"try-day": "שלישי"})
        page = tried.content.decode()
        self.assertIn("לכתובת שאינה באינטרנט", page)
        self.assertIn("X-Api-Key: •••", page)
        self.assertNotIn(SECRET, page)
        newest = AuditEvent.objects.first()
        assert newest
        self.assertEqual(newest.detail["outcome"], "forbidden")

    def test_what_is_no_value_is_said_and_nothing_is_asked(self) -> None:
        self.save()
        tool = HttpTool.objects.get()
        page = self.client.post(f"{self.address}{tool.pk}/try/", {"try-day": "שבת"})
        self.assertContains(page, "problem bad")
        self.assertNotContains(page, "X-Api-Key: •••")


class ShownTests(ToolsTestCase):
    def use(self, **fields: Any) -> ToolUse:
        call = a_call(ToolUse.objects.count() + 1, number=self.number)
        return ToolUse.objects.create(
            call=call, name="book", turn=1, key=f"{call.pk}", given={"hour": 10},
            began_at=timezone.now(), **fields,
        )  # fmt: skip

    def test_a_call_shows_what_its_tools_were_asked(self) -> None:
        use = self.use(outcome="late", why="no answer in 5 s", took_ms=5000)
        page = self.client.get(f"/he/calls/{use.call_id}/").content.decode()
        for words in ("מה הכלים התבקשו לעשות", "book", "לא הגיעה תשובה בזמן"):
            self.assertIn(words, page)
        self.assertNotIn("?turn=1", page, "what was asked ahead, for a turn that never came")
        a_turn(use.call, 1)
        self.assertContains(self.client.get(f"/he/calls/{use.call_id}/"), 'href="?turn=1"')

    def test_home_counts_failures_of_uses(self) -> None:
        self.use(outcome="failed")
        self.use(outcome="done")
        self.use(outcome="refused")
        page = self.client.get("/he/").content.decode()
        self.assertIn("כלים שנכשלו", page)
        self.assertIn('<bdi dir="ltr">1</bdi> מתוך <bdi dir="ltr">3</bdi>', page)

    def test_home_says_nothing_of_tools_that_work(self) -> None:
        self.use(outcome="done")
        self.assertNotIn("כלים שנכשלו", self.client.get("/he/").content.decode())


@tag("protocol")
class TryASystemTests(TransactionTestCase):
    async def test_the_request_the_answer_and_what_the_model_is_told_are_shown(self) -> None:
        await self.async_client.aforce_login(await sync_to_async(a_person)("admin"))
        number = await PhoneNumber.objects.acreate(number="+972771234567", name="מרפאה")
        async with booking() as system:
            tool = a_tool(system, number=number)
            await tool.asave()
            address = f"/he/numbers/{number.pk}/tools/{tool.pk}/try/"
            tried = await self.async_client.post(address, {"try-day": "שלישי"})
        page = unescape(tried.content.decode())
        for shown in ("X-Api-Key: •••", "HTTP 200", "_internal", '{"$.free[*]": ["9:00"'):
            self.assertIn(shown, strip_tags(page))
        self.assertNotIn(KEY, page)
        self.assertEqual(len(system.requests), 1)

    async def test_what_a_caller_would_say_is_sent_and_not_shown(self) -> None:
        await self.async_client.aforce_login(await sync_to_async(a_person)("admin"))
        number = await PhoneNumber.objects.acreate(number="+972771234567", name="מרפאה")
        async with booking() as system:
            tool = mine(system, number=number)
            await tool.asave()
            address = f"/he/numbers/{number.pk}/tools/{tool.pk}/try/"
            tried = await self.async_client.post(
                address, {"try-caller": "+972501234567", "try-code": CODE}
            )
            wrong = await self.async_client.post(address, {"try-code": "24x8"})
        page = unescape(tried.content.decode())
        for shown in ("/mine?by=%2B972501234567", "X-Caller-Code: •••", "HTTP 200"):
            self.assertIn(shown, strip_tags(page))
        self.assertIn("ספרות בלבד", wrong.content.decode())
        ((_method, _path, headers, _body),) = system.requests
        self.assertEqual(headers["X-Caller-Code"], CODE)
        audited = [each async for each in AuditEvent.objects.values_list("what", "detail")]
        self.assertNotIn(CODE, f"{audited}")
