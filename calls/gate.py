"""Who may ring: Twilio, proved by its signature; without a token only this machine itself.

Twilio signs the public address, whose port may stand in it or not; with SHA-1, or as the header
SIGNED_HOW says. While a token is rotated (or a shared key introduced) several may sign.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import cache
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from twilio.request_validator import RequestValidator, get_signature_algorithm

logger = logging.getLogger(__name__)

FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via"})
"""Headers of a proxy: behind one, "loopback" says nothing about the client."""
SIGNATURE, SIGNED_HOW = "X-Twilio-Signature", "X-Twilio-Webhooks-Signature-Settings"


@cache
def _warn_once() -> None:
    logger.warning("TWILIO_AUTH_TOKEN is not set: only direct clients on this machine are served")


def tokens() -> list[str]:
    """The secrets that Twilio may sign with: the account's token first."""
    return [token.strip() for token in settings.TWILIO_AUTH_TOKEN.split(",") if token.strip()]


def admits_request(request: HttpRequest) -> bool:
    """A webhook request that Twilio signed (all its parameters, whichever they are)."""
    if not tokens():
        names = [name.lower().encode() for name in request.headers]
        return _is_direct_loopback(request.META.get("REMOTE_ADDR", ""), names)
    url = f"https://{settings.PUBLIC_HOST}{request.get_full_path()}"
    signature, how = request.headers.get(SIGNATURE, ""), request.headers.get(SIGNED_HOW, "")
    return _is_signed(url, request.POST, signature, how)


def admits_socket(scope: Mapping[str, object]) -> bool:
    """A websocket handshake that Twilio signed, over wss and without parameters."""
    headers: dict[bytes, bytes] = dict(scope["headers"])  # type: ignore[call-overload]
    if not tokens():
        client = scope.get("client") or ("", 0)
        return _is_direct_loopback(client[0], headers)  # type: ignore[index]
    url = f"wss://{settings.PUBLIC_HOST}{scope['path']}"
    signature, how = (
        headers.get(name.lower().encode(), b"").decode("latin-1")
        for name in (SIGNATURE, SIGNED_HOW)
    )
    return _is_signed(url, {}, signature, how)


def _is_signed(url: str, parameters: Mapping[str, object], signature: str, how: str) -> bool:
    algorithm = get_signature_algorithm(how)
    is_good = any(
        RequestValidator(token).validate(url, parameters, signature, algorithm)
        for token in tokens()
    )
    if not is_good:
        logger.warning("Refused: %s is not signed with TWILIO_AUTH_TOKEN", url)
    return is_good


def _is_direct_loopback(address: str, header_names: Iterable[bytes]) -> bool:
    _warn_once()
    try:
        is_loopback = ip_address(address).is_loopback
    except ValueError:
        is_loopback = False
    is_direct = is_loopback and not FORWARDED.intersection(header_names)
    if not is_direct:
        logger.warning("Refused a client that is not on this machine: set TWILIO_AUTH_TOKEN")
    return is_direct
