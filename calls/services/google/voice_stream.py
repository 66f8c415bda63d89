"""One StreamingSynthesize call: a reply's texts go in as they are written, and its audio comes out.

Rules: Google aborts a stream that gets no text for 5 s, so it is closed before that. A slow writer
does not make the voice count as late, because Google owes audio only for the texts it has. Google
does not say where the audio of one text ends and the next begins, so that is estimated from how
fast the voice speaks. Only the reader learns why a stream ended: a write to an ended stream is
given no reason.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import grpc
import numpy as np
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import texttospeech_v1 as tts

from calls.audio.codec import BYTES_PER_MS, to_mulaw
from calls.services import ServiceLate
from calls.services.reply_texts import ReplyTexts

IDLE_S = 3.0
LIMIT_BYTES = 5000
WATCH_S = 0.25
USUAL_MS_PER_CHARACTER = 70.0
"""14 characters a second, as people speak; each voice's own is learned from its streams."""


class FromPcm:
    """16-bit PCM in pieces of any size, as mu-law."""

    def __init__(self) -> None:
        self._odd = b""

    def __call__(self, audio: bytes) -> bytes:
        whole = self._odd + audio
        size = len(whole) // 2 * 2
        samples, self._odd = whole[:size], whole[size:]
        return to_mulaw(np.frombuffer(samples, "<i2").astype(np.int16))


@dataclass(slots=True)
class SpeakingPace:
    """How fast a voice speaks: the mean of its streams so far."""

    ms_per_character: float = USUAL_MS_PER_CHARACTER
    _streams: int = 0

    def learn(self, audio_ms: float, characters: int) -> None:
        if characters and audio_ms:
            self._streams += 1
            difference_ms = audio_ms / characters - self.ms_per_character
            self.ms_per_character += difference_ms / self._streams


class VoiceStream:
    """given: the texts to start with; later ones are added to them.

    requests: the requests for a text; empty: it contains nothing that can be said. owed_s: how long
    Google may take for the audio that it owes.
    """

    def __init__(
        self,
        call: Any,
        config: tts.StreamingSynthesizeConfig,
        given: list[str],
        requests: Callable[[str], Sequence[str]],
        *,
        ms_per_character: float,
        owed_s: float,
    ) -> None:
        self._call, self._config, self._given, self._requests = call, config, given, requests
        self._ms_per_character, self._late_s = ms_per_character, owed_s
        self._loop = asyncio.get_running_loop()
        self._owed_since_s: float | None = None
        self._is_closed = False
        self._begins: deque[tuple[float, str]] = deque()
        """The texts that are still to come, with the audio before them, in ms."""
        self._failure: Exception | None = None
        """The writer's."""
        self.audio_ms, self.characters = 0.0, 0

    async def parts(
        self, script: ReplyTexts, to_telephone: Callable[[bytes], bytes]
    ) -> AsyncGenerator[str | bytes, None]:
        """Raises GoogleAPICallError, ServiceLate, and what the writer raised."""
        feeding = asyncio.create_task(self._feed(script))
        try:
            while (response := await self._read()) is not grpc.aio.EOF:
                self._owed_since_s = self._loop.time() if self._is_closed else None
                while self._begins and self._begins[0][0] <= self.audio_ms:
                    yield self._begins.popleft()[1]
                if audio := to_telephone(response.audio_content):
                    self.audio_ms += len(audio) / BYTES_PER_MS
                    yield audio
            for _begins_ms, text in self._begins:
                yield text
            if self._failure:
                raise self._failure
        finally:
            feeding.cancel()
            await asyncio.wait({feeding})
            # An interrupted reply is not made to its end, nor paid for.
            self._call.cancel()

    async def _feed(self, script: ReplyTexts) -> None:
        try:
            await self._call.write(tts.StreamingSynthesizeRequest(streaming_config=self._config))
            for text in list(self._given):
                await self._ask(text)
            while (text_ := await script.next(IDLE_S)) is not None:
                self._given.append(text_)
                await self._ask(text_)
        except TimeoutError:
            pass  # what is still to come gets a stream of its own
        except (GoogleAPICallError, grpc.aio.AioRpcError, asyncio.InvalidStateError):
            return
        except Exception as error:
            self._failure = error
        self._is_closed, self._owed_since_s = True, self._loop.time()
        with suppress(GoogleAPICallError, grpc.aio.AioRpcError, asyncio.InvalidStateError):
            await self._call.done_writing()

    async def _ask(self, text: str) -> None:
        requests = self._requests(text)
        if not requests:
            return
        self._begins.append((self.characters * self._ms_per_character, text))
        self.characters += sum(map(len, requests))
        for request in requests:
            self._owed_since_s = self._loop.time()
            said = tts.StreamingSynthesisInput(text=request)
            await self._call.write(tts.StreamingSynthesizeRequest(input=said))

    async def _read(self) -> Any:
        reading = asyncio.ensure_future(self._call.read())
        try:
            while True:
                done, _ = await asyncio.wait({reading}, timeout=WATCH_S)
                if done:
                    return reading.result()
                since_s = self._owed_since_s
                if since_s is not None and self._loop.time() - since_s >= self._late_s:
                    raise ServiceLate(f"silent for {self._late_s:g} s")
        finally:
            reading.cancel()


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
