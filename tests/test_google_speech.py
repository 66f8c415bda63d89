"""Google's recogniser: the real client against a local server that speaks Google's protocols."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from django.test import SimpleTestCase, override_settings
from grpc import StatusCode

from calls.audio import BYTES_PER_MS
from calls.services import ServiceFailed, Transcript, google_channels
from calls.services import google_speech_pairs as pairs
from calls.services.google_speech import GoogleTranscriber, Limits
from tests.servers.google_speech import GoogleSpeech, Refusal
from tests.servers.google_speech_words import StreamError
from tests.servers.hearing import silence, spoken

BATCH_MS = 60
LOGGER = "calls.services.google_speech"


@asynccontextmanager
async def google(model: str = "chirp_3", **told: object) -> AsyncIterator[GoogleSpeech]:
    """The local server in Google's place, and a process that knows nothing of it yet."""
    server = GoogleSpeech()
    for name, value in told.items():
        setattr(server, name, value)
    pairs.forget()
    async with server.serve() as address:
        with override_settings(
            GOOGLE_SPEECH_ENDPOINT=address,
            GOOGLE_INSECURE=True,
            GOOGLE_CLOUD_PROJECT="clinic",
            GCP_STT_MODEL=model,
        ):
            try:
                yield server
            finally:
                await google_channels.close()


class Hearing:
    """A transcriber in a call: takes what it says, and is fed by a caller with a clock."""

    def __init__(self, limits: Limits | None = None, speed: float = 1.0) -> None:
        self.transcriber = GoogleTranscriber(limits=limits or Limits())
        self.heard: list[Transcript] = []
        self.failure: Exception | None = None
        self.now_ms, self._speed = 0, speed
        self._taking = asyncio.create_task(self._take())

    async def __aenter__(self) -> Hearing:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.transcriber.aclose()
        await self._taking

    async def _take(self) -> None:
        try:
            async for transcript in self.transcriber.transcripts():
                self.heard.append(transcript)
        except ServiceFailed as error:
            self.failure = error

    async def say(self, audio: bytes) -> None:
        """As it comes from the telephone, `speed` times as fast."""
        began_s, began_ms = time.monotonic(), self.now_ms
        step = BATCH_MS * BYTES_PER_MS
        for begin in range(0, len(audio), step):
            part = audio[begin : begin + step]
            self.now_ms += len(part) // BYTES_PER_MS
            self.transcriber.push(part, self.now_ms)
            due_s = began_s + (self.now_ms - began_ms) / 1000 / self._speed
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))

    @property
    def finals(self) -> list[str]:
        return [transcript.text for transcript in self.heard if transcript.final]

    @property
    def partials(self) -> list[str]:
        return [transcript.text for transcript in self.heard if not transcript.final]


