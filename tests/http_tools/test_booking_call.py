"""Whole calls in Hebrew that use the booking system, by the real client of OpenAI against the local
server: what is free on Tuesday, book ten, a conflict, cancel.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async
from django.test import TransactionTestCase, tag

from calls.http_tools import tool_use
from calls.http_tools.tool_use import ToolUse
from calls.language.hebrew import HEBREW
from calls.services.openai.writer import OpenAiWriter
from calls.services.tool_use.acts import all_done
from calls.telephony.phone_number import PhoneNumber
from tests.fakes import FakeSpeaker, FakeTranscriber, tuned
from tests.http_tools.booking_tools import a_tool, book, booking, cancel, keep
from tests.phone import PhoneCall, conversation_of, services
from tests.servers.booking import BookingServer
from tests.servers.openai import OpenAiServer
from tests.servers.openai_answers import Answer
from tests.services.openai_turns import exact

TUESDAY = "שלישי"
FREE = ("free_times", '{"day":"שלישי"}')
FINE = HEBREW.instructions.outside


def booked(hour: int) -> tuple[str, str]:
    return "book", f'{{"day":"שלישי","hour":{hour},"name":"דנה"}}'


class BookingCall:
    """A call to a number with the three tools. `say` is heard and answered; what was asked of the
    model last is `told`."""

    def __init__(self, phone: PhoneCall, system: BookingServer, model: OpenAiServer) -> None:
        self.phone, self.system, self.model = phone, system, model

    async def say(self) -> None:
        """The caller says the next thing, and hears the whole answer."""
        turn = conversation_of("CA1").turns.turn
        await self.phone.say("MMMMMMMM")
        await self.phone.until(lambda: conversation_of("CA1").turns.turn > turn)
        await self.phone.until_quiet()

    async def begin_to_say(self) -> None:
        await self.phone.say("MMMMMMMM")

    def heard_s(self) -> list[tuple[float, float]]:
        """When the caller heard something, in seconds since the stream began."""
        clock, phone = conversation_of("CA1").clock, self.phone
        began_s = asyncio.get_running_loop().time() - clock.wall_ms / 1000
        heard: list[tuple[float, float]] = []
        for at_s, message in zip(phone.sent_s, phone.sent, strict=True):
            if message["event"] == "media":
                length_s = len(b64decode(message["media"]["payload"])) / 8000
                start_s = max(at_s - began_s, heard[-1][1] if heard else 0.0)
                heard.append((start_s, start_s + length_s))
        return heard

    @property
    def known(self) -> str:
        """The instructions that the model was asked under last."""
        return str(self.model.requests[-1]["messages"][0]["content"])

    @property
    def told(self) -> str:
        return str(self.model.requests[-1]["messages"][-1]["content"])


@asynccontextmanager
async def calling(
    *sayings: str, tools: Sequence[Any] = (a_tool, book, cancel), speed: float = 10, **changed: Any
) -> AsyncIterator[BookingCall]:
    hearing = tuned(FakeTranscriber, sayings=sayings, delay_s=0.01)
    quick = tuned(FakeSpeaker, first_byte_s=0.01)
    async with booking() as system, exact() as model:
        number = await PhoneNumber.objects.acreate(number="+97233333333", name="מרפאה")
        await sync_to_async(keep)(number, *(make(system, **changed) for make in tools))
        with services(hearing, OpenAiWriter, quick):
            async with PhoneCall(speed=speed) as phone:
                await phone.until_quiet()
                yield BookingCall(phone, system, model)
        await all_done(10)
        await tool_use.all_kept()


async def uses() -> list[tuple[str, str]]:
    return [(use.name, use.outcome) async for use in ToolUse.objects.all()]


@tag("protocol")
class BookingCallTests(TransactionTestCase):
    async def test_what_is_free_book_ten_a_conflict_and_cancel(self) -> None:
        lines = ("מה פנוי ביום שלישי", "אז בעשר", "רגע אז באחת עשרה", "בעצם לבטל את התור")
        async with calling(*lines) as call:
            call.system.book(TUESDAY, 11, "תפוס")
            call.model.answers |= {
                "מה פנוי": Answer(tools=(FREE,)),
                '"10:00"': Answer("יש בעשר ובשתים עשרה. מה נוח?"),
                "בעשר": Answer(tools=(booked(10),)),
                '"booking": 2': Answer("נקבע ליום שלישי בעשר."),
                "באחת עשרה": Answer(tools=(booked(11),)),
                "taken": Answer("אחת עשרה תפוס, הקרוב הוא שתים עשרה."),
                "לבטל": Answer(tools=(("cancel", '{"booking":2}'),)),
                "cancelled": Answer("התור בוטל."),
            }
            await call.say()
            self.assertNotIn("11:00", call.told)
            self.assertNotIn("_internal", call.told, "only the parts that are wanted")
            await call.say()
            self.assertIn((TUESDAY, 10, "דנה"), call.system.bookings())
            await call.say()
            self.assertIn("409", call.told)
            self.assertIn('"booking": 2', call.known, "the next answers know what was done")
            await call.say()
            self.assertEqual(call.system.bookings(), [(TUESDAY, 11, "תפוס")])
        turns = await call.phone.turns()
        self.assertEqual(
            [turn.answered for turn in turns[1:]],
            [
                "יש בעשר ובשתים עשרה. מה נוח?",
                "נקבע ליום שלישי בעשר.",
                "אחת עשרה תפוס, הקרוב הוא שתים עשרה.",
                "התור בוטל.",
            ],
        )
        for turn in turns[1:]:
            assert turn.tool_time is not None
            self.assertGreater(turn.tool_time, 0)
        outcomes = ("free_times", "done"), ("book", "done"), ("book", "refused"), ("cancel", "done")
        self.assertEqual(await uses(), [*outcomes])
        keys = [use.key async for use in ToolUse.objects.all()]
        sent = [headers.get("Idempotency-Key") for _m, _p, headers, _b in call.system.requests]
        self.assertEqual(sent, [None, *keys[1:]], "an act has a key, and the call knows it")
        self.assertTrue(keys[1].startswith("CA1-2-"), keys[1])


@tag("protocol")
class ActTests(TransactionTestCase):
    async def test_who_interrupts_undoes_nothing_and_the_next_answer_knows(self) -> None:
        lines = ("תקבעו לי בעשר", "בעצם מה השעה", "ומה השעה עכשיו")
        async with calling(*lines) as call:
            call.system.fault = "once 3"
            call.model.answers |= {"השעה": Answer("שמונה."), "בעשר": Answer(tools=(booked(10),))}
            await call.begin_to_say()
            await call.phone.until(lambda: call.system.requests)
            await call.say()
            self.assertIn(FINE.being_done.rpartition("}")[2], call.known)
            self.assertEqual(call.system.bookings(), [])
            await all_done(5)
            await call.say()
            self.assertEqual(call.system.bookings(), [(TUESDAY, 10, "דנה")])
            self.assertIn('"booking": 1', call.known)
            self.assertNotIn(FINE.being_done.rpartition("}")[2], call.known)
            self.assertEqual(len(call.system.requests), 1)
        self.assertEqual(await uses(), [("book", "done")])

    async def test_a_caller_who_hangs_up_leaves_it_to_finish_and_the_call_shows_it(self) -> None:
        async with calling("תקבעו לי בעשר") as call:
            call.system.fault = "once 0.6"
            call.model.answers["בעשר"] = Answer(tools=(booked(10),))
            await call.begin_to_say()
            await call.phone.until(lambda: call.system.requests)
            await call.phone.hang_up()
            await call.phone.ended()
            await tool_use.all_kept()
            self.assertEqual(await uses(), [("book", "begun")])
            await all_done(5)
            await tool_use.all_kept()
            self.assertEqual(call.system.bookings(), [(TUESDAY, 10, "דנה")])
        (use,) = [each async for each in ToolUse.objects.select_related("call")]
        self.assertEqual((use.outcome, use.status, use.call.call_sid), ("done", 201, "CA1"))

    async def test_what_is_asked_again_while_it_is_being_done_is_done_once(self) -> None:
        async with calling("תקבעו לי בעשר", "נו תקבעו לי בעשר") as call:
            call.system.fault = "1.0"
            call.model.answers |= {
                "בעשר": Answer(tools=(booked(10),)),
                "booking": Answer("נקבע."),
            }
            await call.begin_to_say()
            await call.phone.until(lambda: call.system.requests)
            await call.say()
            self.assertEqual(call.system.bookings(), [(TUESDAY, 10, "דנה")])
            self.assertEqual(len(call.system.requests), 1)
        *_turns, last = await call.phone.turns()
        self.assertTrue(last.answered.endswith("נקבע."), last.answered)
