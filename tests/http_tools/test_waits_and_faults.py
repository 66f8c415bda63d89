"""What callers hear in whole calls while a system takes its time, and when it breaks."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from django.test import SimpleTestCase, TransactionTestCase, tag

from calls.http_tools.offered import Offered
from calls.http_tools.tool_use import ToolUse
from calls.http_tools.why import Why
from calls.models import Call
from calls.services import Busy, CalledNumber
from calls.services.openai.writer import OpenAiWriter
from calls.telephony.phone_number import PhoneNumber
from tests.http_tools.booking_tools import a_tool, booking
from tests.http_tools.test_asking import certificate
from tests.http_tools.test_booking_call import FINE, FREE, calling, uses
from tests.servers.broken import broken
from tests.servers.openai_answers import Answer
from tests.services.openai_turns import said, served, until
from tests.voice.test_conversation import publish
from tuning.turns.profile import Profile


def longest_silence_s(heard: Sequence[tuple[float, float]], since_s: float) -> float:
    """From the decision on."""
    ends = [since_s, *(end for _start, end in heard if end > since_s)]
    starts = [start for start, end in heard if end > since_s]
    return max(start - end for end, start in zip(ends, starts, strict=False))


@tag("protocol")
class WaitTests(TransactionTestCase):
    """At the speed of life."""

    async def waited(
        self, seconds: str, first_token_s: float = 0.35, **changed: Any
    ) -> tuple[Any, list[tuple[float, float]]]:
        """The turn in which a tool took so long, and what was heard when."""
        async with calling("מה פנוי ביום שלישי", speed=1, **changed) as call:
            call.system.fault = seconds
            call.model.first_s = first_token_s
            call.model.answers |= {
                "מה פנוי": Answer(tools=(FREE,)),
                "free": Answer("יש בעשר."),
                "": Answer("אפשר להשאיר הודעה."),
            }
            await call.say()
            heard = call.heard_s()
        *_before, turn = await call.phone.turns()
        return turn, heard

    async def test_with_a_tool_of_800_ms_something_is_heard_within_a_second(self) -> None:
        turn, heard = await self.waited("0.8")
        decided_s = turn.decided_ms / 1000
        self.assertTrue(turn.answered.endswith("יש בעשר."), turn.answered)
        first_s = next(start for start, _end in heard if start > decided_s)
        self.assertLess(first_s - decided_s, 1.0)
        self.assertLess(longest_silence_s(heard, decided_s), 2.0)

    async def test_one_that_takes_four_seconds_is_waited_for_in_words(self) -> None:
        turn, heard = await self.waited("4")
        decided_s = turn.decided_ms / 1000
        self.assertLess(longest_silence_s(heard, decided_s), 2.0)
        self.assertIn(FINE.waits_late, turn.answered)
        self.assertIn(FINE.waits_long, turn.answered)
        self.assertTrue(turn.answered.endswith("יש בעשר."), turn.answered)
        self.assertGreater(turn.tool_time, 3900)
        self.assertGreater(turn.response_latency, 4000, "a filler is no answer")

    async def test_one_that_never_answers_is_waited_for_and_then_said_to_fail(self) -> None:
        turn, heard = await self.waited("hangs", deadline_s=1.5)
        self.assertLess(longest_silence_s(heard, turn.decided_ms / 1000), 2.0)
        self.assertTrue(turn.answered.endswith("היומן לא זמין כרגע. אפשר להשאיר הודעה."))

    async def test_a_model_that_is_slow_to_word_it_is_waited_for_in_words_too(self) -> None:
        await publish(Profile())  # as shipped: the first wait for the model has its filler
        turn, heard = await self.waited("0.8", first_token_s=1.9)
        self.assertLess(longest_silence_s(heard, turn.decided_ms / 1000), 2.0)
        self.assertIn(FINE.waits_late, turn.answered)
        self.assertTrue(turn.answered.endswith("יש בעשר."), turn.answered)


@tag("protocol")
class BrokenOffTests(SimpleTestCase):
    async def test_a_reply_whose_words_are_waited_for_is_broken_off_and_nothing_is_left(
        self,
    ) -> None:
        async with booking() as system, served() as model:
            model.answers |= {
                "פנוי": Answer(tools=(FREE,)),
                "free": Answer("יש בעשר.", first_s=9),
            }
            own = Offered(a_tool(system)).tool
            writer = OpenAiWriter(CalledNumber(own_tools=(own,)))
            waited = 0
            async with aclosing(writer.write(said("מה פנוי"))) as pieces:
                async for piece in pieces:
                    is_told = isinstance(piece, Busy) and piece.meanwhile
                    waited += bool(is_told and len(model.requests) == 2)
                    if waited == 2:
                        break
            await until(lambda: model.cut_off == 1)
            self.assertEqual(len(system.requests), 1)


@tag("protocol")
class FaultCallTests(TransactionTestCase):
    """Whatever breaks, the caller hears so in the operator's words, and the call goes on."""

    async def told(self, fault: str, why: str, **changed: Any) -> str:
        """What the model is told; why: what an operator is."""
        apology = "אפשר להשאיר הודעה."
        changed = {"deadline_s": 0.5, **changed}
        async with calling("מה פנוי ביום שלישי", tools=(a_tool,), **changed) as call:
            call.system.fault = fault
            call.model.answers |= {"מה פנוי": Answer(tools=(FREE,)), "": Answer(apology)}
            with self.assertLogs("calls.http_tools", "WARNING") as logged:
                await call.say()
            told = call.told
        *_before, turn = await call.phone.turns()
        self.assertTrue(turn.answered.endswith(f"היומן לא זמין כרגע. {apology}"), turn.answered)
        self.assertNotIn("calendar-key", f"{logged.output}")
        self.assertEqual(await Call.objects.filter(failure="").acount(), 1)
        (use,) = [each async for each in ToolUse.objects.all()]
        self.assertTrue(use.has_failed)
        self.assertEqual(use.why.partition(": ")[0], why)
        await PhoneNumber.objects.all().adelete()
        await Call.objects.all().adelete()
        return told

    async def test_every_fault_is_told_and_the_call_goes_on(self) -> None:
        for fault, why in (
            ("500", Why.ERROR), ("wrong json", Why.NO_JSON), ("moved", Why.REDIRECT),
            ("packed", Why.PACKED), ("drops", Why.BROKE), ("hangs", Why.SLOW),
        ):  # fmt: skip
            with self.subTest(fault):
                expected = FINE.late if fault == "hangs" else FINE.failed
                self.assertTrue((await self.told(fault, why)).startswith(expected))

    async def test_a_server_that_is_down_and_a_name_that_is_gone(self) -> None:
        for address, why in (
            ("http://127.0.0.1:1/free?day={day}", Why.NO_CONNECTION),
            ("https://gone.invalid/{day}", Why.NO_ADDRESS),
        ):
            with self.subTest(address):
                told = await self.told("", why, address=address, deadline_s=5)
                self.assertTrue(told.startswith(FINE.failed))

    async def test_a_certificate_that_nobody_knows_and_a_server_that_dribbles(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            theirs, _ours = certificate(Path(folder), "127.0.0.1")
            async with broken("no http", theirs) as unknown, broken("dribbles") as slow:
                for address, why, expected in (
                    (f"https://127.0.0.1:{unknown}/{{day}}", Why.CERTIFICATE, FINE.failed),
                    (f"http://127.0.0.1:{slow}/{{day}}", Why.SLOW, FINE.late),
                ):
                    with self.subTest(why):
                        told = await self.told("", why, address=address)
                        self.assertTrue(told.startswith(expected))

    async def test_a_huge_answer_is_cut_and_said_to_be(self) -> None:
        async with calling("מה פנוי ביום שלישי", tools=(a_tool,)) as call:
            call.system.fault = "huge"
            call.model.answers |= {"מה פנוי": Answer(tools=(FREE,)), "": Answer("יש הרבה.")}
            await call.say()
            self.assertTrue(call.told.endswith(FINE.cut))
            self.assertLess(len(call.told), 80_000)
        self.assertEqual(await uses(), [("free_times", "done")])
