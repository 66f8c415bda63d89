"""Google Text-to-Speech on this machine: the real v1 protocol, with a buzz for a voice.

It enforces what Google enforces (order of messages, encodings, which voice may stream, lengths,
the idle limit) and can be told to misbehave: the attributes of GoogleVoice are the knobs, read
anew for each request. Speech lasts 60 ms a character and comes faster than it is spoken.
"""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc
import numpy as np
from google.cloud.texttospeech_v1 import types as tts

from calls.audio.codec import Samples, to_mulaw

Encoding = tts.AudioEncoding
SERVICE = "google.cloud.texttospeech.v1.TextToSpeech"
LANGUAGE = "he-IL"
FEMALE = (
    *("Achernar", "Aoede", "Autonoe", "Callirrhoe", "Despina", "Erinome", "Gacrux", "Kore"),
    *("Laomedeia", "Leda", "Pulcherrima", "Sulafat", "Vindemiatrix", "Zephyr"),
)
MALE = (
    *("Achird", "Algenib", "Algieba", "Alnilam", "Charon", "Enceladus", "Fenrir", "Iapetus"),
    *("Orus", "Puck", "Rasalgethi", "Sadachbia", "Sadaltager", "Schedar", "Umbriel"),
    "Zubenelgenubi",
)
LIMIT_BYTES = 5000
MS_PER_CHARACTER, CHUNK_MS = 60, 100
PITCH_HZ = 120.0
STREAMED = (Encoding.PCM, Encoding.ALAW, Encoding.MULAW, Encoding.OGG_OPUS)
SPOKEN = (Encoding.LINEAR16, Encoding.PCM, Encoding.MULAW)
"""What the buzz comes in; the rest of what Google offers is refused here."""
WHOLE_MULAW, WHOLE_PCM = 7, 1
"""Their numbers in a WAV header."""

TOO_LONG = (
    "Either `input.text` or `input.ssml` is longer than the limit of 5000 bytes. This limit is "
    "different from quotas. To fix, reduce the byte length of the characters in this request, or "
    "consider using the Long Audio API: "
    "https://cloud.google.com/text-to-speech/docs/create-audio-text-long-audio-synthesis."
)
IDLE = (
    "Stream aborted due to long duration elapsed without input sent. Input must be sent "
    "continuously, at least every 5s seconds."
)
NOT_STREAMED = "Currently, only Chirp 3: HD voices are supported for streaming synthesis."
NO_PITCH = "This voice does not support pitch parameters at this time."
ENCODING = "Unsupported audio encoding."


def voices() -> list[tts.Voice]:
    """What Google offers in Hebrew."""
    female, male = tts.SsmlVoiceGender.FEMALE, tts.SsmlVoiceGender.MALE
    genders = dict.fromkeys((f"Chirp3-HD-{name}" for name in FEMALE), female)
    genders |= dict.fromkeys((f"Chirp3-HD-{name}" for name in MALE), male)
    for kind in ("Standard", "Wavenet"):
        genders |= dict.fromkeys((f"{kind}-{letter}" for letter in "AC"), female)
        genders |= dict.fromkeys((f"{kind}-{letter}" for letter in "BD"), male)
    return [
        tts.Voice(
            language_codes=[LANGUAGE],
            name=f"{LANGUAGE}-{name}",
            ssml_gender=gender,
            natural_sample_rate_hertz=24000,
        )
        for name, gender in sorted(genders.items())
    ]


VOICES = {voice.name: voice for voice in voices()}


