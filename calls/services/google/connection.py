"""How to reach Google: with which credentials, and over what kind of channel."""

from __future__ import annotations

from functools import cache

import google.auth
import grpc
from django.conf import settings
from google.api_core import grpc_helpers_async
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError

from calls.services import ServiceFailed

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


def is_plain(endpoint: str) -> bool:
    """Whether this endpoint ("": Google's own) is a server on this machine, without TLS."""
    return bool(settings.GOOGLE_INSECURE and endpoint)


@cache
def credentials() -> tuple[Credentials, str | None]:
    """They are looked for on the disk, or asked of Google's metadata server: not on the event loop.

    With the project that they belong to, if they say.
    """
    try:
        return google.auth.default(scopes=SCOPES)
    except GoogleAuthError as error:
        raise ServiceFailed(
            f"Google: {error} (set GOOGLE_APPLICATION_CREDENTIALS to the service account's "
            "key file)"
        ) from error


def channel(endpoint: str, own: str, *, number: int = 0) -> grpc.aio.Channel:
    """A connection to the endpoint, or to Google's own where that is empty. Channels that differ in
    no argument share one connection: give each of several its number. Find the credentials first.
    """
    options = (*OPTIONS, ("hevoice.channel", number))
    if is_plain(endpoint):
        return grpc.aio.insecure_channel(endpoint, options=options)
    return grpc_helpers_async.create_channel(
        endpoint or own, credentials=credentials()[0], options=options
    )
