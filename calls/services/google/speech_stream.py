"""One StreamingRecognize call: audio in, Google's results out.

Rule: written with the write API; only the reader learns why a stream ended, because a write to an
ended stream is given no reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import grpc

from calls.audio.codec import BYTES_PER_MS, SILENCE_BYTE
from calls.services.google import channels, faults
from calls.services.google.speech_api import Pair, SpeechApi
from calls.services.stt_stream import Result

TRIED_MS = 200


class GoogleWire:
    """calls.services.stt_stream.Wire. A break raises GoogleAPICallError."""

    def __init__(self, speech: SpeechApi, call: Any) -> None:
        self._speech, self._call = speech, call
        self.has_answered = False

    async def open(self, opening: Any, within_s: float) -> bool:
        """Connect, and send the first message. False: the stream has ended."""
        async with asyncio.timeout(within_s):
            return await self._write(opening)

    async def hold_back(self, for_s: float) -> None:
        """Write nothing for so long, or until Google has ended the stream: why, it then says."""
        with suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                await self._call.code()

    async def write(self, audio: bytes) -> bool:
        return await self._write(self._speech.audio(audio))

    async def finish(self) -> None:
        """There is no more audio: Google answers what it has, and ends the stream."""
        await self._call.done_writing()

    async def read(self) -> Sequence[Result] | None:
        try:
            response = await self._call.read()
        except grpc.aio.AioRpcError as error:
            raise faults.of(error.code(), error.details() or "") from None
        if response is grpc.aio.EOF:
            return None
        results = self._speech.results(response)
        self.has_answered = self.has_answered or bool(results)
        return results

    async def _write(self, message: Any) -> bool:
        try:
            await self._call.write(message)
        except (asyncio.InvalidStateError, grpc.aio.AioRpcError):
            return False
        return True


@asynccontextmanager
async def opened(
    pair: Pair, project: str, phrases: Sequence[str], *, open_s: float, life_s: float
) -> AsyncIterator[GoogleWire]:
    """A stream that takes audio; cancelled at the block's end. TimeoutError: nobody answers."""
    with channels.leased(pair) as speech:
        call = speech.stream(life_s)
        try:
            wire = GoogleWire(speech, call)
            if not await wire.open(speech.opening(pair, project, phrases), open_s):
                await wire.read()  # raises why
                raise faults.ended()
            yield wire
        finally:
            call.cancel()


async def tried(pair: Pair, project: str, within_s: float) -> None:
    """A stream of a little silence, to its end. Raises what Google has against it."""
    async with opened(pair, project, (), open_s=within_s, life_s=within_s) as wire:
        if await wire.write(SILENCE_BYTE * (TRIED_MS * BYTES_PER_MS)):
            await wire.finish()
        while await wire.read() is not None:
            pass
