"""Carriers: what each must do, and a whole call through one that nobody had in mind."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client, SimpleTestCase, override_settings

from calls.language.language import words_of
from calls.models import Call
from calls.voice import live
from tests.fakes import FakeWriter, tuned
from tests.phone import PhoneCall, TwilioEnd, conversation_of, services
from tests.telephony.carrier_contract import CarrierContract
from tests.telephony.far_browser import FarBrowser
from tests.telephony.tin_can import FarCan
from tests.virtual_time import VirtualTimeTestCase
from tuning.turns import journal
from tuning.turns.events import Pressed
from tuning.turns.replay import decide, recorded

TIN_CAN = "tests.telephony.tin_can.TIN_CAN"
LONG_ANSWER = ("אפשר להגיע אלינו בכל יום בין תשע בבוקר לחמש אחר הצהריים. " * 4, "מתי נוח לכם?")
REGISTERED = f"""
import asyncio, django
from django.conf import settings
settings.CARRIERS.append("{TIN_CAN}")
django.setup()
from channels.testing import WebsocketCommunicator
from django.urls import resolve
from hevoice.asgi import application
print(resolve("/tin/ring").func.__name__)
async def shake(path):
    socket = WebsocketCommunicator(application, path)
    socket.scope["client"] = ("127.0.0.1", 50000)
    return (await socket.connect())[0]
print(asyncio.run(shake("/tin/string")))
"""


class TwilioTests(CarrierContract, SimpleTestCase):
    far_end = TwilioEnd
    path = "calls.telephony.twilio.carrier.TWILIO"


class TinCanTests(CarrierContract, SimpleTestCase):
    far_end = FarCan
    path = TIN_CAN

    def test_a_word_that_is_not_known_is_let_pass(self) -> None:
        self.assertIsNone(self.parsed(["rattle", 1]))


class BrowserTests(CarrierContract, SimpleTestCase):
    far_end = FarBrowser
    path = "calls.telephony.browser.carrier.BROWSER"


class RegistrationTests(SimpleTestCase):
    def test_one_line_of_settings_opens_its_addresses_and_its_socket(self) -> None:
        done = subprocess.run(
            [sys.executable, "-c", REGISTERED], cwd=settings.BASE_DIR, timeout=60, check=False,
            env={"DJANGO_SETTINGS_MODULE": "tests.fake_settings"}, capture_output=True, text=True,
        )  # fmt: skip
        self.assertEqual(done.stdout.split(), ["ring", "True"], done.stderr)


class CanCall(PhoneCall):
    """A call over the string, rung as its carrier rings."""

    def __init__(self, call_sid: str = "talk-1") -> None:
        super().__init__(call_sid, speed=1, speaks=FarCan)

    async def ring(self) -> None:
        self.token = (await sync_to_async(pulled_at)(self.call_sid))["pull with"]


@override_settings(ROOT_URLCONF="tests.telephony.tin_can")
def pulled_at(talk: str) -> Any:
    form = {"talk": talk, "who": "the shed", "whom": "the house"}
    return Client().post("/tin/ring", form).json()


class WholeCallTests(VirtualTimeTestCase):
    async def test_a_whole_call_goes_over_a_tin_can(self) -> None:
        """Greeting, a turn, one that the caller cuts short, a key, and the caller hangs up."""
        with services(writer=tuned(FakeWriter, answer=LONG_ANSWER)):
            async with CanCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM")
                await phone.until(lambda: conversation_of("talk-1").turns.state == "speaking")
                await phone.until_quiet()
                heard = len(phone.events("mark"))
                await phone.say("MMMMM")
                await phone.until(lambda: len(phone.events("mark")) > heard)
                await phone.say("_" * 15 + "MMMMMM")
                await phone.until(lambda: phone.events("clear"))
                await phone.until_quiet()
                await phone.press("7")
                await phone.until(lambda: conversation_of("talk-1").turns.state == "speaking")
                await phone.until_quiet()
            call, turns = await phone.ended(), await phone.turns()
        self.assertEqual((call.stream_sid, call.caller), (phone.stream_sid, "the shed"))
        self.assertEqual((call.ended_why, call.malformed_messages), ("caller hung up", 0))
        self.assertEqual(call.frames_in, phone.clock_ms // 20)
        outcomes = [(turn.number, turn.prompt, turn.outcome) for turn in turns]
        self.assertEqual(
            outcomes,
            [
                (0, "greeting", "completed"),
                (1, "", "completed"),
                (2, "", "interrupted"),
                (3, "", "completed"),
                (4, "", "completed"),
            ],
        )
        self.assertEqual(turns[1].answered, "".join(LONG_ANSWER))
        self.assertTrue(all(turn.heard_ms is not None for turn in turns))  # by the marks
        entries = list(journal.read(await sync_to_async(lambda: list(call.journal()))()))
        self.assertIn("7", [each.digit for each in entries if isinstance(each, Pressed)])
        self.assertEqual(decide(entries, words_of), recorded(entries))

    async def test_the_agent_says_bye_before_it_lets_go_of_the_string(self) -> None:
        with services(writer=tuned(FakeWriter, says_farewell=True)):
            async with CanCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM")
                await phone.until(lambda: phone.close_code is not None)
            call = await phone.ended()
        self.assertEqual((phone.close_code, call.ended_why), (1000, "goodbye"))
        self.assertEqual(phone.sent[-1], {"bye": phone.stream_sid})

    async def test_a_string_without_its_token_is_let_go(self) -> None:
        phone = CanCall()
        await phone.ring()
        await phone.connect()
        with self.assertLogs("calls.telephony.media_socket", "WARNING"):
            await phone.start("another")
            await phone._reader
        self.assertEqual((phone.close_code, phone.sent), (4403, []))

    async def test_a_server_that_stops_shouts(self) -> None:
        live.is_draining = True
        self.addCleanup(setattr, live, "is_draining", False)
        with self.assertLogs("calls.telephony.answering", "WARNING"):
            told = await sync_to_async(pulled_at)("talk-2")
        self.assertIn("תפוסים", told["shout"])
        self.assertFalse(await Call.objects.aexists())
