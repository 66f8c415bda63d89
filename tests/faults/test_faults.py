"""Twenty calls in progress, and something breaks: nobody is lost, nobody waits in silence.

Every fault is lived through by the same calls, one after the other; docs/operations.md says of each
what the caller hears and what the operator sees.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from django.test import TransactionTestCase, tag
from grpc import StatusCode

from tests.faults.fault_calls import ANSWER, ASKS, CALLS, Callers, calls_in_progress
from tests.servers.google_speech import Refusal as Unheard
from tests.servers.google_voice import Refusal as Unsaid
from tests.servers.openai_answers import QUOTA, Answer

SILENCE_S, USUAL_S, SHARED_S = 3.0, 1.2, 1.0
"""The longest silence; what twenty callers usually wait on a machine that does nothing else; and
what a machine that is shared may add. A busy one makes everybody wait longer, by at least what it
does before anything is broken."""
BACK_S = 4.0
"""A connection is tried again within so long of a server's return."""
SERVERS = ("speech", "voice", "openai")
Fault = Callable[[Callers], Awaitable[list[float]]]
"""Break something, ask, mend it: the longest silence that each caller had to bear."""


# The recogniser.


async def the_recogniser_refuses_connections(callers: Callers) -> list[float]:
    await callers.cloud.stop("speech")
    during = await callers.ask()
    await callers.cloud.start("speech")
    await asyncio.sleep(BACK_S)
    return during


async def its_streams_break_in_the_middle_of_a_word(callers: Callers) -> list[float]:
    asking = asyncio.create_task(callers.ask())
    await asyncio.sleep(0.5)
    callers.cloud.speech.break_streams()
    return await asking


async def its_quota_is_used_up(callers: Callers) -> list[float]:
    quota = Unheard(StatusCode.RESOURCE_EXHAUSTED, "Quota exceeded for quota metric.")
    callers.cloud.speech.refuses = quota
    callers.cloud.speech.break_streams()
    during = await callers.ask()
    callers.cloud.speech.refuses = None
    await asyncio.sleep(BACK_S)
    return during


async def its_streams_hang_in_silence(callers: Callers) -> list[float]:
    callers.cloud.speech.hangs = CALLS
    callers.cloud.speech.break_streams()
    during = await callers.ask()
    # Three seconds of speech without a word: the stream is given up, and all is heard again.
    return during + await callers.ask(" ".join([ASKS] * 4))


async def its_words_come_after_5_s(callers: Callers) -> list[float]:
    callers.cloud.speech.slow_s = 5.0
    during = await callers.ask()
    callers.cloud.speech.slow_s = 0.0
    await asyncio.sleep(5)
    return during


# The writer.


def answered(answer: Answer) -> Fault:
    async def fault(callers: Callers) -> list[float]:
        callers.cloud.openai.answers_of["gpt-6-luna"] = answer
        during = await callers.ask()
        callers.cloud.openai.answers_of.clear()
        return during

    return fault


async def the_writer_refuses_connections(callers: Callers) -> list[float]:
    await callers.cloud.stop("openai")
    during = await callers.ask()
    await callers.cloud.start("openai")
    return during


async def its_key_is_refused(callers: Callers) -> list[float]:
    key, callers.cloud.openai.key = callers.cloud.openai.key, "another"
    during = await callers.ask()
    callers.cloud.openai.key = key
    return during


# The voice.


async def the_voice_refuses_connections(callers: Callers) -> list[float]:
    await callers.cloud.stop("voice")
    during = await callers.ask()
    await callers.cloud.start("voice")
    await asyncio.sleep(BACK_S)
    return during


async def the_voices_quota_is_used_up(callers: Callers) -> list[float]:
    quota = Unsaid(StatusCode.RESOURCE_EXHAUSTED, "Quota exceeded for quota metric.")
    voice = callers.cloud.voice
    voice.refuses_streams = voice.refuses_whole = quota
    during = await callers.ask()
    voice.refuses_streams = voice.refuses_whole = None
    return during


