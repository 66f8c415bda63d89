"""The bench of cut-offs against dead air: its simulated model, its sums, its intervals."""

from __future__ import annotations

import numpy as np
from django.test import SimpleTestCase

from bench.dead_air import FEWEST_PAUSES, RANKS, counted, intervals, joined, report, verdict, wilson
from calls.language.completion.cut_offs import DELAYS_MS, SURVIVES, Sums, thresholds
from calls.language.completion.judge import Verdict
from calls.language.completion.line_scores import Scored
from calls.language.completion.lines import Kind, Place


def place(kind: Kind, text: str = "קוראים לי") -> Place:
    return Place("מה השם?", text, kind)


def said(kind: Kind, whole: float, text: str = "קוראים לי") -> Scored:
    return Scored(place(kind, text), Verdict(whole, 1 - whole, 0, "v"), "")


SURE = [[said("cut_short", 0.1), said("whole", 0.9)], [said("open", 0.2), said("whole", 0.8)]]
"""Lines of a judge that is always right."""
UNSURE = [[said("cut_short", 0.7), said("cut_short", 0.95), said("whole", 0.6)]]


class SimulatedModelTests(SimpleTestCase):
    def test_one_that_is_never_wrong_says_what_is_marked_and_whole_where_it_could_be_all(
        self,
    ) -> None:
        truths: dict[Kind, str] = {
            "whole": "whole", "open": "whole", "cut_short": "cut_short", "needs_time": "needs_time",
        }  # fmt: skip
        for kind, truth in truths.items():
            self.assertEqual(verdict(place(kind), 0), truth)

    def test_it_is_wrong_about_so_many_in_a_hundred_and_always_about_the_same(self) -> None:
        places = [place("whole", f"קוראים לי {number}") for number in range(4000)]
        wrong = [each for each in places if verdict(each, 10) != "whole"]
        self.assertAlmostEqual(len(wrong) / len(places), 0.1, delta=0.02)
        self.assertEqual(wrong, [each for each in places if verdict(each, 10) != "whole"])
        self.assertEqual({verdict(each, 10) for each in wrong}, {"cut_short", "needs_time"})


class SumsTests(SimpleTestCase):
    def sums(self, lines: list[list[Scored]], unit: str, judge: str = "local") -> Sums:
        return counted(lines, RANKS[judge], np.array([0.5]), unit)

    def test_a_judge_that_is_right_waits_long_only_where_the_caller_goes_on(self) -> None:
        shares_and_delays = self.sums(SURE, "pause").best()
        self.assertEqual(shares_and_delays[2:], [DELAYS_MS[0]] * 3)
        self.assertAlmostEqual(shares_and_delays[0], SURVIVES[-1])

    def test_one_that_cannot_tell_is_silence_alone(self) -> None:
        tried = thresholds(np.array([0.0, 0.0]))
        alone = counted(SURE, RANKS["silence alone"], tried, "pause").best()
        self.assertAlmostEqual(alone[0], SURVIVES[DELAYS_MS.tolist().index(300)])
        self.assertEqual(alone[3], min(DELAYS_MS[SURVIVES <= 0.05]))

    def test_a_turn_is_cut_off_in_any_of_its_pauses_and_open_ones_are_not_marked(self) -> None:
        units = {unit: self.sums(SURE + UNSURE, unit) for unit in ("pause", "turn", "marked pause")}
        self.assertEqual({unit: each.units for unit, each in units.items()}, {
            "pause": 4, "turn": 3, "marked pause": 3,
        })  # fmt: skip
        spared = self.sums(UNSURE, "pause").spared / 2
        np.testing.assert_allclose(self.sums(UNSURE, "turn").spared, spared**2)

    def test_what_businesses_come_to_is_what_their_lines_come_to(self) -> None:
        each = [self.sums(SURE, "turn"), self.sums(UNSURE, "turn")]
        together = joined(each, np.array([1, 1]))
        self.assertEqual(together.best(), self.sums(SURE + UNSURE, "turn").best())
        self.assertEqual(joined(each, np.array([2, 0])).best(), each[0].best())


class IntervalTests(SimpleTestCase):
    def test_businesses_that_are_alike_leave_no_doubt_and_others_do(self) -> None:
        sure, unsure = (
            counted(lines, RANKS["local"], np.array([0.5]), "pause") for lines in (SURE, UNSURE)
        )
        low, high = intervals([sure, sure], 50)
        self.assertEqual(low, high)
        low, high = intervals([sure, unsure], 50)
        self.assertLess(low[0], high[0])

    def test_of_a_share(self) -> None:
        low, high = wilson(5, 100)
        self.assertAlmostEqual(low, 0.0215, places=4)
        self.assertAlmostEqual(high, 0.1118, places=4)
        self.assertAlmostEqual(wilson(0, 10)[0], 0)

    def test_so_many_clean_pauses_show_that_a_share_is_under_2_percent(self) -> None:
        self.assertLess(0.98**FEWEST_PAUSES, 0.05)
        self.assertGreater(0.98 ** (FEWEST_PAUSES - 1), 0.05)


class ReportTests(SimpleTestCase):
    def test_it_has_every_judge_every_unit_every_business_and_its_denominators(self) -> None:
        found = {"garage": [*SURE, [said("needs_time", 0.3)]], "car_wash": UNSURE}
        text = report(found, resampled=20)
        for name in RANKS:
            self.assertEqual(
                text.count(f"\n| {name} | "),
                3 + (name in ("word lists", "local")) + name.startswith("both"),
            )
        for unit in ("pause (5)", "turn (4)", "marked pause (4)"):
            self.assertIn(f"cut-offs, ms per {unit} |", text)
        self.assertIn("| garage | 3 |", text)
        self.assertIn("| car wash | 2 |", text)
        self.assertIn("whole lines (3)", text)
        self.assertIn("more must come (3)", text)
