"""What a call fills in: the caller's number, which no model chooses, and a code that is kept
nowhere and may be wrong three times.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from django.core.exceptions import ValidationError
from django.test import SimpleTestCase, TestCase, TransactionTestCase, tag

from calls.http_tools import callers_code, field_keys
from calls.http_tools.callers_code import MASKED, Asks, Tries, tries
from calls.http_tools.filling import Unfit
from calls.http_tools.http_tool import HttpTool
from calls.http_tools.offered import Offered
from calls.http_tools.tool_use import ToolUse
from calls.language.hebrew import HEBREW
from calls.models import Call
from calls.process.log import call_in_hand
from calls.services import NO_NUMBER
from calls.services.tools import Done
from calls.simulator.booking.system import CODE
from calls.telephony.phone_number import PhoneNumber
from tests.http_tools.booking_tools import a_tool, book, booking, schema
from tests.http_tools.test_booking_call import calling
from tests.servers.booking import KEY
from tests.servers.openai_answers import Answer

CALLER = "+972501234567"
TEXTS = HEBREW.instructions.outside


def mine(server: Any, **fields: Any) -> HttpTool:
    """A caller's bookings, for who knows the code."""
    return a_tool(
        server,
        **{
            "name": "my_bookings",
            "description": "התורים של מי שעל הקו.",
            "schema": schema(),
            "address": f"{server.address}/mine?by={{caller}}",
            "paths": "",
            "asks_code": Asks.DIGITS,
            **fields,
        },
    )


class Stub:
    address = "https://calendar.example"


class CallerTests(SimpleTestCase):
    def test_it_stands_in_the_address_the_body_and_headers_and_nobody_overrides_it(self) -> None:
        tool = a_tool(
            Stub(),
            method="POST",
            address="https://calendar.example/{caller}/free?day={day}",
            body='{"by": "{caller}", "text": "מאת {caller}", "day": "{day}"}',
            headers={"X-From": field_keys.sealed("tel:{caller} {day}")},
        )
        asked = tool.request({"day": "שני", "caller": "+1999"}, caller=CALLER)
        self.assertTrue(asked.url.startswith("https://calendar.example/%2B972501234567/free?"))
        body = {"by": CALLER, "text": f"מאת {CALLER}", "day": "שני"}
        self.assertEqual(json.loads(asked.body or b""), body)
        self.assertEqual(asked.headers, (("X-From", f"tel:{CALLER} {{day}}"),))

    def test_parameters_that_are_sent_as_they_are_do_not_have_it(self) -> None:
        tool = book(Stub(), headers={})  # type: ignore[arg-type]
        asked = tool.request({"day": "שני", "hour": 9, "name": "דנה"}, caller=CALLER)
        self.assertEqual(json.loads(asked.body or b""), {"day": "שני", "hour": 9, "name": "דנה"})

    def test_a_caller_who_withholds_their_number_is_nobody(self) -> None:
        tool = mine(Stub(), headers={}, asks_code=Asks.NOTHING)
        self.assertEqual(tool.request({}).url, "https://calendar.example/mine?by=")


class DeclaredTests(TestCase):
    def test_a_number_offers_its_tools_with_who_calls(self) -> None:
        number = PhoneNumber.objects.create(number="+97233333333", name="מרפאה")
        a_tool(Stub(), number=number).save()
        for caller, told in ((CALLER, CALLER), ("anonymous", ""), (None, "")):
            with self.subTest(caller):
                (tool,) = number.as_called(caller=caller).own_tools
                self.assertEqual(tool.run.__self__._caller, told)  # type: ignore[attr-defined]

    def test_only_a_telephone_has_a_number_that_is_told(self) -> None:
        """A browser's caller is named by us, and the name may look like one."""
        caller = "+972501234567"
        number = PhoneNumber(number="+97221112222", business="{caller}")
        for via, told in (("telephone", "0501234567"), ("link", ""), ("browser", "")):
            call = Call(via=via, number=number, caller=caller)
            self.assertEqual(call.as_called.business, told)
            self.assertEqual(call.told_number, caller if told else "")

    def test_no_parameter_has_their_names_and_a_code_stands_in_no_address(self) -> None:
        number = PhoneNumber.objects.create(number="+97233333333", name="מרפאה")
        word = {"type": "string"}
        for fields, where in (
            ({"schema": schema(day=word, caller=word)}, "schema"),
            ({"schema": schema(day=word, code=word)}, "schema"),
            ({"asks_code": Asks.WORD, "address": "https://a.example/{code}"}, "address"),
            ({"body": '{"code": "{code}"}'}, "body"),
        ):
            with self.subTest(fields), self.assertRaises(ValidationError) as refused:
                a_tool(Stub(), number=number, **fields).full_clean()
            self.assertEqual([*refused.exception.error_dict], [where])
        body = '{"code": "{code}", "by": "{caller}"}'
        a_tool(Stub(), number=number, asks_code=Asks.WORD, body=body).full_clean()


