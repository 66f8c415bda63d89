"""Twilio as a carrier: Media Streams over a websocket that it signs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from calls.services import ServiceFailed
from calls.telephony.carrier import Started
from calls.telephony.twilio import messages, signature


class Twilio:
    """An answered call is told to hang up by closing its stream: Twilio then asks
    `/twilio/after` what to do, and hangs up when it is told so."""

    name = "Twilio"
    socket = "twilio/media"
    urls = "calls.telephony.twilio.urls"
    asks_for_sign_in = False

    async def admits(self, scope: Mapping[str, Any]) -> bool:
        return signature.admits_socket(scope)

    parse = staticmethod(messages.parse)

    def stream(self, started: Started) -> messages.MediaStream:
        return messages.MediaStream(started.stream_sid)

    def check(self) -> str:
        if settings.TWILIO_AUTH_TOKEN:
            return f"signed calls to {settings.PUBLIC_HOST}"
        if settings.PUBLIC_HOST:
            raise ServiceFailed(
                "PUBLIC_HOST is set but TWILIO_AUTH_TOKEN is not: set it, or every call is refused"
            )
        return "not set: only callers on this machine are served"


TWILIO = Twilio()
