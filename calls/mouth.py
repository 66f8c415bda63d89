"""The agent's words on their way out: writer -> sentences -> speaker -> outbox -> socket.

One sender, one queue. Audio goes out as it comes, unpaced (Twilio buffers), in chunks of 100 ms or
more; a mark follows the first chunk and each sentence. Falling silent empties the queue, so that
`clear` never waits behind audio.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import NamedTuple

from calls import prompts, twilio
from calls.audio import BYTES_PER_MS, FRAME_BYTES
from calls.playout import Playout
from calls.sentences import Sentences
from calls.services import (
    Expect,
    Farewell,
    Line,
    Message,
    ServiceFailed,
    Transcriber,
    Voice,
    Writer,
)
from calls.services.deadlines import within
from calls.turn_record import Record, TurnRecord

CHUNK_BYTES = 100 * BYTES_PER_MS
WRITER_S, SPEAKER_S = 4.0, 4.0
"""Deadlines for the first and for every next piece, where a service has none of its own that is
shorter: longer silence than this is worse than an apology."""


class Parcel(NamedTuple):
    """One message on its way; the audio in it, if any, belongs to a playout."""

    message: str
    playout: Playout | None = None
    audio: bytes = b""
    is_filler: bool = False


class Mouth:
    def __init__(
        self,
        stream_sid: str,
        writer: Writer,
        speaker: Voice,
        transcriber: Transcriber,
        wall_ms: Callable[[], float],
        at_of: Callable[[float], int],
        record: Record,
    ) -> None:
        """at_of: the caller-audio clock at a wall time."""
        self._stream_sid = stream_sid
        self._writer, self._speaker, self._transcriber = writer, speaker, transcriber
        self._wall_ms, self._at_of, self._record = wall_ms, at_of, record
        self._outbox: asyncio.Queue[Parcel] = asyncio.Queue()

    async def deliver(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send what the outbox holds, for as long as the call lasts."""
        while True:
            parcel = await self._outbox.get()
            if parcel.playout:
                audio_ms = len(parcel.audio) / BYTES_PER_MS
                parcel.playout.send(self._wall_ms(), audio_ms, parcel.is_filler)
                heard_ms = parcel.playout.plays_until_ms - audio_ms
                self._record.speak(self._at_of(heard_ms), parcel.audio)
            await send(parcel.message)

    def fall_silent(self) -> None:
        """Drop what was not sent yet, and have Twilio drop what was not played yet."""
        while not self._outbox.empty():
            self._outbox.get_nowait()
        self._record.fall_silent(self._at_of(self._wall_ms()))
        self._outbox.put_nowait(Parcel(twilio.clear(self._stream_sid)))

    def say_prompt(self, playout: Playout, name: str) -> None:
        """Say something prepared, at once."""
        playout.begin_sentence(prompts.text(name))
        self._put(playout, prompts.clip(name, self._speaker.name))
        self._finish(playout)

    def fill(self, turn: TurnRecord, playout: Playout) -> None:
        """Say that the answer will come, unless it just has."""
        if playout.audio_ms:
            return
        turn.filled_ms = self._wall_ms()
        audio = prompts.clip("moment", self._speaker.name)
        playout.fill(prompts.text("moment"), audio)
        message = twilio.media(self._stream_sid, audio)
        self._outbox.put_nowait(Parcel(message, playout, audio, is_filler=True))
        self._mark(playout)

    async def say(
        self, turn: TurnRecord, playout: Playout, history: Sequence[Line], delay_ms: int
    ) -> None:
        """Say the answer to the history; its first audio goes out no earlier than the delay.

        Raises ServiceLate and ServiceFailed.
        """
        not_before_ms, has_begun = self._wall_ms() + delay_ms, False
        async with aclosing(self._sentences(turn, playout, history)) as sentences:
            async for sentence in sentences:
                playout.begin_sentence(sentence)
                async with aclosing(self._chunks(turn, sentence)) as chunks:
                    async for chunk in chunks:
                        await asyncio.sleep(max(0.0, not_before_ms - self._wall_ms()) / 1000)
                        self._put(playout, chunk)
                        has_begun = True
                self._mark(playout)
        if not has_begun:
            raise ServiceFailed(f"{self._writer.name} or {self._speaker.name} brought no reply")
        self._finish(playout)

    async def _sentences(
        self, turn: TurnRecord, playout: Playout, history: Sequence[Line]
    ) -> AsyncGenerator[str, None]:
        whole = Sentences()
        turn.asked_ms = self._wall_ms()
        pieces = within(
            self._writer.write(history), first_s=WRITER_S, next_s=WRITER_S, what=self._writer.name
        )
        async with aclosing(pieces):
            async for piece in pieces:
                match piece:
                    case Expect(phrases=phrases):
                        self._transcriber.expect(phrases)
                    case Farewell():
                        playout.says_farewell = True
                    case Message():
                        self._record.keep_message(piece)
                    case str():
                        if turn.first_token_ms is None:
                            turn.first_token_ms = self._wall_ms()
                        for sentence in whole.add(piece):
                            yield sentence
        for sentence in whole.rest():
            yield sentence

    async def _chunks(self, turn: TurnRecord, sentence: str) -> AsyncGenerator[bytes, None]:
        """The sentence's audio in chunks of 100 ms or more (the last may be shorter)."""
        if turn.first_sentence_ms is None:
            turn.first_sentence_ms = self._wall_ms()
        gathered = b""
        parts = within(
            self._speaker.speak(sentence), first_s=SPEAKER_S, next_s=SPEAKER_S,
            what=self._speaker.name,
        )  # fmt: skip
        async with aclosing(parts):
            async for part in parts:
                if turn.first_byte_ms is None:
                    turn.first_byte_ms = self._wall_ms()
                gathered += part
                if len(gathered) >= CHUNK_BYTES:
                    whole = len(gathered) - len(gathered) % FRAME_BYTES
                    yield gathered[:whole]
                    gathered = gathered[whole:]
        if gathered:
            yield gathered

    def _put(self, playout: Playout, audio: bytes) -> None:
        is_first = not playout.audio_ms
        playout.add(audio)
        message = twilio.media(self._stream_sid, audio)
        self._outbox.put_nowait(Parcel(message, playout, audio))
        if is_first:
            self._mark(playout)

    def _mark(self, playout: Playout) -> None:
        self._outbox.put_nowait(Parcel(twilio.mark(self._stream_sid, playout.next_mark())))

    def _finish(self, playout: Playout) -> None:
        playout.is_complete = True
        self._outbox.put_nowait(Parcel(twilio.mark(self._stream_sid, playout.end_mark)))
