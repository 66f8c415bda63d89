"""A stream never ends a call: rotation, reconnection, replay, and what a call leaves behind."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import cycle

from django.test import SimpleTestCase, override_settings, tag
from grpc import StatusCode

from calls.services.google import channels as google_channels
from calls.services.google.speech import GoogleLimits, GoogleTranscriber
from tests.servers.google_speech import GoogleSpeech
from tests.servers.google_speech_words import StreamError
from tests.servers.hearing import silence, spoken
from tests.services.google_calls import LOGGER, Hearing, google, until


@tag("protocol")
class EndlessTests(SimpleTestCase):
    """A stream never ends a call."""

    async def transcript(
        self, server: GoogleSpeech, caller: Sequence[str], speed: float
    ) -> Hearing:
        # Google's delays and limits are in seconds of the call, which passes faster here.
        server.partial_delay_s, server.final_delay_s = 0.25 / speed, 0.3 / speed
        codes = cycle((StatusCode.UNAVAILABLE, StatusCode.ABORTED))
        async with Hearing(speed=speed) as call:
            for text in caller:
                server.cut = StreamError(next(codes), "cut")
                await call.say(spoken(text) + silence(1100))
            await call.say(silence(2000))
            await until(lambda: len(call.finals) >= len(caller), 10)
        return call

    async def test_a_stream_cut_every_7_s_gives_the_transcript_of_the_uncut_call(self) -> None:
        drawn = random.Random(7)
        words = ("אני", "רוצה", "לקבוע", "תור", "לרופא", "ביום", "שלישי", "בבוקר", "או", "תודה")
        caller = [" ".join(drawn.choices(words, k=drawn.randint(1, 12))) for _ in range(75)]
        length_s = sum(len(spoken(text)) / 8000 + 1.1 for text in caller)
        self.assertGreater(length_s, 180)
        speed = 12.0
        async with google() as server:
            uncut = await self.transcript(server, caller, speed)
        self.assertEqual(uncut.finals, caller)
        async with google(cut_every_s=7 / speed) as server:
            with self.assertLogs(LOGGER, "WARNING"):
                call = await self.transcript(server, caller, speed)
        self.assertGreater(len(server.streams), 10)
        self.assertEqual(call.finals, uncut.finals)
        self.assertEqual(
            [each.until_ms for each in call.heard if each.final],
            [each.until_ms for each in uncut.heard if each.final],
        )
        reached = [each.until_ms for each in call.heard]
        self.assertEqual(reached, sorted(reached), "nothing is said twice")
        self.assertEqual(call.transcriber.dropped_frames, 0)

    async def test_a_stream_is_replaced_in_a_pause_before_its_limit(self) -> None:
        limits = GoogleLimits(rotate_s=0.6, last_s=30)
        async with google() as server, Hearing(limits) as call:
            await call.say(spoken("שלום אני רוצה לקבוע תור"))
            self.assertEqual(len(server.streams), 1, "not while the caller speaks")
            await call.say(silence(1400))
            await until(lambda: len(server.streams) > 1)
            await call.say(spoken("כן") + silence(900))
            await until(lambda: len(call.finals) == 2)
        self.assertEqual(call.finals, ["שלום אני רוצה לקבוע תור", "כן"])

    async def test_a_caller_who_never_pauses_is_heard_on_over_the_limit(self) -> None:
        limits = GoogleLimits(rotate_s=0.5, last_s=0.9)
        text = "שלום אני רוצה לקבוע תור לרופא ביום"
        async with google() as server, Hearing(limits) as call:
            await call.say(spoken(text) + silence(700))
            await until(lambda: call.finals)
        self.assertGreater(len(server.streams), 1)
        self.assertEqual(call.finals, [text])

    async def test_googles_own_limits_are_no_faults_to_the_caller(self) -> None:
        for model, longest_s in (("chirp_3", 1.0), ("command_and_search", 1.0)):
            with self.subTest(model):
                async with google(model=model, longest_s=longest_s) as server, Hearing() as call:
                    with self.assertLogs(LOGGER, "WARNING") as logged:
                        await call.say(silence(700) + spoken("שלום אני רוצה") + silence(700))
                        await until(lambda call=call: call.finals)  # type: ignore[misc]
                self.assertGreater(len(server.streams), 1)
                self.assertEqual(call.finals, ["שלום אני רוצה"])
                self.assertRegex(logged.output[0], "Max duration of 5|maximum allowed stream")

    async def test_a_muted_line_keeps_its_stream(self) -> None:
        limits = GoogleLimits(keep_alive_s=0.3)
        async with google(idle_s=0.9) as server, Hearing(limits) as call:
            await call.say(spoken("כן"))
            await asyncio.sleep(1.5)
            # What was inserted moves no word that comes after it.
            await call.say(spoken("לא") + silence(600))
            await until(lambda: len(call.finals) == 2)
        self.assertEqual(len(server.streams), 1)
        self.assertEqual([each.until_ms for each in call.heard if each.final], [240, 520])

    async def test_a_line_that_is_not_streamed_any_more_gives_its_stream_back(self) -> None:
        limits = GoogleLimits(keep_alive_s=0.1, idle_s=0.4)
        async with google() as server, Hearing(limits) as call:
            await call.say(spoken("כן"))
            await until(lambda: server.in_progress == 1)
            await until(lambda: server.in_progress == 0)
            await call.say(spoken("לא") + silence(600))
            await until(lambda: "לא" in " ".join(call.finals))
        self.assertEqual(len(server.streams), 2)

    async def test_a_stream_that_hangs_is_replaced_and_hears_it_all_again(self) -> None:
        limits = GoogleLimits(dead_s=0.8)
        text = "שלום אני רוצה לקבוע תור לרופא ביום"
        async with google(hangs=1) as server, Hearing(limits) as call:
            await call.say(spoken(text) + silence(700))
            await until(lambda: call.finals)
        self.assertEqual(len(server.streams), 2)
        self.assertEqual(call.finals, [text])

    async def test_a_stream_that_takes_no_more_audio_is_replaced_even_in_a_silence(self) -> None:
        async with google(deaf=1) as server, Hearing(speed=20) as call:
            with self.assertLogs(LOGGER, "WARNING") as logged:
                await call.say(silence(25_000))
                await until(lambda: len(server.streams) == 2, 5)
            await call.say(spoken("כן") + silence(900))
            await until(lambda: call.finals)
        self.assertEqual(call.finals, ["כן"])
        self.assertIn("a new stream after no answer", logged.output[0])

    async def test_slow_words_are_no_reason_to_replace_a_stream(self) -> None:
        async with google(slow_s=1.5) as server, Hearing() as call:
            await call.say(spoken("שלום אני רוצה לקבוע תור") + silence(700))
            await until(lambda: call.finals)
        self.assertEqual(len(server.streams), 1)

    async def test_a_server_that_was_gone_hears_what_was_said_meanwhile(self) -> None:
        async with google() as server:
            with self.assertLogs(LOGGER, "WARNING") as logged:
                async with AsyncExitStack() as first:
                    address = await first.enter_async_context(server.serve())
                    with override_settings(GOOGLE_SPEECH_ENDPOINT=address):
                        call = Hearing()
                        await call.say(spoken("שלום") + silence(900))
                        await until(lambda: call.finals)
                        await first.aclose()
                        async with call:
                            await call.say(spoken("אני רוצה תור") + silence(1500))
                            async with server.serve(int(address.rpartition(":")[2])):
                                await call.say(silence(1500))
                                await until(lambda: len(call.finals) == 2)
        self.assertEqual(call.finals, ["שלום", "אני רוצה תור"])
        self.assertLess(len(logged.output), 12, "it does not knock without a pause")


@tag("protocol")
class ProcessTests(SimpleTestCase):
    async def test_120_calls_share_3_connections(self) -> None:
        async with google() as server:
            calls = [Hearing() for _ in range(120)]
            for call in calls:
                call.transcriber.push(silence(60), 60)
            await until(lambda: server.in_progress == 120, 10)
            self.assertEqual(len(server.connections), 3)
            self.assertEqual([each.streams for each in google_channels.opened()], [50, 50, 20])
            for call in calls:
                await call.__aexit__()
            self.assertEqual([each.streams for each in google_channels.opened()], [0, 0, 0])

    async def test_a_closed_call_leaves_no_task_and_no_stream(self) -> None:
        async with google() as server:
            await GoogleTranscriber.warm_up()
            before = len(asyncio.all_tasks())
            for told in ({}, {"hangs": 1}, {"cut_every_s": 0.2}):
                with self.subTest(**told):
                    server.cut_every_s = None
                    for name, value in told.items():
                        setattr(server, name, value)
                    async with Hearing() as call:
                        await call.say(spoken("שלום אני"))
                        await until(lambda: server.in_progress)
                    await until(lambda: server.in_progress == 0)
                    await until(lambda: len(asyncio.all_tasks()) <= before)

    async def test_a_call_closed_while_it_connects_leaves_nothing(self) -> None:
        async with google() as server:
            await GoogleTranscriber.warm_up()
            await until(lambda: not server.in_progress)
            before = len(asyncio.all_tasks())
            async with Hearing() as call:
                call.transcriber.push(silence(60), 60)
                await asyncio.sleep(0)
            await until(lambda: len(asyncio.all_tasks()) <= before)
            self.assertEqual(server.in_progress, 0)

    async def test_a_call_that_ends_just_as_its_stream_breaks_leaves_nothing(self) -> None:
        async with google() as server:
            for _ in range(10):  # there are several moments at which it can break
                before = len(asyncio.all_tasks())
                call = Hearing()
                async with server.serve() as address:
                    with override_settings(GOOGLE_SPEECH_ENDPOINT=address):
                        await call.say(silence(120))
                        await until(lambda: server.in_progress)
                async with asyncio.timeout(1):
                    await call.__aexit__()
                await until(lambda n=before: len(asyncio.all_tasks()) <= n)  # type: ignore[misc]

    async def test_audio_that_no_stream_could_take_is_counted(self) -> None:
        address = {"GOOGLE_SPEECH_ENDPOINT": "127.0.0.1:1"}
        async with google():
            with override_settings(**address), self.assertLogs(LOGGER, "WARNING"):
                async with Hearing(speed=1000) as call:
                    await call.say(silence(40_000))
        self.assertEqual(call.transcriber.dropped_frames, 501)  # 3 at a time
