"""A second carrier, as another's would be written: this file, and its name in CARRIERS.

Two tin cans and a string. It has the same shape as any telephone's media socket, and other words:
lists instead of events, hexadecimal instead of base64, a last word before it hangs up. Its far end,
which speaks to us in the tests, is beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from calls.telephony import answering
from calls.telephony.carrier import (
    UNREADABLE,
    Carrier,
    Key,
    Malformed,
    Mark,
    Media,
    Message,
    Started,
    Stopped,
)


@dataclass(frozen=True, slots=True)
class TautString:
    """calls.telephony.carrier.Stream."""

    name: str

    def media(self, audio: bytes) -> str:
        return json.dumps({"hum": audio.hex()})

    def mark(self, name: str) -> str:
        return json.dumps({"knot": name})

    def clear(self) -> str:
        return json.dumps({"pinch": self.name})

    def hang_up(self) -> str:
        return json.dumps({"bye": self.name})


class TinCan:
    """calls.telephony.carrier.Carrier."""

    name = "Tin can"
    socket = "tin/string"
    urls = "tests.telephony.tin_can"
    asks_for_sign_in = False

    async def admits(self, scope: Mapping[str, Any]) -> bool:
        """A string is short."""
        return bool(scope["client"][0] == "127.0.0.1")

    def parse(self, text: str) -> Message | None:
        try:
            message = json.loads(text)
            if not isinstance(message, list):
                raise Malformed("a word and what belongs to it stand in a list")
            return _read(*message)
        except UNREADABLE as error:
            raise Malformed.because(error) from None

    def stream(self, started: Started) -> TautString:
        return TautString(started.stream_sid)

    def check(self) -> str:
        return "taut"


TIN_CAN = TinCan()


def _read(word: str, *rest: Any) -> Message | None:
    match word, rest:
        case "hum", (at_ms, sound):
            return Media(at_ms, bytes.fromhex(sound))
        case "knot", (name,):
            return Mark(name)
        case "tap", (digit,):
            return Key(digit)
        case "pull", ({"talk": talk, "string": string, "secret": secret},):
            return Started(talk, string, secret)
        case "bye", ():
            return Stopped()
        case (("hum" | "knot" | "tap" | "pull" | "bye"), _):
            raise Malformed("too little, or too much")
    return None


@csrf_exempt
def ring(request: HttpRequest) -> JsonResponse:
    """Somebody pulls at a string."""
    talk, who, whom = (request.POST[name] for name in ("talk", "who", "whom"))
    match answering.answer(talk, who, whom):
        case answering.Take(token):
            return JsonResponse({"pull with": token})
        case answering.Forward(number):
            return JsonResponse({"pull at": number})
        case answering.Refuse(words):
            return JsonResponse({"shout": words})


urlpatterns = [path("tin/ring", ring)]


class FarCan:
    """tests.phone.FarEnd."""

    carrier: Carrier = TIN_CAN

    def __init__(self, stream_sid: str) -> None:
        self._string = stream_sid

    def begin(self, call_sid: str, token: str) -> list[Any]:
        pulled = {"talk": call_sid, "string": self._string, "secret": token}
        return [["anybody there?"], ["pull", pulled]]

    def media(self, at_ms: int, audio: bytes) -> Any:
        return ["hum", at_ms, audio.hex()]

    def mark(self, name: str) -> Any:
        return ["knot", name]

    def key(self, digit: str) -> Any:
        return ["tap", digit]

    def stop(self) -> Any:
        return ["bye"]

    def read(self, message: Any) -> tuple[str, Any]:
        match message:
            case {"hum": sound}:
                return "media", bytes.fromhex(sound)
            case {"knot": name}:
                return "mark", name
            case {"pinch": self._string}:
                return "clear", None
            case {"bye": self._string}:
                return "hang up", None
        raise AssertionError(f"not a word of ours: {message}")
