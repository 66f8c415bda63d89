"""The real OpenAI client against a local server: what is asked, said, kept and hung up."""

from __future__ import annotations

import json

from django.test import SimpleTestCase, tag

from calls.language.hebrew import HEBREW
from calls.services import CalledNumber, Farewell, Message, WhenDecided
from calls.services.openai.writer import OpenAiWriter
from tests.servers.openai_answers import Answer
from tests.services.openai_turns import FALLBACK, MODEL, begun, said, served, words, written

TEXTS = HEBREW.instructions
MESSAGE = '{"name":"דנה לוי","number":"0541234567","reason":"לחזור אליי מחר"}'
TAKEN = Answer(tools=(("take_message", MESSAGE),))
READ_BACK = Answer("השם דנה לוי, והמספר 0541234567. נכון?")


@tag("protocol")
class AnswerTests(SimpleTestCase):
    async def test_an_answer_streams_piece_by_piece(self) -> None:
        async with served() as server:
            server.answers["פתוחים"] = Answer("אנחנו פתוחים עד שבע בערב.", token_s=0.01)
            pieces = await written("עד מתי פתוחים?")
        self.assertGreater(len(pieces), 5)
        self.assertEqual(words(pieces), "אנחנו פתוחים עד שבע בערב.")

    async def test_the_first_piece_comes_before_the_last_is_written(self) -> None:
        async with served() as server:
            server.answers["פתוחים"] = Answer("אנחנו פתוחים", stall_after=2)
            writing = OpenAiWriter().write(said("פתוחים?"))
            self.assertEqual(await begun(writing), "אנחנ")
            await writing.aclose()

    async def test_the_greeting_is_stored_and_asks_for_no_answer(self) -> None:
        async with served(GREETING="") as server:
            self.assertEqual(await written(), [TEXTS.greeting])
            self.assertEqual(server.requests, [])
        async with served(GREETING="שלום, כאן מרפאת אלון."):
            self.assertEqual(await written(), ["שלום, כאן מרפאת אלון."])

    async def test_the_model_is_told_the_business_the_rules_and_what_was_heard(self) -> None:
        async with served(BUSINESS_PROMPT="מרפאת אלון, רחוב הרצל 5.") as server:
            await written("שלום", "במה אפשר", "לקבוע תור")
        [asked] = server.requests
        system, *call = asked["messages"]
        self.assertIn("מרפאת אלון, רחוב הרצל 5.", system["content"])
        self.assertEqual([each["content"] for each in call], ["שלום", "במה אפשר", "לקבוע תור"])
        self.assertEqual([each["role"] for each in call], ["user", "assistant", "user"])
        self.assertEqual((asked["model"], asked["reasoning_effort"]), (MODEL, "none"))

    async def test_a_number_may_have_a_business_and_a_greeting_of_its_own(self) -> None:
        async with served() as server:
            writer = OpenAiWriter(CalledNumber(business="מוסך ברק", greeting="מוסך ברק, שלום."))
            self.assertEqual(await written(by=writer), ["מוסך ברק, שלום."])
            await written("שלום", by=writer)
            self.assertIn("מוסך ברק", server.requests[0]["messages"][0]["content"])

    async def test_requests_of_different_calls_begin_with_the_same_bytes(self) -> None:
        async with served() as server:
            await written("לקבוע תור")
            await written("שלום", "שלום", "מה שעות הפתיחה")
        one, other = (
            json.dumps([asked["tools"], asked["messages"]], ensure_ascii=False).encode()
            for asked in server.requests
        )
        begin = one.index(b'{"role": "user"')
        self.assertEqual(one[:begin], other[:begin])

    async def test_reasoning_is_left_to_the_model_where_that_is_asked_for(self) -> None:
        async with served(OPENAI_REASONING_EFFORT="default", OPENAI_MODEL=FALLBACK) as server:
            await written("שלום")
            self.assertNotIn("reasoning_effort", server.requests[0])

    async def test_a_line_separator_inside_a_text_breaks_nothing(self) -> None:
        async with served() as server:
            server.answers["שלום"] = Answer("אחת\u2028שתיים")
            self.assertEqual(words(await written("שלום")), "אחת\u2028שתיים")

    async def test_a_whole_scripted_call_makes_sense(self) -> None:
        async with served():
            history = ["אשמח לקבוע תור"]
            for then in ("ביום שלישי", "בתשע בבוקר", "כן"):
                history += [words(await written(*history)), then]
            self.assertIn("נתראה ביום שלישי", words(await written(*history)))
            bye = await written(*history, "במה עוד?", "תודה רבה להתראות")
            self.assertEqual(bye[-1], Farewell())


