"""Twilio's part of a call, against a small agent on a real socket."""

from __future__ import annotations

import asyncio
from typing import Any

from django.test import SimpleTestCase, tag
from twilio.request_validator import RequestValidator

from calls.simulator.caller import Caller, Press, Say, StaySilent, Step
from calls.simulator.dialling import Dialled, place_call
from calls.simulator.media_stream import CallResult
from tests.agent import TWIML, Agent, Socket, tone
from tests.simulator.test_caller import Words


async def call(agent: Agent, *steps: Step, longest_s: float = 20, **dialled: str) -> CallResult:
    caller = Caller(steps, awaits_greeting=False)
    return await place_call(caller, Dialled(webhook=agent.webhook, **dialled), longest_s=longest_s)


async def silent(socket: Socket) -> None:
    """An agent that only listens."""


@tag("protocol")
class ProtocolTests(SimpleTestCase):
    async def test_the_stream_begins_as_twilio_documents(self) -> None:
        async with Agent(silent) as agent:
            result = await call(agent, StaySilent(100), Press("5"))
        connected, start, first, *_others = got = agent.sockets[0].got
        self.assertEqual(connected, {"event": "connected", "protocol": "Call", "version": "1.0.0"})
        self.assertEqual(start["sequenceNumber"], "1")
        self.assertEqual(start["start"]["callSid"], result.call_sid)
        self.assertEqual(start["start"]["customParameters"], {"token": "t1"})
        self.assertEqual(start["start"]["streamSid"], start["streamSid"])
        payload = first["media"].pop("payload")
        self.assertEqual(len(payload), 216)
        self.assertEqual(first["media"], {"track": "inbound", "chunk": "1", "timestamp": "0"})
        self.assertEqual(
            [int(message["sequenceNumber"]) for message in got[1:]], list(range(1, len(got)))
        )
        (key,) = [message for message in got if message["event"] == "dtmf"]
        self.assertEqual(key["dtmf"], {"track": "inbound_track", "digit": "5"})
        self.assertEqual(got[-1]["stop"]["callSid"], result.call_sid)

    async def test_frames_keep_their_schedule(self) -> None:
        async with Agent(silent) as agent:
            result = await call(agent, StaySilent(2000))
        socket = agent.sockets[0]
        arrivals = [
            (int(message["media"]["timestamp"]), at_s)
            for message, at_s in zip(socket.got, socket.got_at_s, strict=True)
            if message["event"] == "media"
        ]
        self.assertGreater(len(arrivals), 95)
        first_ms, first_s = arrivals[0]
        last_ms, last_s = arrivals[-1]
        drift_ms = (last_s - first_s) * 1000 - (last_ms - first_ms)
        self.assertLess(abs(drift_ms), 60)
        self.assertGreaterEqual(min(result.late_ms), -1)

    async def test_a_mark_comes_back_when_the_audio_before_it_has_been_played(self) -> None:
        times: dict[str, float] = {}

        async def converse(socket: Socket) -> None:
            await socket.until("start")
            loop = asyncio.get_running_loop()
            began_s = loop.time()
            socket.mark("nothing before")
            socket.say(tone(300))
            socket.mark("after 300")
            socket.say(tone(200))
            socket.mark("after 500")
            for _mark in range(3):
                message = await socket.until("mark")
                assert message
                times[message["mark"]["name"]] = (loop.time() - began_s) * 1000
            socket.close()

        async with Agent(converse) as agent:
            await call(agent, StaySilent(3000))
        self.assertEqual(list(times), ["nothing before", "after 300", "after 500"])
        self.assertLess(times["nothing before"], 100)
        self.assertAlmostEqual(times["after 300"], 300, delta=60)
        self.assertAlmostEqual(times["after 500"], 500, delta=60)

    async def test_clear_sends_back_every_mark_at_once(self) -> None:
        names: list[str] = []
        waited_ms = []

        async def converse(socket: Socket) -> None:
            await socket.until("start")
            socket.say(tone(5000))
            socket.mark("a")
            socket.say(tone(5000))
            socket.mark("b")
            await socket.audio(200)
            began_s = asyncio.get_running_loop().time()
            socket.clear()
            for _mark in range(2):
                names.append((await socket.until("mark") or {})["mark"]["name"])
            waited_ms.append((asyncio.get_running_loop().time() - began_s) * 1000)
            socket.close()

        async with Agent(converse) as agent:
            result = await call(agent, StaySilent(3000))
        self.assertEqual(names, ["a", "b"])
        self.assertLess(waited_ms[0], 100)
        self.assertEqual(result.errors, [])

    async def test_what_twilio_would_not_accept_is_an_error_of_the_call(self) -> None:
        good = {"event": "media", "streamSid": "", "media": {"payload": "////"}}
        wrong: dict[str, Any] = {
            "other fields": lambda s: good | {"streamSid": s, "sequenceNumber": "1"},
            "another streamSid": lambda s: good | {"streamSid": "MZ0"},
            "not one of": lambda s: {"event": "stop", "streamSid": s},
            "base64": lambda s: good | {"streamSid": s, "media": {"payload": "not base64"}},
            "file header": lambda s: good | {"streamSid": s, "media": {"payload": "UklGRg=="}},
            "mark has": lambda s: {"event": "mark", "streamSid": s, "mark": {}},
            "Expecting value": lambda s: "not JSON",
            "binary": lambda s: b"\xff",
        }
        for expected, message in wrong.items():
            with self.subTest(expected):

                async def converse(socket: Socket, message: Any = message) -> None:
                    await socket.until("start")
                    socket.send(message(socket.stream_sid))
                    await socket.audio(40)
                    socket.close()

                async with Agent(converse) as agent:
                    result = await call(agent, StaySilent(1000))
                self.assertEqual(len(result.errors), 1)
                self.assertIn(expected, result.errors[0])
                self.assertIn("319", result.errors[0])


