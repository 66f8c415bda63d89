"""The socket of a replay's page: how far it is, whoever works on it."""

from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.test import TransactionTestCase

from calls.lab import replaying
from calls.lab.replay import Candidate, Replay
from calls.models import Call
from dashboard.lab.replay_socket import ReplayConsumer
from dashboard.live.close_codes import NOT_ALLOWED
from tests.dashboard.operators import a_person
from tests.lab.recorded_calls import a_recorded_call
from tuning.models import TimingProfile
from tuning.turns.profile import Profile


class ReplaySocketTests(TransactionTestCase):
    def setUp(self) -> None:
        TimingProfile.create_shipped()
        for number in (1, 2):
            a_recorded_call(number)
        self.replay = Replay.begin(
            TimingProfile.objects.get(name="balanced"),
            [Candidate("brisk", Profile(end_silence_long_ms=1200))],
            calls=Call.objects.all(),
            by=None,
        )

    async def connect(self, user: Any, pk: int) -> WebsocketCommunicator:
        socket = WebsocketCommunicator(ReplayConsumer.as_asgi(), "/")
        socket.scope["user"] = user
        socket.scope["url_route"] = {"kwargs": {"language": "en", "pk": pk}}
        self.assertTrue((await socket.connect())[0])
        return socket

    async def test_it_tells_how_far_it_is_until_its_result_can_be_fetched(self) -> None:
        socket = await self.connect(User(pk=1, is_superuser=True), self.replay.pk)
        first = await socket.receive_from()
        self.assertIn('max="2" value="0"', first)
        self.assertNotIn("hx-get", first)
        await database_sync_to_async(replaying.work_on)(self.replay.pk)
        last = ""
        while "hx-get" not in last:
            last = await socket.receive_from()
        self.assertIn(f'hx-get="/en/lab/{self.replay.pk}/"', last)
        self.assertIn('max="2" value="2"', last)
        await socket.disconnect()

    async def test_nothing_is_told_twice_or_of_another_replay(self) -> None:
        socket = await self.connect(User(pk=1, is_superuser=True), self.replay.pk)
        await socket.receive_from()
        await database_sync_to_async(replaying.tell)(self.replay)
        await database_sync_to_async(replaying.tell)(Replay(pk=self.replay.pk + 1))
        self.assertTrue(await socket.receive_nothing())
        await socket.disconnect()

    async def test_one_that_is_not_there_says_nothing(self) -> None:
        socket = await self.connect(User(pk=1, is_superuser=True), 999)
        self.assertTrue(await socket.receive_nothing())
        await socket.disconnect()

    async def test_a_viewer_is_turned_away(self) -> None:
        viewer = await database_sync_to_async(a_person)("viewer")
        socket = await self.connect(viewer, self.replay.pk)
        closed = await socket.receive_output()
        self.assertEqual(closed, {"type": "websocket.close", "code": NOT_ALLOWED})
