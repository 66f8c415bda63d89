"""When a model that leaves verdicts out is asked for none any more, and when it is again."""

from __future__ import annotations

from django.test import SimpleTestCase

from calls.services.verdict_keeping import (
    MOST_MISSING,
    PAUSE_S,
    TRIED_AGAIN,
    WINDOW,
    Missing,
    VerdictKeeping,
)
from calls.services.verdicts import VerdictReader

ALLOWED = round(WINDOW * MOST_MISSING)


class KeepingTests(SimpleTestCase):
    def setUp(self) -> None:
        self.now_s = 5000.0
        self.keeping = VerdictKeeping(lambda: self.now_s)

    def answer(self, *texts: str) -> None:
        """An answer each; an empty one begins with a tool."""
        for text in texts:
            reader = VerdictReader()
            list(reader.read(text))
            list(reader.end())
            self.keeping.count(reader)

    def give_up(self) -> None:
        with self.assertLogs("calls.services.verdict_keeping", "WARNING"):
            self.answer(*["כן"] * WINDOW)
        self.assertFalse(self.keeping.asks)

    def test_a_model_is_asked_for_verdicts_until_it_is_known_to_give_none(self) -> None:
        self.assertTrue(self.keeping.asks)
        self.answer(*["כן"] * (WINDOW - 1))
        self.assertTrue(self.keeping.asks)
        self.assertIsNone(self.keeping.missing)

    def test_as_many_missing_as_are_allowed_change_nothing_and_one_more_does(self) -> None:
        self.answer(*["כן"] * ALLOWED, *["●"] * (WINDOW - ALLOWED))
        self.assertTrue(self.keeping.asks)
        self.answer(*["● כן"] * WINDOW, *["כן"] * ALLOWED)
        self.assertTrue(self.keeping.asks)
        with self.assertLogs("calls.services.verdict_keeping", "WARNING") as logs:
            self.answer("כן")
        self.assertFalse(self.keeping.asks)
        self.assertEqual(self.keeping.missing, Missing(ALLOWED + 1, WINDOW, in_calls=True))
        self.assertIn("11 of 50 answers in calls", logs.output[0])
        self.assertIn("TURN_VERDICT=off", logs.output[0])

    def test_every_kind_of_verdict_is_one(self) -> None:
        self.answer(*["● כן", "◐", "○"] * WINDOW)
        self.assertTrue(self.keeping.asks)

    def test_a_tool_without_one_counts_neither_way(self) -> None:
        self.answer(*["כן"] * (WINDOW - 1), *[""] * WINDOW)
        self.assertTrue(self.keeping.asks)

    def test_after_a_pause_a_few_answers_decide(self) -> None:
        self.give_up()
        self.now_s += PAUSE_S - 1
        self.assertFalse(self.keeping.asks)
        self.now_s += 1
        self.assertTrue(self.keeping.asks)
        self.assertIsNotNone(self.keeping.missing, "it stays on the page until it is known better")
        with self.assertLogs("calls.services.verdict_keeping", "WARNING"):
            self.answer(*["●"] * TRIED_AGAIN)
        self.assertIsNone(self.keeping.missing)
        self.answer("כן")
        self.assertTrue(self.keeping.asks)

    def test_one_that_still_leaves_them_out_is_given_up_for_as_long_again(self) -> None:
        self.give_up()
        self.now_s += PAUSE_S
        with self.assertLogs("calls.services.verdict_keeping", "WARNING"):
            self.answer("●", "כן", "●")
        self.assertFalse(self.keeping.asks)
        self.now_s += PAUSE_S
        self.assertTrue(self.keeping.asks)

    def test_answers_asked_for_before_the_pause_count_no_more(self) -> None:
        self.give_up()
        self.answer(*["●"] * WINDOW)
        self.now_s += PAUSE_S
        with self.assertLogs("calls.services.verdict_keeping", "WARNING"):
            self.answer(*["כן"] * TRIED_AGAIN)
        self.assertEqual(self.keeping.missing, Missing(TRIED_AGAIN, TRIED_AGAIN, in_calls=True))

    def test_a_trial_gives_it_up_only_if_it_gave_none(self) -> None:
        self.keeping.tried(given=0, missing=0)
        self.keeping.tried(given=1, missing=2)
        self.assertTrue(self.keeping.asks)
        with self.assertLogs("calls.services.verdict_keeping", "WARNING"):
            self.keeping.tried(given=0, missing=3)
        self.assertFalse(self.keeping.asks)
        self.assertIn("3 of 3 answers when it was tried", f"{self.keeping.missing}")
        with self.assertLogs("calls.services.verdict_keeping", "WARNING"):
            self.keeping.tried(given=3, missing=0)
        self.assertTrue(self.keeping.asks)
        self.assertIsNone(self.keeping.missing)
