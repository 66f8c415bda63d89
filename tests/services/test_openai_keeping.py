"""A language model that leaves verdicts out: found out at start-up, and in calls."""

from __future__ import annotations

from django.test import SimpleTestCase, override_settings, tag

from calls.language.hebrew import HEBREW
from calls.services.verdict_keeping import PAUSE_S, TRIED_AGAIN, WINDOW, Missing
from calls.services.verdicts import Verdict
from tests.servers.openai_answers import Answer
from tests.services.openai_turns import Watch, a_writer, asked, exact, has_markers

TEXTS = HEBREW.instructions
TIMES = Answer("בתשע או בעשר?")
BYE = ("say_goodbye", '{"farewell":"להתראות"}')
LATE = Answer("מאוחר", first_s=30)


@tag("protocol")
class KeepingTests(SimpleTestCase):
    async def test_a_model_that_leaves_them_out_is_asked_no_more_and_tried_again_later(
        self,
    ) -> None:
        watch = Watch()
        kind = a_writer(watch)
        async with exact() as server:
            server.answers[""] = TIMES
            server.verdicts.are_given = False
            for _answer in range(WINDOW - 1):
                await asked("תור", by=kind())
            self.assertTrue(kind().gives_verdicts)
            with self.assertLogs("calls.services.verdict_keeping", "WARNING"):
                await asked("תור", by=kind())
            self.assertFalse(kind().gives_verdicts)
            self.assertEqual(kind.availability().no_verdicts, Missing(WINDOW, WINDOW, True))
            watch.now_s += PAUSE_S
            self.assertTrue(kind().gives_verdicts)
            server.verdicts.are_given = True
            with self.assertLogs("calls.services.verdict_keeping", "WARNING"):
                for _answer in range(TRIED_AGAIN):
                    await asked("תור", by=kind())
            self.assertTrue(kind().gives_verdicts)
            self.assertIsNone(kind.availability().no_verdicts)

    async def test_tools_count_neither_way(self) -> None:
        kind = a_writer()
        async with exact() as server:
            server.answers["תודה"] = Answer(tools=(BYE,))
            for _answer in range(WINDOW):
                await asked("תודה", by=kind())
        self.assertTrue(kind().gives_verdicts)
        self.assertEqual(len(server.requests), WINDOW)

    @override_settings(TURN_VERDICT="off")
    async def test_switched_off_it_is_neither_tried_nor_given(self) -> None:
        kind = a_writer()
        async with exact() as server:
            server.verdicts.are_given = False
            await kind.warm_up()
            self.assertFalse(kind().gives_verdicts)
        self.assertFalse([each for each in server.requests if has_markers(each)])
        self.assertIsNone(kind.availability().no_verdicts)


@tag("protocol")
class TrialTests(SimpleTestCase):
    async def test_a_model_that_gives_none_is_found_out_at_start_up(self) -> None:
        kind = a_writer()
        async with exact() as server:
            server.verdicts.are_given = False
            with self.assertLogs("calls.services.verdict_keeping", "WARNING"):
                await kind.warm_up()
            tried = [each for each in server.requests if has_markers(each)]
        self.assertEqual(len(tried), len(TEXTS.verdict_trial))
        self.assertFalse(kind().gives_verdicts)
        found = kind.availability().no_verdicts
        self.assertEqual(found, Missing(len(tried), len(tried), False))
        self.assertIn("this model gives no verdicts: 3 of 3", f"{found}")
        self.assertLessEqual({each["max_completion_tokens"] for each in tried}, {16})

    async def test_one_that_gives_them_is_asked_for_them(self) -> None:
        kind = a_writer()
        async with exact():
            await kind.warm_up()
        self.assertTrue(kind().gives_verdicts)
        self.assertIsNone(kind.availability().no_verdicts)

    async def test_a_trial_that_fails_or_is_late_fails_nothing_and_says_nothing(self) -> None:
        for fault in (Answer(error=429), Answer(error=500), LATE, Answer("כן", fails_after=0)):
            kind = a_writer(tried_s=0.3)
            async with exact() as server:
                server.answers |= {said: fault for _asked, said, _sign in TEXTS.verdict_trial}
                await kind.warm_up()
            self.assertTrue(kind().gives_verdicts)
            self.assertIsNone(kind.availability().no_verdicts)

    async def test_its_lines_are_one_of_each_kind(self) -> None:
        signs = [sign for _asked, _said, sign in TEXTS.verdict_trial]
        self.assertEqual({Verdict(sign) for sign in signs}, set(Verdict))
        self.assertEqual(len(signs), 3)
