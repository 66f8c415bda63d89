"""What is kept of a tool's use goes when its call is forgotten; words that fill a wait."""

from __future__ import annotations

from datetime import timedelta

from asgiref.sync import sync_to_async
from django.test import SimpleTestCase, TestCase, TransactionTestCase
from django.utils import timezone

from calls.http_tools import tool_use
from calls.http_tools.http_tool import HttpTool
from calls.http_tools.tool_use import ToolUse
from calls.privacy.keeping import Days
from calls.records.retention import forget
from calls.telephony.phone_number import PhoneNumber
from calls.voice.meanwhile import FIRST_MS, NEXT_MS, Meanwhile
from tests.dashboard.call_rows import a_call

WORDS = ("רגע.", "זה מתארך.", "עוד רגע.", "תודה.")


class ForgettingTests(TestCase):
    def test_it_is_forgotten_with_its_call(self) -> None:
        long_ago = timezone.now() - timedelta(days=100)
        for number, ended_at in ((1, long_ago), (2, timezone.now())):
            call = a_call(number, ended_at=ended_at)
            ToolUse.objects.create(
                call=call, name="book", turn=1, key=f"{number}", given={"name": "דנה"},
                outcome="done", began_at=ended_at,
            )  # fmt: skip
        forget(Days.of("90"))
        self.assertEqual([use.key for use in ToolUse.objects.all()], ["2"])


class KeepingTests(TransactionTestCase):
    async def test_what_has_ended_is_not_begun_again_by_a_row_that_comes_late(self) -> None:
        call = await sync_to_async(a_call)(1)
        for outcome in ("begun", "done", "begun"):
            fields = {"name": "book", "turn": 1, "outcome": outcome}
            tool_use.keep_soon(call.call_sid, "CA1-1-1-x", **fields)
            await tool_use.all_kept()
        self.assertEqual([use.outcome async for use in ToolUse.objects.all()], ["done"])

    async def test_a_process_that_ends_waits_for_it_but_not_for_ever(self) -> None:
        call = await sync_to_async(a_call)(1)
        tool_use.keep_soon(call.call_sid, "CA1-1-1-x", name="book", turn=1, outcome="done")
        await tool_use.all_kept(0)
        self.assertEqual(await ToolUse.objects.acount(), 0)
        await tool_use.all_kept(10)
        self.assertEqual(await ToolUse.objects.acount(), 1)

    async def test_a_tool_that_is_deleted_meanwhile_leaves_its_use(self) -> None:
        call = await sync_to_async(a_call)(1)
        number = await PhoneNumber.objects.acreate(number="+97233333333", name="מרפאה")
        tool = await number.http_tools.acreate(name="book", address="https://a.example")
        await HttpTool.objects.filter(pk=tool.pk).adelete()
        fields = {"tool": tool, "name": "book", "turn": 1, "outcome": "done"}
        tool_use.keep_soon(call.call_sid, "CA1-1-1-x", **fields)
        await tool_use.all_kept(10)
        use = await ToolUse.objects.aget()
        self.assertEqual((use.name, use.tool_id), ("book", None))


class MeanwhileTests(SimpleTestCase):
    def test_the_first_words_come_within_a_second_of_the_decision(self) -> None:
        meanwhile = Meanwhile()
        meanwhile.begin(1000)
        self.assertFalse(meanwhile.is_due(1000 + FIRST_MS - 1, None))
        self.assertTrue(meanwhile.is_due(1000 + FIRST_MS, None))
        self.assertLess(FIRST_MS, 1000)

    def test_others_come_before_two_seconds_of_silence_and_not_over_what_is_still_to_come(
        self,
    ) -> None:
        meanwhile = Meanwhile()
        meanwhile.begin(0)
        self.assertFalse(meanwhile.is_due(5000, NEXT_MS - 1))
        self.assertTrue(meanwhile.is_due(5000, NEXT_MS))
        self.assertLess(NEXT_MS, 2000)
        meanwhile.handed_over()
        self.assertFalse(meanwhile.is_due(9000, 4000))
        meanwhile.came()
        self.assertTrue(meanwhile.is_due(9000, 4000))

    def test_the_first_two_are_said_once_and_the_others_in_turn(self) -> None:
        meanwhile = Meanwhile()
        said = [meanwhile.next(WORDS) for _wait in range(6)]
        self.assertEqual(said, [*WORDS, *WORDS[2:]])
        self.assertTrue(all(map(meanwhile.is_filler, WORDS)))
        self.assertFalse(meanwhile.is_filler("נקבע."))
        for few in (("רגע.",), ("רגע.", "עוד.")):
            once = Meanwhile()
            self.assertEqual([once.next(few) for _wait in range(3)][-1], few[-1])
