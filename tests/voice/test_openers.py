"""Replies that begin with an opener, as the caller hears them and as they are measured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any, ClassVar

from calls.models import Turn
from calls.services import NO_NUMBER, CalledNumber, Farewell, HistoryLine, Piece, ServiceFailed
from calls.services.phrase_cache import phrases
from calls.telephony.phone_number import PhoneNumber
from calls.voice.reply import HEARD_AFTER_MS
from tests.fakes import FakeSpeaker, FakeTranscriber, FakeWriter, tuned
from tests.phone import PhoneCall, services
from tests.virtual_time import VirtualTimeTestCase
from tests.voice.test_conversation import publish
from tuning.turns.profile import SHIPPED, Profile

OPENER = "בשמחה רבה ומכל הלב,"
"""Of 19 characters: it is heard for 380 ms."""
OPENER_MS = len(OPENER) * FakeSpeaker.ms_per_character
OTHER = "בטח,"
AHEAD = SHIPPED["adaptive"] | {"vad": "webrtc", "filler_after_ms": 0, "no_input_ms": 0}
HEARING = tuned(FakeTranscriber, delay_s=0.0)
SLOW_S = 0.3
"""A voice that takes so long to begin."""


class Polite(FakeWriter):
    """Answers as it is scripted: pieces, seconds to wait, or a failure."""

    openers: Sequence[str] = (OPENER, OTHER)
    script: ClassVar[Sequence[Sequence[str | float | Exception | Farewell]]] = ()
    histories: ClassVar[list[tuple[str, ...]]] = []

    def __init__(self, *called: object) -> None:
        super().__init__()
        self._answered = 0

    async def write(
        self, history: Sequence[HistoryLine], *, with_verdict: bool = False
    ) -> AsyncGenerator[Piece, None]:
        if not history:
            yield self.greeting
            return
        self.histories.append(tuple(line.text for line in history if line.is_heard))
        steps = self.script[min(self._answered, len(self.script) - 1)]
        self._answered += 1
        await asyncio.sleep(0.01)
        for step in steps:
            match step:
                case Exception():
                    raise step
                case float():
                    await asyncio.sleep(step)
                case str() | Farewell():
                    yield step


class OwnOpeners(Polite):
    """Is told the number's openers, as a language model is."""

    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        super().__init__()
        self.openers = called.openers

    def fixed_phrases(self) -> Sequence[str]:
        return (self.greeting, *self.openers)


class OpenersCase(VirtualTimeTestCase):
    async def call(
        self,
        *script: Sequence[str | float | Exception | Farewell],
        knobs: dict[str, Any] | None = None,
    ) -> list[Turn]:
        """The turns after the greeting of a call with so many utterances."""
        Polite.histories.clear()
        if knobs:
            await publish(Profile(**knobs))
        slow = tuned(FakeSpeaker, first_byte_s=SLOW_S)
        with services(HEARING, tuned(Polite, script=script), slow):
            await phrases().keep(FakeSpeaker(), (OPENER, OTHER))
            async with PhoneCall(speed=1) as phone:
                await phone.until_quiet()
                for _each in script:
                    sent = len(phone.events("media"))
                    await phone.say("MMMMMMM_____")
                    await phone.until(lambda sent=sent: len(phone.events("media")) > sent)
                    await phone.until_quiet()
            _greeting, *turns = await phone.turns()
        return turns


