"""Twilio Media Streams: text to typed messages and back, and TwiML. Pure.

Twilio reports a message of ours that has a missing or an extra field only once and never to the
socket, so the three that we send have exactly the documented fields. What Twilio sends is read
without assuming that the set of fields is closed.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

MESSAGE_LIMIT_BYTES = 64 * 1024
LONGEST_AUDIO_BYTES = 8000
"""A second: Twilio sends 20 ms a message, and others wait while one is heard."""
LAST_MS = 10**9
"""Eleven days: no call is longer."""
SID = re.compile("[A-Za-z0-9_-]{1,64}")
"""Twilio's names of calls and streams, and our tokens. They are logged and kept as they are."""
LONGEST_TEXT = 500
"""Twilio's own limit for a <Parameter>."""
LONGEST_WHY = 120
FORWARD_S = 25
"""How long a forwarded call rings."""
VOICE = 'language="{locale}" voice="Google.{locale}-Wavenet-A"'
"""Of Google's voices, one that Twilio has in almost every language."""


UNREADABLE = (
    *(ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError),
    binascii.Error,
)


class Malformed(ValueError):
    """A message that is not what Twilio sends."""


@dataclass(frozen=True, slots=True)
class Connected:
    pass


@dataclass(frozen=True, slots=True)
class Started:
    stream_sid: str
    call_sid: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Media:
    """Caller audio of any length; `timestamp_ms` is where it begins in the stream."""

    timestamp_ms: int
    payload: bytes
    is_inbound: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of ours: played, or flushed by `clear`."""

    name: str


@dataclass(frozen=True, slots=True)
class Dtmf:
    digit: str


@dataclass(frozen=True, slots=True)
class Stopped:
    pass


Message = Connected | Started | Media | Mark | Dtmf | Stopped


def parse(text: str) -> Message | None:
    """One message; None for a kind that we have no use for. Raises Malformed."""
    try:
        message = json.loads(text)
        return _read(message)
    except UNREADABLE as error:
        why = f"{type(error).__name__}: {error}"[:LONGEST_WHY]
        raise Malformed(why.encode("ascii", "backslashreplace").decode()) from None


def _read(message: dict[str, Any]) -> Message | None:
    match message["event"]:
        case "media":
            media = message["media"]
            payload = b64decode(media["payload"], validate=True)
            at_ms = int(media["timestamp"])
            if not 0 <= at_ms <= LAST_MS or media["timestamp"] is True:
                raise Malformed("no time of a call")
            if len(payload) > LONGEST_AUDIO_BYTES:
                raise Malformed("more than a second of audio")
            return Media(at_ms, payload, media.get("track", "inbound") == "inbound")
        case "mark":
            return Mark(_text(message["mark"]["name"]))
        case "dtmf":
            digit = str(message["dtmf"]["digit"])
            if len(digit) != 1 or digit not in "0123456789*#":
                raise Malformed("no such key")
            return Dtmf(digit)
        case "connected":
            return Connected()
        case "start":
            return _started(message["start"])
        case "stop":
            return Stopped()
    return None


def _started(start: dict[str, Any]) -> Started:
    form = start.get("mediaFormat", {})
    encoding, rate = form.get("encoding", "audio/x-mulaw"), int(form.get("sampleRate", 8000))
    if (encoding, rate) != ("audio/x-mulaw", 8000):
        raise Malformed(f"the stream is {encoding} at {rate} Hz; only 8 kHz mu-law is served")
    given = (start.get("customParameters") or {}).items()
    parameters = {_text(name): _text(value) for name, value in given}
    return Started(_sid(start["streamSid"]), _sid(start["callSid"]), parameters)


def _sid(value: Any) -> str:
    if not isinstance(value, str) or not SID.fullmatch(value):
        raise Malformed("no name of Twilio's")
    return value


def _text(value: Any) -> str:
    """What can be written anywhere: JSON may hold halves of characters, and NUL."""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
        raise Malformed("no text, or too long")
    value.encode()  # UnicodeEncodeError
    return value


def media(stream_sid: str, audio: bytes) -> str:
    body = {"payload": b64encode(audio).decode()}
    return json.dumps({"event": "media", "streamSid": stream_sid, "media": body})


def mark(stream_sid: str, name: str) -> str:
    """Ask to be told when everything sent so far has been played."""
    return json.dumps({"event": "mark", "streamSid": stream_sid, "mark": {"name": name}})


def clear(stream_sid: str) -> str:
    """Drop what is buffered. All marks still out come back at once: flushed, not heard."""
    return json.dumps({"event": "clear", "streamSid": stream_sid})


def connect(stream_url: str, events_url: str, after_url: str, token: str) -> str:
    """TwiML: stream the call to us, and ask `after_url` what to do when the stream has ended.

    What becomes of the stream is told to `events_url`, which must be absolute.
    """
    stream = f"url={quoteattr(stream_url)} statusCallback={quoteattr(events_url)}"
    return _response(
        f"<Connect action={quoteattr(after_url)}><Stream {stream}>"
        f'<Parameter name="token" value={quoteattr(token)}/></Stream></Connect>'
    )


def dial(number: str, after_url: str) -> str:
    """TwiML: forward the call; while it rings there, it rings for the caller. `after_url` is asked
    what to do when that has ended, or was not answered."""
    return _response(
        f'<Dial timeout="{FORWARD_S}" answerOnBridge="true" action={quoteattr(after_url)}>'
        f"<Number>{escape(number)}</Number></Dial>"
    )


def say_and_hang_up(text: str, locale: str) -> str:
    """locale: of the language that the text is in, like he-IL."""
    voice = VOICE.format(locale=locale)
    return _response(f"<Say {voice}>{escape(text)}</Say><Hangup/>")


def hang_up() -> str:
    return _response("<Hangup/>")


def _response(inside: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'
