"""The live pages' sockets: whom they let in, and what they push to whom."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, User
from django.test import TransactionTestCase
from django.utils import timezone

from calls.models import Call
from calls.telephony.browser.talk_link import TalkLink
from dashboard.live.close_codes import SIGN_IN_FIRST
from dashboard.live.sockets import LiveConsumer, ProfilesConsumer
from dashboard.talk.sockets import TalkConsumer
from dashboard.templatetags.figures import clock
from hevoice import bus
from tests.dashboard.call_rows import a_call
from tuning.models import TimingProfile


def snapshot(pk: int = 1, **changed: Any) -> dict[str, Any]:
    return {
        "pk": pk,
        "process": "voice-1:7",
        "caller": "+97250•••••67",
        "called": "+972771234567",
        "number": "מרפאה",
        "started_at": f"2026-11-23T10:00:0{pk}+00:00",
        "profile": "balanced",
        "profile_pk": 1,
        "revision": 1,
        "runs_candidate": False,
        "trial": 0,
        "state": "listening",
        "silence_ms": 0,
        "asked_ms": 0,
        "listeners": [],
        "seconds": 12.5,
        "turns": 1,
        "last": None,
    } | changed


class SocketTestCase(TransactionTestCase):
    async def connect(
        self, consumer: Any = LiveConsumer, language: str = "en", query: str = "", user: Any = None
    ) -> WebsocketCommunicator:
        socket = WebsocketCommunicator(consumer.as_asgi(), f"/?{query}")
        socket.scope["user"] = user or User(pk=1, username="dana", is_superuser=True)
        socket.scope["url_route"] = {"kwargs": {"language": language}}
        is_open, _protocol = await socket.connect()
        self.assertTrue(is_open)
        return socket

    async def tell(self, **message: Any) -> None:
        await get_channel_layer().group_send("live", message)

    async def tell_call(self, pk: int = 1, **changed: Any) -> None:
        await self.tell(type="live.call", call=snapshot(pk, **changed))


class EndedTests(SocketTestCase):
    async def told(self, link: TalkLink | None, **fields: Any) -> str:
        given: dict[str, Any] = {"via": "link", "talk_link": link, "ended_why": ""} if link else {}
        await Call.objects.all().adelete()
        call = await sync_to_async(a_call)(**given | fields)
        socket = await self.connect()
        await socket.receive_from()
        await self.tell_call(call.pk)
        for _message in ("row", "count"):
            await socket.receive_from()
        await self.tell(type="live.ended", call=call.pk, ended_why="time up")
        row: str = await socket.receive_from()
        await socket.disconnect()
        return row

    async def test_a_call_whose_link_was_withdrawn_says_so_though_it_is_not_written_yet(
        self,
    ) -> None:
        await sync_to_async(TimingProfile.create_shipped)()
        now = timezone.now()
        link = await TalkLink.objects.acreate(name="fair", expires_at=now, withdrawn_at=now)
        for ended_at in (None, now + timedelta(seconds=9)):
            self.assertIn("the shared link was withdrawn", await self.told(link, ended_at=ended_at))
        earlier = await self.told(link, ended_at=now - timedelta(seconds=9))
        for row in (earlier, await self.told(None)):
            self.assertIn("the longest call was reached", row)


class LiveTests(SocketTestCase):
    async def test_whoever_is_not_signed_in_is_told_to_sign_in(self) -> None:
        socket = await self.connect(user=AnonymousUser())
        self.assertEqual(
            await socket.receive_output(), {"type": "websocket.close", "code": SIGN_IN_FIRST}
        )
        await self.tell_call()
        self.assertTrue(await socket.receive_nothing())

    async def test_a_new_page_starts_empty_and_asks_the_calls_for_themselves(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add("calls", channel)
        socket = await self.connect()
        self.assertIn('<ul id="live-calls"', await socket.receive_from())
        self.assertEqual(await layer.receive(channel), {"type": "snapshot.wanted"})
        await socket.disconnect()

    async def test_a_call_is_added_once_and_then_replaced(self) -> None:
        socket = await self.connect()
        await socket.receive_from()
        await self.tell_call()
        self.assertIn('hx-swap-oob="beforeend:#live-calls"', await socket.receive_from())
        self.assertIn("1</bdi>", await socket.receive_from())
        await self.tell_call(state="speaking")
        row = await socket.receive_from()
        self.assertIn('<li id="live-1" class="card live-call" hx-swap-oob="true">', row)
        self.assertIn("speaking", row)
        await socket.disconnect()

    async def test_a_row_names_the_number_that_was_called(self) -> None:
        socket = await self.connect()
        await socket.receive_from()
        await self.tell_call(1)
        row = await socket.receive_from()
        self.assertIn("<bdi>מרפאה</bdi>", row)
        await socket.receive_from()
        await self.tell_call(2, number="")
        row = await socket.receive_from()
        self.assertIn('<bdi dir="ltr">+972771234567</bdi>', row)
        await socket.disconnect()

    async def test_a_call_that_has_ended_has_its_own_length(self) -> None:
        call = await sync_to_async(a_call)(1)
        assert call.duration
        socket = await self.connect()
        await socket.receive_from()
        await self.tell_call(call.pk, seconds=1.0)
        for _text in ("row", "count"):
            await socket.receive_from()
        await self.tell(type="live.ended", call=call.pk, ended_why="goodbye")
        self.assertIn(clock(call.duration), await socket.receive_from())
        await socket.disconnect()

    async def test_the_newest_call_stands_first(self) -> None:
        socket = await self.connect()
        await socket.receive_from()
        for pk, place in ((2, "beforeend:#live-calls"), (3, "beforebegin:#live-2")):
            await self.tell_call(pk)
            self.assertIn(f'hx-swap-oob="{place}"', await socket.receive_from())
            await socket.receive_from()
        await self.tell_call(1)
        self.assertIn('hx-swap-oob="beforeend:#live-calls"', await socket.receive_from())
        await socket.disconnect()

    async def test_an_ended_call_leaves(self) -> None:
        socket = await self.connect()
        await socket.receive_from()
        await self.tell_call()
        await socket.receive_from()
        await socket.receive_from()
        await self.tell(type="live.ended", call=1, ended_why="goodbye")
        ended = await socket.receive_from()
        self.assertIn('<li id="live-1" class="card live-call is-ended"', ended)
        self.assertIn("/en/calls/1/", ended)
        await socket.disconnect()

    async def test_who_asks_for_a_person_is_shown_until_somebody_comes(self) -> None:
        socket = await self.connect()
        await socket.receive_from()
        await self.tell_call(1)
        await socket.receive_from()
        await socket.receive_from()
        wanted = {"why": "asked", "waited_s": 4.2, "left_s": 25.8}
        await self.tell_call(1, wanted=wanted)
        self.assertIn("asks for a person", await socket.receive_from())
        block = await socket.receive_from()
        self.assertIn('data-wanted="1"', block)
        self.assertIn('data-seconds="4.2"', block)
        self.assertIn('data-left="25.8"', block)
        self.assertIn("the caller asked", block)
        await self.tell_call(1, wanted=wanted | {"waited_s": 6.0, "left_s": 24.0})
        await socket.receive_from()
        self.assertTrue(await socket.receive_nothing(), "the page counts by itself")
        await self.tell_call(1)
        self.assertNotIn("asks for a person", await socket.receive_from())
        self.assertNotIn("data-wanted", await socket.receive_from())
        await socket.disconnect()

    async def test_the_talk_page_is_told_of_its_call_alone_and_of_no_queue(self) -> None:
        socket = await self.connect(TalkConsumer)
        await socket.receive_from()
        await socket.send_to(text_data='{"look": 2}')
        await self.tell_call(1)
        await self.tell(type="pulse")
        await self.tell_call(2, wanted={"why": "asked", "waited_s": 1.0, "left_s": 9.0})
        shown = [await socket.receive_from() for _part in range(2)]
        self.assertIn('id="live-2"', shown[0])
        self.assertIn("asks for a person", shown[0])
        self.assertIn("live-count", shown[1])
        await get_channel_layer().group_send(bus.TRIALS, {"type": "trial.changed"})
        self.assertTrue(await socket.receive_nothing())
        await socket.disconnect()

    async def test_who_asked_and_hangs_up_leaves_the_block(self) -> None:
        socket = await self.connect()
        await socket.receive_from()
        await self.tell_call(1, wanted={"why": "failures", "waited_s": 1.0, "left_s": 9.0})
        await socket.receive_from()
        await socket.receive_from()
        self.assertIn("the agent could not answer", await socket.receive_from())
        await self.tell(type="live.ended", call=1, ended_why="caller hung up")
        shown = [await socket.receive_from() for _part in range(3)]
        self.assertIn('id="wanted"', shown[2])
        self.assertNotIn("data-wanted", shown[2])
        await socket.disconnect()

    async def test_the_talk_page_has_no_place_for_the_block(self) -> None:
        socket = await self.connect(TalkConsumer)
        await socket.receive_from()
        await socket.send_json_to({"look": 1})
        await asyncio.sleep(0.1)
        await self.tell_call(1, wanted={"why": "asked", "waited_s": 1.0, "left_s": 9.0})
        self.assertIn("asks for a person", await socket.receive_from())
        self.assertIn('id="live-count"', await socket.receive_from())
        self.assertTrue(await socket.receive_nothing())
        await socket.disconnect()

    async def test_a_row_speaks_the_language_of_its_page_and_escapes_what_was_said(self) -> None:
        last = {
            "number": 1,
            "said": "<b>שלום</b>",
            "answered": "בשמחה",
            "why": "long silence",
            "response_latency": 2105.4,
        }
        for language, rule in (("he", "אמירה ארוכה ואחריה שתיקה"), ("en", "a long utterance")):
            socket = await self.connect(language=language)
            await socket.receive_from()
            await self.tell_call(last=last)
            row = await socket.receive_from()
            with self.subTest(language=language):
                self.assertIn(rule, row)
                self.assertIn(f"/{language}/live/1/", row)
                self.assertIn('<bdi dir="ltr">2,105 ms</bdi>', row)
                self.assertIn("&lt;b&gt;", row)
            await socket.disconnect()


class ProfilesTests(SocketTestCase):
    def setUp(self) -> None:
        TimingProfile.create_shipped()
        self.profile = TimingProfile.objects.get(name="balanced")

    async def connected(self) -> WebsocketCommunicator:
        socket = await self.connect(ProfilesConsumer, query=f"of={self.profile.pk}&of=x")
        self.assertIn("no calls", await socket.receive_from())
        return socket

    async def test_the_page_counts_the_calls_that_have_taken_the_newest_revision(self) -> None:
        socket = await self.connected()
        await self.tell_call(1, profile_pk=self.profile.pk)
        self.assertIn("1 of 1 call<", await socket.receive_from())
        await self.tell_call(2, profile_pk=self.profile.pk)
        self.assertIn("2 of 2 calls", await socket.receive_from())
        await self.tell(type="live.ended", call=1, ended_why="goodbye")
        self.assertIn("1 of 1 call<", await socket.receive_from())
        await socket.disconnect()

    async def test_after_publishing_it_names_the_calls_that_still_run_on_the_old_one(self) -> None:
        socket = await self.connected()
        await self.tell_call(1, profile_pk=self.profile.pk)
        await socket.receive_from()
        await self.profile.revisions.acreate(number=2, knobs={}, note="faster")
        await get_channel_layer().group_send(bus.PROFILES, {"type": "profile.changed"})
        waiting = await socket.receive_from()
        self.assertIn("0 of 1 call", waiting)
        self.assertIn("+97250•••••67", waiting)
        await self.tell_call(1, profile_pk=self.profile.pk, revision=2)
        self.assertIn("1 of 1 call", await socket.receive_from())
        await socket.disconnect()

    async def test_calls_on_other_profiles_and_unchanged_revisions_say_nothing(self) -> None:
        socket = await self.connected()
        await self.tell_call(1, profile_pk=self.profile.pk + 1)
        self.assertTrue(await socket.receive_nothing())
        await self.tell_call(2, profile_pk=self.profile.pk)
        await socket.receive_from()
        await self.tell_call(2, profile_pk=self.profile.pk, state="speaking")
        self.assertTrue(await socket.receive_nothing())
        await socket.disconnect()
