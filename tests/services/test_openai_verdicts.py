"""The real OpenAI client against a local server: the verdict that stands before an answer."""

from __future__ import annotations

from django.test import SimpleTestCase, tag

from calls.language.hebrew import HEBREW
from calls.services import Busy, Farewell, Message, Piece, Requested, WhenDecided
from calls.services.judging import Line
from calls.services.openai.api import SPARES
from calls.services.openai.writer import OpenAiWriter
from calls.services.verdict_keeping import WINDOW, VerdictKeeping
from calls.services.verdicts import Verdict
from tests.servers.openai import OpenAiServer
from tests.servers.openai_answers import Answer
from tests.services.openai_turns import (
    FALLBACK,
    MODEL,
    Watch,
    a_writer,
    asked,
    exact,
    has_markers,
    said,
    until,
    words,
    written,
)

TEXTS = HEBREW.instructions
WHOLE, CUT_SHORT, NEEDS_TIME = Verdict.WHOLE, Verdict.CUT_SHORT, Verdict.NEEDS_TIME
TIMES = Answer("בתשע או בעשר?")
TAKE = ("take_message", '{"name":"דנה","number":"0541234567","reason":"תור"}')
BYE = ("say_goodbye", '{"farewell":"להתראות"}')
LATE = Answer("מאוחר", first_s=30)


class HurriedWriter(OpenAiWriter):
    keeping = VerdictKeeping(Watch())
    first_s, next_s = 0.4, 0.2


@tag("protocol")
class VerdictTests(SimpleTestCase):
    async def test_each_kind_comes_first_and_only_a_whole_line_is_answered(self) -> None:
        async with exact() as server:
            server.answers[""] = TIMES
            server.verdicts.teach([Line("", "", "אני רוצה", CUT_SHORT)])
            whole = await asked("אפשר לקבוע תור")
            self.assertEqual((whole[0], words(whole)), (WHOLE, TIMES.text))
            self.assertEqual(await asked("אני רוצה"), [CUT_SHORT])
            self.assertEqual(await asked("רגע"), [NEEDS_TIME])
        self.assertTrue(all(map(has_markers, server.requests)))

    async def test_without_one_the_instructions_name_no_sign_and_none_is_told(self) -> None:
        async with exact() as server:
            server.answers["תור"] = TIMES
            pieces = await written("תור")
        self.assertEqual(words(pieces), TIMES.text)
        self.assertFalse([piece for piece in pieces if isinstance(piece, Verdict)])
        self.assertFalse(has_markers(server.requests[0]))

    async def test_a_sign_that_nobody_asked_for_is_not_said(self) -> None:
        async with exact() as server:
            for text, says in (
                ("● בתשע או בעשר?", TIMES.text),
                ("◐ בתשע או בעשר?", TIMES.text),
                ("בתשע ● או בעשר?○", "בתשע  או בעשר?"),
            ):
                server.answers["תור"] = Answer(text)
                self.assertEqual(words(await written("תור")), says)

    async def test_however_it_is_written_it_is_understood_and_never_said(self) -> None:
        async with exact() as server:
            for text, verdict, says in (
                ("●בתשע או בעשר?", WHOLE, TIMES.text),
                (" \n●\ufe0f  בתשע או בעשר?", WHOLE, TIMES.text),
                ("●● בתשע או בעשר? ●", WHOLE, f"{TIMES.text} "),
                ("בתשע ◐או בעשר?", WHOLE, TIMES.text),
                (" ◐ ", CUT_SHORT, ""),
                ("○ בבקשה, בנחת.", NEEDS_TIME, ""),
            ):
                server.answers["תור"] = Answer(text)
                first, *rest = await asked("תור")
                self.assertEqual((first, words(rest)), (verdict, says), text)
                self.assertFalse([piece for piece in rest if isinstance(piece, Verdict)])

    async def test_an_answer_without_one_says_that_the_caller_has_finished(self) -> None:
        async with exact() as server:
            server.verdicts.are_given = False
            server.answers["תור"] = TIMES
            first, *rest = await asked("תור")
        self.assertEqual((first, words(rest)), (WHOLE, TIMES.text))

    async def test_the_greeting_needs_none(self) -> None:
        async with exact(GREETING="שלום."):
            self.assertEqual(await asked(), ["שלום."])


@tag("protocol")
class WaitingTests(SimpleTestCase):
    async def test_a_model_that_goes_on_after_it_is_hung_up_on(self) -> None:
        async with exact() as server:
            server.answers["תור"] = Answer("◐ " + "מילה " * 500, token_s=0.005)
            self.assertEqual(await asked("תור"), [CUT_SHORT])
            await until(lambda: server.cut_off == 1)

    async def test_one_that_ends_by_itself_leaves_its_connection_to_the_next_request(self) -> None:
        async with exact() as server:
            await a_writer().warm_up()
            server.answers["תור"] = Answer("◐")
            for _time in range(5):
                self.assertEqual(await asked("תור"), [CUT_SHORT])
            self.assertEqual((server.connections, server.cut_off), (SPARES, 0))

    async def test_what_fails_after_it_is_no_failure(self) -> None:
        async with exact(OPENAI_FALLBACK_MODEL=FALLBACK) as server:
            for fault in (Answer("◐ מילה", stall_after=1), Answer("○ מילה", drop_after=1)):
                server.answers["תור"] = fault
                pieces = await asked("תור", by=HurriedWriter())
                self.assertEqual(pieces, [Verdict(fault.text[0])])
            self.assertEqual([each["model"] for each in server.requests], [MODEL, MODEL])

    async def test_no_tool_is_used_after_it(self) -> None:
        async with exact() as server:
            server.answers["תור"] = Answer("◐", tools=(TAKE,))
            self.assertEqual(await asked("תור"), [CUT_SHORT])
            self.assertEqual(len(server.requests), 1)


