"""Google's voice: the real client against a local server that speaks Google's protocol."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

from django.test import SimpleTestCase, override_settings, tag
from google.cloud import texttospeech_v1 as tts
from grpc import StatusCode

from calls.audio.codec import to_mulaw
from calls.language.hebrew.speakable import speakable
from calls.services import CalledNumber, ServiceFailed, ServiceLate, reply_texts
from calls.services.google import voice as google_voice
from calls.services.google.voice import GoogleSpeaker, without_header
from calls.services.google.voice_stream import within_limit
from calls.services.reply_texts import audio_of
from tests.servers import google_voice as local
from tests.servers.google_voice import GoogleVoice, Refusal, buzz

SENTENCE = "שלום, הגעתם למרפאת אלון."
LONG = "אפשר לקבוע תור, לבטל תור, לשאול על שעות הפתיחה, על הכתובת או על המחירים."
BUSY = Refusal(StatusCode.RESOURCE_EXHAUSTED, "Quota exceeded for ConcurrentStreamingSessions.")


@asynccontextmanager
async def google(**told: object) -> AsyncIterator[GoogleVoice]:
    """The local server in Google's place, and a process that knows nothing of it yet."""
    server = GoogleVoice()
    for name, value in told.items():
        setattr(server, name, value)
    GoogleSpeaker._refused.clear()
    async with server.serve() as address:
        with override_settings(GOOGLE_TEXTTOSPEECH_ENDPOINT=address, GOOGLE_INSECURE=True):
            try:
                yield server
            finally:
                client: Any = google_voice.clients.take()
                if client:
                    await client.transport.close()


async def said(sentence: str, speaker: GoogleSpeaker | None = None) -> bytes:
    return await audio_of((speaker or GoogleSpeaker()).speak(reply_texts.of(sentence)))


def expected(sentence: str) -> bytes:
    return to_mulaw(buzz(local.MS_PER_CHARACTER * len(speakable(sentence)), 8000))


