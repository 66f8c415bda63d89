"""Connections to Google Speech, shared by the calls of a process.

Rule: one HTTP/2 connection carries 100 streams and lets the next one wait without a word, so no
channel gets more than 50. Channels that differ in no argument share one connection: each has its
own number. A channel works only in the loop that it was made in, and is made when first needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from weakref import WeakKeyDictionary

import google.auth
import grpc
from django.conf import settings
from google.api_core import grpc_helpers_async
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError

from calls.services import ServiceFailed
from calls.services.google.speech_api import SPEECH, Pair, Speech

STREAMS = 50
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
OPTIONS = (
    # After a fault, tried again soon: gRPC would wait for up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 2000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A connection that died without a word is noticed after 5 s.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
)


class Channel:
    """One connection, the two APIs over it, and how many streams it carries."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.streams = 0
        self._speech: dict[str, Speech] = {}

    def speech(self, api: str) -> Speech:
        if api not in self._speech:
            self._speech[api] = SPEECH[api](self.channel)
        return self._speech[api]


_channels: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, list[Channel]]] = (
    WeakKeyDictionary()
)


async def prepare() -> str:
    """Find the credentials, off the event loop; the project that v2 is asked in ("": unknown)."""
    if settings.GOOGLE_CLOUD_PROJECT or _is_plain():
        if not _is_plain():
            await asyncio.to_thread(_credentials)
        return str(settings.GOOGLE_CLOUD_PROJECT)
    return (await asyncio.to_thread(_credentials))[1] or ""


@contextmanager
def leased(pair: Pair) -> Iterator[Speech]:
    """The pair's API on a channel with room, counted while the block runs. `prepare` first."""
    target = settings.GOOGLE_SPEECH_ENDPOINT or f"{pair.host}:443"
    here = _channels.setdefault(asyncio.get_running_loop(), {}).setdefault(target, [])
    channel = next((each for each in here if each.streams < STREAMS), None)
    if channel is None:
        channel = Channel(_connection(target, number=len(here)))
        here.append(channel)
    channel.streams += 1
    try:
        yield channel.speech(pair.api)
    finally:
        channel.streams -= 1


def opened() -> list[Channel]:
    """This loop's channels."""
    targets = _channels.get(asyncio.get_running_loop(), {})
    return [channel for channels in targets.values() for channel in channels]


async def close() -> None:
    """Close this loop's channels."""
    channels = opened()
    _channels.pop(asyncio.get_running_loop(), None)
    for channel in channels:
        await channel.channel.close()


def _is_plain() -> bool:
    return bool(settings.GOOGLE_INSECURE and settings.GOOGLE_SPEECH_ENDPOINT)


def _connection(target: str, number: int) -> grpc.aio.Channel:
    options = (*OPTIONS, ("hevoice.channel", number))
    if _is_plain():
        return grpc.aio.insecure_channel(target, options=options)
    return grpc_helpers_async.create_channel(target, credentials=_credentials()[0], options=options)


@cache
def _credentials() -> tuple[Credentials, str | None]:
    try:
        return google.auth.default(scopes=SCOPES)
    except GoogleAuthError as error:
        raise ServiceFailed(
            f"Google Speech: {error} (set GOOGLE_APPLICATION_CREDENTIALS to the service account's "
            "key file)"
        ) from error
