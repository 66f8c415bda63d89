"""Google Speech-to-Text on this machine: the real v1 and v2 protocols over `hearing`'s ears.

It enforces what Google enforces (order of messages, size of messages, which models serve Hebrew,
how long a stream may last and be without audio) in Google's codes and words, and can be told to
misbehave: the attributes of GoogleSpeech are the knobs, and may be changed at any time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc
import numpy as np
from google.cloud.speech_v1.types import cloud_speech as v1
from google.cloud.speech_v2.types import cloud_speech as v2

from calls.audio.codec import FRAME_BYTES, to_mulaw
from tests.servers.google_speech_words import (
    ENDED,
    IDLE,
    MALORDERED,
    OVER_LENGTH,
    Config,
    StreamError,
    config_v1,
    config_v2,
    refusal,
    response_v1,
    response_v2,
    too_large,
    whole_v1,
    whole_v2,
)
from tests.servers.hearing import Book, Ear, Heard, Hearing

LIMIT_BYTES = 25_600
OPTIONS = (
    ("grpc.max_concurrent_streams", 100),
    ("grpc.http2.bdp_probe", 0),  # else 4 MB can be sent to who does not listen
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error instead of an answer, for so many requests (None: for all)."""

    code: grpc.StatusCode
    text: str
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Api:
    """What differs between the versions."""

    config: Callable[[Any], Config | None]
    audio: Callable[[Any], bytes]
    response: Callable[[Heard, float], Any]
    idle: StreamError
    over_length: StreamError


V1 = Api(config_v1, lambda m: m.audio_content, response_v1, IDLE["v1"], OVER_LENGTH["v1"])
V2 = Api(config_v2, lambda m: m.audio, response_v2, IDLE["v2"], OVER_LENGTH["v2"])