async def until(condition: Callable[[], object], limit_s: float = 2.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it never happened")
        await asyncio.sleep(0.01)


@tag("protocol")
class StreamingTests(SimpleTestCase):
    async def test_a_sentence_comes_as_mulaw_while_it_is_still_being_made(self) -> None:
        async with google(speed=4.0) as server:
            began, arrivals, parts = time.monotonic(), [], []
            async for part in GoogleSpeaker().speak(reply_texts.of(LONG)):
                if isinstance(part, bytes):
                    arrivals.append(time.monotonic() - began)
                    parts.append(part)
        self.assertEqual(b"".join(parts), expected(LONG))
        self.assertLess(arrivals[0], arrivals[-1] / 2)
        (config,) = server.streams
        self.assertEqual(config.voice.name, "he-IL-Chirp3-HD-Kore")
        self.assertEqual(config.voice.language_code, "he-IL")
        self.assertEqual(config.streaming_audio_config.audio_encoding, tts.AudioEncoding.MULAW)
        self.assertEqual(config.streaming_audio_config.sample_rate_hertz, 8000)

    async def test_numbers_reach_google_in_words(self) -> None:
        async with google() as server:
            await said("התור בשעה 9:00")
        self.assertEqual(server.texts, ["התור בשעה תשע בבוקר"])

    async def test_nothing_to_say_costs_no_request(self) -> None:
        async with google() as server:
            self.assertEqual(await said("😊"), b"")
        self.assertEqual(server.streams, [])

    async def test_one_client_serves_every_call_of_the_process(self) -> None:
        async with google():
            await GoogleSpeaker.warm_up()
            client = await google_voice._client()
            await asyncio.gather(*(said(SENTENCE) for _ in range(20)))
            self.assertIs(await google_voice._client(), client)

    async def test_warming_up_speaks_so_that_the_first_caller_does_not_wait(self) -> None:
        async with google() as server:
            await GoogleSpeaker.warm_up()
        self.assertEqual(server.texts, ["שלום."])

    async def test_an_interrupted_sentence_is_cancelled_at_google_too(self) -> None:
        async with google() as server:
            async with aclosing(GoogleSpeaker().speak(reply_texts.of(LONG))) as parts:
                await anext(parts)
                self.assertEqual(server.in_progress, 1)
            await until(lambda: server.in_progress == 0)
        self.assertEqual(server.cancelled, 1)

    async def test_a_cancelled_task_leaves_nothing_running(self) -> None:
        async with google(hangs=True) as server:
            await self.cancel_once(server, lambda: server.streams)

    async def test_a_cancelled_fallback_leaves_nothing_running(self) -> None:
        async with google(refuses_streams=BUSY, hangs=True) as server:
            with self.assertLogs("calls.services.google.voice", "WARNING"):
                await self.cancel_once(server, lambda: server.wholes)

    async def cancel_once(self, server: GoogleVoice, is_asked: Callable[[], object]) -> None:
        before = len(asyncio.all_tasks())
        speaking = asyncio.create_task(said(SENTENCE))
        await until(is_asked)
        speaking.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await speaking
        await until(lambda: server.in_progress == 0)
        self.assertEqual(server.cancelled, 1)
        await until(lambda: len(asyncio.all_tasks()) <= before)

    async def test_a_text_over_googles_limit_is_said_in_parts(self) -> None:
        async with google(speed=1e6) as server:
            await said("מילה " * 700)
        self.assertEqual([len(text.encode()) <= 5000 for text in server.texts], [True, True])
        self.assertEqual(" ".join(server.texts).split(), ["מילה"] * 700)


@tag("protocol")
class FallbackTests(SimpleTestCase):
    async def test_where_mulaw_is_refused_pcm_is_asked_for_and_converted(self) -> None:
        async with google(refuses_mulaw=True) as server:
            with self.assertLogs("calls.services.google.voice", "WARNING") as logged:
                first = await said(SENTENCE)
            second = await said(SENTENCE)
        self.assertEqual(first, expected(SENTENCE))
        self.assertEqual(second, first)
        encodings = [config.streaming_audio_config.audio_encoding for config in server.streams]
        mulaw, pcm = tts.AudioEncoding.MULAW, tts.AudioEncoding.PCM
        self.assertEqual(encodings, [mulaw, pcm, pcm])
        self.assertIn("Unsupported audio encoding.", logged.output[0])

    async def test_a_voice_that_cannot_stream_speaks_whole_sentences_itself(self) -> None:
        async with google() as server:
            audio = await said(SENTENCE, GoogleSpeaker(CalledNumber(voice="he-IL-Wavenet-B")))
        self.assertEqual(audio, expected(SENTENCE))
        self.assertEqual(server.streams, [])
        self.assertEqual(server.wholes[0].voice.name, "he-IL-Wavenet-B")
        self.assertNotIn("pitch", str(server.wholes[0]))

    async def test_a_used_up_quota_costs_the_voice_not_the_sentence(self) -> None:
        refusals = {"quota": BUSY, "down": Refusal(StatusCode.UNAVAILABLE, "Try again.")}
        for name, refusal in refusals.items():
            with self.subTest(name):
                async with google(refuses_streams=refusal) as server:
                    with self.assertLogs("calls.services.google.voice", "WARNING"):
                        self.assertEqual(await said(SENTENCE), expected(SENTENCE))
                    server.refuses_streams = None
                    self.assertEqual(await said(SENTENCE), expected(SENTENCE))
                self.assertEqual(server.wholes[0].voice.name, "he-IL-Wavenet-A")
                self.assertEqual(len(server.streams), 2, "the next sentence has the voice again")

    async def test_a_voice_that_google_does_not_know_is_asked_for_once(self) -> None:
        async with google() as server:
            speaker = GoogleSpeaker(CalledNumber(voice="he-IL-Chirp3-HD-Nobody"))
            with self.assertLogs("calls.services.google.voice", "WARNING") as logged:
                self.assertEqual(await said(SENTENCE, speaker), expected(SENTENCE))
            streams = len(server.streams)
            self.assertEqual(await said(SENTENCE, speaker), expected(SENTENCE))
            self.assertEqual(len(server.streams), streams)
        self.assertIn("Voice 'he-IL-Chirp3-HD-Nobody' does not exist.", logged.output[0])

    async def test_a_refused_text_does_not_cost_the_next_one_its_voice(self) -> None:
        too_long = "Either `input.text` or `input.ssml` contains sentences that are too long."
        refusal = Refusal(StatusCode.INVALID_ARGUMENT, too_long, times=2)
        async with google(refuses_streams=refusal) as server:
            with self.assertLogs("calls.services.google.voice", "WARNING"):
                self.assertEqual(await said(LONG), expected(LONG))
            await said(SENTENCE)
        last = server.streams[-1].streaming_audio_config.audio_encoding
        self.assertEqual((len(server.streams), last), (3, tts.AudioEncoding.MULAW))


@tag("protocol")
class FailureTests(SimpleTestCase):
    async def test_a_refused_credential_is_told_in_googles_words_with_what_to_do(self) -> None:
        refusal = Refusal(StatusCode.UNAUTHENTICATED, "Request had invalid credentials.")
        async with google(refuses_streams=refusal):
            with self.assertRaises(ServiceFailed) as caught:
                await said(SENTENCE)
        self.assertEqual(
            str(caught.exception),
            "Google voice he-IL-Chirp3-HD-Kore: UNAUTHENTICATED: Request had invalid credentials. "
            "(check GOOGLE_APPLICATION_CREDENTIALS)",
        )

    async def test_when_the_fallback_is_refused_too_the_first_refusal_is_told(self) -> None:
        async with google(refuses_streams=BUSY, refuses_whole=BUSY):
            with (
                self.assertLogs("calls.services.google.voice", "WARNING"),
                self.assertRaisesRegex(ServiceFailed, "ConcurrentStreamingSessions.*quota"),
            ):
                await said(SENTENCE)

    async def test_a_server_that_is_not_there_fails_at_once(self) -> None:
        async with google():
            pass
        with override_settings(GOOGLE_TEXTTOSPEECH_ENDPOINT="127.0.0.1:1", GOOGLE_INSECURE=True):
            began = time.monotonic()
            with (
                self.assertLogs("calls.services.google.voice", "WARNING"),
                self.assertRaisesRegex(ServiceFailed, "UNAVAILABLE.*check the network"),
            ):
                await said(SENTENCE)
        self.assertLess(time.monotonic() - began, 1.5)

    async def test_silence_before_the_first_byte_is_late_and_cancelled(self) -> None:
        async with google(hangs=True) as server:
            began = time.monotonic()
            with self.assertRaisesRegex(ServiceLate, "silent for 2 s"):
                await said(SENTENCE)
            self.assertAlmostEqual(time.monotonic() - began, 2.0, delta=0.8)
            await until(lambda: server.in_progress == 0)
            self.assertEqual(server.cancelled, 1)

    async def test_a_stream_that_hangs_midway_is_late(self) -> None:
        async with google(hangs_after_bytes=1600) as server:
            with self.assertRaises(ServiceLate):
                await said(SENTENCE)
            await until(lambda: server.in_progress == 0)

    async def test_a_stream_that_breaks_midway_is_not_said_twice(self) -> None:
        async with google(fails_after_bytes=1600) as server:
            heard = b""
            with self.assertRaisesRegex(ServiceFailed, "UNAVAILABLE: The service is unavailable."):
                async for part in GoogleSpeaker().speak(reply_texts.of(SENTENCE)):
                    heard += part if isinstance(part, bytes) else b""
        self.assertEqual(heard, expected(SENTENCE)[:1600])
        self.assertEqual(server.wholes, [])

    async def test_the_next_sentence_after_a_fault_is_spoken_as_before(self) -> None:
        async with google(fails_after_bytes=1600) as server:
            with self.assertRaises(ServiceFailed):
                await said(SENTENCE)
            server.fails_after_bytes = None
            self.assertEqual(await said(SENTENCE), expected(SENTENCE))

    async def test_a_server_that_was_gone_for_seconds_is_spoken_to_again_at_once(self) -> None:
        async with google() as server:
            async with server.serve() as address:
                port = int(address.rpartition(":")[2])
            with override_settings(GOOGLE_TEXTTOSPEECH_ENDPOINT=address):
                with self.assertLogs("calls.services.google.voice", "WARNING"):
                    for _ in range(6):
                        with self.assertRaises(ServiceFailed):
                            await said(SENTENCE)
                        await asyncio.sleep(0.5)
                async with server.serve(port):
                    await asyncio.sleep(1.5)
                    self.assertEqual(await said(SENTENCE), expected(SENTENCE))

    @override_settings(GOOGLE_TEXTTOSPEECH_ENDPOINT="", GOOGLE_INSECURE=False)
    async def test_a_machine_without_credentials_is_told_what_to_set(self) -> None:
        with self.assertRaisesRegex(ServiceFailed, "GOOGLE_APPLICATION_CREDENTIALS"):
            await said(SENTENCE)


@tag("protocol")
class HeaderTests(SimpleTestCase):
    def test_a_header_is_walked_not_counted(self) -> None:
        audio = b"\x01\x02\x03"
        extra = b"fact" + (4).to_bytes(4, "little") + b"\0\0\0\0" + b"LIST" + b"\3\0\0\0abc\0"
        for size in (3, 0, 0xFFFFFFFF):
            riff = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + bytes(16) + extra
            riff += b"data" + size.to_bytes(4, "little") + audio
            with self.subTest(size):
                self.assertEqual(without_header(riff), audio)

    def test_bare_audio_passes(self) -> None:
        self.assertEqual(without_header(b"\xff" * 80), b"\xff" * 80)

    def test_a_file_without_sound_is_a_failure(self) -> None:
        with self.assertRaisesRegex(ServiceFailed, "without sound"):
            without_header(b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + bytes(16))


@tag("protocol")
class LimitTests(SimpleTestCase):
    def test_a_text_is_cut_between_words_and_a_giant_word_within_its_bytes(self) -> None:
        self.assertEqual(within_limit("אחת שתיים שלוש", 17), ["אחת שתיים", "שלוש"])
        self.assertEqual(within_limit("אבגדה", 4), ["אב", "גד", "ה"])
        self.assertEqual(within_limit(""), [])
