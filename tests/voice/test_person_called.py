"""A person is called to a whole call: what is said, told to the live page, and written down."""

from __future__ import annotations

import asyncio
from typing import Any

from channels.layers import get_channel_layer
from django.test import override_settings

from calls.language.hebrew import HEBREW
from calls.services.receptionist.writer import Receptionist
from calls.telephony.phone_number import PhoneNumber
from tests.fakes import FakeTranscriber, FakeWriter, tuned
from tests.phone import PhoneCall, conversation_of, services
from tests.virtual_time import VirtualTimeTestCase
from tests.voice.person.page import Page

CALLED, NOBODY = HEBREW.prompts["person_called"], HEBREW.prompts["nobody_came"]
WAIT_S, WAIT_MS = 40, 40_000
"""The callers here speak ten times as fast as real ones."""
UTTERANCE = "_" * 13 + "MMMMM" + "_" * 8


def asking(*then: str) -> Any:
    """A caller of the embedded receptionist, who asks for a person and then says this."""
    sayings = ("אפשר לדבר עם נציג", *then, "תודה רבה להתראות")
    hearing = tuned(FakeTranscriber, sayings=sayings, delay_s=0.0)
    return services(transcriber=hearing, writer=Receptionist)


async def says(phone: PhoneCall) -> None:
    """The next of it, and hears the answer out."""
    turn = conversation_of("CA1").turns.turn
    await phone.say(UTTERANCE)
    await phone.until(lambda: conversation_of("CA1").turns.turn > turn)
    await phone.until(lambda: conversation_of("CA1").replies.current is None)


