"""A call that hears through Google's recogniser: real client, local server, a paced caller."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from django.test import override_settings

from calls.audio.codec import BYTES_PER_MS
from calls.services import NO_NUMBER, CalledNumber, ServiceFailed, Transcript
from calls.services.google import channels as google_channels
from calls.services.google import speech_pairs as pairs
from calls.services.google.speech import GoogleLimits, GoogleTranscriber
from tests.servers.google_speech import GoogleSpeech

BATCH_MS = 60
LOGGER = "calls.services.resumable_stt"


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

    def __init__(
        self,
        limits: GoogleLimits | None = None,
        speed: float = 1.0,
        called: CalledNumber = NO_NUMBER,
    ) -> None:
        self.transcriber = GoogleTranscriber(called, limits or GoogleLimits())
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
