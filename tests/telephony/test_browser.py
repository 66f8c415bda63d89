"""A browser as a telephone: who gets a token, who may open the socket, and a whole call."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.test import Client, TransactionTestCase, override_settings
from django.utils import timezone

from calls.models import Call
from calls.telephony.media_socket import REFUSED
from calls.telephony.phone_number import PhoneNumber
from calls.voice import live
from hevoice.asgi import application
from tests.dashboard.operators import a_person
from tests.phone import services
from tests.telephony.far_browser import FarBrowser
from tuning.models import TimingProfile

HERE = "http://localhost"


class BrowserTestCase(TransactionTestCase):
    def setUp(self) -> None:
        TimingProfile.create_shipped()
        self.operator = a_person("operator")

    def signed_in(self, user: User | None = None, **wishes: Any) -> Client:
        client = Client(**wishes)
        client.force_login(user or self.operator)
        return client

    def rung(self, **form: str) -> Any:
        return self.signed_in().post("/talk/ring", form)


class RingTests(BrowserTestCase):
    def test_whoever_presses_the_button_gets_the_token_of_their_call(self) -> None:
        told = self.rung().json()
        call = Call.objects.get(pk=told["pk"])
        self.assertEqual((call.call_sid, call.token), (told["call"], told["token"]))
        self.assertEqual((call.via, call.caller, call.number), ("browser", "dana", None))
        self.assertEqual(call.masked_caller, "dana")
        self.assertFalse(call.is_real)
        self.assertFalse(Call.objects.filter(Call.REAL).exists())

    def test_nobody_else_does(self) -> None:
        viewer = a_person("viewer", "victor")
        self.assertEqual(self.signed_in(viewer).post("/talk/ring").status_code, 403)
        self.assertEqual(Client().post("/talk/ring").status_code, 403)
        self.assertEqual(self.signed_in().get("/talk/ring").status_code, 405)
        careful = self.signed_in(enforce_csrf_checks=True)
        self.assertEqual(careful.post("/talk/ring").status_code, 403)
        self.assertFalse(Call.objects.exists())

    @override_settings(UNKNOWN_NUMBER="refuse")
    def test_it_is_answered_at_any_hour_and_without_a_number(self) -> None:
        number = PhoneNumber.objects.create(number="+97231234567", name="Desk")
        for days in (0, 1):
            number.closed_days.create(date=timezone.localdate() + timedelta(days=days))
        self.assertFalse(number.is_open(timezone.now()))
        for called in ("", number.number, "+97239999999"):
            self.assertEqual(self.rung(called=called).status_code, 200, called)
        of_number = Call.objects.get(number=number)
        self.assertEqual((of_number.is_after_hours, of_number.called), (False, number.number))

    @override_settings(MAX_CALLS=1)
    def test_it_takes_a_place_like_any_other_call(self) -> None:
        self.assertEqual(self.rung().status_code, 200)
        with self.assertLogs("calls.telephony.answering", "WARNING"):
            refused = self.rung()
        self.assertEqual(refused.status_code, 503)
        self.assertIn("תפוסים", refused.json()["words"])

    def test_a_server_that_stops_says_so(self) -> None:
        live.is_draining = True
        self.addCleanup(setattr, live, "is_draining", False)
        with self.assertLogs("calls.telephony.answering", "WARNING"):
            self.assertIn("תפוסים", self.rung().json()["words"])


class SocketTests(BrowserTestCase):
    def socket(self, client: Client, origin: str = HERE) -> WebsocketCommunicator:
        session = client.cookies["sessionid"].value if client.cookies else ""
        headers = [
            (b"host", b"localhost"),
            (b"origin", origin.encode()),
            (b"cookie", f"sessionid={session}".encode()),
        ]
        return WebsocketCommunicator(application, "/talk/media", headers=headers)

    async def is_open(self, client: Client, origin: str = HERE) -> bool:
        socket = self.socket(client, origin)
        is_open = bool((await socket.connect())[0])
        await socket.disconnect()
        return is_open

    async def test_it_opens_for_whoever_may_talk_and_from_our_own_pages_only(self) -> None:
        operator = await sync_to_async(self.signed_in)()
        viewer = await sync_to_async(a_person)("viewer", "victor")
        self.assertTrue(await self.is_open(operator))
        self.assertFalse(await self.is_open(await sync_to_async(self.signed_in)(viewer)))
        self.assertFalse(await self.is_open(Client()))
        for origin in ("https://evil.example", "http://127.0.0.1", "null", ""):
            with self.subTest(origin):
                self.assertFalse(await self.is_open(operator, origin))

    async def test_a_token_that_is_wrong_used_or_old_begins_nothing(self) -> None:
        told = (await sync_to_async(self.rung)()).json()
        operator = await sync_to_async(self.signed_in)()
        await Call.objects.filter(pk=told["pk"]).aupdate(token="used")
        for token in (told["token"], "", "x"):
            with self.subTest(token), self.assertLogs("calls.telephony", "WARNING"):
                socket = self.socket(operator)
                await socket.connect()
                for message in FarBrowser("s").begin(told["call"], token):
                    await socket.send_to(text_data=json.dumps(message))
                closed = await socket.receive_output()
                self.assertEqual((closed["type"], closed["code"]), ("websocket.close", REFUSED))
                await socket.wait()

    async def test_a_call_is_greeted_and_ends_when_the_browser_hangs_up(self) -> None:
        told = (await sync_to_async(self.rung)()).json()
        end = FarBrowser("browser-1")
        with services():
            socket = self.socket(await sync_to_async(self.signed_in)())
            await socket.connect()
            for message in end.begin(told["call"], told["token"]):
                await socket.send_to(text_data=json.dumps(message))
            kind, sound = end.read(json.loads(await socket.receive_from(timeout=5)))
            self.assertEqual((kind, bool(sound)), ("media", True))
            await socket.send_to(text_data=json.dumps(end.stop()))
            while (await socket.receive_output(5))["type"] != "websocket.close":
                pass
            await socket.wait(5)
        call = await Call.objects.aget(pk=told["pk"])
        self.assertEqual((call.ended_why, call.stream_sid), ("caller hung up", "browser-1"))