class GoogleSpeech:
    def __init__(self) -> None:
        self.book = Book()
        self.ear: Callable[[], Ear] = lambda: Hearing(self.book)
        """What hears each stream."""
        self.partial_delay_s, self.final_delay_s = 0.25, 0.3
        self.slow_s = 0.0
        """Added to both."""
        self.confidence = 0.9
        """Of every final, as Google says it."""
        self.idle_s = 10.0
        self.longest_s = 300.0
        self.cut_every_s: float | None = None
        self.cut = StreamError(grpc.StatusCode.UNAVAILABLE, ENDED)
        self.refuses: Refusal | None = None
        self.refuses_models: set[str] = set()
        """Models that are not served, besides those that Google does not serve."""
        self.hangs = 0
        """So many streams from now on take everything and answer nothing."""
        self.deaf = 0
        """So many streams from now on take nothing, until no more can be sent."""
        self.streams: list[Config] = []
        self.wholes: list[Config] = []
        self.connections: set[str] = set()
        self.in_progress = 0
        self.bytes_heard = 0
        self._refused = 0
        self._broken_s = float("-inf")

    def break_streams(self) -> None:
        """Those that are open end in `cut`, with their next audio."""
        self._broken_s = asyncio.get_running_loop().time()

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[str]:
        """Listens while the block runs; gives host:port (port 0: any that is free)."""
        server = grpc.aio.server(options=OPTIONS)
        server.add_generic_rpc_handlers(self._handlers())
        port = server.add_insecure_port(f"127.0.0.1:{port}")
        await server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            await server.stop(grace=0.1)

    def _handlers(self) -> tuple[grpc.GenericRpcHandler, ...]:
        return tuple(
            grpc.method_handlers_generic_handler(
                f"google.cloud.speech.{name}.Speech",
                {
                    "StreamingRecognize": grpc.stream_stream_rpc_method_handler(
                        self._streaming(api),
                        types.StreamingRecognizeRequest.deserialize,
                        types.StreamingRecognizeResponse.serialize,
                    ),
                    "Recognize": grpc.unary_unary_rpc_method_handler(
                        whole,
                        types.RecognizeRequest.deserialize,
                        types.RecognizeResponse.serialize,
                    ),
                },
            )
            for name, api, types, whole in (
                ("v1", V1, v1, self._recognise_v1),
                ("v2", V2, v2, self._recognise_v2),
            )
        )

    def _streaming(self, api: Api) -> Callable[..., Any]:
        async def stream(_requests: Any, context: Any) -> None:
            self.in_progress += 1
            self.connections.add(context.peer())
            answering = None
            try:
                config = await self._opened(api, context)
                answers: asyncio.Queue[tuple[float, Any] | None] = asyncio.Queue()
                answering = asyncio.create_task(_answer(context, answers))
                await self._hear(api, config, context, answers)
                answers.put_nowait(None)
                await answering
            finally:
                self.in_progress -= 1
                if answering:
                    answering.cancel()

        return stream

    async def _opened(self, api: Api, context: Any) -> Config:
        message = await context.read()
        config = None if message is grpc.aio.EOF else api.config(message)
        if config is None:
            await _abort(context, MALORDERED)
        self.streams.append(config)
        await self._refuse(config, context, is_stream=True)
        return config

    async def _hear(
        self, api: Api, config: Config, context: Any, answers: asyncio.Queue[Any]
    ) -> None:
        """Until there is no more audio."""
        loop, hearing, rest = asyncio.get_running_loop(), self.ear(), b""
        opened_s = loop.time()
        is_hung, self.hangs = self.hangs > 0, max(0, self.hangs - 1)
        if self.deaf:
            self.deaf -= 1
            await asyncio.Event().wait()
        while True:
            ends = [
                (opened_s + self.longest_s, api.over_length),
                (loop.time() + self.idle_s, api.idle),
            ]
            if self.cut_every_s:
                ends.append((opened_s + self.cut_every_s, self.cut))
            end_s, error = min(ends, key=lambda end: end[0])
            try:
                async with asyncio.timeout_at(end_s):
                    message = await context.read()
            except TimeoutError:
                await _abort(context, error)
            if message is grpc.aio.EOF:
                break
            if opened_s <= self._broken_s:
                await _abort(context, self.cut)
            if api.config(message) is not None:
                await _abort(context, MALORDERED)
            audio = api.audio(message)
            if len(audio) > LIMIT_BYTES:
                await _abort(context, too_large(len(audio)))
            self.bytes_heard += len(audio)
            rest += audio if config.encoding == "MULAW" else to_mulaw(np.frombuffer(audio, "<i2"))
            while len(rest) >= FRAME_BYTES and not is_hung:
                frame, rest = rest[:FRAME_BYTES], rest[FRAME_BYTES:]
                for heard in hearing.hear(frame):
                    if config.wants_partials or heard.is_final:
                        delay_s = self.final_delay_s if heard.is_final else self.partial_delay_s
                        due_s = loop.time() + delay_s + self.slow_s
                        answers.put_nowait((due_s, api.response(heard, self.confidence)))
        for heard in hearing.finish():
            answers.put_nowait((loop.time(), api.response(heard, self.confidence)))

    async def _recognise_v1(self, request: v1.RecognizeRequest, context: Any) -> Any:
        heard = await self._whole(config_v1(request), request.audio.content, context)
        return whole_v1(heard, self.confidence)

    async def _recognise_v2(self, request: v2.RecognizeRequest, context: Any) -> Any:
        heard = await self._whole(config_v2(request), request.content, context)
        return whole_v2(heard, self.confidence)

    async def _whole(self, config: Config | None, audio: bytes, context: Any) -> list[Heard]:
        assert config
        self.wholes.append(config)
        await self._refuse(config, context, is_stream=False)
        await asyncio.sleep(self.final_delay_s + self.slow_s)
        hearing = self.ear()
        frames = range(0, len(audio) - FRAME_BYTES + 1, FRAME_BYTES)
        heard = [each for begin in frames for each in hearing.hear(audio[begin:][:FRAME_BYTES])]
        return [each for each in (*heard, *hearing.finish()) if each.is_final]

    async def _refuse(self, config: Config, context: Any, is_stream: bool) -> None:
        told = self.refuses
        if told and (told.times is None or self._refused < told.times):
            self._refused += 1
            await _abort(context, StreamError(told.code, told.text))
        if text := refusal(config, is_stream, self.refuses_models):
            await _abort(context, StreamError(grpc.StatusCode.INVALID_ARGUMENT, text))


async def _answer(context: Any, answers: asyncio.Queue[tuple[float, Any] | None]) -> None:
    """Send each answer when it is due, in their order."""
    loop = asyncio.get_running_loop()
    while (answer := await answers.get()) is not None:
        due_s, response = answer
        await asyncio.sleep(due_s - loop.time())
        await context.write(response)


async def _abort(context: Any, error: StreamError) -> NoReturn:
    await context.abort(error.code, error.text)
    raise AssertionError("abort does not return")
