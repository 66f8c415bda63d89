"""Listening in: who may, what is noted, and that nobody who listens delays a call."""

from __future__ import annotations

import asyncio
import time

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, User
from django.test import TransactionTestCase

from calls.models import Call
from calls.voice.onlookers import Audience
from dashboard.live.close_codes import CALL_OVER, NOT_ALLOWED, SIGN_IN_FIRST
from dashboard.live.listening import MOST_UNCONFIRMED, ListenConsumer
from dashboard.models import AuditEvent
from tests.dashboard.operators import a_person
from tuning.models import TimingProfile

FRAME = b"\x12" * 160


class ListeningTests(TransactionTestCase):
    def setUp(self) -> None:
        TimingProfile.create_shipped()
        self.call = Call.objects.create(
            call_sid="CA1", profile=TimingProfile.objects.get(name="balanced")
        )

    async def connect(self, user: User | AnonymousUser) -> WebsocketCommunicator:
        socket = WebsocketCommunicator(ListenConsumer.as_asgi(), "/")
        socket.scope["user"] = user
        socket.scope["url_route"] = {"kwargs": {"pk": self.call.pk}}
        self.assertTrue((await socket.connect())[0])
        return socket

    async def sound(self) -> None:
        message = {"type": "call.sound", "call": self.call.pk, "sound": FRAME}
        await get_channel_layer().group_send(f"sound.{self.call.pk}", message)

    async def assert_closed(self, user: User | AnonymousUser, code: int) -> None:
        socket = await self.connect(user)
        closed = {"type": "websocket.close", "code": code}
        self.assertEqual(await socket.receive_output(), closed)
        await self.sound()
        self.assertTrue(await socket.receive_nothing())
        self.assertEqual(await AuditEvent.objects.acount(), 0)

    async def person(self, role: str) -> User:
        return await sync_to_async(a_person)(role)

    async def test_a_viewer_may_not_listen_in(self) -> None:
        await self.assert_closed(await self.person("viewer"), NOT_ALLOWED)

    async def test_nobody_listens_without_a_sign_in(self) -> None:
        await self.assert_closed(AnonymousUser(), SIGN_IN_FIRST)

    async def test_a_call_that_has_ended_cannot_be_listened_to(self) -> None:
        self.call.ended_at = self.call.rang_at
        await self.call.asave()
        await self.assert_closed(await self.person("operator"), CALL_OVER)

    async def test_listening_is_noted_when_it_begins_and_with_its_length(self) -> None:
        socket = await self.connect(await self.person("operator"))
        await asyncio.sleep(0.1)
        await self.sound()
        self.assertEqual(await socket.receive_from(), FRAME)
        await socket.disconnect()
        details = [event.detail async for event in AuditEvent.objects.order_by("pk")]
        self.assertEqual(details[0], {"began": True})
        self.assertGreater(details[1]["seconds"], 0)

    async def test_who_confirms_nothing_misses_sound_and_goes_on_when_it_does(self) -> None:
        socket = await self.connect(await self.person("operator"))
        await asyncio.sleep(0.1)
        for _ in range(MOST_UNCONFIRMED + 3):
            await self.sound()
        for _ in range(MOST_UNCONFIRMED):
            await socket.receive_from()
        self.assertTrue(await socket.receive_nothing())
        await socket.send_to(text_data="1")
        await asyncio.sleep(0.05)
        await self.sound()
        self.assertEqual(await socket.receive_from(), FRAME)
        await socket.disconnect()
        last = await AuditEvent.objects.alatest("pk")
        self.assertEqual(last.detail["missed"], 3)


class AudienceTests(TransactionTestCase):
    async def test_a_listener_who_takes_nothing_does_not_delay_the_calls_frames(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()  # never read: it fills up
        await layer.group_add("sound.7", channel)
        audience = Audience(7, lambda: None)
        ask = {"channel": channel, "who": "dana", "listens": True, "stops": False}
        audience.take_news(ask)
        attending = asyncio.create_task(audience.attend(dict))
        slowest_s = 0.0
        for number in range(1, 2000):
            began_s = time.perf_counter()
            audience.hear(number * 20, FRAME)
            slowest_s = max(slowest_s, time.perf_counter() - began_s)
            if not number % 20:
                await asyncio.sleep(0.01)
        attending.cancel()
        self.assertEqual(audience.listeners, ["dana"])
        self.assertLess(slowest_s, 0.01)
        self.assertIn("sound", await layer.receive(channel))
