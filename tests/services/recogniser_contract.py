"""What every recogniser must do, and what every one that streams must survive.

A vendor's test is a subclass that says how it is served; test_recognisers.py has those that there
are. Audio is pushed as it comes from the line, but at once.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.test import SimpleTestCase

from calls.audio.codec import BYTES_PER_MS, FRAME_BYTES
from calls.services import ServiceFailed, Transcriber, Transcript, vendors
from calls.services.resumable_stt import Limits, ResumableTranscriber
from tests.servers.hearing import silence

if TYPE_CHECKING:
    Case = SimpleTestCase
else:
    Case = object  # the contract itself is nobody's test

BATCH_MS = 60
WAIT_S = 10.0


async def until(is_so: Any) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_so():
            await asyncio.sleep(0.01)


class Call:
    """A call that hears through a recogniser. `async with`: closed at the end."""

    def __init__(self, transcriber: Transcriber) -> None:
        self.transcriber, self.now_ms = transcriber, 0
        self.heard: list[Transcript] = []
        self.failure: Exception | None = None
        self._listening = asyncio.create_task(self._listen())

    async def __aenter__(self) -> Call:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.transcriber.aclose()
        await asyncio.wait_for(self._listening, WAIT_S)

    async def _listen(self) -> None:
        try:
            async for transcript in self.transcriber.transcripts():
                self.heard.append(transcript)
        except ServiceFailed as error:
            self.failure = error

    def push(self, audio: bytes) -> None:
        audio += silence(-len(audio) // BYTES_PER_MS % BATCH_MS)
        for begin in range(0, len(audio), BATCH_MS * BYTES_PER_MS):
            part = audio[begin : begin + BATCH_MS * BYTES_PER_MS]
            self.now_ms += len(part) // BYTES_PER_MS
            self.transcriber.push(part, self.now_ms)

    @property
    def finals(self) -> list[str]:
        return [each.text for each in self.heard if each.final]


class RecogniserContract(Case):
    kind: ClassVar[type[Any]]
    texts: ClassVar[Sequence[str]] = ("אני רוצה תור", "ביום שלישי בבוקר")
    """What it recognises."""

    @abstractmethod
    def served(self) -> AbstractAsyncContextManager[Any]:
        """It can be used inside."""

    @abstractmethod
    def missing(self) -> AbstractContextManager[object]:
        """What it needs is not there."""

    @abstractmethod
    def spoken(self, text: str) -> bytes: ...

    def call(self) -> Call:
        call = Call(self.kind())
        call.transcriber.expect(self.texts)
        return call

    async def test_each_utterance_comes_once_in_its_order_and_nothing_is_lost(self) -> None:
        async with self.served(), self.call() as call:
            ends_ms = []
            for text in self.texts:
                call.push(silence(480) + self.spoken(text))
                ends_ms.append(call.now_ms)
                call.push(silence(1020))
            await until(lambda: len(call.finals) == len(self.texts))
            self.assertEqual(call.finals, list(self.texts))
            finals = [each for each in call.heard if each.final]
            for final, before_ms, end_ms in zip(finals, [0, *ends_ms], ends_ms, strict=False):
                self.assertGreater(final.until_ms, before_ms)
                self.assertLessEqual(final.until_ms, end_ms + 1020)
            self.assertEqual((call.transcriber.dropped_frames, call.transcriber.replaced), (0, 0))
            self.assertTrue(call.transcriber.name)

    async def test_words_come_before_they_are_final_and_never_before_they_were_said(self) -> None:
        async with self.served(), self.call() as call:
            call.push(silence(480) + self.spoken(self.texts[0]) + silence(1020))
            await until(lambda: call.finals)
            first, last = call.heard[0], call.heard[-1]
            self.assertEqual((first.final, last.final), (False, True))
            self.assertTrue(all(480 < each.until_ms <= call.now_ms for each in call.heard))

    async def test_one_utterance_is_recognised_whole_and_silence_has_no_words(self) -> None:
        async with self.served(), self.call() as call:
            audio = silence(300) + self.spoken(self.texts[0])
            heard = await call.transcriber.recognise(audio, 5000)
            nothing = await call.transcriber.recognise(silence(1500), 8000)
            self.assertEqual(heard and (heard.text, heard.until_ms), (self.texts[0], 5000))
            self.assertTrue(heard and heard.final)
            self.assertIsNone(nothing)

    async def test_what_it_has_no_room_for_is_dropped_and_counted_and_no_push_waits(self) -> None:
        async with self.served(), self.call() as call:
            call.push(silence(60_000))  # nobody else has run meanwhile
            held_ms = 60_000 - call.transcriber.dropped_frames * 20
            self.assertGreater(held_ms, 5000)
            self.assertLess(held_ms, 40_000)

    async def test_its_transcripts_end_when_it_is_closed_and_later_audio_is_nothing(self) -> None:
        async with self.served():
            await self.kind.warm_up()
            before = len(asyncio.all_tasks())
            async with self.call() as call:
                call.push(silence(60))
                await asyncio.sleep(0.05)
            call.push(self.spoken(self.texts[0]) + silence(1020))
            self.assertEqual((call.heard, call.failure), ([], None))
            await call.transcriber.aclose()
            await until(lambda: len(asyncio.all_tasks()) <= before)

    async def test_warming_up_tries_it_and_says_what_is_missing(self) -> None:
        async with self.served():
            await self.kind.warm_up()
            self.assertTrue(self.kind.availability().in_use)
            with self.missing(), self.assertRaises(ServiceFailed) as failed:
                await self.kind.warm_up()
        self.assertGreater(len(f"{failed.exception}"), 20)

    async def test_the_environment_chooses_it_by_its_vendors_name(self) -> None:
        async with self.served():
            path = f"{self.kind.__module__}.{self.kind.__qualname__}"
            registered = vendors.players(vendors.registered(settings.VENDORS), "transcriber")
            self.assertIn(path, registered.values())


class ResumableContract(RecogniserContract):
    """One that streams: a stream never ends a call."""

    kind: ClassVar[type[ResumableTranscriber]]
    unlimited: ClassVar[Any] = Limits

    @abstractmethod
    async def break_streams(self) -> None:
        """Those that are open end, with their next audio at the latest."""

    @abstractmethod
    def hang(self) -> None:
        """The next stream takes everything and answers nothing."""

    @property
    @abstractmethod
    def streams(self) -> int:
        """How many were opened."""

    async def say(self, call: Call, audio: bytes, speed: float = 1.0) -> None:
        """As it comes from the line."""
        for begin in range(0, len(audio), 3 * FRAME_BYTES):
            call.push(audio[begin : begin + 3 * FRAME_BYTES])
            await asyncio.sleep(0.06 / speed)

    def limited(self, **limits: float) -> Call:
        return Call(self.kind(limits=self.unlimited(**limits)))  # type: ignore[call-arg]

    async def test_a_stream_that_breaks_between_two_words_costs_and_doubles_none(self) -> None:
        audio = silence(480) + self.spoken(" ".join(self.texts))
        half = len(audio) // 2 // FRAME_BYTES * FRAME_BYTES
        async with self.served(), self.call() as call:
            with self.assertLogs("calls.services.resumable_stt", "WARNING"):
                await self.say(call, audio[:half])
                await self.break_streams()
                await self.say(call, audio[half:] + silence(1020))
                await until(lambda: call.finals)
            self.assertEqual(call.finals, [" ".join(self.texts)])
            self.assertEqual((self.streams, call.transcriber.replaced), (2, 0))

    async def test_a_stream_is_replaced_before_its_limit_and_only_in_a_pause(self) -> None:
        async with self.served(), self.limited(rotate_s=1.0) as call:
            await self.say(call, self.spoken(" ".join(self.texts)))
            self.assertEqual(self.streams, 1, "the caller was speaking")
            await self.say(call, silence(1500))
            await until(lambda: self.streams >= 2)
            await self.say(call, self.spoken(self.texts[0]) + silence(1020))
            await until(lambda: len(call.finals) == 2)
            self.assertEqual(call.finals, [" ".join(self.texts), self.texts[0]])

    async def test_a_stream_that_hangs_is_replaced_counted_and_hears_it_all_again(self) -> None:
        async with self.served(), self.limited(dead_s=0.8) as call:
            self.hang()
            await self.say(call, self.spoken(" ".join(self.texts)) + silence(1020))
            await until(lambda: call.finals)
            self.assertEqual(call.finals, [" ".join(self.texts)])
            self.assertEqual(call.transcriber.replaced, 1)

    async def test_a_silent_line_keeps_its_stream_and_an_abandoned_one_gives_it_back(self) -> None:
        async with self.served(), self.limited(keep_alive_s=0.2, idle_s=1.5) as call:
            await self.say(call, self.spoken(self.texts[0]))
            await asyncio.sleep(0.6)
            await self.say(call, self.spoken(self.texts[1]) + silence(1020))
            await until(lambda: len(call.finals) == 2)
            self.assertEqual(self.streams, 1)
            await asyncio.sleep(2)
            await self.say(call, self.spoken(self.texts[0]) + silence(1020))
            await until(lambda: len(call.finals) == 3)
            self.assertEqual(self.streams, 2)

    async def test_a_vendor_that_cannot_be_had_is_told_after_a_while_with_what_to_do(self) -> None:
        async with self.served():
            with self.missing(), self.assertLogs("calls.services.resumable_stt", "WARNING"):
                async with self.limited(give_up_s=0.3) as call:
                    await self.say(call, self.spoken(self.texts[0]))
                    await until(lambda: call.failure)
        self.assertIn("(check ", f"{call.failure}")
