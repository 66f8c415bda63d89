"""A call in another language than the shipped one: not one Hebrew letter in it.

The language is one file (stub_language.py) and one line of the settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from asgiref.sync import sync_to_async
from django.test import SimpleTestCase, TestCase, override_settings, tag

from calls.language.hebrew import HEBREW
from calls.language.language import known, spoken, words_of
from calls.models import Call
from calls.services import CalledNumber, HistoryLine, Piece, ServiceFailed, reply_texts
from calls.services.espeak.speaker import EspeakSpeaker
from calls.services.google import speech_pairs
from calls.services.google.voice import GoogleSpeaker
from calls.services.openai.writer import OpenAiWriter
from calls.services.receptionist.writer import Receptionist
from calls.services.reply_texts import audio_of
from calls.services.whisper.transcriber import WhisperTranscriber
from calls.telephony.phone_number import PhoneNumber
from calls.voice import prompts
from tests.fakes import FakeSpeaker, FakeTranscriber, tuned
from tests.language.stub_language import ENGLISH
from tests.phone import PhoneCall, services
from tests.script import adaptive
from tests.services.openai_turns import said, served
from tests.telephony.test_routing import ring
from tests.virtual_time import VirtualTimeTestCase
from tests.voice.test_conversation import publish
from tuning.turns import journal, words
from tuning.turns.events import CallBegan
from tuning.turns.replay import decide, recorded

HEBREW_LETTER = re.compile("[\u0590-\u05ff]")
SAYINGS = "yes", "hold on", "goodbye"
in_english = override_settings(
    CALL_LANGUAGES=["tests.language.stub_language.ENGLISH", "calls.language.hebrew.HEBREW"]
)


class Clerk(Receptionist):
    """Breaks where the caller has not come to the point."""

    async def write(
        self, history: Sequence[HistoryLine], *, with_verdict: bool = False
    ) -> AsyncGenerator[Piece, None]:
        if history and history[-1].text == "hold on":
            raise ServiceFailed("the clerk was told to fail")
        async for piece in super().write(history):
            yield piece


class Announcer(FakeSpeaker):
    name = "announcer"
    said: ClassVar[list[str]] = []

    async def speak(self, texts: AsyncIterator[str]) -> AsyncGenerator[str | bytes, None]:
        async for part in super().speak(texts):
            if isinstance(part, str):
                self.said.append(part)
            yield part


def hebrew_in(*texts: Any) -> list[str]:
    every = [json.dumps(text, ensure_ascii=False, default=str) for text in texts]
    return [text for text in every if HEBREW_LETTER.search(text)]


@in_english
class CallTests(VirtualTimeTestCase):
    async def test_a_whole_call_is_held_in_it(self) -> None:
        await publish(adaptive(vad="webrtc", filler_after_ms=0, no_input_ms=0))
        heard = tuned(FakeTranscriber, sayings=SAYINGS, delay_s=0.0)
        with services(heard, Clerk, Announcer):
            await prompts.warm_up()
            async with PhoneCall() as phone:
                for _saying in SAYINGS:
                    await phone.until_quiet()
                    await phone.say("MMMMMMM_____")
                await phone.until(lambda: phone.close_code is not None)
            call, turns = await phone.ended(), await phone.turns()
            lines = [line async for line in self.lines(call)]
        self.assertEqual(call.ended_why, "goodbye")
        self.assertEqual(
            [(turn.said, turn.answered) for turn in turns],
            [
                ("", "Hello, this is the garage. Is it about your car?"),
                ("yes", "It will be ready at five. Is it about your car?"),
                ("hold on", ""),
                ("", "Sorry, could you say that again?"),
                ("goodbye", "Goodbye."),
            ],
        )
        self.assertEqual(turns[2].why, "asked for time")
        self.assertIn("Sorry, could you say that again?", Announcer.said)
        self.assertEqual(hebrew_in(*Announcer.said, *lines), [])

        entries = list(journal.read(lines))
        assert isinstance(entries[0], CallBegan)
        self.assertEqual(entries[0].language, "en")
        self.assertEqual(decide(entries, words_of), recorded(entries))
        self.assertNotEqual(decide(entries, lambda code: HEBREW.words), recorded(entries))

    async def lines(self, call: Call) -> AsyncIterator[str]:
        for line in await sync_to_async(lambda: list(call.journal()))():
            yield line


@in_english
class ServiceTests(SimpleTestCase):
    def test_services_are_asked_for_it(self) -> None:
        self.assertEqual(speech_pairs.asked_for().language_code, "en-US")
        self.assertEqual(GoogleSpeaker().voice, "en-US-Chirp3-HD-Kore")
        self.assertEqual(WhisperTranscriber().language.code, "en")

    async def test_the_embedded_voice_speaks_it(self) -> None:
        audio = await audio_of(EspeakSpeaker().speak(reply_texts.of("It will be ready at 5.")))
        self.assertGreater(len(audio), 8000)


@in_english
class OpenersTests(SimpleTestCase):
    def test_a_language_may_have_none(self) -> None:
        self.assertEqual(CalledNumber().openers, ())
        self.assertEqual(OpenAiWriter().openers, ())


@in_english
@tag("protocol")
class ModelTests(SimpleTestCase):
    async def test_a_model_is_told_of_it(self) -> None:
        async with served() as server:
            writer = OpenAiWriter(CalledNumber(takes_message=True))
            async for _piece in writer.write(said("hello")):
                pass
            await writer.warm_up()
        self.assertGreaterEqual(len(server.requests), 2)
        self.assertIn(ENGLISH.instructions.rules, json.dumps(server.requests[0]))
        self.assertEqual(hebrew_in(*server.requests, writer.fixed_phrases()), [])


@in_english
class TelephoneTests(TestCase):
    def test_what_is_said_without_a_conversation_is_in_it(self) -> None:
        number = PhoneNumber(records=True)
        called = number.as_called(takes_message=True)
        said = (number.closed_words, called.opening(""))
        self.assertEqual(
            said,
            ("We are closed.", "This call is recorded. We are closed. You may leave a message."),
        )

    @override_settings(UNKNOWN_NUMBER="refuse")
    def test_a_refusal_is_in_it(self) -> None:
        twiml = ring()
        self.assertIn('language="en-US"', twiml)
        self.assertIn("There is no such number.", twiml)
        self.assertEqual(hebrew_in(twiml), [])


class LanguageTests(SimpleTestCase):
    def test_the_first_of_the_settings_is_spoken(self) -> None:
        self.assertIs(spoken(), HEBREW)
        with in_english:
            self.assertIs(spoken(), ENGLISH)

    def test_the_words_of_a_call_are_found_whatever_is_spoken_now(self) -> None:
        with in_english:
            self.assertIs(words_of("he"), HEBREW.words)

    def test_a_language_that_is_not_known_is_named(self) -> None:
        with self.assertRaisesRegex(KeyError, "'en'.*CALL_LANGUAGES"):
            known("en")

    def test_a_prompt_that_is_missing_is_named(self) -> None:
        with self.assertRaisesRegex(ValueError, "English.*apology"):
            replace(ENGLISH, prompts={**ENGLISH.prompts, "apology_": ""})

    def test_a_list_of_words_with_an_unknown_name_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "leanings"):
            words.from_toml('leanings = "of"')