@tag("protocol")
class BareTests(SimpleTestCase):
    async def test_a_bare_one_is_asked_again_without(self) -> None:
        async with exact() as server:
            server.verdicts.are_bare = True
            server.answers["תור"] = TIMES
            writing = a_writer()().write(said("תור"), with_verdict=True)
            pieces = [piece async for piece in writing]
        self.assertEqual(words(pieces), TIMES.text)
        requested, first, again = pieces[:3]
        self.assertEqual((requested, first, again), (Requested(MODEL), WHOLE, Requested(MODEL)))
        self.assertEqual([has_markers(each) for each in server.requests], [True, False])

    async def test_one_that_stays_bare_says_nothing_and_is_asked_no_more(self) -> None:
        async with exact() as server:
            server.answers["תור"] = Answer("●")
            self.assertEqual(await asked("תור"), [WHOLE])
            self.assertEqual(len(server.requests), 2)

    async def test_a_bare_one_after_a_tool_is_asked_again_too(self) -> None:
        async with exact() as server:
            server.answers |= {"תור": Answer(tools=(TAKE,)), TEXTS.kept: Answer("●")}
            await asked("תור")
            markers = [has_markers(each) for each in server.requests]
        self.assertEqual(markers, [True, True, False])
        self.assertEqual(server.requests[2]["messages"][1:], server.requests[1]["messages"][1:])


@tag("protocol")
class ToolTests(SimpleTestCase):
    async def test_a_tool_without_one_says_that_the_caller_has_finished_before_all_else(
        self,
    ) -> None:
        async with exact() as server:
            server.answers |= {"תור": Answer(tools=(TAKE,)), TEXTS.kept: TIMES}
            pieces = await asked("תור")
            self.assertEqual(pieces[:3], [WHOLE, WhenDecided(), Busy()])
            self.assertIn(Message, [*map(type, pieces)])
            self.assertEqual(words(pieces), TEXTS.tools["take_message"].says + TIMES.text)

    async def test_one_before_a_tool_and_after_its_result_is_told_once(self) -> None:
        async with exact() as server:
            server.answers |= {
                "תור": Answer("● רגע.", tools=(TAKE,)),
                TEXTS.kept: Answer("◐ נרשם."),
            }
            first, *rest = await asked("תור")
        self.assertEqual((first, words(rest)), (WHOLE, "רגע. נרשם."))
        self.assertFalse([piece for piece in rest if isinstance(piece, Verdict)])

    async def test_goodbye_with_one_and_without_hangs_up(self) -> None:
        async with exact() as server:
            for answer, says in (
                (Answer("● תודה.", tools=(BYE,)), "תודה."),
                (Answer("●", tools=(BYE,)), "להתראות"),
                (Answer(tools=(BYE,)), "להתראות"),
            ):
                server.answers["תודה"] = answer
                self.assertEqual(words(pieces := await asked("תודה")), says)
                self.assertEqual((pieces[0], pieces[-1]), (WHOLE, Farewell()))

    async def test_it_is_told_as_soon_as_the_tool_is_called(self) -> None:
        async with exact() as server:
            server.answers["תור"] = Answer(tools=(TAKE,), stall_after=2)
            writing = a_writer()().write(said("תור"), with_verdict=True)
            self.assertEqual(await anext(writing), Requested(MODEL))
            self.assertEqual(await anext(writing), WHOLE)
            await writing.aclose()


@tag("protocol")
class FallbackTests(SimpleTestCase):
    async def both(self, model: Answer, fallback: Answer) -> tuple[list[Piece], OpenAiServer]:
        async with exact(OPENAI_FALLBACK_MODEL=FALLBACK) as server:
            server.answers_of = {MODEL: model, FALLBACK: fallback}
            with self.assertLogs("calls.services.openai.writer", "WARNING"):
                return await asked("תור", by=HurriedWriter()), server

    async def test_the_fallback_model_gives_the_verdict_and_nothing_is_said_before(self) -> None:
        for answer, verdict, says in (
            (Answer("● בשמחה."), WHOLE, "בשמחה."),
            (Answer("בשמחה."), WHOLE, "בשמחה."),
            (Answer("◐"), CUT_SHORT, ""),
        ):
            for fault in (LATE, Answer(error=500)):
                (first, *rest), server = await self.both(fault, answer)
                self.assertEqual((first, words(rest)), (verdict, says))
                self.assertTrue(all(map(has_markers, server.requests)))

    async def test_it_is_asked_when_nothing_but_the_verdict_came(self) -> None:
        (first, *rest), server = await self.both(
            Answer("● מילה", stall_after=1), Answer("◐ בשמחה.")
        )
        self.assertEqual((first, words(rest)), (WHOLE, "בשמחה."))
        self.assertEqual([each["model"] for each in server.requests], [MODEL, FALLBACK])

    async def test_what_it_leaves_out_does_not_count_against_the_model(self) -> None:
        kind = a_writer()
        async with exact(OPENAI_FALLBACK_MODEL=FALLBACK) as server:
            server.answers_of = {MODEL: Answer(error=500), FALLBACK: Answer("בשמחה.")}
            for _answer in range(WINDOW):
                with self.assertLogs("calls.services.openai.writer", "WARNING"):
                    await asked("תור", by=kind())
        self.assertTrue(kind().gives_verdicts)
