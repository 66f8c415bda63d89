"""A call's place, from the moment it is taken until its end is recorded."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async
from django.test import TransactionTestCase, override_settings

from calls.models import Call
from calls.telephony.twilio.messages import MediaStream
from calls.voice import live
from tests.fakes import FakeTranscriber
from tests.phone import services


class EveryStepTest(TransactionTestCase):
    """A call holds a place for as long as it lives, whichever step of its life fails."""

    async def begun(self, number: int = 1) -> live.LiveCall:
        call = await sync_to_async(Call.ring)(f"CA{number}", "+972501234567", "")
        begun = await sync_to_async(Call.begin)(call.call_sid, "MZ1", call.token)
        assert begun
        return live.LiveCall(begun, MediaStream("MZ1"), self.send)

    async def send(self, text: str) -> None:
        pass

    async def hangs_up(self, live_call: live.LiveCall) -> None:
        live_call.end("caller hung up")

    async def stays(self, live_call: live.LiveCall) -> None:
        await asyncio.Event().wait()

    async def assert_ended(self, why: str, call_sid: str = "CA1") -> None:
        self.assertEqual(live.calls, {})
        async with asyncio.timeout(5):
            while not (row := await Call.objects.aget(call_sid=call_sid)).ended_at:
                await asyncio.sleep(0.02)
        self.assertEqual(row.ended_why, why)

    async def test_a_service_that_cannot_be_made(self) -> None:
        with services(), override_settings(WRITER="tests.fakes.NoSuchWriter"):
            live_call = await self.begun()
            with self.assertLogs("calls.voice.live", "ERROR"):
                self.assertEqual(await live_call.run(self.stays), "failed")
            await self.assert_ended("failed")

    async def test_a_database_that_fails_before_the_conversation(self) -> None:
        with services():
            live_call = await self.begun()
            live_call.call.profile_id = None  # type: ignore[assignment]
            live_call.call.profile = None  # type: ignore[assignment]
            with self.assertLogs("calls.voice.live", "ERROR"):
                self.assertEqual(await live_call.run(self.stays), "failed")
            await self.assert_ended("failed")

    async def test_a_listener_that_breaks(self) -> None:
        async def breaks(_live_call: live.LiveCall) -> None:
            raise ValueError("broken")

        with services():
            live_call = await self.begun()
            with self.assertLogs("calls.voice.live", "ERROR"):
                self.assertEqual(await live_call.run(breaks), "failed")
            await self.assert_ended("failed")

    async def test_one_that_is_cancelled_at_any_moment(self) -> None:
        for number, after_s in enumerate((0.0, 0.001, 0.01, 0.05, 0.2), start=1):
            with services():
                live_call = await self.begun(number)
                life = asyncio.create_task(live_call.run(self.stays))
                await asyncio.sleep(after_s)
                life.cancel()
                await asyncio.wait([life])
                if after_s:  # before that it has not begun to live
                    await self.assert_ended("failed", f"CA{number}")
                self.assertEqual(live.calls, {})

    async def test_one_that_the_server_ends_is_not_taken_over_any_more(self) -> None:
        self.addCleanup(setattr, live, "is_draining", False)
        with services():
            older = await self.begun()
            life = asyncio.create_task(older.run(self.stays))
            async with asyncio.timeout(5):
                while not older.conversation:
                    await asyncio.sleep(0.01)
            newer = await self.begun()
            live.is_draining = True
            older.end("shutdown")
            with self.assertLogs("calls.voice.live", "WARNING"):
                self.assertEqual(await newer.run(self.stays), "refused")
            self.assertEqual(await life, "shutdown")
            self.assertEqual(live.calls, {})

    async def test_an_older_stream_that_does_not_end(self) -> None:
        with services(), override_settings(TRANSCRIBER="tests.voice.test_call_life.NeverCloses"):
            older = await self.begun()
            life = asyncio.create_task(older.run(self.stays))
            await asyncio.sleep(0.1)
            newer = live.LiveCall(older.call, MediaStream("MZ2"), self.send)
            with self.assertLogs("calls.voice.live", "ERROR"):
                self.assertEqual(await newer.run(self.hangs_up), "failed")
            life.cancel()
            await asyncio.wait([life])
            self.assertEqual(live.calls, {})


class NeverCloses(FakeTranscriber):
    """Not while anybody would wait for it."""

    async def aclose(self) -> None:
        await asyncio.sleep(live.REPLACE_S + 2)
