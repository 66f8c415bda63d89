"""Google's voice: Chirp 3 HD, streamed as it is made, or Wavenet where that is not available.

Rules: one stream for each reply (voice_stream.py). A refusal before the first byte costs the caller
only the time of that refusal: mu-law -> PCM, converted here -> the fallback voice, made in one
piece. A refusal of the request itself is remembered for the life of the process. Nothing touches
the disk.
Pitch is never sent: Chirp 3 HD refuses it, even 0.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import ClassVar

from django.conf import settings
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import texttospeech_v1 as tts
from google.cloud.texttospeech_v1.services.text_to_speech.transports import (
    TextToSpeechGrpcAsyncIOTransport,
)
from grpc import StatusCode

from calls.audio import riff
from calls.audio.codec import RATE, chunks
from calls.language.language import Language
from calls.services import (
    NO_NUMBER,
    Availability,
    CalledNumber,
    ServiceFailed,
    ServiceLate,
    reply_texts,
)
from calls.services.google import connection, faults
from calls.services.google.voice_stream import FromPcm, SpeakingPace, VoiceStream, within_limit
from calls.services.per_loop import PerLoop
from calls.services.reply_texts import ReplyTexts, audio_of

logger = logging.getLogger(__name__)

Encoding = tts.AudioEncoding
MULAW, PCM = int(Encoding.MULAW), int(Encoding.PCM)
OWED_S = 2.0
"""How long Google may take for a byte of what it was asked to say."""
WARM_UP_S = 10.0
"""The first connection of a process also resolves, shakes hands and fetches a token."""
CALL_S = 30.0
"""The client has no timeout of its own. Shorter deadlines end a call that is stuck."""
GOOGLE = "texttospeech.googleapis.com:443"
USUAL, FALLBACK = "Chirp3-HD-Kore", "Wavenet-A"
"""Google has these in almost every language, by its locale."""
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


class GoogleSpeaker:
    """One call's voice."""

    _refused: ClassVar[dict[tuple[str, int], str]] = {}
    """Voices, what Google would not stream them in, and its words."""
    _paces: ClassVar[dict[str, SpeakingPace]] = {}

    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        self._language = called.language
        self.voice = called.voice or usual_voice(self._language)
        self.name = f"Google voice {self.voice}"
        self._owed_s = OWED_S

    @classmethod
    async def warm_up(cls) -> None:
        """Connect, and learn what Google refuses, before a caller would wait for it."""
        speaker = cls()
        speaker._owed_s = WARM_UP_S
        await audio_of(speaker.speak(reply_texts.of(f"{speaker._language.hello}.")))

    @classmethod
    def availability(cls) -> Availability:
        """In Google's words, why it is not the voice, or the encoding, that was asked for."""
        language = NO_NUMBER.language
        voice = usual_voice(language)
        mulaw, pcm = cls._refused.get((voice, MULAW)), cls._refused.get((voice, PCM))
        if mulaw and pcm:
            return Availability(voice, fallback_voice(language), pcm)
        return (
            Availability(voice, f"{voice}, as PCM", mulaw) if mulaw else Availability(voice, voice)
        )

    async def speak(self, texts: AsyncIterator[str]) -> AsyncGenerator[str | bytes, None]:
        written = ReplyTexts(texts)
        try:
            while (text := await written.next()) is not None:
                async with aclosing(self._reply(text, written)) as parts:
                    async for part in parts:
                        yield part
        finally:
            await written.aclose()

    async def _reply(self, text: str, written: ReplyTexts) -> AsyncGenerator[str | bytes, None]:
        """From this text on, in the first way that Google does not refuse; to the end, or to a
        pause of the writer's."""
        given, refused = [text], dict[tuple[str, int], str]()
        refusal: GoogleAPICallError | None = None
        for encoding in self._streamable() if self._requests(text) else ():
            has_begun = False
            try:
                async with aclosing(self._streamed(given, written, encoding)) as parts:
                    async for part in parts:
                        has_begun = has_begun or isinstance(part, bytes)
                        yield part
                self._refused.update(refused)
                return
            except GoogleAPICallError as error:
                if has_begun or not _may_fall_back(error):
                    raise self._failed(error) from error
                logger.warning(
                    "%s would not stream %s: %s", self.name, Encoding(encoding).name, error
                )
                refusal = error
                if error.grpc_status_code != StatusCode.INVALID_ARGUMENT:
                    break
                if not any(words in error.message for words in ABOUT_THE_TEXT):
                    refused[self.voice, encoding] = error.message
        for said in given:
            async for part in self._whole(said, refusal):
                yield part
        self._refused.update(refused)

    def _requests(self, text: str) -> list[str]:
        """What Google is asked to say of a text; nothing if there is nothing to say."""
        return within_limit(self._language.speakable(text))

    @property
    def _can_stream(self) -> bool:
        return "Chirp" in self.voice

    def _streamable(self) -> list[int]:
        if not self._can_stream:
            return []
        return [each for each in (MULAW, PCM) if (self.voice, each) not in self._refused]

    async def _streamed(
        self, given: list[str], written: ReplyTexts, encoding: int
    ) -> AsyncGenerator[str | bytes, None]:
        config = tts.StreamingSynthesizeConfig(
            voice=_selected(self.voice),
            streaming_audio_config=tts.StreamingAudioConfig(
                audio_encoding=encoding, sample_rate_hertz=RATE
            ),
        )
        client = await _client()
        pace = self._paces.setdefault(self.voice, SpeakingPace())
        stream = VoiceStream(
            await client.streaming_synthesize(timeout=CALL_S), config, given, self._requests,
            ms_per_character=pace.ms_per_character, owed_s=self._owed_s,
        )  # fmt: skip
        as_it_is = encoding == MULAW
        try:
            async with aclosing(stream.parts(written, bytes if as_it_is else FromPcm())) as parts:
                async for part in parts:
                    yield part
        except ServiceLate as error:
            raise ServiceLate(f"{self.name} was {error}") from None
        pace.learn(stream.audio_ms, stream.characters)

    async def _whole(
        self, text: str, refusal: GoogleAPICallError | None
    ) -> AsyncGenerator[str | bytes, None]:
        """By the fallback voice, or by one that cannot stream."""
        voice = fallback_voice(self._language) if self._can_stream else self.voice
        client, is_told = await _client(), False
        for request in self._requests(text):
            try:
                async with asyncio.timeout(self._owed_s):
                    response = await client.synthesize_speech(
                        input=tts.SynthesisInput(text=request),
                        voice=_selected(voice),
                        audio_config=tts.AudioConfig(audio_encoding=MULAW, sample_rate_hertz=RATE),
                        timeout=CALL_S,
                        retry=None,
                    )
            except TimeoutError:
                raise ServiceLate(f"{self.name} was silent for {self._owed_s:g} s") from None
            except GoogleAPICallError as error:
                raise self._failed(refusal or error) from error
            audio = without_header(response.audio_content)
            if not is_told:
                is_told = True
                yield text
            for chunk in chunks(audio):
                yield chunk

    def _failed(self, error: GoogleAPICallError) -> ServiceFailed:
        status: StatusCode = error.grpc_status_code
        advice = ADVICE.get(status, "")
        if "metadata from plugin" in error.message:  # a token could not be had
            advice = ADVICE[StatusCode.UNAUTHENTICATED]
        said = f"{self.name}: {status.name}: {error.message}"
        is_late = status == StatusCode.DEADLINE_EXCEEDED
        return (ServiceLate if is_late else ServiceFailed)(f"{said} ({advice})" if advice else said)


