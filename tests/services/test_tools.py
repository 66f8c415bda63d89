"""Tools of the language model, by the real client against the local server: a tool of one's own is
its declaration and its place in the list."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.test import SimpleTestCase, TransactionTestCase, override_settings, tag

from calls.language.hebrew import HEBREW
from calls.services import Busy, CalledNumber, Farewell, Message, Piece, Requested, WhenDecided
from calls.services.openai.writer import OpenAiWriter
from calls.services.tool_rounds import MOST_ROUNDS
from calls.services.tools import LONGEST_S, Done, Tool, of_texts, tools_in
from tests.fakes import FakeSpeaker, tuned
from tests.phone import PhoneCall, services
from tests.servers.openai_answers import Answer
from tests.services.openai_turns import MODEL, begun, said, served, words, written
from tests.voice.test_conversation import publish
from tests.voice.test_speaking import ADAPTIVE, HASTY, SLOW, has_thought
from tuning.turns.profile import Profile

TEXTS = HEBREW.instructions
BOOKED = "התור נקבע"
FREE = "פנוי בתשע"
TAKE = ("take_message", '{"name":"דנה","number":"0541234567","reason":"תור"}')
BYE = ("say_goodbye", '{"farewell":"להתראות"}')


class Ran(list[tuple[str, Mapping[str, Any]]]):
    """Which tools have been run, with what."""


def tool(name: str, ran: Ran, done: Done | None = None, **changed: Any) -> Tool:
    async def run(called: CalledNumber, given: Mapping[str, Any]) -> Done:
        ran.append((name, given))
        return done or Done(f"{name}: {called.business}")

    made = Tool(name, of_texts("כלי", day="יום"), run, safe_ahead=True, deadline_s=1.0)
    return replace(made, **changed)


def writer(*tools: Tool) -> OpenAiWriter:
    made = tuned(OpenAiWriter, more_tools=tools)
    return made(CalledNumber(business="מרפאת אלון"))  # type: ignore[no-any-return]


def call(name: str, arguments: str = '{"day":"שלישי"}') -> tuple[str, str]:
    return name, arguments


@tag("protocol")
class RoundTests(SimpleTestCase):
    def setUp(self) -> None:
        self.ran = Ran()

    async def test_a_tool_of_ones_own_is_offered_run_and_its_result_told(self) -> None:
        look = tool("look_up", self.ran)
        async with served() as server:
            server.answers |= {"תור": Answer(tools=(call("look_up"),)), "look_up:": Answer(FREE)}
            self.assertEqual(words(await written("יש תור?", by=writer(look))), FREE)
        first, second = server.requests
        self.assertEqual(first["tools"][-1]["function"]["name"], "look_up")
        self.assertEqual(self.ran, [("look_up", {"day": "שלישי"})])
        self.assertEqual(second["messages"][-1]["content"], "look_up: מרפאת אלון")

    async def test_several_at_once_are_run_at_once_and_each_result_goes_to_its_call(self) -> None:
        both = asyncio.Barrier(2)

        async def meet(called: CalledNumber, given: Mapping[str, Any]) -> Done:
            await both.wait()  # one after the other, neither would ever end
            return Done(f"met {given['day']}")

        tools = [tool(name, self.ran, run=meet, deadline_s=3.0) for name in ("one", "two")]
        calls = (call("one", '{"day":"ראשון"}'), call("two", '{"day":"שני"}'))
        async with served() as server:
            server.answers |= {"תור": Answer(tools=calls), "met": Answer(FREE)}
            self.assertEqual(words(await written("יש תור?", by=writer(*tools))), FREE)
        *_, asked, first, second = server.requests[-1]["messages"]
        ids = [each["id"] for each in asked["tool_calls"]]
        self.assertEqual([first["tool_call_id"], second["tool_call_id"]], ids)
        self.assertEqual([first["content"], second["content"]], ["met ראשון", "met שני"])

    async def test_tools_follow_one_another_in_any_order_over_several_rounds(self) -> None:
        look, book = tool("look_up", self.ran), tool("book", self.ran, safe_ahead=False)
        async with served() as server:
            server.answers |= {
                "תור": Answer("בודקים.", tools=(call("look_up"),)),
                "look_up:": Answer(tools=(call("book"), TAKE)),
                TEXTS.kept: Answer(BOOKED),
            }
            pieces = await written("לקבוע תור", by=writer(look, book))
        self.assertEqual([name for name, _given in self.ran], ["look_up", "book"])
        self.assertEqual(words(pieces), f"בודקים. {BOOKED}")
        self.assertIn(Message("דנה", "0541234567", "תור"), pieces)
        self.assertEqual(len(server.requests), 3)

    async def test_a_model_that_goes_on_asking_is_stopped_with_words(self) -> None:
        async with served() as server:
            server.obeys_tool_choice = False
            server.answers_of[MODEL] = Answer(tools=(call("look_up"),))
            with self.assertLogs("calls.services.tool_rounds", "WARNING"):
                pieces = await written("תור", by=writer(tool("look_up", self.ran)))
        self.assertEqual(words(pieces), TEXTS.enough)
        choices = [asked["tool_choice"] for asked in server.requests]
        self.assertEqual(choices, ["auto"] * (MOST_ROUNDS - 1) + ["none"])
        self.assertEqual(len(self.ran), MOST_ROUNDS - 1)

    async def test_a_model_that_is_told_to_use_words_words_what_it_has(self) -> None:
        async with served() as server:
            server.answers_of[MODEL] = Answer(FREE, tools=(call("look_up"),))
            pieces = await written("תור", by=writer(tool("look_up", self.ran)))
        self.assertEqual(words(pieces), " ".join([FREE] * MOST_ROUNDS))

    async def test_what_a_tool_says_is_said_once_and_only_if_nothing_was(self) -> None:
        tools = [tool(name, self.ran, says="נבדק. ") for name in ("one", "two")]
        calls = tuple(call(each.name) for each in tools)
        for text, heard in (("", f"נבדק. {FREE}"), ("רגע.", f"רגע. {FREE}")):
            async with served() as server:
                server.answers |= {"תור": Answer(text, tools=calls), "two:": Answer(FREE)}
                self.assertEqual(words(await written("תור", by=writer(*tools))), heard)

    def test_what_tools_say_is_kept_ready_to_be_heard(self) -> None:
        ready = writer(tool("one", self.ran, says="נבדק. ")).fixed_phrases()
        for each in (
            "נבדק. ",
            TEXTS.tools["take_message"].says,
            TEXTS.tools["say_goodbye"].says,
            TEXTS.enough,
        ):
            self.assertIn(each, ready)


@tag("protocol")
class FaultTests(SimpleTestCase):
    async def told(self, *tools: Tool, asked: tuple[str, str]) -> str:
        """What the model is told of it; the caller hears what it makes of that."""
        async with served() as server:
            server.answers["תור"] = Answer(tools=(asked,))
            server.answers[""] = Answer("אין תשובה.")
            self.assertEqual(words(await written("תור", by=writer(*tools))), "אין תשובה.")
            return str(server.requests[-1]["messages"][-1]["content"])

    async def test_one_that_brings_nothing_in_time_is_told_so(self) -> None:
        async def forever(called: CalledNumber, given: Mapping[str, Any]) -> Done:
            await asyncio.Event().wait()
            return Done()

        late = tool("late", Ran(), run=forever, deadline_s=0.05, says="נבדק. ")
        with self.assertLogs("calls.services.tool_rounds", "WARNING"):
            told = await self.told(late, asked=call("late"))
        self.assertEqual(told, TEXTS.nothing_came)

    async def test_one_that_fails_is_told_so_and_the_log_says_why(self) -> None:
        async def broken(called: CalledNumber, given: Mapping[str, Any]) -> Done:
            raise OSError("the calendar is gone")

        failing = tool("broken", Ran(), run=broken, says="נבדק. ")
        with self.assertLogs("calls.services.tool_rounds", "ERROR") as logged:
            told = await self.told(failing, asked=call("broken"))
        self.assertEqual(told, TEXTS.not_done)
        self.assertIn("the calendar is gone", logged.output[0])

    async def test_one_that_does_not_exist_is_told_so(self) -> None:
        self.assertEqual(await self.told(asked=call("dance")), TEXTS.no_such_tool)

    async def test_arguments_that_are_no_json_are_none(self) -> None:
        ran = Ran()
        await self.told(tool("look_up", ran), asked=call("look_up", '{"day":'))
        self.assertEqual(ran, [("look_up", {})])

    def test_a_deadline_longer_than_a_caller_waits_is_refused(self) -> None:
        for deadline_s in (0, LONGEST_S + 0.1):
            with self.assertRaisesMessage(ValueError, "slow: deadline_s must be up to 3"):
                tool("slow", Ran(), deadline_s=deadline_s)


@tag("protocol")
class EndTests(SimpleTestCase):
    async def test_goodbye_after_something_was_done_waits_for_the_next_turn(self) -> None:
        for then in (Answer(BOOKED, tools=(BYE,)), Answer(tools=(BYE,))):
            async with served() as server:
                server.answers |= {"תור": Answer(tools=(TAKE,)), TEXTS.kept: then}
                server.answers[TEXTS.not_yet] = Answer(BOOKED)
                pieces = await written("תור")
            self.assertNotIn(Farewell(), pieces)
            self.assertEqual(words(pieces), TEXTS.tools["take_message"].says + BOOKED)

    async def test_one_that_could_not_end_the_call_does_not(self) -> None:
        refused = tool("transfer", Ran(), Done("אין מענה"), ends=True, safe_ahead=False)
        async with served() as server:
            server.answers |= {"תור": Answer(tools=(call("transfer"),))}
            server.answers["אין מענה"] = Answer("אפשר להשאיר הודעה.")
            pieces = await written("תור", by=writer(refused))
        self.assertEqual(pieces[0], WhenDecided())
        self.assertEqual(words(pieces), "אפשר להשאיר הודעה.")
        self.assertNotIn(Farewell(), pieces)


@tag("protocol")
class AheadTests(SimpleTestCase):
    """The pieces come one by one, and whoever reads them waits at WhenDecided."""

    async def test_what_waits_for_the_decision_is_done_after_it_and_what_looks_before(self) -> None:
        ran = Ran()
        look, book = tool("look_up", ran), tool("book", ran, safe_ahead=False)
        async with served() as server:
            server.answers |= {"תור": Answer(tools=(call("book"), call("look_up")))}
            server.answers["look_up:"] = Answer(BOOKED)
            writing = writer(look, book).write(said("תור"))
            pieces: list[Piece] = []
            while not isinstance(piece := await anext(writing), WhenDecided):
                pieces.append(piece)
            self.assertEqual(pieces, [Requested(MODEL), Busy(), Busy()])
            self.assertEqual([name for name, _given in ran], ["look_up"])
            rest = [piece async for piece in writing]
            self.assertEqual([name for name, _given in ran], ["look_up", "book"])
            self.assertEqual(words(rest), BOOKED)

    async def test_a_reply_that_is_forgotten_has_nothing_done_and_leaves_no_note(self) -> None:
        by = writer()
        async with served() as server:
            server.answers["תור"] = Answer(tools=(TAKE,))
            writing = by.write(said("תור"))
            self.assertEqual(await begun(writing), WhenDecided())
            await writing.aclose()
            await written("שלום", by=by)
        self.assertNotIn("דנה", json.dumps(server.requests[-1], ensure_ascii=False))


@tag("protocol")
class WholeCallTests(TransactionTestCase):
    """A reply is made ahead on the media socket: what may be done before the decision is."""

    ran: ClassVar[Ran] = Ran()

    @override_settings(TURN_VERDICT="off")  # it would be decided at once
    async def test_a_tool_is_run_ahead_or_at_the_decision_as_it_says(self) -> None:
        self.ran.clear()
        look = tool("look_up", self.ran)
        book = tool("book", self.ran, Done(BOOKED), safe_ahead=False)
        thinker = tuned(OpenAiWriter, more_tools=(look, book))
        await publish(Profile(**ADAPTIVE | SLOW))
        quick = tuned(FakeSpeaker, first_byte_s=0.01)
        async with served() as server:
            server.answers |= {
                "לקבוע תור": Answer(tools=(call("look_up"),)),
                "look_up:": Answer(tools=(call("book"),)),
                BOOKED: Answer("התור נקבע."),
            }
            with services(HASTY, thinker, quick):
                async with PhoneCall() as phone:
                    await phone.until_quiet()
                    await phone.say("MMMMMMM_____")
                    await phone.until(lambda: len(server.requests) == 2)
                    await phone.say("___")
                    self.assertTrue(has_thought(), "it waits to be decided")
                    self.assertEqual(self.names, ["look_up"])
                    await phone.until(lambda: len(server.requests) == 3)
                    self.assertFalse(has_thought(), "it was decided")
                    self.assertEqual(self.names, ["look_up", "book"])
                    await phone.until_quiet()
                _greeting, turn = await phone.turns()
        self.assertEqual((turn.answered, turn.is_prepared), ("התור נקבע.", True))

    @property
    def names(self) -> Sequence[str]:
        return [name for name, _given in self.ran]


class DeclarationTests(SimpleTestCase):
    def test_every_tool_is_what_a_strict_function_must_be(self) -> None:
        for each in tools_in(HEBREW):
            function = each.as_function["function"]
            parameters = function["parameters"]
            self.assertTrue(function["strict"])
            self.assertEqual(parameters["required"], list(parameters["properties"]))
            self.assertFalse(parameters["additionalProperties"])
        json.dumps([each.as_function for each in tools_in(HEBREW)])

    def test_the_rules_name_no_tool_that_there_is_not(self) -> None:
        named = set(re.findall(r"[a-z]+_[a-z_]+", TEXTS.rules))
        self.assertEqual(named, {"say_goodbye", "take_message"})
        self.assertLessEqual(named, {each.name for each in tools_in(HEBREW)})

    def test_only_what_cannot_be_undone_waits_for_the_decision(self) -> None:
        waits = [each.name for each in tools_in(HEBREW) if not each.safe_ahead]
        self.assertEqual(waits, ["take_message", "ask_for_a_person"])