async def the_voices_first_byte_comes_after_5_s(callers: Callers) -> list[float]:
    usual_s, callers.cloud.voice.first_byte_s = callers.cloud.voice.first_byte_s, 5.0
    during = await callers.ask()
    callers.cloud.voice.first_byte_s = usual_s
    return during


async def the_voice_fails_after_the_first_sentence(callers: Callers) -> list[float]:
    long = Answer("עד שש. ביום שישי סגור. בשבת גם.")
    callers.cloud.openai.answers_of["gpt-6-luna"] = long
    callers.cloud.voice.fails_after_bytes = 3000
    during = await callers.ask()
    callers.cloud.voice.fails_after_bytes = None
    callers.cloud.openai.answers_of.clear()
    return during


# Together.


async def two_break_at_once(callers: Callers) -> list[float]:
    callers.cloud.speech.break_streams()
    slow = the_voices_first_byte_comes_after_5_s(callers)
    callers.cloud.openai.answers_of["gpt-6-luna"] = Answer(error=503)
    during = await slow
    callers.cloud.openai.answers_of.clear()
    return during


async def the_network_is_gone_for_10_s(callers: Callers) -> list[float]:
    for name in SERVERS:
        await callers.cloud.stop(name)
    during, _gone = await asyncio.gather(callers.ask(), asyncio.sleep(10))
    for name in SERVERS:
        await callers.cloud.start(name)
    await asyncio.sleep(BACK_S)
    return during


@tag("protocol")
class FaultTests(TransactionTestCase):
    async def live_through(self, **faults: Fault) -> None:
        async with calls_in_progress() as callers:
            before = await callers.ask()
            longest_s = SILENCE_S + SHARED_S + max(0.0, 2 * (max(before) - USUAL_S))
            for name, fault in faults.items():
                with self.subTest(name):
                    during = await fault(callers)
                    self.assertLess(max(during), longest_s)
                    await callers.all_over()
                    after = await callers.ask()
                    self.assertLess(max(after), longest_s)
                    for said in callers.answered():
                        self.assertTrue(said.endswith(ANSWER), said)
            rows = [await line.row() for line in callers.lines]
        self.assertEqual({row.ended_why for row in rows}, {""}, "a call was lost")

    async def test_a_bad_day_of_the_recogniser(self) -> None:
        await self.live_through(
            connections_refused=the_recogniser_refuses_connections,
            unavailable_in_mid_word=its_streams_break_in_the_middle_of_a_word,
            quota=its_quota_is_used_up,
            hangs=its_streams_hang_in_silence,
            late=its_words_come_after_5_s,
        )

    async def test_a_bad_day_of_the_writer(self) -> None:
        await self.live_through(
            connections_refused=the_writer_refuses_connections,
            overloaded=answered(Answer(error=503)),
            quota=answered(Answer(error=429, body=QUOTA)),
            key=its_key_is_refused,
            late=answered(Answer("עד שבע.", first_s=5.0)),
            stalls=answered(Answer("עד שבע בערב.", stall_after=1)),
        )

    async def test_a_bad_day_of_the_voice(self) -> None:
        await self.live_through(
            connections_refused=the_voice_refuses_connections,
            quota=the_voices_quota_is_used_up,
            late=the_voices_first_byte_comes_after_5_s,
            fails_in_mid_reply=the_voice_fails_after_the_first_sentence,
        )

    async def test_a_bad_day_of_all(self) -> None:
        await self.live_through(
            two_at_once=two_break_at_once, network_gone_for_10_s=the_network_is_gone_for_10_s
        )

    async def test_a_refused_recognisers_credential_ends_the_call_in_words(self) -> None:
        refused = Unheard(StatusCode.UNAUTHENTICATED, "Request had invalid credentials.")
        async with calls_in_progress() as callers:
            callers.cloud.speech.refuses = refused
            callers.cloud.speech.break_streams()
            self.assertLess(max(await callers.ask()), SILENCE_S + SHARED_S)
            rows = [await line.ended() for line in callers.lines]
        self.assertEqual({row.ended_why for row in rows}, {"failed"})
        self.assertIn("check GOOGLE_APPLICATION_CREDENTIALS", rows[0].failure)
