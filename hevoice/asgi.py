"""The application that daphne serves: the carriers' sockets, the pages' sockets, and Django."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hevoice.settings")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402  (Django must be set up first)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path, re_path  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from calls.process import life  # noqa: E402
from calls.telephony.browser.returning import may_return  # noqa: E402
from calls.telephony.carrier import Carrier  # noqa: E402
from calls.telephony.media_socket import MediaConsumer  # noqa: E402
from dashboard.lab.replay_socket import ReplayConsumer  # noqa: E402
from dashboard.live.close_codes import NothingThere  # noqa: E402
from dashboard.live.listening import ListenConsumer  # noqa: E402
from dashboard.live.sockets import LiveConsumer, ProfilesConsumer  # noqa: E402
from dashboard.people.required_steps import nobody_until_done  # noqa: E402
from dashboard.stepin.holding import HoldConsumer  # noqa: E402
from dashboard.talk.sockets import EchoConsumer, TalkConsumer  # noqa: E402

nothing_there = NothingThere.as_asgi()
"""Channels' own answer to an address that is none is a traceback in the log."""


def for_operators(consumer: Any) -> Any:
    """Only from our own pages, with the session of whoever is signed in."""
    served = AllowedHostsOriginValidator(AuthMiddlewareStack(nobody_until_done(consumer)))

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        origin = dict(scope["headers"]).get(b"origin", b"").decode("latin-1")
        await (served if _is_address(origin) else nothing_there)(scope, receive, send)

    return answer


def media(carrier: Carrier) -> Any:
    """The socket that a carrier brings its calls to."""
    served = MediaConsumer.as_asgi(carrier=carrier)
    return for_operators(may_return(served)) if carrier.asks_for_sign_in else served


def _is_address(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": URLRouter(
            [
                *(path(each.socket, media(each)) for each in map(import_string, settings.CARRIERS)),
                # Each in full: a router inside a router does not see through middleware.
                path("ws/<str:language>/live", for_operators(LiveConsumer.as_asgi())),
                path("ws/listen/<key:pk>", for_operators(ListenConsumer.as_asgi())),
                path("ws/<str:language>/hold/<key:pk>", for_operators(HoldConsumer.as_asgi())),
                path("ws/<str:language>/talk", for_operators(TalkConsumer.as_asgi())),
                path("ws/talk/echo", for_operators(EchoConsumer.as_asgi())),
                path("ws/<str:language>/profiles", for_operators(ProfilesConsumer.as_asgi())),
                path("ws/<str:language>/replays/<key:pk>", for_operators(ReplayConsumer.as_asgi())),
                re_path("", nothing_there),
            ]
        ),
    }
)
life.begin()
