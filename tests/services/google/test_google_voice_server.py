"""The local Google voice enforces what Google does: what passes here has a chance to pass there."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase, tag
from google.cloud import texttospeech_v1 as tts

from calls.audio.codec import BYTES_PER_MS, level_db
from calls.services import CalledNumber
from calls.services.google import voice as google_voice
from calls.services.google.voice import GoogleSpeaker
from tests.services.google.test_google_voice import SENTENCE, google, said


@tag("protocol")
class LocalServerTests(SimpleTestCase):
    async def test_it_lists_googles_hebrew_voices(self) -> None:
        async with google():
            client = await google_voice._client()
            listed = (await client.list_voices(language_code="he-IL", timeout=5)).voices
        names = {voice.name for voice in listed}
        self.assertEqual(len(names), 38)
        self.assertLessEqual({"he-IL-Chirp3-HD-Kore", "he-IL-Wavenet-A"}, names)

    async def test_pitch_is_refused_for_chirp(self) -> None:
        await self._refuses(
            "This voice does not support pitch", pitch=2.0, voice="he-IL-Chirp3-HD-Kore"
        )

    async def test_a_text_over_5000_bytes_is_refused(self) -> None:
        await self._refuses("longer than the limit of 5000 bytes", text="ש" * 2501)

    async def _refuses(
        self, why: str, *, text: str = "א", voice: str = "he-IL-Wavenet-A", pitch: float = 0
    ) -> None:
        async with google():
            client = await google_voice._client()
            config = tts.AudioConfig(audio_encoding=tts.AudioEncoding.MULAW, pitch=pitch)
            with self.assertRaisesRegex(Exception, why):
                await client.synthesize_speech(
                    input=tts.SynthesisInput(text=text),
                    voice=tts.VoiceSelectionParams(language_code="he-IL", name=voice),
                    audio_config=config,
                    timeout=5,
                )

    async def test_a_stream_left_idle_is_aborted(self) -> None:
        async with google(idle_s=0.1):
            client = await google_voice._client()
            stream: Any = await client.streaming_synthesize(timeout=5)
            voice = tts.VoiceSelectionParams(language_code="he-IL", name="he-IL-Chirp3-HD-Kore")
            config = tts.StreamingSynthesizeConfig(voice=voice)
            await stream.write(tts.StreamingSynthesizeRequest(streaming_config=config))
            with self.assertRaisesRegex(Exception, "at least every 5s seconds"):
                await stream.read()

    async def test_whole_speech_has_a_header_and_is_loud(self) -> None:
        async with google() as server:
            audio = await said(SENTENCE, GoogleSpeaker(CalledNumber(voice="he-IL-Standard-A")))
        self.assertEqual(len(audio) / BYTES_PER_MS, 60 * len(server.texts[0]))
        self.assertGreater(level_db(audio), -25)
