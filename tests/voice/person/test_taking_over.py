"""A person takes over a call and hands it back, over the media socket, as the caller hears it."""

from __future__ import annotations

import asyncio
from typing import Any

from asgiref.sync import sync_to_async

from calls.models import Call, Turn
from calls.records.post_call import keep
from calls.services import By, HistoryLine
from calls.voice import prompts
from calls.voice.snapshot import snapshot
from tests.fakes import TONE
from tests.phone import conversation_of
from tests.virtual_time import VirtualTimeTestCase
from tests.voice.person.calls import (
    CALLER,
    PERSON,
    TwoTranscribers,
    answered,
    heard_of,
    silent,
)
from tests.voice.person.page import VOICE, Page
from tests.voice.test_conversation import LONG, RememberingWriter


class TakingOverTests(VirtualTimeTestCase):
    async def test_the_agent_is_silent_within_100_ms_and_the_person_is_heard(self) -> None:
        async with answered() as phone, Page("dana") as page:
            sent, now_s = len(phone.sent), asyncio.get_running_loop().time()
            async with silent(phone):
                await page.take_over()
                await page.speak(30)
            kinds = [each["event"] for each in phone.sent[sent:]]
            self.assertEqual(kinds[0], "clear")
            self.assertLess(phone.sent_s[sent] - now_s, 0.1)
            self.assertEqual(set(kinds[1:]), {"media"})
            self.assertEqual(heard_of(phone, sent), VOICE * 30)
            self.assertNotIn(TONE, heard_of(phone, sent))
            self.assertEqual(conversation_of("CA1").turns.state, "person")

    async def test_both_sides_are_in_the_history_that_the_agent_goes_on_with(self) -> None:
        async with answered() as phone, Page("dana") as page:
            async with silent(phone):
                await page.take_over()
                await page.say()
            talking = asyncio.create_task(page.be_silent(60))
            await phone.say("MMMMMM" + "_" * 14)
            talking.cancel()
            async with silent(phone):
                await page.say()
                await page.tell("hand_back", note="התור ביום שני בתשע")
                self.assertEqual((await page.until("over"))["why"], "handed back")
            await phone.until_quiet()
            await phone.say("MMMMMM" + "_" * 10)
            await phone.until(lambda: len(RememberingWriter.asked) == 3)
            call_pk = page.pk
        history = RememberingWriter.asked[-1]
        self.assertIn(HistoryLine(By.PERSON, PERSON[0]), history)
        self.assertIn(HistoryLine(By.OVERHEARD, CALLER[1]), history)
        self.assertIn(HistoryLine(By.PERSON, PERSON[1]), history)
        self.assertIn(HistoryLine(By.NOTE, "התור ביום שני בתשע"), history)
        self.assertIn(HistoryLine(By.AGENT, prompts.text("handed_back")), history)
        order = [line.by for line in history[2:]]
        self.assertEqual(order.index(By.PERSON), order.index(By.OVERHEARD) - 1)
        self.assertTrue(all(each.is_closed for each in TwoTranscribers.made))
        turns = await phone.turns()
        persons = [(turn.person, turn.said, turn.answered) for turn in turns if turn.person]
        self.assertEqual(persons, [("dana", "", PERSON[0]), ("dana", CALLER[1], PERSON[1])])
        for turn in turns:
            if turn.person:
                self.assertEqual(
                    (turn.response_latency, turn.end_of_turn_delay, turn.outcome),
                    (None, None, "completed"),
                )
        stopped = turns[1]
        self.assertEqual(stopped.outcome, "interrupted")
        self.assertTrue("".join(LONG).startswith(stopped.answered[:20]))
        call = await Call.objects.aget(pk=call_pk)
        (hold,) = call.holds
        self.assertEqual((hold["who"], hold["ended"]), ("dana", "handed back"))
        self.assertEqual(hold["note"], "התור ביום שני בתשע")
        self.assertLess(hold["from_ms"], hold["until_ms"])
        self.assertTrue(call.was_held)
        self.assertFalse(call.is_real)
        self.assertFalse(await Call.objects.filter(Call.REAL).aexists())
        self.assertEqual(await sync_to_async(keep)(call, []), [], "it adds to no latencies")
        self.assertFalse(await Turn.objects.filter(Turn.AGENTS).exclude(person="").aexists())

    async def test_a_browser_that_is_lost_hands_back_by_itself_after_five_seconds(self) -> None:
        async with answered() as phone, Page("dana") as page:
            async with silent(phone):
                await page.take_over()
                await page.speak(9)
                lost_s = asyncio.get_running_loop().time()
                self.assertEqual((await page.until("over"))["why"], "lost")
                self.assertAlmostEqual(asyncio.get_running_loop().time() - lost_s, 5, delta=0.5)
            await phone.until_quiet()
            self.assertEqual(page.call.holding.who, "")
        turns = await phone.turns()
        self.assertEqual(turns[-1].answered, prompts.text("person_lost"))
        call = await phone.ended()
        self.assertEqual(call.holds[0]["ended"], "lost")

    async def test_a_second_person_is_refused_with_the_name_of_the_first(self) -> None:
        async with answered() as phone, Page("dana") as page, Page("ron") as other:
            async with silent(phone):
                await page.take_over()
                await other.tell("take_over")
                refused = await other.until("refused")
                self.assertEqual((refused["by"], refused["call"]), ("dana", page.pk))
                await other.tell("hand_back", note="")
                await other.tell("voice", audio=VOICE)
                await page.speak(3)
            self.assertEqual(page.call.holding.who, "dana")
            self.assertEqual(page.got("over"), [])
            self.assertEqual(heard_of(phone).count(VOICE), 3)

    async def test_whoever_asks_twice_is_granted_once_more_and_holds_once(self) -> None:
        async with answered() as phone, Page("dana") as page, silent(phone):
            await page.take_over()
            await page.tell("take_over")
            while len(page.got("granted")) < 2:
                await page.be_silent(0.06)
        self.assertEqual(len((await phone.ended()).holds), 1)

    async def test_a_call_that_ends_under_a_person_tells_them(self) -> None:
        async with answered() as phone, Page("dana") as page:
            async with silent(phone):
                await page.take_over()
                await page.speak(9)
            await phone.hang_up()
            self.assertEqual((await page.until("over"))["why"], "call over")
        call = await phone.ended()
        self.assertEqual(call.holds[0]["ended"], "call over")
        self.assertIsNotNone(call.holds[0]["until_ms"])

    async def test_without_the_persons_words_the_call_goes_on_and_says_so(self) -> None:
        async with answered(person_fails=True) as phone, Page("dana") as page:
            async with silent(phone):
                with self.assertLogs("calls.voice.person.words", "ERROR"):
                    await page.take_over()
                    await page.speak(30)
                await page.tell("hand_back", note="")
                await page.until("over")
            await phone.until_quiet()
        call = await phone.ended()
        self.assertEqual(call.ended_why, "caller hung up")
        self.assertIn("a person's words are missing", call.failure)

    async def test_what_would_pile_up_is_left_out(self) -> None:
        """Two seconds of voice in one burst: no more than 400 ms of it waits at the carrier."""
        async with answered() as phone, Page("dana") as page:
            sent = len(phone.sent)
            async with silent(phone):
                await page.take_over()
                await page.speak(102, every_s=0)
                await asyncio.sleep(0.1)
                self.assertLessEqual(len(heard_of(phone, sent)), 400 * 8)
                await page.be_silent(1.2)
                first = len(heard_of(phone, sent))
                await page.speak(30)
            ahead_ms = (len(heard_of(phone, sent)) - first) / 8
            self.assertGreaterEqual(ahead_ms, 540, "silence has made room again")

    async def test_the_snapshot_says_who_holds_and_for_how_long(self) -> None:
        async with answered() as phone, Page("dana") as page:
            shown = self.shown(page)
            self.assertEqual((shown["held_by"], shown["held_s"]), ("", 0.0))
            self.assertTrue(shown["takes_whispers"])
            async with silent(phone):
                await page.take_over()
                await page.be_silent(3)
                shown = self.shown(page)
            self.assertEqual((shown["held_by"], shown["state"]), ("dana", "person"))
            self.assertAlmostEqual(shown["held_s"], 3, delta=0.3)
            self.assertEqual(shown["last"]["person"], "dana")

    def shown(self, page: Page) -> dict[str, Any]:
        call = page.call
        assert call.conversation
        return snapshot(call.call, call.conversation, None, [], call.holding)