async def until(condition: Callable[[], object], limit_s: float = 3.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it never happened")
        await asyncio.sleep(0.01)


class WordsTests(SimpleTestCase):
    async def test_words_grow_while_they_are_said_and_close_after_a_silence(self) -> None:
        async with google() as server, Hearing() as call:
            began = time.monotonic()
            await call.say(silence(300) + spoken("שלום אני רוצה תור"))
            self.assertIn("שלום אני", call.partials, "before the caller has finished")
            await call.say(silence(600))
            await until(lambda: call.finals)
            self.assertLess(time.monotonic() - began, 3.0)
        self.assertEqual(call.finals, ["שלום אני רוצה תור"])
        self.assertEqual(call.partials, ["שלום", "שלום אני", "שלום אני רוצה", "שלום אני רוצה תור"])
        self.assertEqual(call.heard[-1].until_ms, 300 + 4 * 280 - 40)
        self.assertTrue(all(0 < each.until_ms <= 1400 for each in call.heard))
        self.assertAlmostEqual(call.heard[-2].stability, 0.1, 3)
        (config,) = server.streams
        self.assertEqual((config.api, config.model, config.location), ("v2", "chirp_3", "eu"))
        self.assertEqual(config.language, "iw-IL")

    async def test_v1_hears_the_same(self) -> None:
        async with google(model="command_and_search") as server, Hearing() as call:
            await call.say(silence(300) + spoken("שלום אני רוצה תור") + silence(600))
            await until(lambda: call.finals)
        self.assertEqual(call.finals, ["שלום אני רוצה תור"])
        self.assertEqual(call.heard[-1].until_ms, 300 + 4 * 280 - 40)
        self.assertEqual((server.streams[0].api, server.streams[0].language), ("v1", "iw-IL"))

    async def test_a_word_after_lost_frames_is_where_it_was_said(self) -> None:
        async with google() as server, Hearing() as call:
            del server
            await call.say(silence(120))
            call.now_ms += 2000  # the line lost two seconds
            await call.say(spoken("כן") + silence(600))
            await until(lambda: call.finals)
        self.assertEqual(call.heard[-1].until_ms, 120 + 2000 + 240)

    async def test_the_stream_is_open_before_the_first_word(self) -> None:
        async with google() as server, Hearing() as call:
            await call.say(silence(60))
            await until(lambda: server.streams, 0.5)

    async def test_a_call_that_does_not_stream_has_no_stream(self) -> None:
        async with google() as server, Hearing() as call:
            text = await call.transcriber.recognise(silence(100) + spoken("לא ביום שלישי"), 900)
            nothing = await call.transcriber.recognise(silence(500), 1500)
        self.assertEqual(text, Transcript("לא ביום שלישי", 900, final=True))
        self.assertIsNone(nothing)
        self.assertEqual((server.streams, len(server.wholes)), ([], 2))

    async def test_expected_answers_are_hints_for_what_is_opened_next(self) -> None:
        async with google() as server, Hearing() as call:
            call.transcriber.expect([f"תשובה {number}" for number in range(30)])
            await call.transcriber.recognise(spoken("כן"), 240)
            await call.say(silence(60))
            await until(lambda: server.streams)
        self.assertEqual(len(server.wholes[0].phrases), 20)
        self.assertEqual(server.streams[0].phrases, server.wholes[0].phrases)


class PairTests(SimpleTestCase):
    """Which model hears, when it cannot be the one that was asked for."""

    async def heard_with(self, server: GoogleSpeech, text: str = "כן") -> str:
        async with Hearing() as call:
            await call.say(spoken(text) + silence(600))
            await until(lambda: call.finals or call.failure)
            self.assertEqual((call.finals, call.failure), ([text], None))
            return call.transcriber.name

    async def test_phone_call_in_hebrew_never_costs_a_call(self) -> None:
        async with google(model="phone_call") as server:
            with self.assertLogs(pairs.logger, "WARNING") as logged:
                name = await self.heard_with(server)
                await self.heard_with(server)
        self.assertEqual([config.model for config in server.streams], ["chirp_3", "chirp_3"])
        self.assertEqual(name, "Google Speech (v2 chirp_3 eu)")
        self.assertEqual(len(logged.output), 1, "once")
        self.assertIn(
            "v1 phone_call he-IL was asked for, v2 chirp_3 eu he-IL is in use", logged.output[0]
        )

    async def test_a_model_refused_at_the_first_word_costs_no_word(self) -> None:
        async with google(model="novel", refuses_models={"novel", "chirp_3"}) as server:
            with self.assertLogs(pairs.logger, "WARNING"):
                await self.heard_with(server, "שלום אני רוצה תור")
            await self.heard_with(server)
            self.assertEqual(
                [config.model for config in server.streams],
                ["novel", "chirp_3", "command_and_search", "command_and_search"],
            )
            now = pairs.standing()
        self.assertEqual(now.asked_for, "v1 novel he-IL")
        self.assertEqual(now.in_use, "v1 command_and_search he-IL")
        self.assertEqual(
            now.why,
            "v1 novel: Invalid recognition 'config': The requested model is currently not "
            'supported for language : iw-IL.; v2 chirp_3 eu: The model "chirp_3" does not exist '
            'in the location named "eu".',
        )

    async def test_warming_up_learns_it_before_the_first_call(self) -> None:
        async with google(model="novel") as server:
            with self.assertLogs(pairs.logger, "WARNING"):
                await GoogleTranscriber.warm_up()
            name = await self.heard_with(server)
            self.assertEqual(len(google_channels.opened()), 1)
        self.assertEqual(name, "Google Speech (v2 chirp_3 eu)")
        self.assertEqual(
            [config.model for config in server.streams], ["novel", "chirp_3", "chirp_3"]
        )

    async def test_a_whole_utterance_is_not_lost_to_a_refused_model_either(self) -> None:
        async with google(model="novel") as server, Hearing() as call:
            with self.assertLogs(pairs.logger, "WARNING"):
                heard = await call.transcriber.recognise(spoken("כן"), 240)
        self.assertEqual(heard and heard.text, "כן")
        self.assertEqual([config.model for config in server.wholes], ["novel", "chirp_3"])

    async def test_without_a_project_the_older_api_is_used(self) -> None:
        async with google() as server:
            with (
                override_settings(GOOGLE_CLOUD_PROJECT=""),
                self.assertLogs(pairs.logger, "WARNING") as logged,
            ):
                name = await self.heard_with(server)
        self.assertEqual(name, "Google Speech (v1 command_and_search)")
        self.assertIn("GOOGLE_CLOUD_PROJECT is not set", logged.output[0])

    async def test_when_nothing_is_served_the_call_is_told_what_to_set(self) -> None:
        refused = {"chirp_3", "command_and_search", "default"}
        async with google(refuses_models=refused), Hearing() as call:
            with self.assertLogs(pairs.logger, "WARNING"):
                await call.say(spoken("כן"))
                await until(lambda: call.failure)
        self.assertRegex(str(call.failure), "chirp_3.*does not exist.*set GCP_STT_MODEL")

    async def test_hints_that_a_model_does_not_take_cost_it_only_the_hints(self) -> None:
        refusal = Refusal(
            StatusCode.INVALID_ARGUMENT,
            "Recognizer does not support feature: speech_adaptation_boost",
            times=1,
        )
        async with google(refuses=refusal) as server, Hearing() as call:
            call.transcriber.expect(["כן"])
            await call.say(spoken("כן") + silence(600))
            await until(lambda: call.finals)
        self.assertEqual(
            [(config.model, config.phrases) for config in server.streams],
            [("chirp_3", ("כן",)), ("chirp_3", ())],
        )


class EndlessTests(SimpleTestCase):
    """A stream never ends a call."""

    async def transcript(
        self, server: GoogleSpeech, caller: Sequence[str], speed: float
    ) -> Hearing:
        # Google's delays and limits are in seconds of the call, which passes faster here.
        server.partial_delay_s, server.final_delay_s = 0.25 / speed, 0.3 / speed
        async with Hearing(speed=speed) as call:
            for text in caller:
                await call.say(spoken(text) + silence(1100))
            await call.say(silence(2000))
            await until(lambda: len(call.finals) >= len(caller), 5)
        return call

    async def test_a_stream_cut_every_7_s_gives_the_transcript_of_the_uncut_call(self) -> None:
        drawn = random.Random(7)
        words = ("אני", "רוצה", "לקבוע", "תור", "לרופא", "ביום", "שלישי", "בבוקר", "או", "תודה")
        caller = [" ".join(drawn.choices(words, k=drawn.randint(1, 12))) for _ in range(60)]
        length_s = sum(len(spoken(text)) / 8000 + 1.1 for text in caller)
        self.assertGreater(length_s, 150)
        speed = 20.0
        async with google() as server:
            uncut = await self.transcript(server, caller, speed)
        self.assertEqual(uncut.finals, caller)
        for code in (StatusCode.UNAVAILABLE, StatusCode.ABORTED):
            with self.subTest(code.name):
                cut = StreamError(code, "cut")
                async with google(cut_every_s=7 / speed, cut=cut) as server:
                    with self.assertLogs(LOGGER, "WARNING"):
                        call = await self.transcript(server, caller, speed)
                self.assertGreaterEqual(len(server.streams), 20)
                self.assertEqual(call.finals, uncut.finals)
                self.assertEqual(
                    [each.until_ms for each in call.heard if each.final],
                    [each.until_ms for each in uncut.heard if each.final],
                )
                reached = [each.until_ms for each in call.heard]
                self.assertEqual(reached, sorted(reached), "nothing is said twice")
                self.assertEqual(call.transcriber.dropped_frames, 0)

    async def test_a_stream_is_replaced_in_a_pause_before_its_limit(self) -> None:
        limits = Limits(rotate_s=0.6, last_s=30)
        async with google() as server, Hearing(limits) as call:
            await call.say(spoken("שלום אני רוצה לקבוע תור"))
            self.assertEqual(len(server.streams), 1, "not while the caller speaks")
            await call.say(silence(1400))
            await until(lambda: len(server.streams) > 1)
            await call.say(spoken("כן") + silence(900))
            await until(lambda: len(call.finals) == 2)
        self.assertEqual(call.finals, ["שלום אני רוצה לקבוע תור", "כן"])

    async def test_a_caller_who_never_pauses_is_heard_on_over_the_limit(self) -> None:
        limits = Limits(rotate_s=0.5, last_s=0.9)
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
        limits = Limits(keep_alive_s=0.3)
        async with google(idle_s=0.6) as server, Hearing(limits) as call:
            await call.say(spoken("כן"))
            await asyncio.sleep(1.5)
            # What was inserted moves no word that comes after it.
            await call.say(spoken("לא") + silence(600))
            await until(lambda: len(call.finals) == 2)
        self.assertEqual(len(server.streams), 1)
        self.assertEqual([each.until_ms for each in call.heard if each.final], [240, 520])

    async def test_a_line_that_is_not_streamed_any_more_gives_its_stream_back(self) -> None:
        limits = Limits(keep_alive_s=0.1, idle_s=0.4)
        async with google() as server, Hearing(limits) as call:
            await call.say(spoken("כן"))
            await until(lambda: server.in_progress == 1)
            await until(lambda: server.in_progress == 0)
            await call.say(spoken("לא") + silence(600))
            await until(lambda: "לא" in " ".join(call.finals))
        self.assertEqual(len(server.streams), 2)

    async def test_a_stream_that_hangs_is_replaced_and_hears_it_all_again(self) -> None:
        limits = Limits(dead_s=0.8)
        text = "שלום אני רוצה לקבוע תור לרופא ביום"
        async with google(hangs=1) as server, Hearing(limits) as call:
            await call.say(spoken(text) + silence(700))
            await until(lambda: call.finals)
        self.assertEqual(len(server.streams), 2)
        self.assertEqual(call.finals, [text])

    async def test_slow_words_are_no_reason_to_replace_a_stream(self) -> None:
        async with google(slow_s=1.5) as server, Hearing() as call:
            await call.say(spoken("שלום אני רוצה לקבוע תור") + silence(700))
            await until(lambda: call.finals)
        self.assertEqual(len(server.streams), 1)

    async def test_a_server_that_was_gone_hears_what_was_said_meanwhile(self) -> None:
        async with google() as server:
            async with server.serve() as address:
                port = int(address.rpartition(":")[2])
                with override_settings(GOOGLE_SPEECH_ENDPOINT=address):
                    call = Hearing()
                    await call.say(spoken("שלום") + silence(900))
                    await until(lambda: call.finals)
            with (
                override_settings(GOOGLE_SPEECH_ENDPOINT=address),
                self.assertLogs(LOGGER, "WARNING") as logged,
            ):
                async with call:
                    await call.say(spoken("אני רוצה תור") + silence(1500))
                    async with server.serve(port):
                        await call.say(silence(1500))
                        await until(lambda: len(call.finals) == 2)
        self.assertEqual(call.finals, ["שלום", "אני רוצה תור"])
        self.assertLess(len(logged.output), 12, "it does not knock without a pause")


class FailureTests(SimpleTestCase):
    async def failure(self, refusal: Refusal, limits: Limits | None = None) -> str:
        async with google(refuses=refusal), Hearing(limits) as call:
            await call.say(spoken("כן"))
            await until(lambda: call.failure, 5)
        return str(call.failure)

    async def test_a_refused_credential_is_told_in_googles_words_with_what_to_do(self) -> None:
        refusal = Refusal(StatusCode.UNAUTHENTICATED, "Request had invalid credentials.")
        self.assertEqual(
            await self.failure(refusal),
            "Google Speech (v2 chirp_3 eu): UNAUTHENTICATED: Request had invalid credentials. "
            "(check GOOGLE_APPLICATION_CREDENTIALS)",
        )

    async def test_a_forbidden_project_is_told_so_too(self) -> None:
        words = "Permission 'speech.recognizers.recognize' denied on resource."
        told = await self.failure(Refusal(StatusCode.PERMISSION_DENIED, words))
        self.assertIn(f"PERMISSION_DENIED: {words} (enable the Cloud Speech-to-Text API", told)

    async def test_a_quota_that_stays_used_up_is_told_after_a_while(self) -> None:
        refusal = Refusal(StatusCode.RESOURCE_EXHAUSTED, "Quota exceeded for quota metric.")
        with self.assertLogs(LOGGER, "WARNING"):
            told = await self.failure(refusal, Limits(give_up_s=0.5))
        self.assertIn("Quota exceeded for quota metric. (raise the Speech-to-Text quota", told)

    async def test_a_quota_that_was_used_up_for_a_moment_costs_no_word(self) -> None:
        refusal = Refusal(StatusCode.RESOURCE_EXHAUSTED, "Quota exceeded.", times=3)
        async with google(refuses=refusal), Hearing() as call:
            with self.assertLogs(LOGGER, "WARNING"):
                await call.say(spoken("שלום אני רוצה") + silence(1200))
                await until(lambda: call.finals)
        self.assertEqual(call.finals, ["שלום אני רוצה"])

    async def test_warming_up_says_what_is_wrong(self) -> None:
        refusal = Refusal(StatusCode.UNAUTHENTICATED, "Request had invalid credentials.")
        async with google(refuses=refusal):
            with self.assertRaisesRegex(ServiceFailed, "check GOOGLE_APPLICATION_CREDENTIALS"):
                await GoogleTranscriber.warm_up()

    async def test_a_whole_utterance_survives_one_fault_and_no_more(self) -> None:
        fault = Refusal(StatusCode.UNAVAILABLE, "Try again.", times=1)
        async with google(refuses=fault), Hearing() as call:
            heard = await call.transcriber.recognise(spoken("כן"), 240)
        self.assertEqual(heard and heard.text, "כן")
        async with google(refuses=Refusal(fault.code, fault.text)), Hearing() as call:
            with self.assertRaisesRegex(ServiceFailed, "UNAVAILABLE: Try again.*check the network"):
                await call.transcriber.recognise(spoken("כן"), 240)


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
            before = len(asyncio.all_tasks())
            async with Hearing() as call:
                call.transcriber.push(silence(60), 60)
                await asyncio.sleep(0)
            await until(lambda: len(asyncio.all_tasks()) <= before)
            self.assertEqual(server.in_progress, 0)

    async def test_audio_that_no_stream_could_take_is_counted(self) -> None:
        address = {"GOOGLE_SPEECH_ENDPOINT": "127.0.0.1:1"}
        async with google():
            with override_settings(**address), self.assertLogs(LOGGER, "WARNING"):
                async with Hearing(speed=1000) as call:
                    await call.say(silence(40_000))
        self.assertEqual(call.transcriber.dropped_frames, 501)  # 3 at a time
