"""The sequential comparison: its arithmetic, and small simulations of it (bench/trials.py is the
large one)."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
from django.test import SimpleTestCase

from tuning.lab import sequential
from tuning.lab.sequential import MIN_CALLS, Sums, calls_needed, difference, half_width, tau2_for

SEED = 20
TRIALS = 200


class SumsTests(SimpleTestCase):
    def test_a_course_ends_in_the_sums(self) -> None:
        pairs = np.array([(1.0, 3.0), (0.0, 2.0), (2.0, 5.0), (0.0, 1.0)])
        is_theirs = np.array([True, False, True, True])
        last = Sums.course(pairs, is_theirs).at(-1)
        self.assertEqual(last, Sums.of(pairs[is_theirs]))
        self.assertAlmostEqual(last.figure, 3 / 9)

    def test_the_scatter_is_that_of_the_mean_where_each_call_counts_once(self) -> None:
        values = [3.0, 5.0, 4.0, 9.0]
        self.assertAlmostEqual(
            Sums.of([(each, 1.0) for each in values]).scatter(1), float(np.var(values, ddof=1))
        )

    def test_turns_of_one_call_are_no_independent_draws(self) -> None:
        """The same turns, all of a caller's alike or not: the first say less."""
        alike = Sums.of([(0.0, 10.0)] * 45 + [(10.0, 10.0)] * 5)
        mixed = Sums.of([(1.0, 10.0)] * 50)
        self.assertAlmostEqual(alike.figure, mixed.figure)
        self.assertGreater(alike.scatter(1), 100 * mixed.scatter(1) + 0.01)

    def test_no_calls_have_no_figure(self) -> None:
        self.assertTrue(np.isnan(Sums.of([]).figure))
        self.assertIsNone(sequential.spread_of(Sums.of([])))


class IntervalTests(SimpleTestCase):
    def test_the_half_width_is_the_formula(self) -> None:
        v, tau2 = 0.0004, 0.003
        by_hand = sqrt(v * (v + tau2) / tau2 * (2 * log(20) + log((v + tau2) / v)))
        self.assertAlmostEqual(half_width(v, tau2, 0.05), by_hand)

    def test_nothing_is_said_of_few_calls(self) -> None:
        few = Sums.of([(float(place % 2), 1.0) for place in range(MIN_CALLS - 1)])
        many = Sums.of([(float(place % 2), 1.0) for place in range(1000)])
        for sides in ((few, many), (many, few)):
            self.assertTrue(np.isnan(difference(*sides, 0.01).low))
        self.assertFalse(np.isnan(difference(many, many, 0.01).low))

    def test_a_side_without_any_cut_in_yet_is_not_taken_to_be_certain(self) -> None:
        live = Sums.of([(float(place % 10 == 0), 5.0) for place in range(500)])
        lucky = Sums.of([(0.0, 5.0)] * 60)
        found = difference(live, lucky, tau2_for(0.01))
        self.assertGreater(found.high, 0)
        self.assertLess(found.value, 0)

    def test_the_computed_number_halves_where_the_effect_grows_by_the_root_of_two(self) -> None:
        one, other = (calls_needed(effect, 0.1, 0.5) for effect in (0.01, 0.01 * sqrt(2)))
        self.assertAlmostEqual(one / other, 2, places=2)
        self.assertAlmostEqual(one, (3.0350 + 0.8416) ** 2 * 0.01 * 4 / 0.0001, delta=1)

    def test_a_small_share_needs_more_calls(self) -> None:
        halves, tenth = (calls_needed(0.01, 0.1, share) for share in (0.5, 0.1))
        self.assertAlmostEqual(tenth / halves, (1 / 0.1 + 1 / 0.9) / 4, places=2)

    def test_an_effect_that_is_seen_at_once_needs_the_least_number_all_the_same(self) -> None:
        self.assertEqual(calls_needed(1.0, 0.01, 0.1), MIN_CALLS * 10)


class SimulationTests(SimpleTestCase):
    def decided(self, less: float, calls: int) -> float:
        """Of TRIALS, the share in which the candidate is found better at any of the calls."""
        rng = np.random.default_rng(SEED)
        found = 0
        for _trial in range(TRIALS):
            turns = rng.poisson(6, size=calls) + 1.0
            sums = turns * np.minimum(900 * np.exp(rng.normal(0, 0.3, size=calls)), 5000)
            is_candidate = rng.random(calls) < 0.5
            sums -= is_candidate * less * turns
            pairs = np.column_stack((sums, turns))
            sides = (Sums.course(pairs, ~is_candidate), Sums.course(pairs, is_candidate))
            found += bool((difference(*sides, tau2_for(80.0)).high < 0).any())
        return found / TRIALS

    def test_looking_after_every_call_misleads_seldom_and_finds_what_is_there(self) -> None:
        calls = calls_needed(80.0, 290.0, 0.5)
        self.assertLessEqual(self.decided(0.0, calls * 2), 0.05)
        self.assertGreaterEqual(self.decided(80.0, calls), 0.8)
