"""The agent's audio on its way out, from a reply to the socket: one queue, one sender.

Audio is sent as it comes, unpaced, because the carrier buffers it. A `clear` empties the queue
first, so that it never waits behind audio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from calls.audio.codec import BYTES_PER_MS, CHUNK_BYTES, FRAME_BYTES
from calls.telephony.carrier import Stream
from calls.voice.clock import CallClock
from calls.voice.listeners import AudioListener
from calls.voice.playout import Playout, Sound


class Parcel(NamedTuple):
    """One message on its way out; its audio, if any, belongs to a playout."""

    message: str
    playout: Playout | None = None
    audio: bytes = b""
    sound: Sound = Sound.ANSWER


class AudioOut:
    def __init__(self, stream: Stream, clock: CallClock, listener: AudioListener) -> None:
        """listener: is given what goes out, as the caller will hear it."""
        self._stream, self._clock, self._listener = stream, clock, listener
        self._outbox: asyncio.Queue[Parcel] = asyncio.Queue()

    def play(self, playout: Playout, audio: bytes, sound: Sound = Sound.ANSWER) -> None:
        message = self._stream.media(audio)
        self._outbox.put_nowait(Parcel(message, playout, audio, sound))

    def mark(self, name: str) -> None:
        """Have the carrier say when everything up to here has been played."""
        self._outbox.put_nowait(Parcel(self._stream.mark(name)))

    def clear(self) -> None:
        """Drop what was not sent yet, and have the carrier drop what was not played yet."""
        while not self._outbox.empty():
            self._outbox.get_nowait()
        self._listener.fall_silent(self._clock.at_of(self._clock.wall_ms))
        self._outbox.put_nowait(Parcel(self._stream.clear()))

    async def deliver(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send what the outbox holds, for as long as the call lasts."""
        while True:
            parcel = await self._outbox.get()
            if parcel.playout:
                audio_ms = len(parcel.audio) / BYTES_PER_MS
                parcel.playout.send(self._clock.wall_ms, audio_ms, parcel.sound)
                heard_ms = parcel.playout.plays_until_ms - audio_ms
                self._listener.speak(self._clock.at_of(heard_ms), parcel.audio)
            await send(parcel.message)


async def in_chunks(parts: AsyncIterator[str | bytes]) -> AsyncIterator[str | bytes]:
    """What a voice brings, in chunks of 100 ms or more; the last before a text may be shorter."""
    gathered = b""
    async for part in parts:
        if isinstance(part, str):
            if gathered:
                yield gathered
            gathered = b""
            yield part
            continue
        gathered += part
        if len(gathered) >= CHUNK_BYTES:
            whole = len(gathered) - len(gathered) % FRAME_BYTES
            yield gathered[:whole]
            gathered = gathered[whole:]
    if gathered:
        yield gathered
