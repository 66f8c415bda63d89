"""A browser's side of a call, as static/js/talk_line.js speaks it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from calls.telephony.browser.carrier import BROWSER
from calls.telephony.carrier import Carrier


class FarBrowser:
    """tests.phone.FarEnd."""

    carrier: Carrier = BROWSER

    def __init__(self, stream_sid: str) -> None:
        self._stream = stream_sid

    def begin(self, call_sid: str, token: str) -> list[Any]:
        return [{"event": "start", "call": call_sid, "stream": self._stream, "token": token}]

    def media(self, at_ms: int, audio: bytes) -> Any:
        return {"event": "media", "at": at_ms, "audio": b64encode(audio).decode()}

    def mark(self, name: str) -> Any:
        return {"event": "mark", "name": name}

    def key(self, digit: str) -> Any:
        return {"event": "key", "key": digit}

    def stop(self) -> Any:
        return {"event": "stop"}

    def read(self, message: Any) -> tuple[str, Any]:
        match message:
            case {"event": "media", "audio": audio}:
                return "media", b64decode(audio)
            case {"event": "mark", "name": name}:
                return "mark", name
            case {"event": "clear"}:
                return "clear", None
            case {"event": "bye"}:
                return "hang up", None
        raise AssertionError(f"not a word of ours: {message}")
