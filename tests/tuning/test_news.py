"""News between processes over a real Redis, which comes and goes while calls go on."""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar
from unittest import enterModuleContext

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.test import TransactionTestCase, override_settings, tag
from redis.asyncio import Redis

from calls.voice import live
from dashboard.live.close_codes import OUT_OF_DATE
from dashboard.live.page_socket import PULSE_S
from dashboard.live.sockets import LiveConsumer
from hevoice import bus, stores
from tests.phone import PhoneCall, conversation_of, services
from tests.servers.redis import RedisServer
from tuning.models import TimingProfile
from tuning.turns.profile import Profile

QUICK_S = 0.5
"""What nobody notices."""


def setUpModule() -> None:
    NewsTestCase.redis = enterModuleContext(RedisServer())
    layers = stores.channel_layers(NewsTestCase.redis.url)
    enterModuleContext(override_settings(CHANNEL_LAYERS=layers))


@tag("protocol")
class NewsTestCase(TransactionTestCase):
    redis: ClassVar[RedisServer]

    def setUp(self) -> None:
        TimingProfile.create_shipped()
        bus.failure = ""

    def stop_redis(self) -> None:
        self.redis.stop()
        self.addCleanup(self.redis.start)

    def freeze_redis(self) -> None:
        self.redis.freeze()
        self.addCleanup(self.redis.thaw)

    async def publish(self, profile: str = "balanced", **knobs: Any) -> int:
        def publish() -> int:
            found = TimingProfile.objects.get(name=profile)
            return found.publish(Profile(**knobs), by=None, note="edited").pk

        began_s = time.monotonic()
        revision = await sync_to_async(publish)()
        self.assertLess(time.monotonic() - began_s, bus.TELL_S + QUICK_S)
        return revision

    async def until_on(self, revision: int, limit_s: float = 15) -> None:
        async with asyncio.timeout(limit_s):
            while conversation_of("CA1").turns.revision != revision:
                await asyncio.sleep(0.01)

    async def until_followed(self) -> None:
        """The call's process hears what is told."""
        async with asyncio.timeout(15):
            async with Redis.from_url(self.redis.url) as redis:
                while not await redis.pubsub_channels("*calls"):
                    await asyncio.sleep(0.02)


class CallTests(NewsTestCase):
    async def test_what_is_published_reaches_the_calls_on_that_profile_between_two_turns(
        self,
    ) -> None:
        with services():
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await self.until_followed()
                before = conversation_of("CA1").turns.revision
                await self.publish("brisk", vad_hangover_ms=300)
                revision = await self.publish(vad_hangover_ms=260)
                await self.until_on(revision)
        self.assertGreater(revision, before)

    async def test_redis_gone_harms_no_call_and_edits_arrive_with_the_next_turn(self) -> None:
        with services(), self.assertLogs("hevoice.bus", "WARNING") as log:
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await self.until_followed()
                self.stop_redis()
                revision = await self.publish(vad_hangover_ms=260)
                await phone.say("MMMMM" + "_" * 15)
                await self.until_on(revision)
                self.redis.start()
                await self.until_followed()
                revision = await self.publish(vad_hangover_ms=280)
                await self.until_on(revision)
            turns = await phone.turns()
        self.assertTrue(any(turn.said and turn.answered for turn in turns))
        self.assertEqual({turn.failure for turn in turns}, {""})
        self.assertEqual([one.levelname for one in log.records], ["ERROR", "WARNING"])

    async def test_a_call_that_comes_in_while_redis_is_gone_is_taken(self) -> None:
        self.stop_redis()
        began_s = time.monotonic()
        with services(), self.assertLogs("hevoice.bus", "ERROR"):
            async with PhoneCall() as phone:
                await phone.until(lambda: phone.events("media"))
                self.assertLess(time.monotonic() - began_s, 1 + QUICK_S)
            call = await phone.ended()
        self.assertEqual(call.ended_why, "caller hung up")

    async def test_a_redis_that_hangs_delays_neither_a_calls_beginning_nor_its_end(self) -> None:
        with services():
            async with PhoneCall("CA2") as phone:
                await phone.until_quiet()
            await phone.ended()
            self.freeze_redis()
            began_s = time.monotonic()
            with self.assertLogs("hevoice.bus", "ERROR"):
                async with PhoneCall() as phone:
                    await phone.until(lambda: phone.events("media"))
                    self.assertLess(time.monotonic() - began_s, 1 + QUICK_S)
                    hung_up_s = time.monotonic()
                    await phone.send({"event": "stop", "streamSid": phone.stream_sid})
                    await phone.until(lambda: phone.close_code is not None)
                self.assertLess(time.monotonic() - hung_up_s, bus.TELL_S + 1 + QUICK_S)
        self.assertEqual(live.calls, {})


class CancelTests(NewsTestCase):
    async def test_whoever_is_cancelled_while_telling_ends_at_once(self) -> None:
        """redis-py swallows a cancellation that comes while it connects: at these moments."""
        for number in range(40):
            await get_channel_layer().flush()  # the next one connects anew
            telling = asyncio.create_task(self.tell_on())
            await asyncio.sleep(number / 4000)
            telling.cancel()
            _done, going_on = await asyncio.wait([telling], timeout=0.5)
            self.assertFalse(going_on, f"cancelled after {number / 4:g} ms")

    async def tell_on(self) -> None:
        while True:
            await bus.tell("live", {"type": "live.ended", "call": 1, "ended_why": ""})
            await asyncio.sleep(0.01)


class PageTests(NewsTestCase):
    def socket(self) -> WebsocketCommunicator:
        socket = WebsocketCommunicator(LiveConsumer.as_asgi(), "/")
        socket.scope["user"] = User(pk=1, username="dana", is_superuser=True)
        socket.scope["url_route"] = {"kwargs": {"language": "en"}}
        return socket

    async def opened_again(self) -> WebsocketCommunicator:
        """As a page does, that tries until it is let in."""
        async with asyncio.timeout(20):
            while True:
                page = self.socket()
                if (await page.connect(timeout=10))[0]:
                    return page
                await asyncio.sleep(0.2)

    async def test_a_page_is_told_that_it_is_out_of_date_and_comes_back_with_redis(self) -> None:
        page = self.socket()
        self.assertTrue((await page.connect(timeout=10))[0])
        await page.receive_from()
        self.stop_redis()
        with self.assertLogs("hevoice.bus", "WARNING") as log:
            closed = await page.receive_output(timeout=3 * PULSE_S)
            self.assertEqual(closed, {"type": "websocket.close", "code": OUT_OF_DATE})
            await page.disconnect()
            self.assertEqual(await self.socket().connect(timeout=10), (False, OUT_OF_DATE))
            self.redis.start()
            page = await self.opened_again()
            await bus.tell("live", {"type": "live.ended", "call": 1, "ended_why": ""})
        self.assertEqual([one.levelname for one in log.records], ["ERROR", "WARNING"])
        await page.disconnect()

    async def test_a_page_is_also_told_when_redis_only_hangs(self) -> None:
        page = self.socket()
        self.assertTrue((await page.connect(timeout=10))[0])
        await page.receive_from()
        self.freeze_redis()
        with self.assertLogs("hevoice.bus", "ERROR"):
            closed = await page.receive_output(timeout=3 * PULSE_S)
        self.assertEqual(closed["code"], OUT_OF_DATE)
        self.redis.thaw()
        await page.disconnect()
