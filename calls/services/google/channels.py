"""Connections to Google Speech, shared by the calls of a process.

Rule: one HTTP/2 connection carries 100 streams and silently makes the next one wait, so no channel
gets more than 50. Channels with identical arguments would share a connection, so each gets its own
number. A channel works only in the loop that it was made in, and is made when first needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from django.conf import settings

from calls.services.google import connection
from calls.services.google.speech_api import SPEECH, Pair, SpeechApi
from calls.services.per_loop import PerLoop

STREAMS = 50


class GoogleChannel:
    """One connection, the two APIs over it, and how many streams it carries."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.streams = 0
        self._speech: dict[str, SpeechApi] = {}

    def speech(self, api: str) -> SpeechApi:
        if api not in self._speech:
            self._speech[api] = SPEECH[api](self.channel)
        return self._speech[api]


_channels: PerLoop[dict[str, list[GoogleChannel]]] = PerLoop(dict)
"""By the target that they lead to."""


async def prepare() -> str:
    """Find the credentials, off the event loop; the project that v2 is asked in ("": unknown)."""
    project = str(settings.GOOGLE_CLOUD_PROJECT)
    if connection.is_plain(settings.GOOGLE_SPEECH_ENDPOINT):
        return project
    _credentials, their_project = await asyncio.to_thread(connection.credentials)
    return project or their_project or ""


@contextmanager
def leased(pair: Pair) -> Iterator[SpeechApi]:
    """The pair's API on a channel with room, counted while the block runs. `prepare` first."""
    endpoint, own = settings.GOOGLE_SPEECH_ENDPOINT, f"{pair.host}:443"
    here = _channels().setdefault(endpoint or own, [])
    channel = next((each for each in here if each.streams < STREAMS), None)
    if channel is None:
        channel = GoogleChannel(connection.channel(endpoint, own, number=len(here)))
        here.append(channel)
    channel.streams += 1
    try:
        yield channel.speech(pair.api)
    finally:
        channel.streams -= 1


def opened() -> list[GoogleChannel]:
    """This loop's channels."""
    return [channel for channels in _channels().values() for channel in channels]


async def close() -> None:
    """Close this loop's channels."""
    for channels in (_channels.take() or {}).values():
        for channel in channels:
            await channel.channel.close()