class HeardTest(OpenersCase):
    async def test_it_is_heard_at_once_and_what_follows_without_a_gap(self) -> None:
        (turn,) = await self.call([OPENER, 0.05, " מתי ", "נוח?"])
        self.assertEqual(turn.answered, f"{OPENER} מתי נוח?")
        assert turn.tts_ttfb is not None
        self.assertLess(turn.tts_ttfb, 1, "nothing was synthesised")
        self.assertEqual(
            round((turn.content_latency or 0) - (turn.response_latency or 0)), OPENER_MS,
            "what it says follows on the opener's last sound",
        )  # fmt: skip

    async def test_a_rest_that_is_late_is_measured_as_late(self) -> None:
        (turn,) = await self.call([OPENER, 0.5, " מתי ", "נוח?"])
        gap_ms = 500 + 1000 * SLOW_S - OPENER_MS
        waited_ms = (turn.content_latency or 0) - (turn.response_latency or 0) - OPENER_MS
        self.assertAlmostEqual(waited_ms, gap_ms, delta=5)

    async def test_without_one_both_latencies_are_the_same(self) -> None:
        (turn,) = await self.call(["מתי ", "נוח?"])
        self.assertIsNotNone(turn.response_latency)
        self.assertEqual(turn.content_latency, turn.response_latency)

    async def test_made_ahead_it_is_ready_with_what_follows(self) -> None:
        (turn,) = await self.call([OPENER, " מתי ", "נוח?"], knobs=AHEAD)
        self.assertTrue(turn.is_prepared)
        self.assertEqual(
            round((turn.content_latency or 0) - (turn.response_latency or 0)), OPENER_MS
        )

    async def test_an_answer_that_is_nothing_else_has_said_it(self) -> None:
        (turn,) = await self.call(["בטח."])
        self.assertEqual((turn.answered, turn.outcome), (OTHER, "completed"))
        self.assertEqual(turn.content_latency, turn.response_latency)


class NumbersOwnTest(OpenersCase):
    async def test_a_numbers_own_are_ready_after_its_first_call_has_begun(self) -> None:
        await PhoneNumber.objects.acreate(number="+97233333333", name="מוסך", openers="בכיף")
        with services(HEARING, tuned(OwnOpeners, script=[["בכיף! ", "מתי נוח?"]])):
            async with PhoneCall(speed=1) as phone:
                await phone.until_quiet()
                await phone.say("MMMMMMM_____")
                await phone.until(lambda: len(phone.events("mark")) > 5)
                await phone.until_quiet()
            _greeting, turn = await phone.turns()
        self.assertEqual(turn.answered, "בכיף, מתי נוח?")
        assert turn.tts_ttfb is not None
        self.assertLess(turn.tts_ttfb, 1, "it was made while the greeting was heard")


class TwiceTest(OpenersCase):
    async def test_the_same_one_is_not_heard_twice_running(self) -> None:
        turns = await self.call(
            [OPENER, " מתי?"], [OPENER, " איפה?"], ["מי?"], [f"{OPENER} למה?"], [OTHER, " כמה?"],
            [OPENER, " זהו."],
        )  # fmt: skip
        self.assertEqual(
            [turn.answered for turn in turns],
            [f"{OPENER} מתי?", "איפה?", "מי?", "למה?", f"{OTHER} כמה?", f"{OPENER} זהו."],
        )
        self.assertEqual(Polite.histories[-1][1:4], (f"{OPENER} מתי?", "איפה?", "מי?"))
        self.assertEqual(turns[1].content_latency, turns[1].response_latency)

    async def test_not_even_in_a_reply_made_ahead(self) -> None:
        turns = await self.call([OPENER, " מתי?"], [OPENER, " איפה?"], knobs=AHEAD)
        self.assertEqual([turn.answered for turn in turns], [f"{OPENER} מתי?", "איפה?"])


class FailingTest(OpenersCase):
    async def test_a_rest_that_fails_goes_on_in_an_apology_after_the_opener(self) -> None:
        turn, apology = await self.call([OPENER, 0.05, ServiceFailed("told to fail")])
        self.assertEqual((turn.answered, turn.outcome), (OPENER, "failed"))
        self.assertIsNone(turn.content_latency)
        assert turn.first_audio_ms
        assert apology.first_audio_ms
        self.assertEqual((apology.prompt, apology.outcome), ("apology", "completed"))
        self.assertAlmostEqual(
            apology.first_audio_ms - turn.first_audio_ms, OPENER_MS + HEARD_AFTER_MS, delta=40,
            msg="the opener is not cut, and no silence follows",
        )  # fmt: skip

    async def test_nor_does_a_writer_that_stops_leave_the_caller_with_it(self) -> None:
        turn, apology = await self.call([OPENER])
        self.assertEqual((turn.answered, turn.outcome), (OPENER, "failed"))
        self.assertIn("stopped after the opener", turn.failure)
        self.assertEqual((apology.prompt, apology.outcome), ("apology", "completed"))

    async def test_a_farewell_needs_no_more(self) -> None:
        (turn,) = await self.call([OPENER, Farewell()])
        self.assertEqual((turn.answered, turn.outcome), (OPENER, "completed"))