@override_settings(PERSON_WAIT_S=WAIT_S)
class PersonCalledTests(VirtualTimeTestCase):
    async def test_nobody_comes_and_the_message_is_kept_with_the_call(self) -> None:
        with asking("מדברת דנה לגבי חשבון", "0541234567", "כן"):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await says(phone)
                self.assertIsNotNone(conversation_of("CA1").wanted)
                await phone.until(lambda: conversation_of("CA1").wanted is None)
                self.assertEqual(conversation_of("CA1").turns.state, "speaking")
                await phone.until(lambda: conversation_of("CA1").replies.current is None)
                for _line in range(3):
                    await says(phone)
            call, turns = await phone.ended(), await phone.turns()
        self.assertEqual([turn.answered for turn in turns][1:3], [CALLED, NOBODY])
        self.assertEqual(turns[2].prompt, "nobody_came")
        self.assertEqual(
            call.messages,
            [{"name": "", "number": "0541234567", "reason": "מדברת דנה לגבי חשבון"}],
        )
        assert call.asked_person_at
        assert call.started_at
        self.assertGreater(call.asked_person_at, call.started_at)
        self.assertEqual((call.asked_person_why, call.person_came), ("asked", ""))
        self.assertAlmostEqual(call.person_waited_ms, WAIT_MS, delta=1000)
        self.assertTrue(call.replays)

    async def test_the_live_page_is_told_who_waits_and_for_how_long(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add("live", channel)
        with asking("מה שעות הפתיחה"):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await says(phone)
                wanted = conversation_of("CA1").wanted
                await says(phone)
                later = conversation_of("CA1").wanted
                await phone.until(lambda: conversation_of("CA1").wanted is None)
                await phone.until_quiet()
        assert wanted
        assert later
        self.assertEqual(wanted["why"], "asked")
        self.assertGreater(later["waited_s"], wanted["waited_s"])
        self.assertAlmostEqual(later["waited_s"] + later["left_s"], WAIT_S)
        told = []
        while (message := await layer.receive(channel))["type"] != "live.ended":
            told.append(message["call"]["wanted"])
        self.assertIsNone(told[0])
        self.assertIn("asked", [each["why"] for each in told if each])

    async def test_who_takes_over_is_who_came_and_the_wait_is_over(self) -> None:
        with asking():
            async with PhoneCall(speed=1) as phone:
                await phone.until_quiet()
                await says(phone)
                saying = asyncio.create_task(phone.say("_" * 1000))
                async with Page("dana") as page:
                    await page.take_over()
                    self.assertIsNone(conversation_of("CA1").wanted)
                    await page.be_silent(WAIT_S)
                saying.cancel()
                self.assertEqual(conversation_of("CA1").turns.state, "person")
            call, turns = await phone.ended(), await phone.turns()
        self.assertEqual((call.asked_person_why, call.person_came), ("asked", "dana"))
        self.assertTrue(0 < call.person_waited_ms < WAIT_MS, call.person_waited_ms)
        self.assertNotIn("nobody_came", [turn.prompt for turn in turns])
        self.assertTrue(call.replays)

    async def test_who_hangs_up_meanwhile_has_waited_so_long(self) -> None:
        with asking():
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await says(phone)
            call = await phone.ended()
        self.assertEqual((call.ended_why, call.asked_person_why), ("caller hung up", "asked"))
        self.assertTrue(0 < call.person_waited_ms < WAIT_MS, call.person_waited_ms)

    async def test_a_newer_stream_goes_on_waiting_and_counts_no_wait_twice(self) -> None:
        with asking("מה שעות הפתיחה"):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await says(phone)
                first = conversation_of("CA1")
                async with PhoneCall() as second:
                    await second.until(lambda: first is not conversation_of("CA1"))
                    before, after = first.wanted, conversation_of("CA1").wanted
                    waited_ms = first.totals()["person_waited_ms"]
                    await second.until(lambda: conversation_of("CA1").wanted is None)
                    prompts_of = conversation_of("CA1").totals()["person_waited_ms"]
                    await second.until_quiet()
                call, turns = await second.ended(), await second.turns()
        assert before
        assert after
        self.assertEqual(after["why"], "asked")
        self.assertGreaterEqual(after["waited_s"], before["waited_s"])
        self.assertAlmostEqual(after["waited_s"] + after["left_s"], WAIT_S)
        self.assertIn("nobody_came", [turn.prompt for turn in turns])
        self.assertEqual(call.person_waited_ms, waited_ms + prompts_of)
        self.assertAlmostEqual(call.person_waited_ms, WAIT_MS, delta=1000)
        self.assertTrue(call.replays)

    async def test_a_reply_that_was_taken_back_before_it_was_heard_calls_nobody(self) -> None:
        slow = tuned(FakeTranscriber, sayings=("נציג", "אין לי זמן"), delay_s=0.0)
        with services(transcriber=slow, writer=Receptionist):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("_" * 13 + "MMMMM")
                await phone.until(lambda: conversation_of("CA1").turns.state == "thinking")
                await phone.say("MMMMMMMM" + "_" * 20)
                await phone.until_quiet()
            call, turns = await phone.ended(), await phone.turns()
        self.assertEqual(turns[1].outcome, "caller resumed")
        self.assertIsNone(call.asked_person_at)

    async def test_after_three_failures_a_person_is_called_and_then_the_call_ends(self) -> None:
        with services(writer=tuned(FakeWriter, fails=True)):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                for _try in range(3):
                    await phone.say(UTTERANCE)
                    await phone.until_quiet()
                self.assertIsNotNone(conversation_of("CA1").wanted)
                await phone.until(lambda: phone.close_code is not None)
            call, turns = await phone.ended(), await phone.turns()
        self.assertEqual((call.ended_why, call.asked_person_why), ("failed", "failures"))
        self.assertEqual(
            [turn.prompt for turn in turns if turn.prompt][1:],
            ["apology"] * 2 + ["apology_person", "apology_goodbye"],
        )

    async def test_a_number_has_a_wait_of_its_own_and_at_first_none(self) -> None:
        self.assertEqual(PhoneNumber().as_called().person_wait_s, 0)
        number = PhoneNumber(person_wait_s=45)
        self.assertEqual(number.as_called().person_wait_s, 45)
        self.assertEqual(number.as_called(takes_message=True).person_wait_s, 0)
