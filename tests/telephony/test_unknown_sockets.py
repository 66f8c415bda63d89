"""A websocket where there is none is closed with a code that says so, and no error is logged."""

from __future__ import annotations

from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.test import SimpleTestCase

from dashboard.live.close_codes import NOT_THERE
from dashboard.live.sockets import LiveConsumer
from hevoice.asgi import application


class UnknownSocketTests(SimpleTestCase):
    async def test_an_unknown_path_is_closed_with_4404(self) -> None:
        for path in ("/ws/he/lives", "/ws", "/", "/twilio/media/more", "/ws/listen/x"):
            with self.subTest(path):
                socket = WebsocketCommunicator(application, path)
                self.assertTrue((await socket.connect())[0])
                closed = await socket.receive_output()
                self.assertEqual(closed, {"type": "websocket.close", "code": 4404})

    async def test_so_is_a_language_that_is_not_spoken(self) -> None:
        socket = WebsocketCommunicator(LiveConsumer.as_asgi(), "/")
        socket.scope["user"] = User(pk=1, username="dana", is_superuser=True)
        socket.scope["url_route"] = {"kwargs": {"language": "xx"}}
        self.assertTrue((await socket.connect())[0])
        self.assertEqual(
            await socket.receive_output(), {"type": "websocket.close", "code": NOT_THERE}
        )
