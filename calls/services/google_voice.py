"""Google's voice: Chirp 3 HD heard as it is made, Wavenet where that cannot be had.

Rules: one stream a sentence (the Mouth hands over one at a time, and Google aborts a stream that
idles for 5 s, as it would while a slow writer thinks). What Google refuses before the first byte
costs the caller that refusal only: mu-law -> PCM, converted here -> the fallback voice, made whole;
a refusal of what was asked is remembered for the life of the process. Nothing touches the disk.
Pitch is never sent: Chirp 3 HD refuses it, even 0.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import google.auth
import grpc
import numpy as np
from django.conf import settings
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import texttospeech_v1 as tts
from google.cloud.texttospeech_v1.services.text_to_speech.transports import (
    TextToSpeechGrpcAsyncIOTransport,
)
from grpc import StatusCode

from calls.audio import BYTES_PER_MS, RATE, to_mulaw
from calls.services import NO_BRIEF, Brief, ServiceFailed, ServiceLate, Standing
from calls.services.deadlines import within
from calls.services.speakable import speakable

logger = logging.getLogger(__name__)

Encoding = tts.AudioEncoding
FIRST_BYTE_S, NEXT_BYTE_S = 2.0, 2.0
WARM_UP_S = 10.0
"""The first connection of a process also resolves, shakes hands and fetches a token."""
CALL_S = 30.0
"""The client has no timeout of its own. Shorter deadlines end a call that is stuck."""
GOOGLE = "texttospeech.googleapis.com:443"
CHANNEL = (
    # After a fault, tried again soon: gRPC would wait for up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 2000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A connection that died without a word is noticed after 5 s.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
)
LIMIT_BYTES = 5000
CHUNK_BYTES = 100 * BYTES_PER_MS
WARMING = "שלום."
FALLS_BACK = {
    StatusCode.INVALID_ARGUMENT,
    StatusCode.RESOURCE_EXHAUSTED,
    StatusCode.UNAVAILABLE,
}
ABOUT_THE_TEXT = ("`input", "sentence", "text input")
"""In a refusal that says nothing about the next text."""
ADVICE = {
    StatusCode.UNAUTHENTICATED: "check GOOGLE_APPLICATION_CREDENTIALS",
    StatusCode.PERMISSION_DENIED: "enable the Cloud Text-to-Speech API in the project, and let the "
    "service account use it",
    StatusCode.INVALID_ARGUMENT: "check GOOGLE_TTS_VOICE and GOOGLE_TTS_FALLBACK_VOICE",
    StatusCode.RESOURCE_EXHAUSTED: "raise the Text-to-Speech quota in the Google Cloud console",
    StatusCode.UNAVAILABLE: "check the network, GOOGLE_TEXTTOSPEECH_ENDPOINT and "
    "https://status.cloud.google.com",
}

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, tts.TextToSpeechAsyncClient] = (
    WeakKeyDictionary()
)
"""A client works only in the loop that it was made in. One connection carries 100 streams, as many
as Google's quota lets one project have."""


