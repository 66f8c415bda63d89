"""Taking over a call, without a browser: who may, what passes, what is noted, how it ends."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, User
from django.test import TransactionTestCase

from calls.models import Call
from dashboard.live.close_codes import CALL_OVER, FLOODED, NOT_ALLOWED, SIGN_IN_FIRST
from dashboard.models import AuditEvent
from dashboard.stepin.holding import LONGEST_SOUND, HoldConsumer
from tests.dashboard.operators import a_person
from tuning.models import TimingProfile

VOICE = b"\x12" * 320


class HoldingTestCase(TransactionTestCase):
    def setUp(self) -> None:
        TimingProfile.create_shipped()
        self.call = Call.objects.create(
            call_sid="CA1", profile=TimingProfile.objects.get(name="balanced")
        )
        self.dana = a_person("operator")

    async def connect(
        self, user: User | AnonymousUser | None = None, query: str = ""
    ) -> WebsocketCommunicator:
        self.layer = get_channel_layer()
        self.process = await self.layer.new_channel()
        """Where the call hears what it is told."""
        await self.layer.group_add("calls", self.process)
        socket = WebsocketCommunicator(HoldConsumer.as_asgi(), f"/{query}")
        socket.scope["user"] = user or self.dana
        socket.scope["url_route"] = {"kwargs": {"pk": self.call.pk, "language": "he"}}
        self.assertTrue((await socket.connect())[0])
        return socket

    async def news(self) -> dict[str, Any]:
        async with asyncio.timeout(2):
            told: dict[str, Any] = await self.layer.receive(self.process)
        return told

    async def holding(self, query: str = "") -> tuple[WebsocketCommunicator, str]:
        """Asked and granted; the channel that asked."""
        socket = await self.connect(query=query)
        asker = (await self.news())["channel"]
        await self.answer(asker, type="hold.granted", channel=self.process)
        self.assertEqual(await self.told(socket), {"event": "granted"})
        return socket, asker

    async def answer(self, asker: str, **message: Any) -> None:
        await self.layer.send(asker, {"call": self.call.pk} | message)

    async def told(self, socket: WebsocketCommunicator) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(await socket.receive_from())
        return said

    async def details(self) -> list[dict[str, Any]]:
        found = AuditEvent.objects.filter(action="take over", what="CA1").order_by("pk")
        return [event.detail async for event in found]

    async def assert_closed(self, socket: WebsocketCommunicator, code: int) -> None:
        closed = {"type": "websocket.close", "code": code}
        self.assertEqual(await socket.receive_output(), closed)


class WhoMayTests(HoldingTestCase):
    async def assert_refused(self, user: User | AnonymousUser, code: int) -> None:
        socket = await self.connect(user)
        await self.assert_closed(socket, code)
        await socket.send_to(bytes_data=VOICE)
        await socket.disconnect()
        with self.assertRaises(TimeoutError):
            await self.news()
        self.assertEqual(await self.details(), [])

    async def test_a_viewer_may_not(self) -> None:
        viewer = await sync_to_async(a_person)("viewer", "victor")
        await self.assert_refused(viewer, NOT_ALLOWED)

    async def test_nobody_may_without_a_sign_in(self) -> None:
        await self.assert_refused(AnonymousUser(), SIGN_IN_FIRST)

    async def test_a_call_that_is_over_cannot_be_taken(self) -> None:
        self.call.ended_at = self.call.rang_at
        await self.call.asave()
        await self.assert_refused(self.dana, CALL_OVER)


class HoldTests(HoldingTestCase):
    async def test_the_call_is_asked_and_its_yes_is_noted_before_any_sound_passes(self) -> None:
        socket = await self.connect()
        asked = await self.news()
        asker = asked.pop("channel")
        self.assertEqual(
            asked,
            {"type": "call.take_over", "call": self.call.pk, "who": "dana", "again": False},
        )
        await socket.send_to(bytes_data=VOICE)  # too early: nobody has said yes
        await socket.send_to(text_data='{"hand_back": ""}')
        await self.answer(asker, type="hold.granted", channel=self.process)
        self.assertEqual(await self.told(socket), {"event": "granted"})
        self.assertEqual(await self.details(), [{"began": True}])
        await socket.send_to(bytes_data=VOICE)
        self.assertEqual(
            await self.news(),
            {"type": "call.voice", "call": self.call.pk, "channel": asker, "audio": VOICE},
        )
        await socket.disconnect()

    async def test_who_holds_it_already_is_named(self) -> None:
        socket = await self.connect()
        asker = (await self.news())["channel"]
        await self.answer(asker, type="hold.refused", by="omer", why="The call is over.")
        refused = {"event": "refused", "by": "omer", "why": "השיחה הסתיימה."}
        self.assertEqual(await self.told(socket), refused)
        await self.assert_closed(socket, 1000)
        await socket.disconnect()
        self.assertEqual(await self.details(), [{"refused": True}])

    async def test_who_leaves_before_the_answer_takes_the_question_back(self) -> None:
        socket = await self.connect()
        asker = (await self.news())["channel"]
        await socket.disconnect()
        news = await self.news()
        self.assertEqual((news["type"], news["channel"]), ("call.hand_back", asker))
        self.assertEqual(await self.details(), [])

    async def test_handing_back_takes_the_note_along_and_is_noted_with_its_length(self) -> None:
        socket, asker = await self.holding()
        await socket.send_to(text_data=json.dumps({"hand_back": "  נקבע ליום שני " + "א" * 400}))
        news = await self.news()
        self.assertEqual((news["type"], news["channel"]), ("call.hand_back", asker))
        self.assertTrue(news["note"].startswith("נקבע ליום שני"))
        self.assertEqual(len(news["note"]), 300)
        await self.answer(asker, type="hold.over", why="handed back")
        self.assertEqual(await self.told(socket), {"event": "over", "why": "handed back"})
        await self.assert_closed(socket, 1000)
        await socket.disconnect()
        began, ended = await self.details()
        self.assertEqual((began, ended["how"]), ({"began": True}, "handed back"))
        self.assertGreaterEqual(ended["seconds"], 0)

    async def test_a_browser_that_is_lost_hands_nothing_back_itself(self) -> None:
        """Its page may be back before the call has missed its sound for long."""
        socket, _asker = await self.holding()
        await socket.disconnect()
        with self.assertRaises(TimeoutError):
            await self.news()
        self.assertEqual((await self.details())[1]["how"], "lost")

    async def test_a_page_that_is_back_takes_up_what_it_held(self) -> None:
        socket = await self.connect(query="?again")
        asked = await self.news()
        self.assertTrue(asked["again"])
        await self.answer(asked["channel"], type="hold.granted", channel=self.process)
        await self.told(socket)
        self.assertEqual(await self.details(), [{"began": True, "again": True}])
        await socket.disconnect()

    async def test_a_call_that_ends_says_so(self) -> None:
        socket, _asker = await self.holding()
        ended = {"type": "live.ended", "call": self.call.pk, "ended_why": "caller hung up"}
        await self.layer.group_send("live", ended | {"call": self.call.pk + 1})
        await self.layer.group_send("live", ended)
        self.assertEqual(await self.told(socket), {"event": "over", "why": "call over"})
        await self.assert_closed(socket, CALL_OVER)
        await socket.disconnect()
        self.assertEqual((await self.details())[1]["how"], "call over")


class HostileTests(HoldingTestCase):
    async def test_what_is_not_understood_is_ignored(self) -> None:
        socket, _asker = await self.holding()
        for text in ("{", "[" * 5000, "7", '{"hand_back": 7}', '{"hand_back": null}', "null"):
            await socket.send_to(text_data=text)
        await socket.send_to(bytes_data=VOICE)
        self.assertEqual((await self.news())["type"], "call.voice")
        await socket.disconnect()

    async def test_more_than_a_microphone_sends_closes_the_socket(self) -> None:
        for sounds in ([b"\x00" * (LONGEST_SOUND + 1)], [b"\x00" * LONGEST_SOUND] * 130):
            with self.subTest(len(sounds)):
                socket, _asker = await self.holding()
                for sound in sounds:
                    await socket.send_to(bytes_data=sound)
                output = await socket.receive_output(timeout=5)
                self.assertEqual(output, {"type": "websocket.close", "code": FLOODED})
                await socket.disconnect()