def usual_voice(language: Language) -> str:
    return settings.GOOGLE_TTS_VOICE or f"{language.locale}-{USUAL}"


def fallback_voice(language: Language) -> str:
    return settings.GOOGLE_TTS_FALLBACK_VOICE or f"{language.locale}-{FALLBACK}"


def _selected(voice: str) -> tts.VoiceSelectionParams:
    """The language is the beginning of the voice's name: he-IL-Wavenet-A."""
    return tts.VoiceSelectionParams(language_code="-".join(voice.split("-")[:2]), name=voice)


def _may_fall_back(error: GoogleAPICallError) -> bool:
    return error.grpc_status_code in FALLS_BACK or faults.is_unexplained(error)


def _new_client() -> tts.TextToSpeechAsyncClient:
    """One connection carries 100 streams, as many as Google's quota lets one project have."""
    channel = connection.channel(settings.GOOGLE_TEXTTOSPEECH_ENDPOINT, GOOGLE)
    return tts.TextToSpeechAsyncClient(transport=TextToSpeechGrpcAsyncIOTransport(channel=channel))


clients: PerLoop[tts.TextToSpeechAsyncClient] = PerLoop(_new_client)


async def _client() -> tts.TextToSpeechAsyncClient:
    if not connection.is_plain(settings.GOOGLE_TEXTTOSPEECH_ENDPOINT):
        await asyncio.to_thread(connection.credentials)
    return clients()


def without_header(audio: bytes) -> bytes:
    """The samples of a RIFF file. Google heads mu-law too, and played, that is an audible click."""
    if not riff.is_riff(audio):
        return audio
    try:
        return riff.read(audio).data
    except riff.Unreadable as error:
        raise ServiceFailed(f"Google Text-to-Speech sent no sound: {error}") from None