class CodeTests(SimpleTestCase):
    def test_digits_are_digits_however_they_are_written(self) -> None:
        for text in ("2468", "24 68", "24-68", "2468#"):
            self.assertEqual(callers_code.normal(Asks.DIGITS, text), "2468")
        for wrong in ("", "אחת", "24.68", "1" * 13, 2468, None, "2468\n\n0a"):
            with self.subTest(wrong), self.assertRaises(Unfit):
                callers_code.normal(Asks.DIGITS, wrong)

    def test_a_word_goes_into_a_header_whatever_its_letters(self) -> None:
        self.assertEqual(callers_code.normal(Asks.WORD, " אגוז "), "אגוז")
        self.assertEqual(callers_code.header_value("אגוז"), "%D7%90%D7%92%D7%95%D7%96")
        for text in ("", "a\r\nX-Evil: 1", "x" * 41):
            with self.subTest(text), self.assertRaises(Unfit):
                callers_code.normal(Asks.WORD, text)

    def test_it_is_a_parameter_that_the_model_must_give(self) -> None:
        for asks, words in ((Asks.DIGITS, TEXTS.code_digits), (Asks.WORD, TEXTS.code_word)):
            offered = Offered(mine(Stub(), asks_code=asks)).tool.as_function["function"]
            code = {"type": "string", "description": words}
            self.assertEqual(offered["parameters"]["properties"], {"code": code})
            self.assertEqual(offered["parameters"]["required"], ["code"])
            self.assertTrue(offered["strict"])

    def test_what_asks_for_one_is_never_asked_ahead(self) -> None:
        """Half a code is a wrong one."""
        self.assertFalse(Offered(mine(Stub())).tool.safe_ahead)
        self.assertTrue(Offered(mine(Stub(), asks_code=Asks.NOTHING)).tool.safe_ahead)

    def test_a_body_with_a_place_for_it_has_it_instead_of_the_header(self) -> None:
        tool = book(Stub(), headers={}, asks_code=Asks.WORD, body='{"word": "{code}"}')  # type: ignore[arg-type]
        asked = tool.request({}, code="אגוז")
        self.assertEqual(json.loads(asked.body or b""), {"word": "אגוז"})
        self.assertEqual(asked.headers, ())

    def test_what_a_model_calls_otherwise_is_not_kept_either(self) -> None:
        given = {"day": "שני", "code": "אגוז", "password": "אגוז"}
        kept = {"day": "שני", "code": MASKED, "password": MASKED}
        self.assertEqual(callers_code.masked(given, {"day"}), kept)

    def test_a_process_remembers_so_many_calls(self) -> None:
        counted = Tries(most_calls=2)
        for call_sid in ("CA1", "CA2", "CA3"):
            counted.begin(call_sid)
        self.assertEqual([*counted._counts], ["CA2", "CA3"])


