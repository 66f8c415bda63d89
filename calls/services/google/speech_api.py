"""The differences between Google's two Speech APIs: field names, requests and answers.

The rest of the recogniser is written once, in terms of `Speech` and `Result`. Hebrew is `iw-IL` in
both (the old code of the language; only Text-to-Speech says he-IL).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Protocol

import grpc
from google.cloud import speech_v1 as v1
from google.cloud import speech_v2 as v2
from google.cloud.speech_v1.services.speech.transports import (
    SpeechGrpcAsyncIOTransport as TransportV1,
)
from google.cloud.speech_v2.services.speech.transports import (
    SpeechGrpcAsyncIOTransport as TransportV2,
)
from google.cloud.speech_v2.types import cloud_speech as v2_types

from calls.audio.codec import RATE
from calls.services.google import faults
from calls.services.stt_stream import Result

HOST = "speech.googleapis.com"
HEBREW = {"he", "he-IL", "iw", "iw-IL"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A model and a language, and the API that serves them."""

    api: str
    """v1 or v2."""
    model: str
    language: str
    location: str = "global"

    def __str__(self) -> str:
        return f"{self.api} {self.model}" + (f" {self.location}" if self.api == "v2" else "")

    @property
    def is_hebrew(self) -> bool:
        return self.language in HEBREW

    @property
    def language_code(self) -> str:
        return "iw-IL" if self.is_hebrew else self.language

    @property
    def host(self) -> str:
        return HOST if self.location == "global" else f"{self.location}-{HOST}"


class SpeechApi(Protocol):
    """One of the APIs, over one channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None: ...

    def stream(self, timeout_s: float) -> Any:
        """A call to write requests to and read responses from. The client's own method would retry
        it (audio again, without the configuration), and keep it if cancelled while connecting."""

    def opening(self, pair: Pair, project: str, phrases: Sequence[str]) -> Any: ...

    def audio(self, audio: bytes) -> Any: ...

    def results(self, response: Any) -> list[Result]:
        """Raises GoogleAPICallError for an error that came as an answer."""

    async def recognise(
        self, pair: Pair, project: str, phrases: Sequence[str], audio: bytes, timeout_s: float
    ) -> str: ...


class SpeechV1:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._client = v1.SpeechAsyncClient(transport=TransportV1(channel=channel))

    def stream(self, timeout_s: float) -> Any:
        recognise: Any = self._client.transport.streaming_recognize
        return recognise(timeout=timeout_s)

    def opening(self, pair: Pair, project: str, phrases: Sequence[str]) -> Any:
        return v1.StreamingRecognizeRequest(
            streaming_config=v1.StreamingRecognitionConfig(
                config=self._config(pair, phrases), interim_results=True
            )
        )

    def audio(self, audio: bytes) -> Any:
        return v1.StreamingRecognizeRequest(audio_content=audio)

    def results(self, response: Any) -> list[Result]:
        if response.error.code:
            status = _STATUS.get(response.error.code, grpc.StatusCode.UNKNOWN)
            raise faults.of(status, response.error.message)
        return [
            Result(_best(each), _ms(each.result_end_time), each.is_final, each.stability)
            for each in response.results
        ]

    async def recognise(
        self, pair: Pair, project: str, phrases: Sequence[str], audio: bytes, timeout_s: float
    ) -> str:
        response = await self._client.recognize(
            config=self._config(pair, phrases),
            audio=v1.RecognitionAudio(content=audio),
            retry=None,
            timeout=timeout_s,
        )
        return joined(_best(each) for each in response.results)

    def _config(self, pair: Pair, phrases: Sequence[str]) -> v1.RecognitionConfig:
        return v1.RecognitionConfig(
            encoding=v1.RecognitionConfig.AudioEncoding.MULAW,
            sample_rate_hertz=RATE,
            language_code=pair.language_code,
            model=pair.model,
            speech_contexts=[v1.SpeechContext(phrases=phrases)] if phrases else [],
        )


class SpeechV2:
    _interim: ClassVar = v2_types.StreamingRecognitionFeatures(interim_results=True)

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._client = v2.SpeechAsyncClient(transport=TransportV2(channel=channel))

    def stream(self, timeout_s: float) -> Any:
        recognise: Any = self._client.transport.streaming_recognize
        return recognise(timeout=timeout_s)

    def opening(self, pair: Pair, project: str, phrases: Sequence[str]) -> Any:
        return v2_types.StreamingRecognizeRequest(
            recognizer=_recogniser(pair, project),
            streaming_config=v2_types.StreamingRecognitionConfig(
                config=self._config(pair, phrases), streaming_features=self._interim
            ),
        )

    def audio(self, audio: bytes) -> Any:
        return v2_types.StreamingRecognizeRequest(audio=audio)

    def results(self, response: Any) -> list[Result]:
        return [
            Result(_best(each), _ms(each.result_end_offset), each.is_final, each.stability)
            for each in response.results
        ]

    async def recognise(
        self, pair: Pair, project: str, phrases: Sequence[str], audio: bytes, timeout_s: float
    ) -> str:
        request = v2_types.RecognizeRequest(
            recognizer=_recogniser(pair, project),
            config=self._config(pair, phrases),
            content=audio,
        )
        response = await self._client.recognize(request=request, retry=None, timeout=timeout_s)
        return joined(_best(each) for each in response.results)

    def _config(self, pair: Pair, phrases: Sequence[str]) -> v2_types.RecognitionConfig:
        config = v2_types.RecognitionConfig(
            explicit_decoding_config=v2_types.ExplicitDecodingConfig(
                encoding=v2_types.ExplicitDecodingConfig.AudioEncoding.MULAW,
                sample_rate_hertz=RATE,
                audio_channel_count=1,
            ),
            language_codes=[pair.language_code],
            model=pair.model,
        )
        if phrases:
            words = [v2_types.PhraseSet.Phrase(value=phrase) for phrase in phrases]
            config.adaptation = v2_types.SpeechAdaptation(
                phrase_sets=[
                    v2_types.SpeechAdaptation.AdaptationPhraseSet(
                        inline_phrase_set=v2_types.PhraseSet(phrases=words)
                    )
                ]
            )
        return config


SPEECH: dict[str, type[SpeechApi]] = {"v1": SpeechV1, "v2": SpeechV2}
_STATUS = {code.value[0]: code for code in grpc.StatusCode}


def joined(texts: Iterable[str]) -> str:
    return " ".join(filter(None, (text.strip() for text in texts)))


def _recogniser(pair: Pair, project: str) -> str:
    """`_` is the recogniser that takes its configuration from the request."""
    return f"projects/{project}/locations/{pair.location}/recognizers/_"


def _best(result: Any) -> str:
    return result.alternatives[0].transcript if result.alternatives else ""


def _ms(time: timedelta) -> int:
    return round(time.total_seconds() * 1000) if time else 0
