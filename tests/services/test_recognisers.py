"""The recognisers that there are, and a third one, by the same contract."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from typing import Any, ClassVar

from django.conf import settings
from django.test import SimpleTestCase, override_settings, tag

from calls.process import setup_checks
from calls.services import vendors
from calls.services.espeak.speaker import synthesise
from calls.services.google.speech import GoogleLimits, GoogleTranscriber
from calls.services.whisper.transcriber import WhisperTranscriber
from dashboard.setup.settings_in_use import settings_in_use
from hevoice import environment
from tests.dashboard.test_service_page import environment as variables
from tests.servers.google_speech import GoogleSpeech
from tests.servers.hearing import spoken
from tests.servers.tin_ear import TinEar
from tests.services.google_calls import google
from tests.services.recogniser_contract import RecogniserContract, ResumableContract
from tests.services.tin_ear import TinTranscriber, sessions

REGISTERED = override_settings(VENDORS=[*settings.VENDORS, "tests.services.tin_ear"])
"""The line of registration."""


@tag("protocol")
class WhisperTests(RecogniserContract, SimpleTestCase):
    kind = WhisperTranscriber
    texts: ClassVar[Sequence[str]] = ("אשמח לקבוע תור", "לבטל את התור")

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        await WhisperTranscriber.warm_up()
        yield

    def missing(self) -> AbstractContextManager[object]:
        stack = ExitStack()
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(override_settings(WHISPER_MODEL=folder))
        return stack

    def spoken(self, text: str) -> bytes:
        return synthesise(text)


@tag("protocol")
class GoogleTests(ResumableContract, SimpleTestCase):
    kind = GoogleTranscriber
    unlimited = GoogleLimits
    server: GoogleSpeech

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        async with google() as self.server:
            yield

    def missing(self) -> AbstractContextManager[object]:
        settings_ = {"GOOGLE_SPEECH_ENDPOINT": "127.0.0.1:1", "GOOGLE_INSECURE": True}
        return override_settings(**settings_, GOOGLE_CLOUD_PROJECT="clinic")

    def spoken(self, text: str) -> bytes:
        return spoken(text)

    async def break_streams(self) -> None:
        self.server.break_streams()

    def hang(self) -> None:
        self.server.hangs = 1

    @property
    def streams(self) -> int:
        return len(self.server.streams)


@REGISTERED
@tag("protocol")
class TinTests(ResumableContract, SimpleTestCase):
    kind = TinTranscriber
    server: TinEar

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        self.server = TinEar()
        async with self.server.serve() as address:
            with override_settings(TIN_EAR_URL=address, TIN_EAR_KEY=TinEar.key):
                try:
                    yield
                finally:
                    if session := sessions.take():
                        await session.close()

    def missing(self) -> AbstractContextManager[object]:
        return override_settings(TIN_EAR_URL="http://127.0.0.1:1", TIN_EAR_KEY=TinEar.key)

    def spoken(self, text: str) -> bytes:
        return spoken(text)

    async def break_streams(self) -> None:
        await self.server.break_streams()

    def hang(self) -> None:
        self.server.hangs = 1

    @property
    def streams(self) -> int:
        return self.server.streams


@REGISTERED
class RegisteredTests(SimpleTestCase):
    """What reads a vendor's declaration knows the third one by its one line."""

    def read(self, **given: str) -> dict[str, Any]:
        names = ("HEVOICE_TRANSCRIBER", "GOOGLE_SPEECH_ENDPOINT", "GOOGLE_APPLICATION_CREDENTIALS")
        with variables(**dict.fromkeys((*names, "TIN_EAR_URL"), "") | given):
            return environment.of_vendors(settings.VENDORS)

    def test_what_it_lets_one_set_is_read_and_chooses_it(self) -> None:
        path = "tests.services.tin_ear.TinTranscriber"
        given = self.read(TIN_EAR_URL="http://ear", TIN_EAR_KEY="k")
        self.assertEqual((given["TIN_EAR_URL"], given["TIN_EAR_KEY"]), ("http://ear", "k"))
        self.assertEqual(given["TRANSCRIBER"], path)
        self.assertEqual(self.read(HEVOICE_TRANSCRIBER="tin")["TRANSCRIBER"], path)

    def test_nothing_set_is_the_stand_in_and_a_vendor_that_is_named_wins(self) -> None:
        self.assertIn("whisper", self.read()["TRANSCRIBER"])
        named = self.read(TIN_EAR_URL="http://ear", HEVOICE_TRANSCRIBER="embedded")
        self.assertIn("whisper", named["TRANSCRIBER"])
        both = self.read(TIN_EAR_URL="http://ear", GOOGLE_SPEECH_ENDPOINT="127.0.0.1:1")
        self.assertIn("google", both["TRANSCRIBER"])

    def test_its_rows_are_made_of_its_declaration(self) -> None:
        rows = [each.row for each in vendors.declared(vendors.registered(settings.VENDORS))]
        self.assertIn("| `TIN_EAR_URL` | | where the tin ear listens |", rows)
        self.assertRegex(rows[0], "`TIN_EAR_URL`, else embedded .*: google or embedded or tin")

    def test_the_setup_page_shows_its_settings_but_not_its_key(self) -> None:
        with override_settings(TIN_EAR_URL="http://ear", TIN_EAR_KEY="k-hidden"):
            shown = {each.name: each.value for each in settings_in_use()}
        self.assertEqual((shown["TIN_EAR_URL"], shown["TIN_EAR_KEY"]), ("http://ear", "✓"))

    @override_settings(
        TRANSCRIBER="tests.services.tin_ear.TinTranscriber",
        TIN_EAR_URL="http://127.0.0.1:1",
        TIN_EAR_KEY="",
    )
    async def test_check_setup_tries_it_and_looks_at_what_it_wants_looked_at(self) -> None:
        with self.assertLogs("calls.process.readiness", "ERROR"):
            (heard, *_) = await setup_checks.services()
        self.assertFalse(heard.is_ok)
        self.assertIn("check TIN_EAR_URL", heard.words)
        if session := sessions.take():
            await session.close()
        [found] = setup_checks.of_vendors()
        self.assertEqual((found.what, found.is_ok), ("tin ear key", False))
        self.assertIn("TIN_EAR_KEY is not set", found.words)
