"""Google Speech's requests and answers, and the words and codes of its refusals.

Texts as users met them; those marked (memory) were never quoted by anyone in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from google.cloud.speech_v1.types import cloud_speech as v1
from google.cloud.speech_v2.types import cloud_speech as v2
from grpc import StatusCode

from tests.servers.hearing import Heard

HEBREW_V1 = {"", "default", "command_and_search"}
NAMED_IN_REFUSAL = {"phone_call", "video"}
PLACES_V2 = {
    **dict.fromkeys(("long", "short", "telephony", "telephony_short"), ("global", "eu", "us")),
    "chirp": ("europe-west4", "us-central1", "asia-southeast1"),
    "chirp_2": ("europe-west4", "us-central1", "asia-southeast1"),
    "chirp_3": ("eu", "us"),
}
HEBREW_V2 = {"chirp", "chirp_2", "chirp_3"}
STREAMS_HEBREW_V2 = {"chirp_3"}


class StreamError(NamedTuple):
    code: StatusCode
    text: str


class Config(NamedTuple):
    """What a request asks for."""

    api: str
    language: str
    model: str
    location: str
    encoding: str
    """MULAW or LINEAR16, both at 8 kHz; "": any other."""
    wants_partials: bool
    phrases: tuple[str, ...]


ENDED = "The service is currently unavailable."
MALORDERED = StreamError(  # (memory)
    StatusCode.INVALID_ARGUMENT,
    "Malordered Data Received. Expected audio_content none was set. Send exactly one config, "
    "followed by audio data.",
)
IDLE = {
    "v1": StreamError(
        StatusCode.OUT_OF_RANGE,
        "Audio Timeout Error: Long duration elapsed without audio. Audio should be sent close to "
        "real time.",
    ),
    "v2": StreamError(
        StatusCode.ABORTED, "Stream timed out after receiving no more client requests."
    ),
}
OVER_LENGTH = {
    "v1": StreamError(
        StatusCode.OUT_OF_RANGE, "Exceeded maximum allowed stream duration of 305 seconds."
    ),
    "v2": StreamError(StatusCode.ABORTED, "Max duration of 5 minutes reached for stream."),
}


def too_large(size: int) -> StreamError:
    return StreamError(
        StatusCode.INVALID_ARGUMENT,
        f"Audio chunk can be of a maximum of 25600 bytes. Received audio of {size} bytes instead.",
    )


def refusal(config: Config, is_stream: bool, refused_models: set[str]) -> str:
    """Why Google does not serve this; "": it does. Hebrew's matrix; other languages pass."""
    language, model, place = config.language, config.model, config.location
    is_hebrew = language in ("iw-IL", "he-IL")
    if config.api == "v1":
        if model in refused_models or (is_hebrew and model not in HEBREW_V1):
            named = f"{model}" if model in NAMED_IN_REFUSAL else "requested"
            return (
                f"Invalid recognition 'config': The {named} model is currently not supported for "
                f"language : {language}."
            )
        if not config.encoding:
            return "Invalid recognition 'config': bad encoding.."
        return ""
    if model in refused_models or place not in PLACES_V2.get(model, ()):
        return f'The model "{model}" does not exist in the location named "{place}".'
    if language == "he-IL" or (is_hebrew and model not in HEBREW_V2):
        return (
            f'The language "{language}" is not supported by the model "{model}" in the location '
            f'named "{place}".'
        )
    if is_stream and is_hebrew and model not in STREAMS_HEBREW_V2:
        return (
            f'StreamingRecognize does not support the "{language}" language code for the "{model}" '
            f'model at location "{place}"'
        )
    return "" if config.encoding else "Audio encoding is not supported."  # (memory)


def _telephone(encoding: Any, rate_hz: int) -> str:
    """The encoding's name, of either API's, if it is one that the ears know."""
    is_known = encoding.name in {"MULAW", "LINEAR16"} and rate_hz == 8000
    return str(encoding.name) if is_known else ""


def config_v1(message: Any) -> Config | None:
    """None: it holds none."""
    streaming = getattr(message, "streaming_config", None)
    if isinstance(message, v1.StreamingRecognizeRequest) and "streaming_config" not in message:
        return None
    config = streaming.config if streaming else message.config
    return Config(
        "v1",
        config.language_code,
        config.model,
        "global",
        _telephone(config.encoding, config.sample_rate_hertz),
        bool(streaming and streaming.interim_results),
        tuple(phrase for context in config.speech_contexts for phrase in context.phrases),
    )


def config_v2(message: Any) -> Config | None:
    streaming = getattr(message, "streaming_config", None)
    if isinstance(message, v2.StreamingRecognizeRequest) and (
        "streaming_config" not in message or not message.recognizer
    ):
        return None
    config = streaming.config if streaming else message.config
    decoding = config.explicit_decoding_config
    return Config(
        "v2",
        config.language_codes[0] if config.language_codes else "",
        config.model,
        message.recognizer.split("/")[3],
        _telephone(decoding.encoding, decoding.sample_rate_hertz),
        bool(streaming and streaming.streaming_features.interim_results),
        tuple(
            phrase.value
            for phrase_set in config.adaptation.phrase_sets
            for phrase in phrase_set.inline_phrase_set.phrases
        ),
    )


def response_v1(heard: Heard, confidence: float) -> v1.StreamingRecognizeResponse:
    sure = confidence if heard.is_final else 0.0
    return v1.StreamingRecognizeResponse(
        results=[
            v1.StreamingRecognitionResult(
                alternatives=[v1.SpeechRecognitionAlternative(transcript=text, confidence=sure)],
                is_final=heard.is_final,
                stability=stability,
                result_end_time=timedelta(milliseconds=heard.until_ms),
                language_code="iw-il",
            )
            for text, stability in _parts(heard)
        ]
    )


def response_v2(heard: Heard, confidence: float) -> v2.StreamingRecognizeResponse:
    sure = confidence if heard.is_final else 0.0
    return v2.StreamingRecognizeResponse(
        results=[
            v2.StreamingRecognitionResult(
                alternatives=[v2.SpeechRecognitionAlternative(transcript=text, confidence=sure)],
                is_final=heard.is_final,
                stability=stability,
                result_end_offset=timedelta(milliseconds=heard.until_ms),
                language_code="iw-IL",
            )
            for text, stability in _parts(heard)
        ]
    )


def whole_v1(heard: Sequence[Heard], confidence: float) -> v1.RecognizeResponse:
    texts = (" ".join(each.words) for each in heard)
    return v1.RecognizeResponse(
        results=[
            v1.SpeechRecognitionResult(
                alternatives=[
                    v1.SpeechRecognitionAlternative(transcript=text, confidence=confidence)
                ]
            )
            for text in texts
        ]
    )


def whole_v2(heard: Sequence[Heard], confidence: float) -> v2.RecognizeResponse:
    texts = (" ".join(each.words) for each in heard)
    return v2.RecognizeResponse(
        results=[
            v2.SpeechRecognitionResult(
                alternatives=[
                    v2.SpeechRecognitionAlternative(transcript=text, confidence=confidence)
                ]
            )
            for text in texts
        ]
    )


def _parts(heard: Heard) -> list[tuple[str, float]]:
    """A final is one result; a partial is what is stable and then what may change. As from
    Google, texts may begin with a space."""
    if heard.is_final:
        return [(" " + " ".join(heard.words), 0.0)]
    stable, rest = heard.words[: heard.stable], heard.words[heard.stable :]
    parts = [(" ".join(stable), 0.9), (" " + " ".join(rest), 0.1)]
    return [(text, stability) for text, stability in parts if text.strip()]
