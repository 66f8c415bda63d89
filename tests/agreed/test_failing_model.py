"""A model that is down, late, refuses or writes nonsense: said, tried again, and given up."""

from __future__ import annotations

from datetime import timedelta

from asgiref.sync import sync_to_async
from django.test import TestCase, tag
from django.utils import timezone

from calls.models import Agreed, Call
from calls.services.openai.summariser import OpenAiSummariser
from tests.agreed.agreed_calls import (
    GOOD,
    TURNS,
    a_number,
    a_talk,
    make_due,
    modelled,
    write,
    writes,
)  # fmt: skip
from tests.servers.openai_answers import Answer


@tag("protocol")
class FailureTests(TestCase):
    def setUp(self) -> None:
        self.number = a_number()
        self.call = a_talk(*TURNS, messages=[{"name": "דנה", "number": "", "reason": "לחזור"}])
        deadline_s = OpenAiSummariser.deadline_s
        OpenAiSummariser.deadline_s = 0.5
        self.addCleanup(setattr, OpenAiSummariser, "deadline_s", deadline_s)

    async def failed(self, answer: Answer, words: str) -> Agreed:
        await Agreed.objects.all().adelete()
        await sync_to_async(Agreed.want)(self.call)
        async with modelled() as server:
            server.writes = answer
            with self.assertLogs("calls.agreed.writing", "WARNING"):
                agreed = await write(self.call)
        self.assertIn(words, agreed.failure)
        return agreed

    async def test_whatever_fails_is_said_and_the_facts_stand_until_the_next_attempt(self) -> None:
        for answer, words in (
            (Answer(error=500), "out of order (500)"),
            (Answer(error=429), "rate limit"),
            (Answer(refusal="I'm sorry, I cannot assist with that."), "declined to write"),
            (writes(first_s=9), "had not written within 0.5 s"),
            (writes(stall_after=3), "had not written within 0.5 s"),
            (Answer('{"summary": "ביקשו לקב', finish="length"), "no valid JSON (length)"),
            (Answer(""), "no valid JSON"),
            (Answer("[" * 20_000), "no valid JSON"),
            (writes(drop_after=4), "OpenAI"),
            (writes([1]), "did not keep to the schema (no object)"),
            (writes(GOOD | {"summary": 7}), "did not keep to the schema (no summary)"),
        ):
            with self.subTest(words):
                agreed = await self.failed(answer, words)
                self.assertEqual((agreed.by, agreed.outcome), ("without a model", "message"))
                self.assertEqual(agreed.values, {"name": "דנה"})
                assert agreed.due_at is not None
                self.assertGreater(agreed.due_at, timezone.now() + timedelta(seconds=90))

    async def test_values_that_are_no_object_are_none(self) -> None:
        async with modelled() as server:
            server.writes = writes(GOOD | {"values": ["x"], "follow_ups": "לחזור"})
            agreed = await write(self.call)
        self.assertEqual((agreed.by, agreed.values, agreed.follow_ups), ("model", {}, []))

    async def test_after_three_attempts_it_stays_with_the_facts_and_says_why(self) -> None:
        await self.failed(Answer(error=500), "500")
        async with modelled() as server:
            server.writes = Answer(error=500)
            for _attempt in (2, 3):
                await make_due()
                with self.assertLogs("calls.agreed.writing", "WARNING"):
                    agreed = await write(self.call)
            await write(self.call)
            self.assertEqual((agreed.attempts, agreed.due_at), (3, None))
            self.assertEqual(len(server.written), 2)
        self.assertIn("500", agreed.failure)
        self.assertEqual(agreed.outcome, "message")

    async def test_a_later_attempt_writes_and_forgets_the_failure(self) -> None:
        await self.failed(Answer(error=500), "500")
        await make_due()
        async with modelled() as server:
            server.writes = writes()
            agreed = await write(self.call)
        self.assertEqual((agreed.by, agreed.failure, agreed.attempts), ("model", "", 2))

    async def test_while_a_model_keeps_failing_others_wait_without_asking(self) -> None:
        calls = [await sync_to_async(a_talk)(*TURNS, minutes=number) for number in range(2, 7)]
        async with modelled() as server:
            server.writes = Answer(error=500)
            with self.assertLogs("calls.agreed.writing", "WARNING"):
                found = [await write(call) for call in calls]
            self.assertEqual(len(server.written), 4)
            self.assertIn("kept failing", found[-1].failure)
            self.assertEqual(found[-1].attempts, 0)
            self.assertIsNotNone(found[-1].due_at)
            await Call.objects.aupdate(ended_at=timezone.now() - timedelta(hours=7))
            await make_due()
            late = await Call.objects.select_related("number").aget(pk=calls[-1].pk)
            with self.assertLogs("calls.agreed.writing", "WARNING"):
                self.assertIsNone((await write(late)).due_at, "nor is it asked hours later")

    async def test_a_wrong_key_says_what_to_do(self) -> None:
        async with modelled(OPENAI_API_KEY="sk-wrong"):
            with self.assertLogs("calls.agreed.writing", "WARNING"):
                agreed = await write(self.call)
        self.assertIn("set a valid key", agreed.failure)
        self.assertNotIn("sk-wrong", agreed.failure)
