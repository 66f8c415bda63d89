"""What the benches make of what they hear: gaps, pauses, tables, and a server that is far away."""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import SimpleTestCase

from bench.conversations import BACKCHANNELS, PAUSES_MS, gaps, scenario, with_a_pause
from bench.distance import HOST, far, made_certificate
from bench.field_scores import Eva, TauVoice
from bench.scenarios_table import Row, table
from calls.audio.codec import BYTES_PER_MS, FRAME_BYTES, SILENCE_BYTE, level_db
from calls.simulator.caller import LineOutcome, Say
from calls.simulator.earpiece import Earpiece

OURS = Row(
    agent="HeVoice", scenario="turns", calls=1, lines=10, answer_p50=1200.0, answer_p95=2000.0,
    cut_ins=0, unanswered=0, stop_p50=None, stop_p95=None, gaps=0, core_percent=3.0,
    caller_late_p99=1.0, errors=[],
    tau_voice=TauVoice([1100.0, 1300.0], 2, 1, [200.0], 2, 3, 4), eva=Eva(0.98, 9, 1),
)  # fmt: skip
THEIRS = replace(OURS, agent="peer", answer_p50=1600.0, core_percent=15.0)


def sound(length_ms: int) -> bytes:
    return b"\x20" * (length_ms * BYTES_PER_MS)


def line(ended_ms: float) -> LineOutcome:
    return LineOutcome("hours", "מה שעות הפתיחה", ended_ms - 1000, ended_ms)


class GapTests(SimpleTestCase):
    def setUp(self) -> None:
        self.ear = Earpiece()

    def test_an_answer_that_comes_as_it_is_played_has_no_gap(self) -> None:
        self.ear.play(1000, sound(100))
        self.ear.play(1050, sound(100))
        self.assertEqual(gaps([line(900)], self.ear), 0)

    def test_an_answer_that_runs_dry_breaks_up_however_long_it_is_silent(self) -> None:
        for begins_ms in (1000, 1130, 1730):
            self.ear.play(begins_ms, sound(100))
        self.assertEqual(gaps([line(900)], self.ear), 2)

    def test_the_silence_between_two_answers_is_no_gap(self) -> None:
        self.ear.play(1000, sound(100))
        self.ear.play(3000, sound(100))
        self.assertEqual(gaps([line(900), line(2900)], self.ear), 0)


class PauseTests(SimpleTestCase):
    def test_the_caller_is_silent_for_as_long_as_it_says(self) -> None:
        for pause_ms in PAUSES_MS:
            audio = with_a_pause(pause_ms).audio
            frames = [audio[at : at + FRAME_BYTES] for at in range(0, len(audio), FRAME_BYTES)]
            runs = "".join("_" if level_db(frame) < -45 else "M" for frame in frames).split("M")
            with self.subTest(pause_ms):
                self.assertAlmostEqual(20 * max(map(len, runs)), pause_ms, delta=60)

    def test_its_speech_ends_with_its_second_part(self) -> None:
        said = with_a_pause(800)
        after = said.audio[said.speech_until_ms * BYTES_PER_MS :]
        self.assertGreater(said.speech_until_ms, 1300 + 800)
        self.assertLess(level_db(after.ljust(FRAME_BYTES, SILENCE_BYTE)), -40)

    def test_every_pause_is_tried_in_an_order_that_the_seed_decides(self) -> None:
        steps = scenario("pauses", seed=3)
        self.assertEqual(len(steps), len(PAUSES_MS))
        self.assertEqual(steps, scenario("pauses", seed=3))


class BackchannelTests(SimpleTestCase):
    def test_each_comes_over_the_answer_to_a_line(self) -> None:
        steps = [step for step in scenario("backchannels", seed=1) if isinstance(step, Say)]
        names = [step.speech.name in BACKCHANNELS for step in steps]
        self.assertEqual(names, [False, True] * (len(steps) // 2))
        self.assertTrue(all((step.barge_in_after_ms or 0) > 0 for step in steps[1::2]))


class TableTests(SimpleTestCase):
    def test_the_measures_of_the_field_show_what_they_are_shares_of(self) -> None:
        lines = table([OURS], []).splitlines()
        found = next(line for line in lines if "(9, 1)" in line)
        for cell in ("1200 (2/2)", "0.50 (1/2)", "200 (1/2)", "75% (3/4)", "0.98 (9, 1)"):
            self.assertIn(cell, found)

    def test_each_agent_is_compared_with_the_last(self) -> None:
        ours = table([OURS, THEIRS], []).splitlines()[3]
        self.assertIn("0.75", ours)
        self.assertIn("0.20", ours)

    def test_what_was_not_measured_is_a_dash(self) -> None:
        text = table([replace(OURS, answer_p50=None), THEIRS], [])
        self.assertIn("–", text.splitlines()[3])

    def test_callers_who_were_late_themselves_are_told_of(self) -> None:
        self.assertIn("on time", table([OURS], []))
        self.assertIn("late themselves", table([replace(OURS, caller_late_p99=40.0)], []))


class DistanceTests(SimpleTestCase):
    async def _answer_s(self, certificate: Path | None) -> float:
        """How long an echo takes over a new connection."""

        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readexactly(7))
            writer.close()

        trusted = str(certificate) if certificate else None
        tls = ssl.create_default_context(cafile=trusted) if certificate else None
        server = await asyncio.start_server(echo, HOST, 0)
        async with server, far(server.sockets[0].getsockname()[1], 0.05, certificate) as port:
            began_s = time.monotonic()
            reader, writer = await asyncio.open_connection(HOST, port, ssl=tls)
            writer.write(b"one ")
            await asyncio.sleep(0.001)
            writer.write(b"two")
            self.assertEqual(await reader.readexactly(7), b"one two")
            took_s = time.monotonic() - began_s
            writer.close()
        return took_s

    async def test_a_new_connection_costs_a_round_trip_more_than_the_answer(self) -> None:
        self.assertGreaterEqual(await self._answer_s(None), 0.1)

    async def test_tls_costs_another(self) -> None:
        with TemporaryDirectory() as folder:
            certificate = made_certificate(Path(folder))
            self.assertGreaterEqual(await self._answer_s(certificate), 0.15)
