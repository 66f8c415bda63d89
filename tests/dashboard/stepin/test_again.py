"""A page whose connection broke takes up the call that it holds, and nobody else's."""

from __future__ import annotations

import asyncio

from tests.fakes import HUSH
from tests.phone import conversation_of
from tests.virtual_time import VirtualTimeTestCase
from tests.voice.person.calls import answered, heard_of, silent
from tests.voice.person.page import VOICE, Page


class AgainTests(VirtualTimeTestCase):
    async def test_it_goes_on_by_another_channel_and_the_old_one_is_heard_no_longer(self) -> None:
        async with answered() as phone, Page("dana") as page, Page("dana") as back:
            async with silent(phone):
                await page.take_over()
                await page.speak(30)
                await asyncio.sleep(3)
                await back.tell("take_over", again=True)
                await back.until("granted")
                sent = len(phone.sent)
                await page.speak(30)
                await back.speak(60, VOICE)
                await back.speak(150, HUSH)
            self.assertEqual(heard_of(phone, sent).count(VOICE), 60)
            self.assertEqual(conversation_of("CA1").turns.state, "person")
            self.assertEqual(len(back.call.call.holds), 1)
            await back.tell("hand_back", note="")
            await back.until("over")

    async def test_one_who_comes_back_too_late_is_told_and_takes_nothing_over(self) -> None:
        async with answered() as phone, Page("dana") as page, Page("dana") as back:
            async with silent(phone):
                await page.take_over()
                await page.speak(30)
                await page.until("over")
                await back.tell("take_over", again=True)
                self.assertEqual((await back.until("refused"))["by"], "")
            self.assertNotEqual(conversation_of("CA1").turns.state, "person")

    async def test_it_takes_up_no_call_that_another_holds(self) -> None:
        async with answered() as phone, Page("dana") as page, Page("omer") as other:
            async with silent(phone):
                await page.take_over()
                await other.tell("take_over", again=True)
                self.assertEqual((await other.until("refused"))["by"], "")
                await other.tell("take_over")
                async with asyncio.timeout(5):
                    while len(other.got("refused")) < 2:
                        await asyncio.sleep(0.01)
                self.assertEqual(other.got("refused")[1]["by"], "dana")
            await page.tell("hand_back", note="")
