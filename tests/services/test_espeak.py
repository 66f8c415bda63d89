"""The embedded voice: real espeak-ng."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

import numpy as np
from django.test import SimpleTestCase

from calls.audio.codec import BYTES_PER_MS, CHUNK_BYTES, to_pcm
from calls.language.hebrew import phonetic
from calls.services import ServiceFailed, reply_texts
from calls.services.espeak.speaker import EspeakSpeaker, speech_bounds, synthesise

SENTENCE = "באיזו שעה נוח? יש מקום בתשע בבוקר, בשתיים בצהריים, ובשש בערב."


async def spoken(speaker: EspeakSpeaker, sentence: str) -> list[bytes]:
    return [
        chunk async for chunk in speaker.speak(reply_texts.of(sentence)) if isinstance(chunk, bytes)
    ]


def written_by(lines: str, folder: str) -> str:
    """A program that stands in the place of espeak-ng."""
    program = Path(folder) / "program"
    program.write_text(f"#!/bin/sh\n{lines}\n")
    program.chmod(0o755)
    return str(program)


class EspeakTests(SimpleTestCase):
    async def test_a_sentence_is_spoken_at_a_telephones_pace_and_level(self) -> None:
        audio = b"".join(await spoken(EspeakSpeaker(), SENTENCE))
        seconds = len(audio) / BYTES_PER_MS / 1000
        self.assertGreater(seconds, 4)
        self.assertLess(seconds, 10)
        peak_db = 20 * np.log10(abs(to_pcm(audio).astype(int)).max() / 32768)
        self.assertAlmostEqual(peak_db, -6, delta=0.5)

    async def test_no_header_and_no_silence_is_played_before_the_words(self) -> None:
        for sentence in ("כן", "שלום", SENTENCE):
            audio = b"".join(await spoken(EspeakSpeaker(), sentence))
            begin_ms, end_ms = speech_bounds(to_pcm(audio))
            self.assertLessEqual(begin_ms, 30)
            self.assertLessEqual(len(audio) / BYTES_PER_MS - end_ms, 30)
            click = abs(to_pcm(audio[:40]).astype(int)).max()
            self.assertLess(click, 2000)

    async def test_a_sentence_comes_in_chunks_that_can_be_sent(self) -> None:
        chunks = await spoken(EspeakSpeaker(), SENTENCE)
        self.assertGreater(len(chunks), 10)
        self.assertEqual({len(chunk) for chunk in chunks[:-1]}, {CHUNK_BYTES})

    async def test_punctuation_alone_is_silence_not_a_failure(self) -> None:
        self.assertEqual(await spoken(EspeakSpeaker(), "..."), [])

    async def test_text_cannot_pass_for_an_option_or_a_command(self) -> None:
        self.assertTrue(await spoken(EspeakSpeaker(), "--version; touch /tmp/x שלום"))

    async def test_an_interrupted_reply_leaves_no_process_behind(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder) / "pid"
            speaker = EspeakSpeaker()
            speaker.program = written_by(
                f"echo $$ > {written}.new; mv {written}.new {written}; exec sleep 60", folder
            )
            speaking = asyncio.create_task(spoken(speaker, "שלום"))
            while not written.exists():
                await asyncio.sleep(0.01)
            speaking.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await speaking
            with self.assertRaises(ProcessLookupError):
                os.kill(int(written.read_text()), 0)

    async def test_a_machine_without_espeak_is_told_what_to_install(self) -> None:
        speaker = EspeakSpeaker()
        speaker.program = "no-such-program"
        with self.assertRaisesRegex(ServiceFailed, "apt-get install espeak-ng"):
            await spoken(speaker, "שלום")

    async def test_a_refusal_is_a_failure_with_its_reason(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            speaker = EspeakSpeaker()
            speaker.program = written_by("echo no such voice >&2; exit 1", folder)
            with self.assertRaisesRegex(ServiceFailed, "ended with 1: no such voice"):
                await spoken(speaker, "שלום")

    def test_voices_and_speeds_differ(self) -> None:
        slow, fast = (synthesise("שלום", speed=speed) for speed in (130, 180))
        self.assertGreater(len(slow), len(fast))
        self.assertNotEqual(synthesise("שלום", voice="he+f2"), synthesise("שלום"))

    def test_plain_words_reach_espeak_with_their_vowels(self) -> None:
        self.assertEqual(phonetic("שלום, אפשר לעזור?"), "[[Sal'om]] , [[?efS'ar]] [[la?az'or]] ?")

    def test_numbers_are_said_in_words(self) -> None:
        for written, said in {
            "054-7654321": "אפס חמש ארבע, שבע שש חמש, ארבע שלוש שתיים אחת",
            "0541234567": "אפס חמש ארבע, אחת שתיים שלוש, ארבע חמש שש שבע",
            "בשעה 9:00": "בשעה תשע בבוקר",
            "120 ₪": "מאה ועשרים שקלים",
            "3 דקות": "שלוש דקות",
        }.items():
            with self.subTest(written):
                self.assertEqual(phonetic(written), phonetic(said))
