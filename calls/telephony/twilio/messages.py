"""Twilio Media Streams: text to typed messages and back, and TwiML. Pure.

Twilio reports a message of ours that has a missing or an extra field only once and never to the
socket, so the three that we send have exactly the documented fields. What Twilio sends is read
without assuming that the set of fields is closed.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

from twilio.twiml.voice_response import VoiceResponse

from calls.telephony.carrier import (
    UNREADABLE,
    Key,
    Malformed,
    Mark,
    Media,
    Message,
    Started,
    Stopped,
)

FORWARD_S = 25
"""How long a forwarded call rings."""
VOICE = "Wavenet-A"
"""Of Google's voices, one that Twilio has in almost every language, by its locale."""


def parse(text: str) -> Message | None:
    """One message; None for a kind that we have no use for. Raises Malformed."""
    try:
        message = json.loads(text)
        return _read(message)
    except UNREADABLE as error:
        raise Malformed.because(error) from None


def _read(message: dict[str, Any]) -> Message | None:
    match message["event"]:
        case "media":
            media = message["media"]
            payload = b64decode(media["payload"], validate=True)
            if media["timestamp"] is True:
                raise Malformed("no time of a call")
            is_inbound = media.get("track", "inbound") == "inbound"
            return Media(int(media["timestamp"]), payload, is_inbound)
        case "mark":
            return Mark(message["mark"]["name"])
        case "dtmf":
            return Key(str(message["dtmf"]["digit"]))
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
    parameters = start.get("customParameters") or {}
    return Started(start["callSid"], start["streamSid"], parameters.get("token", ""))


@dataclass(frozen=True, slots=True)
class MediaStream:
    """What is said to one stream."""

    stream_sid: str

    def media(self, audio: bytes) -> str:
        body = {"payload": b64encode(audio).decode()}
        return json.dumps({"event": "media", "streamSid": self.stream_sid, "media": body})

    def mark(self, name: str) -> str:
        body = {"name": name}
        return json.dumps({"event": "mark", "streamSid": self.stream_sid, "mark": body})

    def clear(self) -> str:
        return json.dumps({"event": "clear", "streamSid": self.stream_sid})

    def hang_up(self) -> str:
        return ""


def connect(stream_url: str, events_url: str, after_url: str, token: str) -> str:
    """TwiML: stream the call to us, and ask `after_url` what to do when the stream has ended.

    What becomes of the stream is told to `events_url`, which must be absolute.
    """
    response = VoiceResponse()
    stream = response.connect(action=after_url).stream(url=stream_url, status_callback=events_url)
    stream.parameter(name="token", value=token)
    return str(response)


def dial(number: str, after_url: str) -> str:
    """TwiML: forward the call; while it rings there, it rings for the caller. `after_url` is asked
    what to do when that has ended, or was not answered."""
    response = VoiceResponse()
    response.dial(timeout=FORWARD_S, answer_on_bridge=True, action=after_url).number(number)
    return str(response)


def say_and_hang_up(text: str, locale: str) -> str:
    """locale: of the language that the text is in, like he-IL."""
    response = VoiceResponse()
    response.say(text, language=locale, voice=f"Google.{locale}-{VOICE}")
    response.hangup()
    return str(response)


def hang_up() -> str:
    response = VoiceResponse()
    response.hangup()
    return str(response)
