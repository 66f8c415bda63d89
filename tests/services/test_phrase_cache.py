"""Spoken phrases that are ready: which are kept, for whom, how long, and at what cost."""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

from django.test import SimpleTestCase

from calls.language.hebrew import HEBREW
from calls.services import Availability, ServiceFailed, reply_texts
from calls.services.phrase_cache import CachedSpeaker, PhraseCache, is_general, key_of
from calls.services.reply_texts import audio_of

GREETING = "שלום, הגעתם למרפאת אלון."
OPENING = "בשמחה."


class Voice:
    """A Speaker whose audio tells the text, in two parts; the first takes 200 ms of its clock."""

    def __init__(self, name: str = "a voice") -> None:
        self.name = name
        self.spoken: list[str] = []
        self.now_s = 0.0
        self.fails = False

    @classmethod
    async def warm_up(cls) -> None:
        return None

    @classmethod
    def availability(cls) -> Availability:
        return Availability("a voice", "a voice")

    async def speak(self, texts: AsyncIterator[str]) -> AsyncGenerator[str | bytes, None]:
        async for sentence in texts:
            if self.fails:
                raise ServiceFailed("the voice is lost")
            self.spoken.append(sentence)
            self.now_s += 0.2
            audio = f"{self.name}: {sentence} ".encode()
            yield sentence
            yield audio
            yield audio


