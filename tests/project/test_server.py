"""The deployed server: real daphne, real calls over real sockets, and its end."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

from django.test import SimpleTestCase, tag

from calls.simulator import utterances
from calls.simulator.caller import Caller, Say, StaySilent
from calls.simulator.dialling import CallResult, Dialled, place_call
from tests.server import Server

TURNS = "select t.* from calls_turn t join calls_call c on c.id = t.call_id where c.call_sid = ?"


def place(server: Server, *steps: Say | StaySilent) -> CallResult:
    return asyncio.run(place_call(Caller(steps), Dialled(webhook=server.webhook)))


@tag("protocol")
class SmokeTest(SimpleTestCase):
    TRIES = 5

    def test_a_real_sentence_is_heard_understood_and_answered_in_time(self) -> None:
        """The owner's targets, for 1.2 s of speech: the final transcript within 1.4-1.8 s and
        the first answer within 2.5-3.0 s of the speech end, the time zero of every latency.

        The machine is shared: one of the tries has to keep the times, every one the rest.
        """
        smoke = utterances.load("smoke")
        self.assertAlmostEqual(smoke.speech_until_ms - smoke.speech_from_ms, 1200, delta=150)
        times: list[dict[str, float]] = []
        with Server() as server:
            for _try in range(self.TRIES):
                times.append(self.answer_times_ms(server, smoke))
                if times[-1]["transcript"] <= 1800 and times[-1]["answer"] <= 3000:
                    return
        self.fail(f"no try kept 1800 ms to the transcript and 3000 ms to the answer: {times}")

    def answer_times_ms(self, server: Server, smoke: utterances.Utterance) -> dict[str, float]:
        result = place(server, Say(smoke))
        call = server.ended_call(result.call_sid)
        self.assertEqual((result.errors, call["replays"]), ([], 1))
        self.assertEqual(call["frames_in"], call["frames_forwarded"])
        turn = next(turn for turn in server.rows(TURNS, result.call_sid) if turn["said"])
        self.assertEqual(turn["said"], smoke.text)
        self.assertLessEqual(turn["decided_ms"], turn["first_audio_ms"])
        ended_ms = turn["speech_ended_ms"]
        return {
            "transcript": turn["transcribed_ms"] - ended_ms,
            "decision": turn["decided_ms"] - ended_ms,
            "answer": turn["first_audio_ms"] - ended_ms,
        }


@tag("protocol")
class StopTest(SimpleTestCase):
    def test_sigterm_lets_a_call_finish_and_takes_no_new_one(self) -> None:
        hello = utterances.load("smoke")
        with Server("tests.fake_settings", DRAIN_SECONDS="30") as server:

            async def call_and_stop() -> tuple[CallResult, CallResult]:
                dialled = Dialled(webhook=server.webhook)
                first = asyncio.create_task(place_call(Caller([Say(hello), Say(hello)]), dialled))
                await asyncio.sleep(3)
                server.terminate()
                await asyncio.sleep(0.5)
                self.assertEqual(server.health()["status"], "draining")
                return await place_call(Caller([Say(hello)]), dialled), await first

            refused, finished = asyncio.run(call_and_stop())
            self.assertEqual(server.process.wait(10), 0)
            call = server.rows("select * from calls_call")
        self.assertTrue(refused.errors)
        self.assertEqual(
            (finished.errors, [line.answered for line in finished.lines]), ([], [True] * 2)
        )
        self.assertEqual([row["ended_why"] for row in call], ["caller hung up"])

    def test_calls_that_do_not_finish_are_ended_with_an_apology(self) -> None:
        with Server("tests.fake_settings", DRAIN_SECONDS="1") as server:

            async def call_and_stop() -> CallResult:
                call = asyncio.create_task(
                    place_call(Caller([StaySilent(60_000)]), Dialled(webhook=server.webhook))
                )
                await asyncio.sleep(2)
                server.terminate()
                return await call

            result = asyncio.run(call_and_stop())
            self.assertEqual(server.process.wait(10), 0)
            row = server.ended_call(result.call_sid)
        self.assertEqual((row["ended_why"], row["replays"]), ("shutdown", 1))
        self.assertEqual(result.ended_by, "agent")

    def test_a_wrong_setting_stops_the_start_with_its_name_value_and_range(self) -> None:
        for name, value, allowed in (
            ("MIN_UTT_SEC", "9", "from 0.15 to 1.5"),
            ("VAD_HANGOVER_MS", "soon", "from 60 to 600"),
            ("MAX_CALLS", "0", "from 1 to 10000"),
            ("ENABLE_STREAMING_STT", "perhaps", "true or false"),
        ):
            with self.assertRaises(Exception) as refused:
                given: dict[str, Any] = {name: value}
                Server(**given).__enter__()
            stderr = getattr(refused.exception, "stderr", "")
            self.assertIn(f"{name}={value!r} must be", stderr)
            self.assertIn(allowed, stderr)

    def test_ctrl_c_stops_at_once(self) -> None:
        with Server("tests.fake_settings") as server:
            os.kill(server.process.pid, signal.SIGINT)
            self.assertIsNotNone(server.process.wait(10))
