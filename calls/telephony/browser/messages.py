"""The words of a browser that is a telephone: texts to typed messages and back. Pure.

static/js/talk_line.js speaks them at the other end:

    to us    {"event": "start", "call": …, "stream": …, "token": …}, {"event": "stop"},
             {"event": "media", "at": ms, "audio": …}, {"event": "key", "key": "5"}
    to it    {"event": "media", "audio": …}, {"event": "clear"}, {"event": "bye"}
    both     {"event": "mark", "name": …}

and of a socket that goes on with a call, first of all (`had`: so many texts have come before):

    to us    {"event": "again", "call": …, "token": …, "had": 7}
    to it    {"event": "again", "had": 7}

Audio is 8 kHz mu-law in base64.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

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


def parse(text: str) -> Message | None:
    """One message; None for a kind that we have no use for. Raises Malformed."""
    try:
        return _read(json.loads(text))
    except UNREADABLE as error:
        raise Malformed.because(error) from None


def _read(message: dict[str, Any]) -> Message | None:
    match message["event"]:
        case "media":
            if type(at_ms := message["at"]) is not int:
                raise Malformed("no time of a call")
            return Media(at_ms, b64decode(message["audio"], validate=True))
        case "mark":
            return Mark(message["name"])
        case "key":
            return Key(message["key"])
        case "start":
            return Started(message["call"], message["stream"], message["token"])
        case "stop":
            return Stopped()
    return None


@dataclass(frozen=True, slots=True)
class Back:
    """A browser is back with another socket."""

    call_sid: str
    token: str
    """That the call began with."""
    had: int


def back(text: str) -> Back:
    """The first text of such a socket. Raises Malformed."""
    try:
        message = json.loads(text)
        call_sid, token, had = (message[name] for name in ("call", "token", "had"))
        if type(call_sid) is not str or type(token) is not str or type(had) is not int:
            raise Malformed("not who is back")
        return Back(call_sid, token.encode("ascii").decode(), had)
    except UNREADABLE as error:
        raise Malformed.because(error) from None


def again(had: int) -> str:
    return json.dumps({"event": "again", "had": had})


class Line:
    """What is said to one browser: its socket is the call's alone, so no message names the call."""

    def media(self, audio: bytes) -> str:
        return json.dumps({"event": "media", "audio": b64encode(audio).decode()})

    def mark(self, name: str) -> str:
        return json.dumps({"event": "mark", "name": name})

    def clear(self) -> str:
        return json.dumps({"event": "clear"})

    def hang_up(self) -> str:
        return json.dumps({"event": "bye"})
