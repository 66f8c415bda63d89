"""One StreamingRecognize call: audio in, transcripts on the caller-audio clock out.

Rule: written with the write API; the reader alone hears why a stream ended, for a write into an
ended stream knows no reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import grpc

from calls.audio import BYTES_PER_MS, SILENCE_BYTE
from calls.services import Transcript
from calls.services.google import channels, faults
from calls.services.google.speech_api import Pair, Result, Speech
from calls.services.tape import StreamClock, Stretch

TRIED_MS = 200


class Stream:
    def __init__(self, speech: Speech, call: Any) -> None:
        self._speech, self._call, self._clock = speech, call, StreamClock()
        self._loop = asyncio.get_running_loop()
        self._opened_s = self._loop.time()
        self._wrote_s = self._answered_s = self._opened_s
        self._is_writing = False
        self._loud_until_ms = 0
        self.has_answered = False
        self.unanswered_ms = 0
        """Sound that was sent since the last answer."""

    @property
    def age_s(self) -> float:
        return self._loop.time() - self._opened_s

    @property
    def unanswered_s(self) -> float:
        return self._loop.time() - self._answered_s

    @property
    def unwritten_s(self) -> float:
        """Since the last message began to be sent."""
        return self._loop.time() - self._wrote_s

    @property
    def stuck_s(self) -> float:
        """How long the message under way has not been taken."""
        return self.unwritten_s if self._is_writing else 0.0

    async def open(self, opening: Any, within_s: float) -> bool:
        """Connect, and send the first message. False, here and below: the stream has ended."""
        async with asyncio.timeout(within_s):
            return await self._write(opening)

    async def hold_back(self, for_s: float) -> None:
        """Write nothing for so long, or until Google has ended the stream: why, it then says."""
        with suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                await self._call.code()

    async def write(self, stretch: Stretch) -> bool:
        self._clock.sent(stretch.length_ms, stretch.until_ms)
        if stretch.is_loud:
            self._loud_until_ms = stretch.until_ms
            self.unanswered_ms += stretch.length_ms
        return await self._write(self._speech.audio(stretch.audio))

    async def write_silence(self, length_ms: int) -> bool:
        self._clock.sent_silence(length_ms)
        silence = SILENCE_BYTE * (length_ms * BYTES_PER_MS)
        return await self._write(self._speech.audio(silence))

    async def finish(self) -> None:
        """There is no more audio: Google answers what it has, and ends the stream."""
        await self._call.done_writing()

    async def read(self) -> list[Transcript] | None:
        """The next answer; None: the stream has ended well. Raises GoogleAPICallError."""
        try:
            response = await self._call.read()
        except grpc.aio.AioRpcError as error:
            raise faults.of(error.code(), error.details() or "") from None
        if response is grpc.aio.EOF:
            return None
        results = self._speech.results(response)
        if results:
            self.has_answered = True
            self.unanswered_ms, self._answered_s = 0, self._loop.time()
        finals = [result for result in results if result.is_final]
        partials = [result for result in results if not result.is_final]
        return [self._transcript(some) for some in (finals, partials) if some]

    def _transcript(self, results: Sequence[Result]) -> Transcript:
        """The parts of one answer are one text: what is stable, and what may still change."""
        end_ms = max(result.end_ms for result in results)
        return Transcript(
            "".join(result.text for result in results).strip(),
            self._clock.caller_ms(end_ms) if end_ms else self._loud_until_ms,
            final=results[0].is_final,
            stability=min(result.stability for result in results),
        )

    async def _write(self, message: Any) -> bool:
        self._wrote_s, self._is_writing = self._loop.time(), True
        try:
            await self._call.write(message)
        except (asyncio.InvalidStateError, grpc.aio.AioRpcError):
            return False
        finally:
            self._is_writing = False
        return True


@asynccontextmanager
async def opened(
    pair: Pair, project: str, phrases: Sequence[str], *, open_s: float, life_s: float
) -> AsyncIterator[Stream]:
    """A stream that takes audio; cancelled at the block's end. TimeoutError: nobody answers."""
    with channels.leased(pair) as speech:
        call = speech.stream(life_s)
        try:
            stream = Stream(speech, call)
            if not await stream.open(speech.opening(pair, project, phrases), open_s):
                await stream.read()  # raises why
                raise faults.ended()
            yield stream
        finally:
            call.cancel()


async def tried(pair: Pair, project: str, within_s: float) -> None:
    """A stream of a little silence, to its end. Raises what Google has against it."""
    async with opened(pair, project, (), open_s=within_s, life_s=within_s) as stream:
        if await stream.write_silence(TRIED_MS):
            await stream.finish()
        while await stream.read() is not None:
            pass
