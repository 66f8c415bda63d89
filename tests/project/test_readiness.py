"""Services are really tried at start-up, and again until they work; the process says how it is."""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar

from django.test import SimpleTestCase, override_settings, tag

from calls.process import readiness
from calls.process.readiness import AGAIN_S
from calls.services import Availability, ServiceFailed
from tests.fakes import FakeSpeaker, FakeTranscriber, FakeWriter
from tests.server import Server
from tests.servers.openai import OpenAiServer

HERE = __name__


class OutOfOrder(FakeWriter):
    """Refuses a number of times."""

    refusals: ClassVar[int] = 0

    @classmethod
    async def warm_up(cls) -> None:
        if OutOfOrder.refusals:
            OutOfOrder.refusals -= 1
            raise ServiceFailed("OpenAI is out of order (500): try later")


class Broken(FakeSpeaker):
    @classmethod
    async def warm_up(cls) -> None:
        raise ZeroDivisionError("ours")

    @classmethod
    def availability(cls) -> Availability:
        return Availability("Kore", "", "refused")


@override_settings(
    TRANSCRIBER=f"{FakeTranscriber.__module__}.FakeTranscriber",
    WRITER=f"{HERE}.OutOfOrder",
    SPEAKER=f"{HERE}.Broken",
)
class TryingTests(SimpleTestCase):
    def setUp(self) -> None:
        readiness.failures.clear()
        self.addCleanup(readiness.failures.clear)

    async def test_what_a_provider_says_is_kept_until_the_service_works(self) -> None:
        OutOfOrder.refusals = 1
        with self.assertLogs("calls.process.readiness") as log:
            self.assertFalse(await readiness.try_out("writer"))
            self.assertEqual(
                readiness.failures, {"writer": "OpenAI is out of order (500): try later"}
            )
            self.assertTrue(await readiness.try_out("writer"))
        self.assertEqual(readiness.failures, {})
        self.assertIn("works now", log.output[-1])

    async def test_one_that_goes_on_failing_alike_is_logged_once(self) -> None:
        OutOfOrder.refusals = 3
        with self.assertLogs("calls.process.readiness") as log:
            for _time in range(3):
                await readiness.try_out("writer")
        self.assertEqual(len(log.output), 1)

    async def test_our_own_fault_is_a_failure_too_with_its_traceback(self) -> None:
        with self.assertLogs("calls.process.readiness") as log:
            self.assertFalse(await readiness.try_out("speaker"))
        self.assertIn("Traceback", log.output[0])
        self.assertIn("ZeroDivisionError", readiness.failures["speaker"])

    async def test_standings_tell_what_was_asked_for_what_is_in_use_and_why(self) -> None:
        with self.assertLogs("calls.process.readiness"):
            await readiness.try_out("speaker")
        heard, _written, spoken = readiness.standings()
        self.assertEqual((heard["role"], heard["in_use"]), ("transcriber", "fake transcriber"))
        self.assertEqual((spoken["name"], spoken["asked_for"]), ("Broken", "Kore"))
        self.assertEqual((spoken["in_use"], spoken["why"]), ("", "refused"))
        self.assertIn("ours", spoken["failure"])


@tag("protocol")
class ServerTests(SimpleTestCase):
    async def test_a_process_whose_model_is_refused_says_so_and_recovers_by_itself(self) -> None:
        async with OpenAiServer() as openai:
            openai.models = ()
            environ: Any = {"OPENAI_BASE_URL": openai.url, "OPENAI_API_KEY": openai.key}
            server = Server("tests.services.writer_settings", ready_status="failed", **environ)
            await asyncio.to_thread(server.__enter__)
            try:
                (failure,) = (await asyncio.to_thread(server.health))["failures"]
                self.assertIn("The model `gpt-6-luna` does not exist", failure)
                self.assertNotIn(openai.key, failure)
                row = await asyncio.to_thread(self.row, server, "failed")
                self.assertIn("does not exist", row["services"])
                openai.models = ("gpt-6-luna",)
                await asyncio.to_thread(self.row, server, "ok")
                server.terminate()
                await asyncio.to_thread(self.row, server, "ended")
            finally:
                await asyncio.to_thread(server.__exit__)

    def row(self, server: Server, status: str) -> dict[str, Any]:
        """The process's row, once it has this status."""
        until_s = time.monotonic() + 2 * AGAIN_S[0] + 10
        while True:
            (row,) = server.rows("select * from calls_serverprocess") or ({},)
            if row.get("status") == status:
                return row
            self.assertLess(time.monotonic(), until_s, server.log)
            time.sleep(0.1)
