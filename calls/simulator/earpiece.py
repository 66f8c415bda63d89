"""What the person on the line hears: the play-out buffer that Twilio keeps for a call. Pure.

The agent is measured only by what is heard here, so the measurements match a caller's experience.
Times are milliseconds since the stream began.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from operator import attrgetter

from calls.audio.codec import BYTES_PER_MS, to_pcm

AUDIBLE = 200
"""Samples below this (about -44 dB of full scale) are not heard."""
JOINED_MS = 10
"""Silence shorter than this is part of the sound around it."""
PAUSE_MS = 300
"""Silence longer than this between two sounds: the agent had stopped. Words are closer."""

_quiet = re.escape(
    bytes(code for code in range(256) if abs(int(to_pcm(bytes([code]))[0])) < AUDIBLE)
)
_AUDIBLE_STRETCH = re.compile(
    b"[^%b]+(?:[%b]{1,%d}[^%b]+)*" % (_quiet, _quiet, JOINED_MS * BYTES_PER_MS - 1, _quiet)
)


@dataclass(frozen=True, slots=True)
class Sound:
    """A stretch of audible sound from the agent."""

    from_ms: float
    until_ms: float


@dataclass(slots=True)
class Earpiece:
    ends_ms: float = 0.0
    """When everything buffered so far will have been played."""
    sounds: list[Sound] = field(default_factory=list)
    """Heard, or still to be heard, in order."""

    def play(self, now_ms: float, audio: bytes) -> None:
        """Buffer mu-law audio of any length behind what is still to be played."""
        starts_ms = max(now_ms, self.ends_ms)
        self.ends_ms = starts_ms + len(audio) / BYTES_PER_MS
        for stretch in _AUDIBLE_STRETCH.finditer(audio):
            from_ms = starts_ms + stretch.start() / BYTES_PER_MS
            until_ms = starts_ms + stretch.end() / BYTES_PER_MS
            if self.sounds and from_ms - self.sounds[-1].until_ms < JOINED_MS:
                from_ms = self.sounds.pop().from_ms
            self.sounds.append(Sound(from_ms, until_ms))

    def clear(self, now_ms: float) -> None:
        """Drop what has not been played yet."""
        self.ends_ms = min(self.ends_ms, now_ms)
        self.sounds = [
            Sound(sound.from_ms, min(sound.until_ms, now_ms))
            for sound in self.sounds
            if sound.from_ms < now_ms
        ]

    def begun_since(self, from_ms: float, until_ms: float = float("inf")) -> list[Sound]:
        """The sounds that begin in this time."""
        begins = attrgetter("from_ms")
        first = bisect_left(self.sounds, from_ms, key=begins)
        return self.sounds[first : bisect_left(self.sounds, until_ms, key=begins)]

    def silent_from(self, at_ms: float) -> float | None:
        """When the agent, talking at this moment, falls silent; None: it was not talking."""
        silent_ms = None
        for sound in self.sounds:
            if silent_ms is None:
                if sound.from_ms <= at_ms < sound.until_ms + PAUSE_MS:
                    silent_ms = sound.until_ms
            elif sound.from_ms - silent_ms <= PAUSE_MS:
                silent_ms = sound.until_ms
        return silent_ms if silent_ms is not None and silent_ms > at_ms else None