def buzz(length_ms: int, rate: int, pitch_hz: float = PITCH_HZ) -> Samples:
    """A voice's pitch and its overtones, swelling four times a second as syllables do."""
    at = np.arange(rate * length_ms // 1000) / rate
    tones = sum(np.sin(2 * np.pi * pitch_hz * harmonic * at) / harmonic for harmonic in range(1, 8))
    return (6000 * tones * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * at))).astype(np.int16)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error instead of audio, for so many requests (None: for all)."""

    code: grpc.StatusCode
    text: str
    times: int | None = None


class GoogleVoice:
    """The server. Its attributes may be changed at any time."""

    def __init__(self) -> None:
        self.first_byte_s = 0.05
        self.speed = 8.0
        """How much faster than it is spoken a stream comes."""
        self.pitch_hz: Callable[[str], float] = lambda text: PITCH_HZ
        self.idle_s = 5.0
        self.refuses_mulaw = False
        self.refuses_streams: Refusal | None = None
        self.refuses_whole: Refusal | None = None
        self.hangs = False
        """Takes everything and answers nothing."""
        self.hangs_after_bytes: int | None = None
        self.fails_after_bytes: int | None = None
        self.streams: list[tts.StreamingSynthesizeConfig] = []
        self.wholes: list[tts.SynthesizeSpeechRequest] = []
        self.texts: list[str] = []
        self.in_progress = 0
        self.cancelled = 0
        self._refused = 0

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[str]:
        """Listens while the block runs; gives host:port (port 0: any that is free)."""
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((self._handlers(),))
        port = server.add_insecure_port(f"127.0.0.1:{port}")
        await server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            await server.stop(grace=0.2)

    def _handlers(self) -> grpc.GenericRpcHandler:
        whole = grpc.unary_unary_rpc_method_handler(
            self._counted(self._synthesise),
            tts.SynthesizeSpeechRequest.deserialize,
            tts.SynthesizeSpeechResponse.serialize,
        )
        stream = grpc.stream_stream_rpc_method_handler(
            self._counted(self._stream),
            tts.StreamingSynthesizeRequest.deserialize,
            tts.StreamingSynthesizeResponse.serialize,
        )
        listing = grpc.unary_unary_rpc_method_handler(
            self._list, tts.ListVoicesRequest.deserialize, tts.ListVoicesResponse.serialize
        )
        return grpc.method_handlers_generic_handler(
            SERVICE,
            {"SynthesizeSpeech": whole, "StreamingSynthesize": stream, "ListVoices": listing},
        )

    def _counted(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        async def counting(request: Any, context: Any) -> Any:
            self.in_progress += 1
            try:
                return await answer(request, context)
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
            finally:
                self.in_progress -= 1

        return counting

    async def _list(self, request: tts.ListVoicesRequest, context: Any) -> tts.ListVoicesResponse:
        wanted = request.language_code.lower()
        found = [voice for voice in VOICES.values() if voice.name.lower().startswith(wanted)]
        return tts.ListVoicesResponse(voices=found)

    async def _synthesise(
        self, request: tts.SynthesizeSpeechRequest, context: Any
    ) -> tts.SynthesizeSpeechResponse:
        self.wholes.append(request)
        await self._refuse(self.refuses_whole, context)
        await self._check_voice(request.voice, context)
        config = request.audio_config
        is_chirp = "Chirp3" in request.voice.name
        if is_chirp and config.pitch:
            await _invalid(context, NO_PITCH)
        text = await self._checked_text(request.input, context)
        if config.speaking_rate and not 0.25 <= config.speaking_rate <= 2.0:
            await _invalid(context, "Speaking rate must be in [0.25, 2.0].")
        if config.audio_encoding not in SPOKEN:
            await _invalid(context, ENCODING)
        await self._wait(context)
        audio = self._encoded(text, config.audio_encoding, config.sample_rate_hertz or 24000)
        if config.audio_encoding != Encoding.PCM:
            audio = _wav(audio, config.audio_encoding, config.sample_rate_hertz or 24000)
        return tts.SynthesizeSpeechResponse(audio_content=audio)

    async def _stream(self, _requests: Any, context: Any) -> None:
        first = await self._read(context)
        if first is grpc.aio.EOF or "streaming_config" not in first:
            await _invalid(context, "The first message must contain streaming_config.")
        config = first.streaming_config
        self.streams.append(config)
        await self._refuse(self.refuses_streams, context)
        await self._check_voice(config.voice, context)
        if "Chirp3" not in config.voice.name:
            await _invalid(context, NOT_STREAMED)
        audio = config.streaming_audio_config
        encoding = audio.audio_encoding or Encoding.PCM
        is_refused = self.refuses_mulaw and encoding == Encoding.MULAW
        if encoding not in STREAMED or encoding not in SPOKEN or is_refused:
            await _invalid(context, ENCODING)
        sent = 0
        while (message := await self._read(context)) is not grpc.aio.EOF:
            if "streaming_config" in message:
                await _invalid(context, "Only the first message may contain streaming_config.")
            text = await self._checked_text(message.input, context)
            if not sent:
                await self._wait(context)
            sent = await self._utter(
                text, encoding, audio.sample_rate_hertz or 24000, sent, context
            )

    async def _utter(self, text: str, encoding: int, rate: int, sent: int, context: Any) -> int:
        """Sends the text's audio; gives back how many bytes the stream has had by now."""
        audio = self._encoded(text, encoding, rate)
        step = rate * CHUNK_MS // 1000 * (1 if encoding == Encoding.MULAW else 2)
        for begin in range(0, len(audio), step):
            await context.write(
                tts.StreamingSynthesizeResponse(audio_content=audio[begin : begin + step])
            )
            sent += len(audio[begin : begin + step])
            if self.fails_after_bytes is not None and sent >= self.fails_after_bytes:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "The service is unavailable.")
            if self.hangs_after_bytes is not None and sent >= self.hangs_after_bytes:
                await asyncio.Event().wait()
            await asyncio.sleep(CHUNK_MS / 1000 / self.speed)
        return sent

    def _encoded(self, text: str, encoding: int, rate: int) -> bytes:
        samples = buzz(MS_PER_CHARACTER * len(text), rate, self.pitch_hz(text))
        return to_mulaw(samples) if encoding == Encoding.MULAW else samples.tobytes()

    async def _read(self, context: Any) -> Any:
        try:
            return await asyncio.wait_for(context.read(), self.idle_s)
        except TimeoutError:
            await context.abort(grpc.StatusCode.ABORTED, IDLE)

    async def _wait(self, context: Any) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        await asyncio.sleep(self.first_byte_s)

    async def _refuse(self, refusal: Refusal | None, context: Any) -> None:
        if refusal and (refusal.times is None or self._refused < refusal.times):
            self._refused += 1
            await context.abort(refusal.code, refusal.text)

    async def _check_voice(self, voice: tts.VoiceSelectionParams, context: Any) -> None:
        if voice.name not in VOICES:
            await _invalid(context, f"Voice '{voice.name}' does not exist. Is it misspelled?")
        if voice.language_code.lower() != LANGUAGE.lower():
            await _invalid(
                context,
                f"Requested language code '{voice.language_code}' doesn't match the voice "
                f"'{voice.name}''s language code '{LANGUAGE}'. Either clear the voice name or set "
                f"the requested language code to '{LANGUAGE}'.",
            )

    async def _checked_text(self, source: Any, context: Any) -> str:
        text: str = source.text
        if not text:
            await _invalid(context, "Invalid text input: text, markup or SSML must be set.")
        if len(text.encode()) > LIMIT_BYTES:
            await _invalid(context, TOO_LONG)
        self.texts.append(text)
        return text


async def _invalid(context: Any, text: str) -> NoReturn:
    await context.abort(grpc.StatusCode.INVALID_ARGUMENT, text)
    raise AssertionError("abort does not return")


def _wav(audio: bytes, encoding: int, rate: int) -> bytes:
    """As Google's unary replies are: with a header, mu-law too."""
    is_mulaw = encoding == Encoding.MULAW
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 1 if is_mulaw else 2, rate, 0, "NONE", ""))
        written.writeframes(audio)
    content = bytearray(file.getvalue())
    content[20] = WHOLE_MULAW if is_mulaw else WHOLE_PCM
    return bytes(content)