@tag("protocol")
class ConversationTests(SimpleTestCase):
    async def test_voice_to_voice_is_measured_as_the_agent_made_it(self) -> None:
        async def converse(socket: Socket) -> None:
            await socket.until("start")
            while len(socket.heard().rstrip(b"\xff")) == 0:
                await socket.next()
            await socket.audio(800)  # 500 ms of it are the words and the silence behind them
            socket.say(b"\xff" * 80 + tone(200))

        async with Agent(converse) as agent:
            result = await call(agent, Say(Words("שלום", 520)))
        (line,) = result.lines
        # The frame of the first voice was heard; 800 ms later 10 ms of silence and the tone.
        self.assertAlmostEqual(line.voice_to_voice_ms or 0, 20 + 800 - 420 + 10, delta=40)
        self.assertEqual(result.ended_by, "caller")
        self.assertEqual(result.errors, [])

    async def test_barging_in_measures_when_the_agent_fell_silent(self) -> None:
        async def converse(socket: Socket) -> None:
            await socket.until("start")
            socket.say(tone(4000))
            while len(socket.heard().rstrip(b"\xff")) == 0:
                await socket.next()
            await socket.audio(200)
            socket.clear()

        async with Agent(converse) as agent:
            result = await call(
                agent, Say(Words("רגע", 600), barge_in_after_ms=500), StaySilent(200), longest_s=3
            )
        (line,) = result.lines
        self.assertAlmostEqual(line.barge_stop_ms or 0, 220, delta=40)
        self.assertFalse(line.cut_in)

    async def test_the_action_is_asked_only_when_the_agent_closed(self) -> None:
        async def goodbye(socket: Socket) -> None:
            await socket.audio(100)
            socket.close()

        async with Agent(goodbye) as agent:
            result = await call(agent, StaySilent(3000))
        self.assertEqual(result.ended_by, "agent")
        self.assertEqual(result.after, "<Response><Hangup/></Response>")
        path, _headers, form = agent.requests[-1]
        self.assertEqual((path, form["CallSid"]), ("/after", result.call_sid))

        async with Agent(silent) as agent:
            result = await call(agent, StaySilent(100))
        self.assertEqual(result.ended_by, "caller")
        self.assertEqual([path for path, *_ in agent.requests], ["/voice", "/media"])

    async def test_a_stream_that_is_refused_says_the_code(self) -> None:
        async def refuse(socket: Socket) -> None:
            await socket.until("start")
            socket.close(4403)

        async with Agent(refuse) as agent:
            result = await call(agent, StaySilent(3000))
        self.assertEqual(len(result.errors), 1)
        self.assertIn("4403", result.errors[0])

    async def test_a_call_that_is_too_long_is_hung_up(self) -> None:
        async with Agent(silent) as agent:
            result = await call(agent, StaySilent(60_000), longest_s=0.3)
        self.assertIn("longer than", result.errors[0])
        self.assertEqual(agent.sockets[0].got[-1]["event"], "stop")


@tag("protocol")
class WebhookTests(SimpleTestCase):
    async def test_both_requests_are_signed_for_the_public_host(self) -> None:
        async with Agent(silent) as agent:
            await call(agent, StaySilent(40), auth_token="k", public_host="voice.example")
        (_, voice, form), (_, media, _) = agent.requests
        signed = RequestValidator("k")
        self.assertTrue(
            signed.validate("https://voice.example/voice", form, voice["x-twilio-signature"])
        )
        self.assertTrue(
            signed.validate("wss://voice.example/media", {}, media["x-twilio-signature"])
        )

    async def test_without_a_token_nothing_is_signed(self) -> None:
        async with Agent(silent) as agent:
            await call(agent, StaySilent(40))
        self.assertNotIn("x-twilio-signature", agent.requests[0][1])

    async def test_a_refusal_says_the_agents_words(self) -> None:
        async with Agent(silent, twiml="<Response><Say>עסוק</Say><Hangup/></Response>") as agent:
            result = await call(agent)
        self.assertEqual(result.errors, ["the call was refused: עסוק"])
        self.assertEqual(result.ended_by, "")

    async def test_an_error_of_the_webhook_is_an_error_of_the_call(self) -> None:
        async with Agent(silent, status=503) as agent:
            result = await call(agent)
        self.assertIn("503", result.errors[0])

    async def test_nobody_there_is_an_error_of_the_call(self) -> None:
        result = await place_call(Caller([]), Dialled(webhook="http://127.0.0.1:1/voice"))
        self.assertIn("refused", result.errors[0])

    async def test_a_query_on_the_streams_url_is_an_error_as_with_twilio(self) -> None:
        twiml = TWIML.replace("/media", "/media?token=1")
        async with Agent(silent, twiml=twiml) as agent:
            result = await call(agent, StaySilent(40))
        self.assertIn("31922", result.errors[0])