@tag("protocol")
class ToolTests(SimpleTestCase):
    async def test_goodbye_is_said_in_the_models_own_words_and_then_hangs_up(self) -> None:
        async with served() as server:
            bye = (("say_goodbye", '{"farewell":"יום טוב"}'),)
            server.answers["תודה"] = Answer("תודה ולהתראות.", tools=bye)
            self.assertEqual(words(pieces := await written("תודה")), "תודה ולהתראות.")
            self.assertEqual(pieces[-1], Farewell())
            self.assertEqual(len(server.requests), 1)

    async def test_a_goodbye_without_words_is_given_some(self) -> None:
        async with served() as server:
            for arguments, farewell in (
                ('{"farewell":"יום טוב ולהתראות."}', "יום טוב ולהתראות."),
                ('{"farewell":""}', TEXTS.tools["say_goodbye"].says),
                ("{broken", TEXTS.tools["say_goodbye"].says),
            ):
                server.answers["תודה"] = Answer(tools=(("say_goodbye", arguments),))
                self.assertEqual(await written("תודה"), [farewell, Farewell()])

    async def test_a_message_is_kept_and_read_back(self) -> None:
        async with served() as server:
            server.answers |= {"מחר": TAKEN, TEXTS.kept: READ_BACK}
            pieces = await written("לחזור אליי מחר")
        self.assertEqual(pieces[0], WhenDecided())
        self.assertIn(Message("דנה לוי", "0541234567", "לחזור אליי מחר"), pieces)
        self.assertEqual(words(pieces), TEXTS.tools["take_message"].says + READ_BACK.text)
        _first, second = server.requests
        self.assertEqual([each["role"] for each in second["messages"][-2:]], ["assistant", "tool"])

    async def test_words_before_the_message_take_the_place_of_the_acknowledgement(self) -> None:
        async with served() as server:
            server.answers["מחר"] = Answer("בשמחה.", tools=TAKEN.tools)
            server.answers[TEXTS.kept] = READ_BACK
            self.assertEqual(words(await written("מחר")), f"בשמחה. {READ_BACK.text}")

    async def test_what_was_kept_is_told_in_the_next_turns(self) -> None:
        async with served() as server:
            server.answers |= {"מחר": TAKEN, TEXTS.kept: READ_BACK}
            writer = OpenAiWriter()
            await written("לחזור אליי מחר", by=writer)
            await written("לחזור אליי מחר", READ_BACK.text, "כן", by=writer)
            self.assertIn("דנה לוי", server.requests[-1]["messages"][0]["content"])

    async def test_a_message_that_was_not_understood_is_not_said_to_be_kept(self) -> None:
        async with served() as server:
            server.answers["מחר"] = Answer(tools=(("take_message", '{"name":'),))
            server.answers[TEXTS.not_kept] = Answer("מה המספר?")
            self.assertEqual(words(pieces := await written("מחר")), "מה המספר?")
            self.assertNotIn(Message, [type(piece) for piece in pieces])

    async def test_goodbye_waits_until_the_message_was_read_back(self) -> None:
        async with served() as server:
            tools = (*TAKEN.tools, ("say_goodbye", '{"farewell":"להתראות"}'))
            server.answers["מחר"] = Answer(tools=tools)
            server.answers[TEXTS.not_yet] = READ_BACK
            self.assertNotIn(Farewell(), await written("לחזור אליי מחר ולהתראות"))