class PhrasesCase(SimpleTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "phrases"
        self.voice = Voice()
        self.cache = self.restarted()

    def restarted(self, limit_bytes: int = 10_000) -> PhraseCache:
        return PhraseCache(self.folder, limit_bytes, lambda: self.voice.now_s)

    async def say(self, text: str, call: str, voice: Voice | None = None) -> bytes:
        speaker = CachedSpeaker(voice or self.voice, call, phrase_cache=self.cache)
        return await audio_of(speaker.speak(reply_texts.of(text)))

    async def say_in_calls(self, text: str, calls: str) -> None:
        for call in calls:
            await self.say(text, call)


class KeepingTests(PhrasesCase):
    async def test_a_fixed_phrase_is_spoken_once_and_survives_a_restart(self) -> None:
        await self.cache.keep(self.voice, [GREETING])
        first = await self.say(GREETING, "a")
        self.cache = self.restarted()
        await self.cache.keep(self.voice, [GREETING])
        self.assertEqual(await self.say(GREETING, "b"), first)
        self.assertEqual(self.voice.spoken, [GREETING])

    async def test_a_lost_voice_still_says_what_was_kept(self) -> None:
        await self.cache.keep(self.voice, [GREETING])
        self.cache, self.voice.fails = self.restarted(), True
        with self.assertRaises(ServiceFailed):
            await self.cache.keep(self.voice, ["חדש", GREETING])
        self.assertTrue(await self.say(GREETING, "a"))

    async def test_a_fixed_phrase_that_could_not_be_made_ready_is_kept_when_first_said(
        self,
    ) -> None:
        self.voice.fails = True
        with self.assertRaises(ServiceFailed):
            await self.cache.keep(self.voice, [GREETING])
        self.voice.fails = False
        await self.say_in_calls(GREETING, "ab")
        self.assertEqual(self.voice.spoken, [GREETING])

    async def test_each_voice_has_its_own_phrases(self) -> None:
        await self.cache.keep(self.voice, [GREETING])
        other = Voice("another voice")
        self.assertIn(b"another voice", await self.say(GREETING, "a", other))

    async def test_what_replies_open_with_is_kept_after_three_different_calls(self) -> None:
        await self.say_in_calls(OPENING, "aaabb")
        self.assertEqual(len(self.voice.spoken), 5)
        await self.say_in_calls(OPENING, "cde")
        self.assertEqual(len(self.voice.spoken), 6)

    async def test_what_replies_say_is_never_on_the_disk(self) -> None:
        await self.say_in_calls(OPENING, "abcd")
        self.assertFalse(self.folder.exists())

    async def test_what_may_be_somebodys_business_is_never_kept(self) -> None:
        for text in ("התור בשעה 9", "תודה Dana", "מילה " * 10):
            with self.subTest(text):
                self.voice.spoken.clear()
                await self.say_in_calls(text, "abcdef")
                self.assertEqual(len(self.voice.spoken), 6)

    async def test_an_interrupted_phrase_is_not_kept_in_half(self) -> None:
        await self.say_in_calls(OPENING, "ab")
        speaker = CachedSpeaker(self.voice, "c", phrase_cache=self.cache)
        async with aclosing(speaker.speak(reply_texts.of(OPENING))) as parts:
            await anext(parts)
        whole = await self.say(OPENING, "d")
        self.assertEqual(len(self.voice.spoken), 4)
        self.assertEqual(await self.say(OPENING, "e"), whole)
        self.assertEqual(len(self.voice.spoken), 4)

    async def test_a_failure_is_passed_on_and_not_kept(self) -> None:
        self.voice.fails = True
        with self.assertRaises(ServiceFailed):
            await self.say(OPENING, "a")
        self.assertEqual(self.cache.held_bytes, 0)

    async def test_a_ready_phrase_comes_in_pieces_as_a_spoken_one(self) -> None:
        long = Voice("v" * 2000)
        await self.cache.keep(long, [GREETING])
        speaker = CachedSpeaker(long, "a", phrase_cache=self.cache)
        spoken = speaker.speak(reply_texts.of(GREETING))
        pieces = [part async for part in spoken if isinstance(part, bytes)]
        self.assertEqual({len(piece) for piece in pieces[:-1]}, {800})
        self.assertEqual(b"".join(pieces), await self.say(GREETING, "b", long))


class BoundTests(PhrasesCase):
    async def test_the_phrase_heard_longest_ago_makes_room_but_a_fixed_one_stays(self) -> None:
        await self.cache.keep(self.voice, [GREETING])
        size = len(f"{self.voice.name}: אבג ".encode()) * 2
        self.cache = self.restarted(self.cache.held_bytes + 2 * size)
        await self.cache.keep(self.voice, [GREETING])
        await self.say_in_calls("אבג", "abc")
        await self.say_in_calls("דהו", "abc")
        await self.say("אבג", "d")
        await self.say_in_calls("זחט", "abc")
        self.voice.spoken.clear()
        for text in (GREETING, "אבג", "זחט", "דהו"):
            await self.say(text, "e")
        self.assertEqual(self.voice.spoken, ["דהו"])

    async def test_a_phrase_too_big_for_the_whole_cache_is_only_spoken(self) -> None:
        self.cache = self.restarted(limit_bytes=10)
        await self.cache.keep(self.voice, [GREETING])
        self.assertEqual(self.cache.held_bytes, 0)

    async def test_hits_and_what_they_save_are_counted(self) -> None:
        await self.say_in_calls(OPENING, "abc")
        await self.say_in_calls(OPENING, "defgh")
        self.assertEqual((self.cache.hits, self.cache.misses), (5, 3))
        self.assertAlmostEqual(self.cache.hit_rate, 5 / 8)
        self.assertAlmostEqual(self.cache.saved_ms, 1000)

    async def test_every_hundred_sentences_the_log_tells_the_rate(self) -> None:
        with self.assertLogs("calls.services.phrase_cache", "INFO") as logged:
            await self.say_in_calls(OPENING, "abc")
            for _ in range(97):
                await self.say(OPENING, "d")
        self.assertIn("97 of 100 sentences were ready (97 %): 19.4 s", logged.output[0])

    async def test_a_ready_phrase_is_read_in_less_than_a_millisecond(self) -> None:
        await self.cache.keep(self.voice, [GREETING])
        await self.say(GREETING, "a")
        began = time.perf_counter()
        for _ in range(100):
            await self.say(GREETING, "a")
        self.assertLess((time.perf_counter() - began) / 100, 0.001)


class DiskTests(PhrasesCase):
    async def test_a_folder_that_cannot_be_written_costs_only_the_keeping(self) -> None:
        self.folder.write_text("a file is in its place")
        with self.assertLogs("calls.services.phrase_cache", "WARNING") as logged:
            await self.cache.keep(self.voice, [GREETING, OPENING])
        self.assertEqual(len(logged.output), 1)
        self.voice.spoken.clear()
        await self.say_in_calls(GREETING, "ab")
        self.assertEqual(self.voice.spoken, [])

    async def test_an_empty_or_unreadable_file_is_spoken_anew(self) -> None:
        self.folder.mkdir()
        (self.folder / f"{key_of(self.voice.name, GREETING)}.ulaw").touch()
        (self.folder / f"{key_of(self.voice.name, OPENING)}.ulaw").mkdir()
        with self.assertLogs("calls.services.phrase_cache", "WARNING"):
            await self.cache.keep(self.voice, [GREETING, OPENING])
        self.assertEqual(self.voice.spoken, [GREETING, OPENING])

    async def test_files_are_written_whole(self) -> None:
        await self.cache.keep(self.voice, [GREETING])
        (file,) = self.folder.iterdir()
        self.assertEqual(file.name, f"{key_of(self.voice.name, GREETING)}.ulaw")
        self.assertEqual(file.read_bytes(), await self.say(GREETING, "a"))


class GeneralTests(SimpleTestCase):
    def test_only_short_hebrew_without_digits_is_general(self) -> None:
        for text in ("בשמחה.", "רגע, בודקים...", "מה שלומך היום?"):
            self.assertTrue(is_general(text, HEBREW.letters), text)
        for text in ("", "...", "ב-9", "OK", "שלום Dan", "٣ תורים", "א" * 41):
            self.assertFalse(is_general(text, HEBREW.letters), text)
