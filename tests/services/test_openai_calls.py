"""Whole calls on the media socket, answered by the real OpenAI client against the local server."""

from __future__ import annotations

from typing import Any

from django.test import TransactionTestCase, override_settings, tag

from calls.language.hebrew import HEBREW
from calls.models import Call
from calls.services.openai.writer import OpenAiWriter
from tests.fakes import FakeTranscriber, tuned
from tests.phone import PhoneCall, conversation_of, services
from tests.servers.openai import OpenAiServer
from tests.servers.openai_answers import Answer
from tests.services.openai_turns import served, until

TEXTS = HEBREW.instructions
MESSAGE = '{"name":"דנה לוי","number":"0541234567","reason":"לחזור אליי מחר"}'
SAYS = ("אפשר להשאיר הודעה לחזור אליי מחר", "נכון, תודה")


def tools(server: OpenAiServer) -> list[Any]:
    """That the model is offered."""
    offered: list[Any] = server.requests[0]["tools"]
    return offered


@tag("protocol")
class CallTests(TransactionTestCase):
    def setUp(self) -> None:
        hearing = tuned(FakeTranscriber, sayings=SAYS, delay_s=0.01)
        served_by = services(transcriber=hearing, writer=OpenAiWriter)
        served_by.__enter__()
        self.addCleanup(served_by.__exit__, None, None, None)

    async def test_a_message_is_taken_read_back_and_kept_and_goodbye_hangs_up(self) -> None:
        async with served() as server:
            server.answers["מחר"] = Answer(tools=(("take_message", MESSAGE),))
            server.answers[TEXTS.kept] = Answer("לחזור לדנה לוי. נכון?")
            bye = (("say_goodbye", '{"farewell":""}'),)
            server.answers["תודה"] = Answer("תודה ולהתראות.", tools=bye)
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMMMMM")
                await phone.until(lambda: len(server.requests) == 2)
                await phone.until(lambda: conversation_of("CA1").replies.current is None)
                await phone.say("MMMMMMMM")
                await phone.until(lambda: phone.close_code is not None)
                call, turns = await phone.ended(), await phone.turns()
        self.assertEqual((call.ended_why, call.failure), (Call.Ended.GOODBYE, ""))
        self.assertEqual([message["name"] for message in call.messages], ["דנה לוי"])
        self.assertEqual(
            [turn.answered for turn in turns],
            [TEXTS.greeting, "נרשם. לחזור לדנה לוי. נכון?", "תודה ולהתראות."],
        )
        self.assertIn("OpenAI gpt-6-luna", call.engines)

    async def test_it_begins_with_the_openers_that_it_is_told(self) -> None:
        async with served() as server:
            server.uses_openers = True
            server.answers["מחר"] = Answer("נבדוק ביומן. לאיזו שעה?")
            server.answers["תודה"] = Answer("נרשם. להתראות.")
            async with PhoneCall(speed=1) as phone:
                await phone.until_quiet()
                for _line in SAYS:
                    sent = len(phone.events("media"))
                    await phone.say("MMMMMMMM")
                    await phone.until(lambda sent=sent: len(phone.events("media")) > sent)
                    await phone.until_quiet()
            turns = await phone.turns()
        first, second, *_others = HEBREW.openers
        self.assertEqual(
            [turn.answered for turn in turns[1:]],
            [f"{first} נבדוק ביומן. לאיזו שעה?", f"{second} נרשם. להתראות."],
        )
        for turn in turns[1:]:
            self.assertGreater(turn.content_latency or 0, turn.response_latency or 0)
        heads = {request["messages"][0]["content"] for request in server.requests}
        self.assertEqual(len(heads), 1, "the provider's cache serves it")

    async def test_a_person_is_called_by_the_models_tool_and_nobody_comes(self) -> None:
        asked = (("ask_for_a_person", "{}"),)
        with override_settings(PERSON_WAIT_S=2):
            async with served() as server:
                server.answers["מחר"] = Answer(tools=asked)
                server.answers[TEXTS.person_called] = Answer("במה אפשר לעזור בינתיים?")
                server.answers["תודה"] = Answer("מה השם, בבקשה?")
                async with PhoneCall() as phone:
                    await phone.until_quiet()
                    await phone.say("MMMMMMMM")
                    await phone.until(lambda: conversation_of("CA1").wanted is not None)
                    await phone.until(lambda: conversation_of("CA1").wanted is None)
                    await phone.until_quiet()
                    await phone.say("MMMMMMMM")
                    await phone.until(lambda: len(server.requests) == 3)
                    await phone.until(lambda: conversation_of("CA1").replies.current is None)
                call, turns = await phone.ended(), await phone.turns()
        self.assertIn("ask_for_a_person", [each["function"]["name"] for each in tools(server)])
        called, nobody_came = (HEBREW.prompts[name] for name in ("person_called", "nobody_came"))
        self.assertEqual(
            [turn.answered for turn in turns][1:],
            [f"{called} במה אפשר לעזור בינתיים?", nobody_came, "מה השם, בבקשה?"],
        )
        self.assertEqual((call.asked_person_why, call.person_came), ("asked", ""))
        self.assertGreaterEqual(call.person_waited_ms, 2000)
        self.assertTrue(call.replays)
        told = server.requests[2]["messages"]
        self.assertIn(TEXTS.person_asked_for, told[0]["content"])
        self.assertIn(nobody_came, [each["content"] for each in told if each["role"] != "user"][-1])

    @override_settings(PERSON_WAIT_S=0)
    async def test_where_nobody_can_be_asked_for_the_model_is_not_offered_to(self) -> None:
        async with served() as server:
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMMMMM")
                await phone.until(lambda: len(server.requests) == 1)
            names = [each["function"]["name"] for each in tools(server)]
        self.assertEqual(names, ["say_goodbye", "take_message"])

    async def test_a_barge_in_stops_the_answer_at_the_server(self) -> None:
        async with served() as server:
            server.answers["מחר"] = Answer("אפשר בהחלט. " + "ועוד משהו. " * 200, token_s=0.01)
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMMMMM")
                await phone.until(lambda: len(phone.events("media")) > 5)
                await phone.until(lambda: phone.events("clear"), "M")
                await until(lambda: server.cut_off == 1)