@tag("protocol")
class TriesTests(SimpleTestCase):
    def setUp(self) -> None:
        token = call_in_hand.set("CA9")
        self.addCleanup(call_in_hand.reset, token)
        self.addCleanup(tries.forget)

    async def ask(self, tool: HttpTool, code: str, **given: Any) -> Done:
        return await Offered(tool, CALLER).tool.run(NO_NUMBER, {**given, "code": code})

    async def test_the_right_one_opens_as_often_as_it_is_asked(self) -> None:
        async with booking() as system:
            system.book("שני", 9, CALLER)
            for _time in range(5):
                told = (await self.ask(mine(system), "24 68")).told
                self.assertIn('"day": "שני"', told)

    async def test_a_wrong_one_is_told_and_after_three_none_is_asked(self) -> None:
        async with booking() as system:
            for left in (2, 1, 0):
                told = (await self.ask(mine(system), "1111")).told
                self.assertIn("wrong code", told)
                self.assertEqual(told.endswith(TEXTS.codes_over), not left)
            for code in ("1111", CODE):
                self.assertEqual((await self.ask(mine(system), code)).told, TEXTS.codes_over)
            self.assertEqual(len(system.requests), 3)
            call_in_hand.set("CA10")
            self.assertIn("bookings", (await self.ask(mine(system), CODE)).told)

    async def test_many_guesses_at_once_are_three(self) -> None:
        async with booking() as system:
            await asyncio.gather(*(self.ask(mine(system), f"{each}") for each in range(20)))
            self.assertEqual(len(system.requests), 3)

    async def test_what_is_not_sent_and_what_is_taken_are_no_wrong_codes(self) -> None:
        asks = {"asks_code": Asks.DIGITS}
        async with booking() as system:
            system.book("שני", 9, "תפוס")
            for _time in range(4):
                self.assertIn("code", (await self.ask(mine(system), "")).told)
                taken = book(system, **asks)
                told = (await self.ask(taken, CODE, day="שני", hour=9, name="דנה")).told
                self.assertIn("409", told)
            self.assertIn("bookings", (await self.ask(mine(system), CODE)).told)

    async def test_who_hears_nothing_has_tried(self) -> None:
        async with booking() as system:
            system.fault = "hangs"
            for _time in range(3):
                with self.assertLogs("calls.http_tools", "WARNING") as logged:
                    await self.ask(mine(system, deadline_s=0.5, reads_only=False), "1357")
                self.assertNotIn("1357", f"{logged.output}")
            system.fault = ""
            self.assertEqual((await self.ask(mine(system), CODE)).told, TEXTS.codes_over)


@tag("protocol")
class CodeInACallTests(TransactionTestCase):
    def tearDown(self) -> None:
        tries.forget()

    async def test_the_system_gets_it_and_nothing_keeps_it(self) -> None:
        """But for the caller's own words, in the transcript of the turn."""
        cancels = {"asks_code": Asks.DIGITS, "reads_only": False}

        def tools(server: Any, **fields: Any) -> HttpTool:
            return mine(server, **fields | cancels)

        with self.assertLogs("calls", "DEBUG") as logged:
            async with calling("מה קבעתי", "ומה עוד", tools=(tools,)) as call:
                call.model.answers |= {
                    "קבעתי": Answer(tools=(("my_bookings", f'{{"code":"{CODE}"}}'),)),
                    "bookings": Answer("אין תורים."),
                    "עוד": Answer("זה הכול."),
                }
                await call.say()
                await call.say()
                self.assertIn(MASKED, call.known, "later turns know that it was used")
                self.assertNotIn(CODE, call.known)
                sent = [headers for _m, _p, headers, _b in call.system.requests]
        self.assertEqual([each["X-Caller-Code"] for each in sent], [CODE])
        (use,) = [each async for each in ToolUse.objects.all()]
        self.assertEqual((use.given, use.outcome), ({"code": MASKED}, "done"))
        self.assertNotIn(CODE, f"{logged.output}")
        self.assertNotIn(KEY, f"{logged.output}")

    async def test_half_a_kept_act_shows_none_while_it_is_being_done(self) -> None:
        acts = {"asks_code": Asks.DIGITS}
        given = f'{{"day":"שני","hour":9,"name":"דנה","code":"{CODE}"}}'

        def tools(server: Any, **fields: Any) -> HttpTool:
            return book(server, **fields | acts)

        async with calling("תקבעו לי", "מה השעה", tools=(tools,)) as call:
            call.system.fault = "once 1.5"
            call.model.answers |= {
                "תקבעו": Answer(tools=(("book", given),)),
                "השעה": Answer("שמונה."),
            }
            await call.begin_to_say()
            await call.phone.until(lambda: call.system.requests)
            await call.say()
            self.assertIn(TEXTS.being_done.rpartition("}")[2], call.known)
            self.assertNotIn(CODE, call.known)
