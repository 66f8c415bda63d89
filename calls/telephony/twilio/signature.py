"""Who may ring: Twilio, proved by its signature; without a token only this machine itself.

Without a token a client must be on this machine, name it in Host, and send no header but those that
clients themselves send: whatever a proxy, a tunnel or a browser's page adds gives it away. Who only
passes bytes on, or adds nothing and writes another Host, cannot be told from a client here.

Twilio signs the public address, whose port may stand in it or not; with SHA-1, or as the header
SIGNED_HOW says. While a token is rotated (or a shared key introduced) several may sign.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from functools import cache
from ipaddress import ip_address

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from twilio.request_validator import RequestValidator, get_signature_algorithm

logger = logging.getLogger(__name__)

SENT_BY_CLIENTS = re.compile(
    "host|connection|upgrade|user-agent|accept|accept-(charset|encoding|language)|authorization|"
    "cache-control|content-(encoding|length|type)|cookie|expect|pragma|te|transfer-encoding|"
    "sec-websocket-.*|x-twilio-.*|i-twilio-.*|x-home-region"
)
"""What stands in a request that comes straight from a client which is no browser. Behind any other,
"loopback" says nothing about the client."""
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
        client = request.META.get("REMOTE_ADDR", "")
        return _is_direct_loopback(client, request.headers.get("Host"), _names(request))
    url = f"https://{settings.PUBLIC_HOST}{request.get_full_path()}"
    signature, how = request.headers.get(SIGNATURE, ""), request.headers.get(SIGNED_HOW, "")
    return _is_signed(url, request.POST, signature, how)


def admits_socket(scope: Mapping[str, object]) -> bool:
    """A websocket handshake that Twilio signed, over wss and without parameters."""
    headers: dict[bytes, bytes] = dict(scope["headers"])  # type: ignore[call-overload]
    if not tokens():
        client = scope.get("client") or ("", 0)
        host, names = headers.get(b"host"), [name.decode("latin-1") for name in headers]
        named = None if host is None else host.decode("latin-1")
        return _is_direct_loopback(client[0], named, names)  # type: ignore[index]
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


def _names(request: HttpRequest) -> list[str]:
    if isinstance(request, ASGIRequest):  # whose `headers` leave out names with underlines
        return [name.decode("latin-1") for name, _value in request.scope["headers"]]
    return list(request.headers)


def _is_direct_loopback(address: str, host: str | None, header_names: Iterable[str]) -> bool:
    _warn_once()
    names = {name.lower() for name in header_names}
    added = sorted(name for name in names if not SENT_BY_CLIENTS.fullmatch(name))
    why = ""
    if not _is_loopback(address):
        why = f"it comes from {address}"
    elif host is not None and not _is_loopback(_without_port(host)):
        why = f"its Host is {host:.100}"
    elif added:
        why = f"it has been forwarded, or sent by a page (header {added[0]:.100})"
    if why:
        logger.warning("Refused, %s: set TWILIO_AUTH_TOKEN to be called from elsewhere", why)
    return not why


def _without_port(host: str) -> str:
    name = re.sub(r":[0-9]+$", "", host)
    return name.removeprefix("[").removesuffix("]")


def _is_loopback(name: str) -> bool:
    if name.lower() == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
