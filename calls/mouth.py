"""The agent's words on their way out: writer -> sentences -> voice -> outbox -> socket.

One sender, one queue. Audio goes out as it comes, unpaced (Twilio buffers), in chunks of 100 ms or
more; a mark follows the first chunk and each sentence. Falling silent empties the queue, so that
`clear` never waits behind audio. What is held (a reply begun ahead, or one stopped by what may be
no interruption) is made and kept, and goes out when it is released.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import NamedTuple

from calls import prompts, twilio
from calls.audio import BYTES_PER_MS, CHUNK_BYTES, FRAME_BYTES
from calls.echo import Echo
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
    WhenDecided,
    Writer,
)
from calls.services.deadlines import within
from calls.turn_record import Record, TurnRecord
from tuning.finished import Asked

AHEAD_SENTENCES = 1
"""So much is spoken of a reply that is not decided yet: the rest would be paid for in vain."""
WRITER_S = 4.0
"""Deadline for the first and for every next piece, where the writer has none of its own that is
shorter: longer silence than this is worse than an apology. A voice has its own."""


class Parcel(NamedTuple):
    """One message on its way; the audio in it, if any, belongs to a playout."""

    message: str
    playout: Playout | None = None
    audio: bytes = b""
    is_filler: bool = False


@dataclass(slots=True)
class Answer:
    """A reply under way."""

    turn: TurnRecord
    playout: Playout
    history: Sequence[Line]
    """What it answers is the last line."""
    not_before_ms: float = 0.0
    """Wall time; its first audio goes out no earlier."""
    limit_ms: int = 0
    """No sentence begins after so much of it; 0: no limit."""
    sentences: int = 0
    """So many have been handed to the voice."""
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it is decided: before, nothing of it may be heard and nothing done."""


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
        echo: Echo,
        ask: Callable[[int, Asked], None],
    ) -> None:
        """at_of: the caller-audio clock at a wall time. ask: tell what a turn's reply asks."""
        self._stream_sid = stream_sid
        self._writer, self._speaker, self._transcriber = writer, speaker, transcriber
        self._wall_ms, self._at_of, self._record, self._ask = wall_ms, at_of, record, ask
        self._echo = echo
        self._outbox: asyncio.Queue[Parcel] = asyncio.Queue()

    async def deliver(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send what the outbox holds, for as long as the call lasts."""
        while True:
            parcel = await self._outbox.get()
            if parcel.playout:
                audio_ms = len(parcel.audio) / BYTES_PER_MS
                parcel.playout.send(self._wall_ms(), audio_ms, parcel.is_filler)
                heard_ms = parcel.playout.plays_until_ms - audio_ms
                from_ms = self._at_of(heard_ms)
                self._record.speak(from_ms, parcel.audio)
                self._echo.play(from_ms, parcel.audio)
            await send(parcel.message)

    def fall_silent(self) -> None:
        """Drop what was not sent yet, and have Twilio drop what was not played yet."""
        while not self._outbox.empty():
            self._outbox.get_nowait()
        at_ms = self._at_of(self._wall_ms())
        self._record.fall_silent(at_ms)
        self._echo.fall_silent(at_ms)
        self._outbox.put_nowait(Parcel(twilio.clear(self._stream_sid)))

    def hold(self, playout: Playout) -> None:
        """Fall silent, and keep what is left, and still comes, of the reply."""
        playout.hold(self._wall_ms())
        self.fall_silent()

    def release(self, playout: Playout) -> None:
        """What was held goes out, and what is still made of it follows."""
        playout.release(self._wall_ms())
        for sentence in playout.sentences:
            audio, begins = bytes(sentence.audio), 0
            if playout.heard_at_ms is None and sentence is playout.sentences[0]:
                begins = playout.first_chunk_ms * BYTES_PER_MS
                self._send(playout, audio[:begins])
                self._mark(playout)
            if audio[begins:]:
                self._send(playout, audio[begins:])
            self._mark(playout)
        if playout.is_written:
            self._finish(playout)

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

    async def say(self, answer: Answer) -> None:
        """Say the answer to the history, or make it ready until it is wanted.

        Raises ServiceLate and ServiceFailed.
        """
        turn, playout = answer.turn, answer.playout
        sentences = self._sentences(answer)
        async with aclosing(sentences), aclosing(self._speaker.speak(sentences)) as parts:
            async for part in _chunked(parts, turn, self._wall_ms):
                if isinstance(part, str):
                    if answer.limit_ms and playout.audio_ms >= answer.limit_ms:
                        turn.is_limited = True
                        break
                    if turn.ready_ms is not None and not playout.is_held:
                        self._mark(playout)
                    playout.begin_sentence(part)
                    if playout.heard_at_ms is not None:
                        self._record.changed()  # there is more to read of it
                    continue
                if turn.ready_ms is None:
                    turn.ready_ms = self._wall_ms()
                await asyncio.sleep(max(0.0, answer.not_before_ms - self._wall_ms()) / 1000)
                self._put(playout, part)
        if turn.ready_ms is None:
            raise ServiceFailed(f"{self._writer.name} or {self._speaker.name} brought no reply")
        playout.is_written = True
        if not playout.is_held:
            self._mark(playout)
            self._finish(playout)

    async def _sentences(self, answer: Answer) -> AsyncGenerator[str, None]:
        turn, whole, text = answer.turn, Sentences(), ""
        expected: Expect | None = None
        is_told = False
        turn.asked_ms = self._wall_ms()
        pieces = within(
            self._writer.write(answer.history),
            first_s=WRITER_S,
            next_s=WRITER_S,
            what=self._writer.name,
        )
        async with aclosing(pieces):
            async for piece in pieces:
                match piece:
                    case Expect():
                        expected = piece
                    case Farewell():
                        answer.playout.says_farewell = True
                    case WhenDecided():
                        await answer.wanted.wait()
                    case Message():
                        await answer.wanted.wait()
                        self._record.keep_message(piece)
                    case str():
                        text += piece
                        turn.tokens += 1
                        if turn.first_token_ms is None:
                            turn.first_token_ms = self._wall_ms()
                        for sentence in whole.add(piece):
                            yield await self._hand_over(sentence, answer)
                if expected and not is_told and answer.wanted.is_set():
                    is_told = True
                    self._expect(turn, expected)
        for sentence in whole.rest():
            yield await self._hand_over(sentence, answer)
        await answer.wanted.wait()
        if not is_told:
            self._expect(turn, expected or Expect.of(text))

    async def _hand_over(self, sentence: str, answer: Answer) -> str:
        if answer.sentences >= AHEAD_SENTENCES:
            await answer.wanted.wait()
        answer.sentences += 1
        answer.turn.hand_over(sentence, self._wall_ms())
        return sentence

    def _expect(self, turn: TurnRecord, expected: Expect) -> None:
        self._transcriber.expect(expected.phrases)
        self._ask(turn.number, expected.asked)

    def _put(self, playout: Playout, audio: bytes) -> None:
        is_first = not playout.audio_ms
        playout.add(audio)
        if playout.is_held:
            return
        self._send(playout, audio)
        if is_first:
            self._mark(playout)

    def _send(self, playout: Playout, audio: bytes) -> None:
        message = twilio.media(self._stream_sid, audio)
        self._outbox.put_nowait(Parcel(message, playout, audio))

    def _mark(self, playout: Playout) -> None:
        self._outbox.put_nowait(Parcel(twilio.mark(self._stream_sid, playout.next_mark())))

    def _finish(self, playout: Playout) -> None:
        playout.is_written = playout.is_complete = True
        self._outbox.put_nowait(Parcel(twilio.mark(self._stream_sid, playout.end_mark)))


async def _chunked(
    parts: AsyncIterator[str | bytes], turn: TurnRecord, wall_ms: Callable[[], float]
) -> AsyncIterator[str | bytes]:
    """The same in chunks of 100 ms or more, of which the last of a text may be shorter."""
    gathered = b""
    async for part in parts:
        if isinstance(part, str):
            if gathered:
                yield gathered
            gathered = b""
            yield part
            continue
        if turn.first_byte_ms is None:
            turn.first_byte_ms = wall_ms()
        gathered += part
        if len(gathered) >= CHUNK_BYTES:
            whole = len(gathered) - len(gathered) % FRAME_BYTES
            yield gathered[:whole]
            gathered = gathered[whole:]
    if gathered:
        yield gathered
