"""What a carrier is: whoever brings calls to a media socket of ours, and carries their audio. Pure.

A carrier says in its own words what is said here in ours. Nothing outside its folder knows those
words; settings.CARRIERS names each by its dotted path, and that is all that registers it.

Rule: what comes from a carrier is checked where it is made into a message: one that exists can be
heard, logged and stored as it is. Malformed is raised by whatever cannot.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

LONGEST_AUDIO_BYTES = 8000
"""A second: a telephone sends 20 ms a message, and others wait while one is heard."""
LAST_MS = 10**9
"""Eleven days: no call is longer."""
NAME = re.compile("[A-Za-z0-9_-]{1,64}")
"""Names of calls and streams. They are logged and kept as they are."""
LONGEST_TEXT = 500
KEYS = "0123456789*#"
LONGEST_WHY = 120
UNREADABLE = (
    *(ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError),
    binascii.Error,
)
"""What reading a stranger's message may raise; see Malformed.because."""


class Malformed(ValueError):
    """A message that is not what the carrier sends."""

    @classmethod
    def because(cls, error: Exception) -> Malformed:
        """What can be logged, whatever the message held."""
        why = f"{type(error).__name__}: {error}"[:LONGEST_WHY]
        return cls(why.encode("ascii", "backslashreplace").decode())


# What a carrier brings.


@dataclass(frozen=True, slots=True)
class Started:
    """The first message that counts: which call this stream is of, and the token that admits it
    (`Call.ring` made it, and the carrier was given it with the answer)."""

    call_sid: str
    stream_sid: str
    token: str

    def __post_init__(self) -> None:
        for name in (self.call_sid, self.stream_sid):
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise Malformed("no name of a call or a stream")
        _check_text(self.token)


@dataclass(frozen=True, slots=True)
class Media:
    """8 kHz mu-law, up to a second; `timestamp_ms` is where it begins in the stream."""

    timestamp_ms: int
    payload: bytes
    is_inbound: bool = True
    """The caller's own sound, and not what we sent."""

    def __post_init__(self) -> None:
        if not 0 <= self.timestamp_ms <= LAST_MS:
            raise Malformed("no time of a call")
        if len(self.payload) > LONGEST_AUDIO_BYTES:
            raise Malformed("more than a second of audio")


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of ours comes back: everything before it was played, or flushed by `clear`."""

    name: str

    def __post_init__(self) -> None:
        _check_text(self.name)


@dataclass(frozen=True, slots=True)
class Key:
    """The caller pressed one of KEYS."""

    digit: str

    def __post_init__(self) -> None:
        if len(self.digit) != 1 or self.digit not in KEYS:
            raise Malformed("no such key")


@dataclass(frozen=True, slots=True)
class Stopped:
    """The caller has hung up."""


Message = Started | Media | Mark | Key | Stopped


def _check_text(value: Any) -> None:
    """What can be written anywhere: JSON may hold halves of characters, and NUL."""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
        raise Malformed("no text, or too long")
    value.encode()  # UnicodeEncodeError


# What a carrier does.


class Stream(Protocol):
    """What is said to one stream, as texts for its socket."""

    def media(self, audio: bytes) -> str:
        """8 kHz mu-law, to be played after everything sent before it. The carrier buffers."""

    def mark(self, name: str) -> str:
        """Ask to be told when everything sent so far has been played."""

    def clear(self) -> str:
        """Drop what is buffered. All marks still out come back at once: flushed, not heard."""

    def hang_up(self) -> str:
        """The last message before we close the socket; empty where closing says it."""


class Carrier(Protocol):
    """One instance serves all its calls: it keeps nothing of any."""

    name: str
    """As operators know it."""
    socket: str
    """The address of its media socket, without the first slash."""
    urls: str
    """The module of its other addresses, where a call rings: as Django's `include` takes it."""

    asks_for_sign_in: bool
    """Only our own pages open its socket: whoever is signed in there is `scope["user"]`."""

    async def admits(self, scope: Mapping[str, Any]) -> bool:
        """Whether this handshake (an ASGI scope) may open the socket. The token comes later."""

    def parse(self, text: str) -> Message | None:
        """One message; None for a kind that we have no use for. Raises Malformed."""

    def stream(self, started: Started) -> Stream:
        """The words for the stream that has started."""

    def check(self) -> str:
        """For `check_setup`: what is in use. Raises ServiceFailed with what to do."""
