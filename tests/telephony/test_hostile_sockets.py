"""What a hostile client may send to the sockets: no traceback, no harm to other calls."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64encode
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from calls.audio.codec import FRAME_BYTES
from calls.audio.vad import JudgedVad
from calls.models import Call
from calls.telephony.carrier import Malformed, Media
from calls.telephony.media_socket import FLOODED, REFUSED
from calls.telephony.pace import MOST_AHEAD, Pace
from calls.telephony.twilio import messages as twilio
from dashboard.live.listening import ListenConsumer
from dashboard.live.sockets import LiveConsumer, ProfilesConsumer
from hevoice.asgi import application
from tests.fakes import CALLERS_TONE, HUSH
from tests.fuzzing import heartbeat
from tests.phone import PhoneCall, services

HOSTILE = ("\ud800", "CA1\ud800", "CA1\x00", "CA1\nforged line", "C" * 65, "א", "", "CA 1")
DEEP = "[" * 30_000
FLOOD_S = 20.0
LATE_S = 0.3
"""On a busy machine. A flood that lets nobody else run holds everybody up for 1 s and more."""


def start_message(**changed: Any) -> dict[str, Any]:
    start = {"streamSid": "MZ1", "callSid": "CA1", "customParameters": {"token": "x"}}
    return {"event": "start", "start": start | changed}


def media(at_ms: int, payload: bytes = HUSH) -> str:
    body = {"timestamp": f"{at_ms}", "payload": b64encode(payload).decode()}
    return json.dumps({"event": "media", "media": body})


class ParsingTest(SimpleTestCase):
    def test_names_are_what_twilio_makes_them_of_and_not_long(self) -> None:
        for name in HOSTILE:
            for field in ("callSid", "streamSid"):
                with self.subTest(field, name=name), self.assertRaises(Malformed):
                    twilio.parse(json.dumps(start_message(**{field: name})))
        for token in ("\ud800", "x\x00", "x" * 600):
            with self.subTest(token), self.assertRaises(Malformed):
                twilio.parse(json.dumps(start_message(customParameters={"token": token})))
        for mark in ("\ud800", "x" * 600, ["x"]):
            with self.subTest(mark), self.assertRaises(Malformed):
                twilio.parse(json.dumps({"event": "mark", "mark": {"name": mark}}))

    def test_what_malformed_says_of_itself_can_be_logged(self) -> None:
        for text in (DEEP, '"\ud800"', json.dumps({"event": "media", "media": "\ud800\n" * 9_000})):
            with self.assertRaises(Malformed) as refused:
                twilio.parse(text)
            self.assertLess(len(f"{refused.exception}"), 300)

    def test_a_message_holds_a_second_of_sound_at_most(self) -> None:
        self.assertIsInstance(twilio.parse(media(0, b"\xff" * 8000)), Media)
        with self.assertRaises(Malformed):
            twilio.parse(media(0, b"\xff" * 8001))

    def test_a_time_stamp_is_a_time_of_a_call(self) -> None:
        for stamp in (10**200, "9" * 200, "9" * 5000, "-1", "1e400", float("inf"), True):
            body = {"timestamp": stamp, "payload": ""}
            with self.subTest(stamp), self.assertRaises(Malformed):
                twilio.parse(json.dumps({"event": "media", "media": body}))


class PaceTest(SimpleTestCase):
    def pace(self, messages: int, every_s: float, cost: float = 1) -> Pace:
        pace = Pace(0.0)
        for number in range(messages):
            pace.took(cost, number * every_s)
        return pace

    def test_a_telephone_is_never_ahead(self) -> None:
        pace = self.pace(100_000, 0.02)
        self.assertFalse(pace.owes_a_turn)
        self.assertFalse(pace.is_flood)

    def test_what_a_line_kept_back_for_a_minute_may_come_at_once(self) -> None:
        pace = self.pace(3_000, 0.0)
        self.assertTrue(pace.owes_a_turn)
        self.assertFalse(pace.is_flood)

    def test_far_more_than_real_time_is_a_flood(self) -> None:
        self.assertTrue(self.pace(20_000, 0.001).is_flood)

    def test_large_messages_and_leaps_in_time_count_for_what_they_are(self) -> None:
        self.assertTrue(self.pace(60, 0.02, cost=130).is_flood)


class FloodTest(TransactionTestCase):
    async def test_a_flood_is_closed_and_no_frame_of_another_call_is_late(self) -> None:
        JudgedVad()(CALLERS_TONE)  # the first of a process loads its model
        real = override_settings(VAD="calls.audio.vad.JudgedVad")
        with services(), real, self.assertLogs("calls.telephony.media_socket", "WARNING") as log:
            async with PhoneCall("CA1", speed=1) as other:
                await other.say("_____")
                flood = PhoneCall("CA2")
                await flood.ring()
                await flood.connect()
                await flood.start()
                for number in range(4 * MOST_AHEAD):
                    flood._socket.input_queue.put_nowait(
                        {"type": "websocket.receive", "text": media(number * 20, CALLERS_TONE)}
                    )
                async with asyncio.timeout(FLOOD_S), heartbeat() as late_s:
                    while flood.close_code is None:
                        await other.say("_")
        self.assertEqual(flood.close_code, FLOODED)
        self.assertIn("far more than real time", "".join(log.output))
        self.assertGreater(len(late_s), 10)
        self.assertLess(max(late_s), LATE_S)
        ended = await flood_row("CA2")
        self.assertEqual(ended.ended_why, "flooded")

    async def test_a_flood_before_the_call_has_begun_is_closed_too(self) -> None:
        phone = PhoneCall()
        await phone.connect()
        for _message in range(2 * MOST_AHEAD):
            phone._socket.input_queue.put_nowait({"type": "websocket.receive", "text": "{}"})
        async with asyncio.timeout(FLOOD_S):
            await phone._reader
        self.assertEqual(phone.close_code, FLOODED)

    async def test_leaps_in_time_stamps_fill_no_memory(self) -> None:
        with services():
            async with PhoneCall() as phone:
                for _leap in range(50):
                    phone.clock_ms += 59_000
                    await phone.frame(b"\xff" * FRAME_BYTES)
                async with asyncio.timeout(FLOOD_S):
                    await phone._reader
        self.assertEqual(phone.close_code, FLOODED)

    async def test_a_start_that_no_database_could_keep_is_refused_without_a_traceback(self) -> None:
        for changed in ({"callSid": "\ud800"}, {"streamSid": "\x00"}, {"callSid": "C" * 60_000}):
            phone = PhoneCall()
            await phone.connect()
            with self.assertLogs("calls.telephony.media_socket", "WARNING") as log:
                await phone.send(start_message(**changed))
                await phone.send({"event": "stop"})
                async with asyncio.timeout(FLOOD_S):
                    await phone._reader
            self.assertEqual(phone.close_code, REFUSED)
            self.assertLess(max(map(len, log.output)), 400)


async def flood_row(call_sid: str) -> Call:
    async with asyncio.timeout(FLOOD_S):
        while True:
            call = await Call.objects.aget(call_sid=call_sid)
            if call.ended_at:
                return call
            await asyncio.sleep(0.02)


class DashboardSocketTest(TransactionTestCase):
    async def connected(self, consumer: Any, query: bytes = b"", **arguments: Any) -> Any:
        socket = WebsocketCommunicator(consumer.as_asgi(), "/")
        user = await sync_to_async(User.objects.create_superuser)(f"dana{time.monotonic_ns()}")
        socket.scope |= {"user": user, "query_string": query, "client": ("127.0.0.1", 5)}
        socket.scope["url_route"] = {"kwargs": {"language": "en"} | arguments}
        is_open, _ = await socket.connect()
        self.assertTrue(is_open)
        return socket

    async def test_what_a_page_would_not_send_is_ignored(self) -> None:
        socket = await self.connected(LiveConsumer)
        await socket.receive_from()
        digits = "9" * 200
        for text in (DEEP, f'{{"look": {digits}}}', '{"look": -1}', '{"look": true}', '"\ud800"',
                     '{"look": 1e400}', f'{{"look": {"9" * 5000}}}', "[1]", "null"):  # fmt: skip
            await socket.send_to(text_data=text)
        await socket.send_to(bytes_data=b"\xff\x00")
        await socket.send_to(text_data='{"again": true}')
        self.assertIn('id="live-calls"', await socket.receive_from())
        await socket.disconnect()

    async def test_profiles_that_cannot_be_are_not_looked_for(self) -> None:
        for query in (b"of=%ff", b"of=\xff", b"of=" + b"9" * 200, b"of=" + b"9" * 5000, b"of=%00",
                      b"of=\xd9\xa1&of=", b"&".join([b"of=1"] * 3000)):  # fmt: skip
            with self.subTest(query[:20]):
                socket = await self.connected(ProfilesConsumer, query)
                await asyncio.sleep(0.1)
                self.assertFalse(socket.future.done())
                await socket.disconnect()

    async def test_a_call_that_cannot_be_is_over(self) -> None:
        socket = await self.connected(ListenConsumer, pk=10**200)
        self.assertEqual((await socket.receive_output())["type"], "websocket.close")
        await socket.disconnect()


class HandshakeTest(TransactionTestCase):
    """Through the whole application, as daphne serves it."""

    async def is_let_in(self, path: str, *headers: tuple[bytes, bytes], query: bytes = b"") -> bool:
        socket = WebsocketCommunicator(application, "/", headers=list(headers))
        socket.scope |= {"path": path, "query_string": query, "client": ("127.0.0.1", 5)}
        is_open, code = await socket.connect()
        if is_open:
            is_open = (await socket.receive_output())["type"] != "websocket.close"
        await socket.wait()  # raises what the application raised
        self.assertIn(code, (None, 1000, REFUSED))
        return bool(is_open)

    async def test_an_address_that_is_none_is_refused_without_a_traceback(self) -> None:
        for path in ("/", "/ws", "/ws/he/nothing", f"/ws/listen/{'9' * 200}", "/ws/\ud800/live",
                     "/ws/listen/x", "/twilio/media/", "/twilio/\x00"):  # fmt: skip
            with self.subTest(path[:40]):
                self.assertFalse(await self.is_let_in(path))

    async def test_headers_that_make_no_sense_are_refused_without_a_traceback(self) -> None:
        for name, value in (
            (b"origin", b"http://["), (b"origin", b"http://a:port"), (b"origin", b"\xff\xfe"),
            (b"cookie", b"\xff=\xff; sessionid=\xff"), (b"cookie", b"sessionid=" + b"x" * 9000),
            (b"host", b"\xff"),
        ):  # fmt: skip
            for path in ("/ws/he/live", "/ws/listen/1", "/ws/he/profiles", "/twilio/media",
                         "/talk/media", "/ws/talk/echo", "/ws/he/talk"):  # fmt: skip
                with self.subTest(path, header=(name, value[:20])):
                    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
                    sent = [pair for pair in headers if pair[0] != name] + [(name, value)]
                    self.assertFalse(await self.is_let_in(path, *sent, query=b"of=\xff"))
