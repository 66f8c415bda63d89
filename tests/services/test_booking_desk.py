"""The embedded receptionist at a number with tools: it books, and tells what they answered."""

from __future__ import annotations

from collections.abc import Sequence

from django.test import SimpleTestCase, tag

from calls.http_tools.offered import Offered
from calls.language.hebrew import HEBREW
from calls.services import By, CalledNumber, Expect, HistoryLine
from calls.services.known import Knowledge, KnownQuestion
from calls.services.receptionist.desk import BookingDesk
from calls.services.receptionist.writer import Receptionist, dialogue
from calls.services.tools import ToolCall
from calls.simulator import utterances
from tests.http_tools.booking_tools import DAY, HOUR, a_tool, book, booking, cancel, schema
from tests.servers.booking import BookingServer

CALLER = "+972501234567"
TUESDAY = "שלישי"


def desk() -> BookingDesk:
    made = dialogue(HEBREW).desk
    assert made
    return made


def tools(server: BookingServer) -> tuple[Offered, ...]:
    by = {"schema": schema(day=DAY, hour=HOUR)}
    body = '{"day": "{day}", "hour": "{hour}", "name": "{caller}"}'
    declared = a_tool(server), book(server, body=body, **by), cancel(server)
    return tuple(Offered(each, CALLER) for each in declared)


class WishTests(SimpleTestCase):
    def wish(self, *said: str, notes: Sequence[str] = ()) -> str:
        answer = desk().answer(said, notes, ())
        return answer.arguments if isinstance(answer, ToolCall) else answer

    def test_a_day_asks_what_is_free_and_an_hour_books_it(self) -> None:
        self.assertEqual(self.wish("מה פנוי ביום שני"), '{"day": "שני"}')
        self.assertEqual(self.wish("לקבוע תור", "ביום שני."), '{"day": "שני"}')
        for hour, text in ((10, "בעשר"), (11, "באחת עשרה"), (13, "אפשר באחת?")):
            booked = f'{{"day": "שני", "hour": {hour}}}'
            self.assertEqual(self.wish("מה פנוי ביום שני", text), booked)

    def test_without_a_day_it_asks_for_one(self) -> None:
        self.assertEqual(self.wish("אשמח לקבוע תור"), "לאיזה יום?")
        self.assertFalse(desk().understands(["אפשר בעשר"]))

    def test_it_cancels_what_was_booked_in_the_call_and_nothing_else(self) -> None:
        cancels = "לבטל את התור"
        self.assertEqual(self.wish(cancels), "בשיחה הזאת לא נרשם תור.")
        made = ['x {"booking": 7}', 'x {"booking": 8}']
        self.assertEqual(self.wish(cancels, notes=made), '{"booking": 8}')
        self.assertEqual(self.wish(cancels, notes=[*made, '{"cancelled": 8}']), '{"booking": 7}')

    def test_what_failed_is_not_told_as_done(self) -> None:
        said = ["מה פנוי ביום שני", "אפשר בעשר"]
        for told in (HEBREW.instructions.outside.failed, HEBREW.instructions.outside.unknown):
            self.assertEqual(desk().answer(said, (), [("book", told)]), "אפשר להשאיר הודעה.")

    def test_beside_tools_it_is_known_too_which_question_waits(self) -> None:
        """What is answered from this leads to no other question, where anything may be said."""
        asked = "אפשר להשאיר הודעה"
        known = Knowledge(questions=(KnownQuestion.of(asked, "בוודאי.", HEBREW.search_keys),))
        receptionist = Receptionist(CalledNumber(knowledge=known))
        said = [HistoryLine(By.CALLER, each) for each in (asked, "מה פנוי ביום שלישי")]
        for knows, is_for_desk in ((receptionist._known, True), (lambda _heard: None, False)):
            _asked, found = dialogue(HEBREW).beside(desk(), said, knows)
            self.assertEqual(found, is_for_desk)

    def test_tools_of_other_names_or_with_more_to_fill_in_leave_the_dialogue_as_it_is(self) -> None:
        class Stub:
            address = "https://calendar.example"

        whole = tools(Stub())  # type: ignore[arg-type]
        for own in (whole[:2], (*whole[:1], Offered(book(Stub())), whole[2])):  # type: ignore[arg-type]
            called = CalledNumber(own_tools=tuple(each.tool for each in own))
            with self.subTest(own):
                self.assertIsNone(Receptionist(called)._desk)


@tag("protocol")
class DeskTests(SimpleTestCase):
    async def said(self, writer: Receptionist, history: list[HistoryLine], line: str) -> str:
        history.append(HistoryLine(By.CALLER, line))
        expected: tuple[str, ...] = ()
        words = ""
        async for piece in writer.write(history):
            if isinstance(piece, Expect):
                expected = tuple(piece.phrases)
            elif isinstance(piece, str):
                words += piece
        history.append(HistoryLine(By.AGENT, words))
        self.expected = expected
        return words

    async def test_a_whole_conversation(self) -> None:
        async with booking() as server:
            server.book(TUESDAY, 11, "תפוס")
            called = CalledNumber(own_tools=tuple(each.tool for each in tools(server)))
            writer, history = Receptionist(called), list[HistoryLine]()
            lines = [each.text for each in utterances.conversation("booking-tool")]
            opening = [piece async for piece in writer.write(())]
            self.assertIn("במה", "".join(each for each in opening if isinstance(each, str)))
            told = []
            for line in lines:
                told.append(await self.said(writer, history, line))
                if line == lines[1]:
                    self.assertEqual(server.bookings()[0], (TUESDAY, 10, CALLER))
            self.assertEqual(
                told[:4],
                [
                    "ביום שלישי פנוי בתשע, בעשר או בשתים עשרה. באיזו שעה נוח?",
                    "נרשם: ביום שלישי בעשר. אפשר לעזור בעוד משהו?",
                    "ביום שלישי באחת עשרה אין מקום. בשתים עשרה יש.",
                    "התור בוטל. אפשר לעזור בעוד משהו?",
                ],
            )
            self.assertEqual(server.bookings(), [(TUESDAY, 11, "תפוס")])

    async def test_each_line_of_the_demo_is_expected_when_it_is_said(self) -> None:
        async with booking() as server:
            called = CalledNumber(own_tools=tuple(each.tool for each in tools(server)))
            writer, history = Receptionist(called), list[HistoryLine]()
            (expect,) = [each async for each in writer.write(()) if isinstance(each, Expect)]
            self.expected = tuple(expect.phrases)
            for each in utterances.conversation("booking-tool"):
                with self.subTest(each.text):
                    self.assertIn(each.text, self.expected)
                await self.said(writer, history, each.text)

    async def test_all_else_is_answered_by_the_dialogue(self) -> None:
        async with booking() as server:
            called = CalledNumber(own_tools=tuple(each.tool for each in tools(server)))
            writer, history = Receptionist(called), list[HistoryLine]()
            self.assertIn("שבע בערב", await self.said(writer, history, "מה שעות הפתיחה"))
            await self.said(writer, history, "להשאיר הודעה")
            self.assertIn("לאיזה מספר", await self.said(writer, history, "ביום שלישי אני פנוי"))
            self.assertEqual(server.requests, [], "a message is no wish")
