"""The media socket: who is let in, what is ignored, how it ends."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async
from django.test import override_settings
from twilio.request_validator import RequestValidator

from calls.models import Call
from calls.telephony import answering
from calls.telephony.media_socket import REFUSED, REPLACED
from calls.voice import live
from tests.fakes import HUSH, FakeSpeaker, FakeTranscriber, FakeWriter, tuned
from tests.phone import PhoneCall, conversation_of, services
from tests.virtual_time import VirtualTimeTestCase
from tuning.models import TimingProfile
from tuning.turns.profile import Profile


class TokenTest(VirtualTimeTestCase):
    async def assert_refused(self, phone: PhoneCall) -> None:
        async with asyncio.timeout(5):
            while phone.close_code is None:
                await asyncio.sleep(0.01)
        self.assertEqual(phone.close_code, REFUSED)
        self.assertEqual(phone.sent, [])

    async def test_a_missing_or_wrong_token_is_refused(self) -> None:
        for token in ("", "wrong"):
            phone = PhoneCall()
            await phone.ring()
            await phone.connect()
            await phone.start(token)
            await self.assert_refused(phone)

    async def test_a_token_serves_once(self) -> None:
        with services():
            async with PhoneCall() as first:
                second = PhoneCall()
                await second.connect()
                await second.start(first.token)
                await self.assert_refused(second)

    async def test_a_token_serves_its_own_call_only(self) -> None:
        first, second = PhoneCall("CA1"), PhoneCall("CA2")
        await first.ring()
        await second.ring()
        await second.connect()
        await second.start(first.token)
        await self.assert_refused(second)

    async def test_the_newest_stream_of_a_call_takes_over(self) -> None:
        with services():
            async with PhoneCall() as first:
                await first.until_quiet()
                async with PhoneCall() as second:
                    await second.until(lambda: first.close_code is not None)
                    self.assertEqual(first.close_code, REPLACED)
                    await second.until_quiet()
            turns = await second.turns()
        self.assertEqual([(turn.number, turn.prompt) for turn in turns][:1], [(0, "greeting")])
        self.assertEqual([turn.prompt for turn in turns], ["greeting", "greeting"])


class ClientTest(VirtualTimeTestCase):
    async def test_a_forwarded_or_distant_client_is_refused_without_a_token(self) -> None:
        forwarded = PhoneCall(headers=[(b"x-forwarded-for", b"127.0.0.1")])
        self.assertFalse(await forwarded.connect())
        distant = PhoneCall()
        distant._socket.scope["client"] = ("192.0.2.7", 40000)
        self.assertFalse(await distant.connect())

    @override_settings(TWILIO_AUTH_TOKEN="secret", PUBLIC_HOST="voice.example")
    async def test_with_an_auth_token_only_a_signed_handshake_is_let_in(self) -> None:
        self.assertFalse(await PhoneCall().connect())
        signature = RequestValidator("secret").compute_signature(
            "wss://voice.example/twilio/media", {}
        )
        signed = PhoneCall(headers=[(b"x-twilio-signature", signature.encode())])
        signed._socket.scope["client"] = ("192.0.2.7", 40000)
        with services():
            async with signed:
                await signed.until_quiet()
        self.assertEqual((await signed.ended()).ended_why, "caller hung up")


class MessageTest(VirtualTimeTestCase):
    async def test_malformed_messages_are_counted_logged_once_and_ignored(self) -> None:
        broken = (
            {"event": "media"},
            {"event": "media", "media": {"timestamp": "x", "payload": "AAAA"}},
            {"event": "media", "media": {"timestamp": "0", "payload": "***"}},
            {"event": "dtmf", "dtmf": {"digit": "12"}},
            {"no": "event"},
        )
        with services(), self.assertLogs("calls.telephony.media_socket", "WARNING") as log:
            async with PhoneCall() as phone:
                for message in broken:
                    await phone.send(message)
                await phone._socket.send_to(text_data="not json")
                await phone._socket.send_to(bytes_data=b"binary")
                await phone._socket.send_to(text_data="[1, 2]")
                await phone.send({"event": "something new", "field": 1})
                await phone.until_quiet()
            call = await phone.ended()
        self.assertEqual(call.malformed_messages, len(broken) + 3)
        self.assertEqual(len([line for line in log.output if "malformed" in line]), 1)

    async def test_audio_of_any_length_is_cut_into_frames(self) -> None:
        with services():
            async with PhoneCall() as phone:
                for size in (160, 48, 112, 480, 8, 152, 1600):
                    await phone.frame(HUSH[:1] * size)
                await phone.until_quiet()
                frames_before = phone.clock_ms // 20
            call = await phone.ended()
        self.assertEqual(call.frames_in, frames_before)
        self.assertEqual(call.frames_dropped, {})
        self.assertTrue(call.replays)

    async def test_every_frame_is_forwarded_or_dropped_by_name(self) -> None:
        with services():
            async with PhoneCall() as phone:
                await phone.say("__MM__")
                phone.clock_ms -= 200  # ten frames come again
                await phone.say("__")
                await phone.until_quiet()
            call = await phone.ended()
        self.assertEqual(call.frames_dropped, {"timestamp out of order": 10})
        self.assertEqual(call.frames_in, call.frames_forwarded + 10)

    async def test_what_is_sent_has_exactly_the_documented_fields(self) -> None:
        with services():
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM_______")
                await phone.until(lambda: len(phone.events("mark")) > 3)
                await phone.say("MMMMMM")
                await phone.until(lambda: phone.events("clear"))
        shapes = {
            "media": {"event", "streamSid", "media"},
            "mark": {"event", "streamSid", "mark"},
            "clear": {"event", "streamSid"},
        }
        for message in phone.sent:
            self.assertEqual(set(message), shapes[message["event"]])
            self.assertEqual(message["streamSid"], phone.stream_sid)
        self.assertEqual({tuple(m["media"]) for m in phone.events("media")}, {("payload",)})
        self.assertEqual({tuple(m["mark"]) for m in phone.events("mark")}, {("name",)})


class EndTest(VirtualTimeTestCase):
    async def test_the_goodbye_is_heard_to_its_end_and_then_the_stream_is_closed(self) -> None:
        with services(writer=tuned(FakeWriter, says_farewell=True)):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM")
                await phone.until(lambda: phone.close_code is not None)
            call, turns = await phone.ended(), await phone.turns()
        self.assertEqual((phone.close_code, call.ended_why), (1000, "goodbye"))
        self.assertEqual((turns[1].answered, turns[1].outcome), ("בשמחה. מתי נוח?", "completed"))

    async def test_a_goodbye_that_is_interrupted_is_withdrawn(self) -> None:
        writer = tuned(FakeWriter, says_farewell=True, answer=("תודה רבה ולהתראות בקרוב. " * 4,))
        with services(writer=writer):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM")
                await phone.until(lambda: len(phone.events("mark")) > 3)
                await phone.say("__MMMMM")
                await phone.until(lambda: phone.events("clear"))
                self.assertIsNone(phone.close_code)
        self.assertEqual((await phone.ended()).ended_why, "caller hung up")

    async def test_the_longest_call_ends_with_a_goodbye(self) -> None:
        profile = await TimingProfile.objects.aget(is_default=True)
        await sync_to_async(profile.publish)(Profile(max_call_s=30), by=None, note="short")
        with services():
            async with PhoneCall(speed=40) as phone:
                await phone.until_quiet()
                phone.clock_ms += 29_000
                await phone.until(lambda: phone.close_code is not None, "_____")
            call, turns = await phone.ended(), await phone.turns()
        self.assertEqual((call.ended_why, turns[-1].prompt), ("time up", "time_up"))

    async def test_a_caller_who_vanishes_ends_the_call(self) -> None:
        with services():
            async with PhoneCall() as phone:
                await phone.until_quiet()
                phone.close_code = 1006
                await phone._socket.send_input({"type": "websocket.disconnect", "code": 1006})
                call = await phone.ended()
                phone._reader.cancel()
                phone._reader = asyncio.create_task(asyncio.sleep(0))
        self.assertEqual(call.ended_why, "caller hung up")
        self.assertEqual(live.calls, {})

    async def test_the_server_ends_a_call_when_it_stops(self) -> None:
        with services():
            async with PhoneCall() as phone:
                await phone.until_quiet()
                live.calls["CA1"].end("shutdown")
                await live.all_over(5)
                call = await Call.objects.aget()
                self.assertEqual(call.ended_why, "shutdown")
                await phone.until(lambda: phone.close_code is not None)

    @override_settings(MAX_CALLS=1)
    async def test_a_stream_beyond_the_limit_is_refused(self) -> None:
        with services():
            async with PhoneCall("CA1"):
                second = PhoneCall("CA2")
                await second.ring()
                await second.connect()
                await second.start()
                await second._reader
        self.assertEqual(second.close_code, REFUSED)
        self.assertEqual((await Call.objects.aget(call_sid="CA2")).ended_why, "refused")

    async def test_a_server_that_is_stopping_takes_the_newest_stream_of_its_calls(self) -> None:
        self.addCleanup(setattr, live, "is_draining", False)
        with services():
            async with PhoneCall() as first:
                await first.until_quiet()
                live.is_draining = True
                for call_sid, kind in (("CA1", answering.Take), ("CA2", answering.Refuse)):
                    told = await sync_to_async(answering.answer)(call_sid, "+972501234567", "")
                    self.assertIsInstance(told, kind)
                async with PhoneCall() as second:
                    await second.until(lambda: first.close_code is not None)
                    self.assertEqual(first.close_code, REPLACED)
                    third = PhoneCall("CA3")
                    await third.ring()
                    await third.connect()
                    await third.start()
                    await third._reader
            self.assertEqual(third.close_code, REFUSED)
            self.assertEqual((await second.ended()).ended_why, "caller hung up")


class StallTest(VirtualTimeTestCase):
    async def test_a_line_that_stops_is_answered_by_the_wall_clock(self) -> None:
        with services():
            async with PhoneCall(speed=1) as phone:
                await phone.say("MMMM____")
                await phone.until_quiet()
                await phone.say("_" * 12 + "MMMMMM___")  # and then no frame for a while
                async with asyncio.timeout(5):
                    while conversation_of("CA1").turns.turn < 2:
                        await asyncio.sleep(0.05)
            turns = await phone.turns()
        self.assertIn("line stalled", [turn.why for turn in turns])
        self.assertTrue((await phone.ended()).replays)


class SlowServiceTest(VirtualTimeTestCase):
    async def test_a_writer_that_stalls_delays_no_frame_of_any_call(self) -> None:
        """The stall ends in an apology; meanwhile every frame of both calls is heard at once."""
        late_ms: list[float] = []
        with services(writer=tuned(FakeWriter, first_token_s=10.0)):
            async with PhoneCall("CA1", speed=1) as stalled, PhoneCall("CA2", speed=1) as other:
                for phone in (stalled, other):
                    await phone.until_quiet()
                await asyncio.gather(stalled.say("MMMMM________"), other.say("_" * 13))
                while conversation_of("CA1").turns.turn < 2:
                    await asyncio.gather(stalled.say("_"), other.say("_"))
                    for phone in (stalled, other):
                        clock = conversation_of(phone.call_sid).clock
                        for at_ms, wall_ms in list(clock._arrivals)[-5:]:
                            heard_s = clock._began_s + wall_ms / 1000
                            late_ms.append((heard_s - phone.frame_sent_s[at_ms]) * 1000)
                await stalled.until(lambda: conversation_of("CA1").turns.state == "refractory")
            turns = await stalled.turns()
        self.assertEqual(
            [(turn.prompt, turn.outcome) for turn in turns[1:3]],
            [("", "failed"), ("apology", "completed")],
        )
        self.assertIn("4 s", turns[1].failure)
        self.assertGreater(len(late_ms), 300)
        self.assertLess(max(late_ms), 1)

    async def test_a_failing_transcriber_ends_in_an_apology(self) -> None:
        with services(transcriber=tuned(FakeTranscriber, fails_after_s=0.3)):
            async with PhoneCall() as phone:
                await phone.until(lambda: phone.close_code is not None)
            call, turns = await phone.ended(), await phone.turns()
        self.assertEqual((call.ended_why, phone.close_code), ("failed", 1011))
        self.assertIn("told to fail", call.failure)
        self.assertEqual(turns[-1].prompt, "apology_goodbye")

    async def test_a_failing_speaker_is_apologised_for_from_prepared_clips(self) -> None:
        with services(speaker=tuned(FakeSpeaker, fails=True)):
            async with PhoneCall() as phone:
                await phone.until(lambda: len(phone.events("media")) > 0)
                await phone.until_quiet()
            turns = await phone.turns()
        self.assertEqual([turn.prompt for turn in turns], ["greeting", "apology"])
        self.assertIn("told to fail", turns[0].failure)
