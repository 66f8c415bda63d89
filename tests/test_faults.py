"""Twenty calls in progress, and something breaks: nobody is lost, nobody waits in silence.

docs/operations.md says of each what the caller hears and what the operator sees.
"""

from __future__ import annotations

import asyncio

from django.test import TransactionTestCase
from grpc import StatusCode

from tests.fault_calls import ANSWER, ASKS, CALLS, Callers, calls_in_progress
from tests.servers.google_speech import Refusal
from tests.servers.openai_answers import QUOTA, Answer

SILENCE_S = 3.0


class FaultTestCase(TransactionTestCase):
    async def check(self, callers: Callers, during: list[float]) -> None:
        """Nobody waited too long while it was broken, and the next turn is as if nothing was."""
        self.assertLess(max(during), SILENCE_S)
        after = await callers.ask()
        self.assertLess(max(after), 2.0)
        self.assertEqual(callers.answered(), [ANSWER] * CALLS)


class NothingBrokenTests(FaultTestCase):
    async def test_every_call_is_answered(self) -> None:
        async with calls_in_progress() as callers:
            await self.check(callers, await callers.ask())


class HearingTests(FaultTestCase):
    async def test_the_recogniser_refuses_connections(self) -> None:
        async with calls_in_progress() as callers:
            await callers.cloud.stop("speech")
            during = await callers.ask()
            await callers.cloud.start("speech")
            await callers.all_over()
            await self.check(callers, during)

    async def test_its_streams_break_in_the_middle_of_a_word(self) -> None:
        async with calls_in_progress() as callers:
            callers.cloud.speech.break_streams()
            for line in callers.lines:
                line.say_aloud(ASKS)
            await asyncio.sleep(0.5)
            callers.cloud.speech.break_streams()
            during = await callers.ask("")
            self.assertEqual(callers.answered(), [ANSWER] * CALLS)
            await self.check(callers, during)

    async def test_its_quota_is_used_up(self) -> None:
        quota = Refusal(StatusCode.RESOURCE_EXHAUSTED, "Quota exceeded for quota metric.")
        async with calls_in_progress() as callers:
            callers.cloud.speech.refuses = quota
            callers.cloud.speech.break_streams()
            during = await callers.ask()
            callers.cloud.speech.refuses = None
            await asyncio.sleep(1.5)
            await callers.all_over()
            await self.check(callers, during)

    async def test_its_streams_hang_in_silence(self) -> None:
        async with calls_in_progress() as callers:
            callers.cloud.speech.hangs = CALLS
            callers.cloud.speech.break_streams()
            during = await callers.ask()
            during += await callers.ask(f"{ASKS} {ASKS} {ASKS} {ASKS}")
            await self.check(callers, during)

    async def test_its_words_come_after_5_s(self) -> None:
        async with calls_in_progress() as callers:
            callers.cloud.speech.slow_s = 5.0
            during = await callers.ask()
            callers.cloud.speech.slow_s = 0.0
            await asyncio.sleep(5)
            await callers.all_over()
            await self.check(callers, during)

    async def test_a_refused_credential_ends_the_call_in_words(self) -> None:
        refused = Refusal(StatusCode.UNAUTHENTICATED, "Request had invalid credentials.")
        async with calls_in_progress() as callers:
            callers.cloud.speech.refuses = refused
            callers.cloud.speech.break_streams()
            during = await callers.ask()
            self.assertLess(max(during), SILENCE_S)
            rows = [await line.ended() for line in callers.lines]
        self.assertEqual({row.ended_why for row in rows}, {"failed"})
        self.assertIn("check GOOGLE_APPLICATION_CREDENTIALS", rows[0].failure)


class WritingTests(FaultTestCase):
    async def answered_by(self, answer: Answer) -> None:
        async with calls_in_progress() as callers:
            callers.cloud.openai.answers_of["gpt-6-luna"] = answer
            during = await callers.ask()
            callers.cloud.openai.answers_of.clear()
            await self.check(callers, during)

    async def test_the_writer_refuses_connections(self) -> None:
        async with calls_in_progress() as callers:
            await callers.cloud.stop("openai")
            during = await callers.ask()
            await callers.cloud.start("openai")
            await self.check(callers, during)

    async def test_it_is_overloaded(self) -> None:
        await self.answered_by(Answer(error=503))

    async def test_its_quota_is_used_up(self) -> None:
        await self.answered_by(Answer(error=429, body=QUOTA))

    async def test_its_key_is_refused(self) -> None:
        async with calls_in_progress() as callers:
            key, callers.cloud.openai.key = callers.cloud.openai.key, "another"
            during = await callers.ask()
            callers.cloud.openai.key = key
            await self.check(callers, during)

    async def test_its_first_word_comes_after_5_s(self) -> None:
        await self.answered_by(Answer("עד שבע.", first_s=5.0))

    async def test_it_sends_one_token_and_stalls(self) -> None:
        await self.answered_by(Answer("עד שבע בערב.", stall_after=1))


class SpeakingTests(FaultTestCase):
    async def test_the_voice_refuses_connections(self) -> None:
        async with calls_in_progress() as callers:
            await callers.cloud.stop("voice")
            during = await callers.ask()
            await callers.cloud.start("voice")
            await asyncio.sleep(1.2)  # the connection's longest back-off
            await self.check(callers, during)

    async def test_its_quota_is_used_up(self) -> None:
        quota = Refusal(StatusCode.RESOURCE_EXHAUSTED, "Quota exceeded for quota metric.")
        async with calls_in_progress() as callers:
            voice = callers.cloud.voice
            voice.refuses_streams = voice.refuses_whole = quota
            during = await callers.ask()
            voice.refuses_streams = voice.refuses_whole = None
            await self.check(callers, during)

    async def test_its_first_byte_comes_after_5_s(self) -> None:
        async with calls_in_progress() as callers:
            callers.cloud.voice.first_byte_s = 5.0
            during = await callers.ask()
            callers.cloud.voice.first_byte_s = 0.05
            await self.check(callers, during)

    async def test_it_fails_after_the_first_sentence(self) -> None:
        async with calls_in_progress() as callers:
            callers.cloud.openai.answers["שעות"] = Answer("עד שש. ביום שישי סגור. בשבת גם.")
            callers.cloud.voice.fails_after_bytes = 3000
            during = await callers.ask("שעות")
            callers.cloud.voice.fails_after_bytes = None
            await self.check(callers, during)


class TogetherTests(FaultTestCase):
    async def test_two_break_at_once(self) -> None:
        async with calls_in_progress() as callers:
            callers.cloud.openai.answers_of["gpt-6-luna"] = Answer(error=503)
            callers.cloud.voice.first_byte_s = 5.0
            callers.cloud.speech.break_streams()
            during = await callers.ask()
            callers.cloud.openai.answers_of.clear()
            callers.cloud.voice.first_byte_s = 0.05
            await self.check(callers, during)

    async def test_the_network_is_gone_for_10_s(self) -> None:
        async with calls_in_progress() as callers:
            for name in ("speech", "voice", "openai"):
                await callers.cloud.stop(name)
            async with asyncio.timeout(30):
                gone = asyncio.create_task(asyncio.sleep(10))
                during = await callers.ask()
                await gone
            for name in ("speech", "voice", "openai"):
                await callers.cloud.start(name)
            await asyncio.sleep(1.2)
            await callers.all_over()
            await self.check(callers, during)
