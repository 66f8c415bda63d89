"""A browser whose socket was lost comes back with another, and the call goes on where it was."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.test import Client, TransactionTestCase

from calls.models import Call
from calls.telephony.browser import returning
from calls.telephony.browser.returning import LOST, OVER
from hevoice.asgi import application
from tests.dashboard.operators import a_person
from tests.fakes import HUSH
from tests.phone import services
from tests.telephony.far_browser import FarBrowser
from tuning.models import TimingProfile


class Browser:
    """One that counts what has come, as talk_wire.js does."""

    def __init__(self, client: Client) -> None:
        self.told: dict[str, Any] = client.post("/talk/ring").json()
        self._cookie = f"sessionid={client.cookies['sessionid'].value}".encode()
        self.end = FarBrowser("browser-1")
        self.had: list[Any] = []
        self.at_ms = 0

    async def open(self, query: str = "") -> bool:
        self.socket = WebsocketCommunicator(
            application,
            f"/talk/media{query}",
            headers=[
                (b"host", b"localhost"),
                (b"origin", b"http://localhost"),
                (b"cookie", self._cookie),
            ],
        )
        return bool((await self.socket.connect())[0])

    async def begin(self) -> None:
        await self.open()
        for message in self.end.begin(self.told["call"], self.told["token"]):
            await self.say(message)

    async def say(self, message: Any) -> None:
        await self.socket.send_to(text_data=json.dumps(message))

    async def say_frames(self, count: int) -> None:
        for _frame in range(count):
            await self.say(self.end.media(self.at_ms, HUSH[:160]))
            self.at_ms += 20

    async def hear(self) -> Any:
        message = json.loads(await self.socket.receive_from(timeout=5))
        self.had.append(message)
        return message

    async def hear_greeting(self) -> None:
        while (await self.hear())["event"] != "mark":
            pass

    async def lose(self, code: int = LOST) -> None:
        await self.socket.disconnect(code)

    async def come_back(self, **wrong: Any) -> Any:
        """What is said first to whoever comes back; {}: the socket is not opened."""
        if not await self.open("?again"):
            return {}
        told = {"call": self.told["call"], "token": self.told["token"], "had": len(self.had)}
        await self.say({"event": "again"} | told | wrong)
        return await self.socket.receive_output(5)

    async def hang_up(self) -> None:
        await self.say(self.end.stop())
        while (await self.socket.receive_output(5))["type"] != "websocket.close":
            pass


class ReturningTestCase(TransactionTestCase):
    def setUp(self) -> None:
        TimingProfile.create_shipped()
        self.operator = a_person("operator")

    def browser(self, user: User | None = None) -> Browser:
        client = Client()
        client.force_login(user or self.operator)
        return Browser(client)

    async def greeted(self) -> Browser:
        browser = await sync_to_async(self.browser)()
        await browser.begin()
        await browser.say_frames(5)
        await browser.hear_greeting()
        return browser

    async def ended(self, browser: Browser) -> Call:
        await browser.socket.wait(5)
        return await Call.objects.aget(call_sid=browser.told["call"])


class ComingBackTests(ReturningTestCase):
    async def test_both_sides_say_again_what_the_other_has_missed(self) -> None:
        with services():
            browser = await self.greeted()
            *first, last = browser.had
            browser.had = first  # the last one was under way
            await browser.lose()
            again = await browser.come_back()
            self.assertEqual(json.loads(again["text"]), {"event": "again", "had": 6})
            self.assertEqual(await browser.hear(), last)
            await browser.say(browser.end.mark(last["name"]))  # it has been played
            await browser.say_frames(5)
            await browser.say_frames(5)
            (line,) = returning._lines.values()
            while line._came < 17:
                await asyncio.sleep(0.01)
            self.assertNotIn(json.dumps(last), line._kept, "nobody needs it again")
            await browser.lose()
            self.assertEqual(json.loads((await browser.come_back())["text"])["had"], 17)
            await browser.hang_up()
            call = await self.ended(browser)
        self.assertEqual((call.ended_why, call.frames_in), ("caller hung up", 15))
        self.assertNotIn("timestamp out of order", call.frames_dropped)
        self.assertEqual(returning._lines, {})

    async def test_one_that_comes_back_before_its_loss_is_known_takes_over(self) -> None:
        with services():
            browser = await self.greeted()
            before = browser.socket
            await browser.open("?again")
            told = {"call": browser.told["call"], "token": browser.told["token"]}
            await browser.say({"event": "again", "had": len(browser.had)} | told)
            while (closed := await before.receive_output(5))["type"] != "websocket.close":
                pass
            self.assertEqual(closed["code"], OVER)
            await before.disconnect(LOST)
            self.assertEqual((await browser.hear())["event"], "again")
            await browser.hang_up()
            self.assertEqual((await self.ended(browser)).ended_why, "caller hung up")

    async def test_a_page_that_is_closed_has_hung_up(self) -> None:
        with services():
            browser = await self.greeted()
            await browser.lose(1001)
            call = await self.ended(browser)
            self.assertEqual(call.ended_why, "caller hung up")
            gone = await browser.come_back()
        self.assertEqual((gone["type"], gone["code"]), ("websocket.close", OVER))

    async def test_a_call_waits_for_a_while_and_no_longer(self) -> None:
        held_s, returning.HOLD_S = returning.HOLD_S, 0.2
        self.addCleanup(setattr, returning, "HOLD_S", held_s)
        with services():
            browser = await self.greeted()
            await browser.lose()
            call = await self.ended(browser)
        self.assertEqual(call.ended_why, "caller hung up")


class RefusalTests(ReturningTestCase):
    async def test_nobody_else_goes_on_with_a_call(self) -> None:
        other = await sync_to_async(a_person)("operator", "omer")
        viewer = await sync_to_async(a_person)("viewer", "victor")
        with services():
            browser = await self.greeted()
            others = await sync_to_async(self.browser)(other)
            theirs = {"call": browser.told["call"], "token": browser.told["token"]}
            refused = await others.come_back(**theirs)
            self.assertEqual(refused["code"], OVER)
            await other.groups.aset(viewer.groups.all())
            self.assertEqual(await others.come_back(**theirs), {})
            for wrong in (
                {"token": "guessed"}, {"token": ""}, {"token": "ש"}, {"token": 7},
                {"call": "browser-0"}, {"had": "6"}, {"call": ["browser"]},
            ):  # fmt: skip
                with self.subTest(wrong):
                    stranger = await sync_to_async(self.browser)()
                    refused = await stranger.come_back(**theirs | wrong)
                    self.assertEqual((refused["type"], refused["code"]), ("websocket.close", OVER))
            await browser.say_frames(1)
            await browser.hang_up()
            self.assertEqual((await self.ended(browser)).frames_in, 6)