class GoogleSpeaker:
    """One call's voice."""

    _refused: ClassVar[set[tuple[str, int]]] = set()
    """Voices, and what Google would not stream them in."""

    def __init__(self, brief: Brief = NO_BRIEF) -> None:
        self.voice = brief.voice or settings.GOOGLE_TTS_VOICE
        self.name = f"Google voice {self.voice}"

    @classmethod
    async def warm_up(cls) -> None:
        """Connect, and learn what Google refuses, before a caller would wait for it."""
        speaker = cls()
        parts = within(
            speaker._spoken(speakable(WARMING)), first_s=WARM_UP_S, next_s=WARM_UP_S,
            what=speaker.name,
        )  # fmt: skip
        async for _part in parts:
            pass

    @classmethod
    def standing(cls) -> Standing:
        return Standing(settings.GOOGLE_TTS_VOICE, settings.GOOGLE_TTS_VOICE)

    async def speak(self, sentence: str) -> AsyncGenerator[bytes, None]:
        for text in within_limit(speakable(sentence)):
            parts = within(
                self._spoken(text), first_s=FIRST_BYTE_S, next_s=NEXT_BYTE_S, what=self.name
            )
            async with aclosing(parts):
                async for part in parts:
                    yield part

    async def _spoken(self, text: str) -> AsyncGenerator[bytes, None]:
        """The text in the first way that Google does not refuse."""
        refused: list[tuple[str, int]] = []
        refusal: GoogleAPICallError | None = None
        for encoding in self._streamable():
            has_begun = False
            try:
                async with aclosing(self._streamed(text, encoding)) as parts:
                    async for part in parts:
                        has_begun = True
                        yield part
                self._refused.update(refused)
                return
            except GoogleAPICallError as error:
                if has_begun or error.grpc_status_code not in FALLS_BACK:
                    raise self._failed(error) from error
                logger.warning(
                    "%s would not stream %s: %s", self.name, Encoding(encoding).name, error
                )
                refusal = error
                if error.grpc_status_code != StatusCode.INVALID_ARGUMENT:
                    break
                if not any(words in error.message for words in ABOUT_THE_TEXT):
                    refused.append((self.voice, encoding))
        try:
            audio = await self._whole(text)
        except GoogleAPICallError as error:
            raise self._failed(refusal or error) from error
        self._refused.update(refused)
        for begin in range(0, len(audio), CHUNK_BYTES):
            yield audio[begin : begin + CHUNK_BYTES]

    @property
    def _can_stream(self) -> bool:
        return "Chirp" in self.voice

    def _streamable(self) -> list[int]:
        if not self._can_stream:
            return []
        wanted = [Encoding.MULAW, Encoding.PCM]
        return [each for each in wanted if (self.voice, each) not in self._refused]

    async def _streamed(self, text: str, encoding: int) -> AsyncGenerator[bytes, None]:
        config = tts.StreamingSynthesizeConfig(
            voice=_selected(self.voice),
            streaming_audio_config=tts.StreamingAudioConfig(
                audio_encoding=encoding, sample_rate_hertz=RATE
            ),
        )
        client = await _client()
        stream: Any = await client.streaming_synthesize(
            requests=_asked(config, text), timeout=CALL_S
        )
        odd = b""
        try:
            async for response in stream:
                audio = response.audio_content
                if encoding == Encoding.PCM:
                    whole = odd + audio
                    audio, odd = whole[: len(whole) // 2 * 2], whole[len(whole) // 2 * 2 :]
                    audio = to_mulaw(np.frombuffer(audio, "<i2").astype(np.int16))
                if audio:
                    yield audio
        finally:
            # An interrupted reply is not made to its end, nor paid for.
            stream.cancel()

    async def _whole(self, text: str) -> bytes:
        voice = settings.GOOGLE_TTS_FALLBACK_VOICE if self._can_stream else self.voice
        client = await _client()
        response = await client.synthesize_speech(
            input=tts.SynthesisInput(text=text),
            voice=_selected(voice),
            audio_config=tts.AudioConfig(audio_encoding=Encoding.MULAW, sample_rate_hertz=RATE),
            timeout=CALL_S,
            retry=None,
        )
        return without_header(response.audio_content)

    def _failed(self, error: GoogleAPICallError) -> ServiceFailed:
        status: StatusCode = error.grpc_status_code
        advice = ADVICE.get(status, "")
        if "metadata from plugin" in error.message:  # a token could not be had
            advice = ADVICE[StatusCode.UNAUTHENTICATED]
        said = f"{self.name}: {status.name}: {error.message}"
        is_late = status == StatusCode.DEADLINE_EXCEEDED
        return (ServiceLate if is_late else ServiceFailed)(f"{said} ({advice})" if advice else said)


def _selected(voice: str) -> tts.VoiceSelectionParams:
    """The language is the beginning of the voice's name: he-IL-Wavenet-A."""
    return tts.VoiceSelectionParams(language_code="-".join(voice.split("-")[:2]), name=voice)


async def _asked(
    config: tts.StreamingSynthesizeConfig, text: str
) -> AsyncIterator[tts.StreamingSynthesizeRequest]:
    """Both messages at once: nothing is left waiting when Google ends the stream early."""
    yield tts.StreamingSynthesizeRequest(streaming_config=config)
    yield tts.StreamingSynthesizeRequest(input=tts.StreamingSynthesisInput(text=text))


async def _client() -> tts.TextToSpeechAsyncClient:
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        # The credentials are looked for on the disk, or asked of Google's metadata server.
        channel = _plain() or _secure(await asyncio.to_thread(_credentials))
        transport = TextToSpeechGrpcAsyncIOTransport(channel=channel)
        _clients.setdefault(loop, tts.TextToSpeechAsyncClient(transport=transport))
    return _clients[loop]


def _plain() -> grpc.aio.Channel | None:
    endpoint = settings.GOOGLE_TEXTTOSPEECH_ENDPOINT
    if not (settings.GOOGLE_INSECURE and endpoint):
        return None
    return grpc.aio.insecure_channel(endpoint, options=CHANNEL)


def _secure(credentials: Credentials) -> grpc.aio.Channel:
    return TextToSpeechGrpcAsyncIOTransport.create_channel(
        settings.GOOGLE_TEXTTOSPEECH_ENDPOINT or GOOGLE, credentials=credentials, options=CHANNEL
    )


def _credentials() -> Credentials:
    try:
        return google.auth.default()[0]
    except GoogleAuthError as error:
        raise ServiceFailed(
            f"Google Text-to-Speech: {error} (set GOOGLE_APPLICATION_CREDENTIALS to the service "
            "account's key file)"
        ) from error


def within_limit(text: str, limit: int = LIMIT_BYTES) -> list[str]:
    """The text in parts of at most so many bytes (a Hebrew letter has two), cut between words."""
    parts: list[str] = []
    for word in text.split():
        longer = f"{parts[-1]} {word}" if parts else word
        if parts and len(longer.encode()) <= limit:
            parts[-1] = longer
        else:
            while len(word.encode()) > limit:
                fits = word.encode()[:limit].decode(errors="ignore")
                parts.append(fits)
                word = word[len(fits) :]
            parts.append(word)
    return parts


def without_header(audio: bytes) -> bytes:
    """The samples of a RIFF file. Google heads mu-law too, and played, that is an audible click."""
    if audio[:4] != b"RIFF":
        return audio
    at = 12
    while at + 8 <= len(audio):
        name, size = audio[at : at + 4], int.from_bytes(audio[at + 4 : at + 8], "little")
        at += 8
        if name == b"data":
            # A writer that does not know the length yet leaves 0 or the largest number.
            return audio[at : at + size] if size > 0 else audio[at:]
        at += size + size % 2
    raise ServiceFailed("Google Text-to-Speech sent a WAV file without sound")
