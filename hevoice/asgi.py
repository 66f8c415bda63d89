"""The application that daphne serves: Twilio's socket, the live page's socket, and Django."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hevoice.settings")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402  (Django must be set up first)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path  # noqa: E402

from calls import process  # noqa: E402
from calls.consumers import MediaConsumer  # noqa: E402
from dashboard.consumers import LiveConsumer  # noqa: E402

dashboard_socket = AllowedHostsOriginValidator(
    AuthMiddlewareStack(URLRouter([path("<str:language>/live", LiveConsumer.as_asgi())]))
)
application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": URLRouter(
            [
                path("twilio/media", MediaConsumer.as_asgi()),
                path("ws/", dashboard_socket),
            ]
        ),
    }
)
process.begin()
