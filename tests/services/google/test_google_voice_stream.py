"""A reply in one stream of Google's voice, whatever the pace of its writer."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from django.test import SimpleTestCase, tag

from calls.services import ServiceFailed, ServiceLate
from calls.services.google import voice_stream as google_voice_stream
from calls.services.google.voice import GoogleSpeaker
from calls.services.phrase_cache import CachedSpeaker, PhraseCache
from calls.services.reply_texts import audio_of, of
from tests.servers.google_voice import MS_PER_CHARACTER
from tests.services.google.test_google_voice import BUSY, expected, google, until

OPENING, FIRST, SECOND = "בשמחה,", "יש מקום מחר.", "מתי נוח לבוא?"
WHOLE = expected(OPENING) + expected(FIRST) + expected(SECOND)


async def slowly(*texts: str | Exception, apart_s: float = 0.1) -> AsyncGenerator[str, None]:
    """As a writer brings them."""
    for number, text in enumerate(texts):
        await asyncio.sleep(apart_s if number else 0)
        if isinstance(text, Exception):
            raise text
        yield text


@tag("protocol")
class OneStreamTests(SimpleTestCase):
    async def test_a_reply_is_one_stream_and_begins_before_it_is_written(self) -> None:
        async with google() as server:
            began_s, first_s, heard = time.monotonic(), 0.0, b""
            async with aclosing(GoogleSpeaker().speak(slowly(OPENING, FIRST, SECOND))) as parts:
                async for part in parts:
                    if isinstance(part, bytes):
                        first_s = first_s or time.monotonic() - began_s
                        heard += part
        self.assertEqual((len(server.streams), server.texts), (1, [OPENING, FIRST, SECOND]))
        self.assertEqual(heard, WHOLE)
        self.assertLess(first_s, 0.2, "it waited for the second text")

    async def test_each_text_comes_where_its_audio_is_expected(self) -> None:
        async with google(speed=1e6):
            speaker = GoogleSpeaker()
            for _learning in range(3):
                await audio_of(speaker.speak(of(OPENING, FIRST, SECOND)))
            places, heard_ms = [], 0.0
            async for part in speaker.speak(of(OPENING, FIRST, SECOND)):
                if isinstance(part, str):
                    places.append((part, heard_ms))
                else:
                    heard_ms += len(part) / 8
        true_ms = [0, len(OPENING) * MS_PER_CHARACTER, len(OPENING + FIRST) * MS_PER_CHARACTER]
        self.assertEqual([text for text, _ms in places], [OPENING, FIRST, SECOND])
        for (_text, ms), expected_ms in zip(places, true_ms, strict=True):
            self.assertAlmostEqual(ms, expected_ms, delta=150)

    async def test_a_writer_who_thinks_makes_no_voice_late_and_no_stream_idle(self) -> None:
        idle_s, google_voice_stream.IDLE_S = google_voice_stream.IDLE_S, 0.3
        try:
            async with google(idle_s=0.5) as server:
                parts = GoogleSpeaker().speak(slowly(FIRST, SECOND, apart_s=2.5))
                self.assertEqual(await audio_of(parts), expected(FIRST) + expected(SECOND))
            self.assertEqual(len(server.streams), 2)
        finally:
            google_voice_stream.IDLE_S = idle_s

    async def test_what_the_writer_raises_comes_after_what_it_wrote(self) -> None:
        heard = b""
        async with google():
            with self.assertRaisesRegex(ServiceLate, "the writer"):
                late = ServiceLate("the writer was silent")
                async for part in GoogleSpeaker().speak(slowly(FIRST, late)):
                    heard += part if isinstance(part, bytes) else b""
        self.assertEqual(heard, expected(FIRST))

    async def test_refused_streams_cost_no_text_of_the_reply(self) -> None:
        async with google(refuses_streams=BUSY) as server:
            with self.assertLogs("calls.services.google.voice", "WARNING"):
                heard = await audio_of(GoogleSpeaker().speak(slowly(OPENING, FIRST, SECOND)))
        self.assertEqual(heard, WHOLE)
        self.assertEqual(len(server.wholes), 3)

    async def test_a_voice_that_stops_in_mid_reply_is_late(self) -> None:
        async with google(hangs_after_bytes=3000) as server:
            with self.assertRaises(ServiceFailed):
                await audio_of(GoogleSpeaker().speak(slowly(OPENING, FIRST, SECOND)))
            await until(lambda: server.in_progress == 0)

    async def test_an_interrupted_reply_leaves_no_task_and_no_stream(self) -> None:
        async with google() as server:
            await GoogleSpeaker.warm_up()
            before = len(asyncio.all_tasks())
            texts = slowly(OPENING, FIRST, SECOND, apart_s=5)
            async with aclosing(texts), aclosing(GoogleSpeaker().speak(texts)) as parts:
                await anext(parts)
            await until(lambda: server.in_progress == 0)
            await until(lambda: len(asyncio.all_tasks()) <= before)


@tag("protocol")
class CachedOpeningTests(SimpleTestCase):
    async def test_an_opening_is_remembered_alone_and_the_rest_is_one_stream(self) -> None:
        async with google() as server:
            cache = PhraseCache(self._folder())
            for call in "abcd":
                speaker = CachedSpeaker(GoogleSpeaker(), call, phrase_cache=cache)
                heard = await audio_of(speaker.speak(slowly(OPENING, FIRST, SECOND)))
                self.assertEqual(heard, WHOLE)
        # Twice all in one; the third time the opening by itself; from then on it is ready.
        self.assertEqual(len(server.streams), 1 + 1 + 2 + 1)
        self.assertEqual(server.texts[-2:], [FIRST, SECOND])

    def _folder(self) -> Path:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Path(folder.name)
