"""Prepared prompts: what is shipped, and what the configured voice replaces."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.test import SimpleTestCase, override_settings

from calls.audio.codec import BYTES_PER_MS, level_db
from calls.language.hebrew import HEBREW
from calls.services import CalledNumber, ServiceFailed, phrase_cache, reply_texts
from calls.services.espeak.speaker import EspeakSpeaker, synthesise
from calls.services.reply_texts import audio_of
from calls.voice import prompts


class OneSentenceSpeaker:
    """Says one prompt, then its service breaks."""

    name = "one sentence"
    left = 1

    def __init__(self, called: CalledNumber) -> None:
        pass

    async def speak(self, texts: AsyncIterator[str]) -> AsyncIterator[str | bytes]:
        async for text in texts:
            if not self.left:
                raise ServiceFailed("the quota is used up")
            self.left -= 1
            yield text
            yield b"\x10" * 80
            yield b"\x20" * 80


@contextmanager
def as_shipped() -> Iterator[None]:
    """A process that has just begun, and a folder with no phrases yet."""
    phrase_cache.phrases.cache_clear()
    with tempfile.TemporaryDirectory() as folder, override_settings(VAR_DIR=Path(folder)):
        try:
            yield
        finally:
            phrase_cache.phrases.cache_clear()


class PromptsTests(SimpleTestCase):
    def test_every_prompt_has_words_and_a_shipped_clip(self) -> None:
        for name in ("not_heard", "apology", "apology_goodbye", "time_up", "busy"):
            with self.subTest(name), as_shipped():
                self.assertTrue(prompts.text(name))
                self.assertEqual(prompts.clip(HEBREW, name, "any"), HEBREW.clip(name).read_bytes())

    def test_the_shipped_clips_are_what_make_clips_would_make_now(self) -> None:
        for name, text in HEBREW.prompts.items():
            with self.subTest(name):
                made, clip = synthesise(text), HEBREW.clip(name).read_bytes()
                self.assertAlmostEqual(len(clip) / len(made), 1, delta=0.05)
                self.assertAlmostEqual(level_db(clip), level_db(made), delta=2)
                self.assertLess(len(clip) / BYTES_PER_MS, 9000)

    async def test_the_configured_voice_replaces_the_shipped_one(self) -> None:
        with as_shipped():
            await prompts.warm_up()
            self.assertEqual(
                prompts.clip(HEBREW, "apology", EspeakSpeaker.name),
                synthesise(prompts.text("apology")),
            )

    async def test_a_number_says_them_in_its_own_pronunciation(self) -> None:
        called = CalledNumber(pronunciations={"תקלה": "תקלא"})
        with as_shipped():
            await prompts.warm_up([called])
            speaker = EspeakSpeaker(called)
            cached = phrase_cache.CachedSpeaker(speaker, "CA1", called)
            heard = await audio_of(cached.speak(reply_texts.of(prompts.text("apology"))))
            self.assertEqual(phrase_cache.phrases().hits, 1)
            self.assertEqual(heard, synthesise("סליחה, הייתה תקלא קטנה. אפשר לחזור על זה?"))

    @override_settings(SPEAKER="tests.voice.test_prompts.OneSentenceSpeaker")
    async def test_what_the_configured_voice_cannot_say_stays_as_shipped(self) -> None:
        with as_shipped(), self.assertLogs("calls.voice.prompts", "WARNING") as logged:
            await prompts.warm_up()
            self.assertEqual(
                prompts.clip(HEBREW, "not_heard", "one sentence"), b"\x10" * 80 + b"\x20" * 80
            )
            apology = prompts.clip(HEBREW, "apology", "one sentence")
            self.assertEqual(apology, HEBREW.clip("apology").read_bytes())
        self.assertIn("the quota is used up", logged.output[0])
