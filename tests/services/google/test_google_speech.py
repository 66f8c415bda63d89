"""Google's recogniser: the real client against a local server that speaks Google's protocols."""

from __future__ import annotations

import time
from collections.abc import Sequence

import grpc
from django.test import SimpleTestCase, override_settings, tag
from google.api_core.exceptions import OutOfRange
from google.cloud.speech_v1 import StreamingRecognizeResponse
from grpc import StatusCode

from calls.services import CalledNumber, ServiceFailed, Transcript
from calls.services.google import channels as google_channels
from calls.services.google import faults as google_faults
from calls.services.google import speech_pairs as pairs
from calls.services.google.speech import GoogleLimits, GoogleTranscriber
from calls.services.google.speech_api import SpeechV1
from tests.servers.google_speech import GoogleSpeech, Refusal
from tests.servers.google_speech_words import Config
from tests.servers.hearing import silence, spoken
from tests.services.google_calls import LOGGER, Hearing, google, until


@tag("protocol")
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
        grown = list(dict.fromkeys(call.partials))
        self.assertEqual(grown, ["שלום", "שלום אני", "שלום אני רוצה", "שלום אני רוצה תור"])
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

    async def test_the_hints_of_the_called_number_come_after_what_was_asked(self) -> None:
        called = CalledNumber(hints=("אלון", "כן", "ארוך מדי " * 12))
        async with google() as server, Hearing(called=called) as call:
            call.transcriber.expect(["כן", "לא"])
            await call.say(silence(60))
            await until(lambda: server.streams)
        self.assertEqual(server.streams[0].phrases, ("כן", "לא", "אלון"))


def once(streams: Sequence[Config]) -> list[Config]:
    """Without those that were asked again because the client had hidden why they were refused."""
    return list(dict.fromkeys(streams))


@tag("protocol")
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
                [config.model for config in once(server.streams)],
                ["novel", "chirp_3", "command_and_search"],
            )
            now = pairs.availability()
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
        self.assertEqual([config.model for config in once(server.streams)], ["novel", "chirp_3"])

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
            with self.assertLogs(pairs.logger, "WARNING") as logged:
                await call.say(spoken("כן") + silence(600))
                await until(lambda: call.finals)
        self.assertIn("v2 chirp_3 eu takes no hints: Recognizer does not", logged.output[0])
        self.assertEqual(
            [(config.model, config.phrases) for config in once(server.streams)],
            [("chirp_3", ("כן",)), ("chirp_3", ())],
        )


@tag("protocol")
class FailureTests(SimpleTestCase):
    async def failure(self, refusal: Refusal, limits: GoogleLimits | None = None) -> str:
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
            told = await self.failure(refusal, GoogleLimits(give_up_s=0.5))
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

    async def test_warming_up_asks_again_where_the_client_hides_the_reason(self) -> None:
        hidden = Refusal(StatusCode.INTERNAL, google_faults.UNEXPLAINED, times=2)
        async with google(refuses=hidden) as server:
            await GoogleTranscriber.warm_up()
            self.assertEqual(len(server.streams), 3)

    async def test_an_error_that_comes_as_an_answer_is_an_error(self) -> None:
        async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
            answer = StreamingRecognizeResponse(error={"code": 11, "message": "Too long."})
            with self.assertRaisesRegex(OutOfRange, "Too long."):
                SpeechV1(channel).results(answer)

    async def test_a_whole_utterance_survives_one_fault_and_no_more(self) -> None:
        fault = Refusal(StatusCode.UNAVAILABLE, "Try again.", times=1)
        async with google(refuses=fault), Hearing() as call:
            heard = await call.transcriber.recognise(spoken("כן"), 240)
        self.assertEqual(heard and heard.text, "כן")
        async with google(refuses=Refusal(fault.code, fault.text)), Hearing() as call:
            with self.assertRaisesRegex(ServiceFailed, "UNAVAILABLE: Try again.*check the network"):
                await call.transcriber.recognise(spoken("כן"), 240)
