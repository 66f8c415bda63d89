"""Percentiles, histograms and confidence: against numpy, against the truth, at their limits."""

from __future__ import annotations

import itertools

import numpy as np
from django.test import SimpleTestCase

from calls.measures.latency import RESAMPLES, SEED, bootstrap, histogram, percentile, summarise


def simulated(rng: np.random.Generator, calls: int, turns: int = 12) -> list[list[float]]:
    """Log-normal latencies whose level differs from call to call."""
    levels = rng.normal(np.log(900), 0.35, size=calls)
    return [list(np.exp(rng.normal(level, 0.25, size=turns))) for level in levels]


class PercentileTests(SimpleTestCase):
    def test_a_percentile_lies_between_its_neighbours_in_proportion(self) -> None:
        self.assertEqual(percentile([100, 200, 300, 400], 50), 250)
        self.assertAlmostEqual(percentile([100, 200, 300, 400], 95), 385)

    def test_the_percentile_of_one_turn_is_that_turn(self) -> None:
        self.assertEqual(percentile([640.0], 95), 640)


class HistogramTests(SimpleTestCase):
    def test_every_turn_is_in_exactly_one_bin(self) -> None:
        values = [-300.0, 0.0, 0.1, 19.9, 20.0, 640.0, 19_999.0, 20_000.0, 20_001.0, 1e9]
        self.assertEqual(sum(each.turns for each in histogram(values)), len(values))

    def test_replies_ready_before_the_end_of_speech_have_a_bin_of_their_own(self) -> None:
        first, second, *_others = histogram([-300.0, 0.0, 0.1, 19.9])
        self.assertEqual((first.low_ms, first.high_ms, first.turns), (None, 0, 2))
        self.assertEqual((second.low_ms, second.high_ms, second.turns), (0, 20, 2))

    def test_only_what_is_over_twenty_seconds_is_in_the_last_bin(self) -> None:
        *_others, before, last = histogram([20_000.0, 20_001.0])
        self.assertEqual((before.turns, last.turns, last.high_ms), (1, 1, None))

    def test_the_edges_do_not_depend_on_the_values(self) -> None:
        def edges(values: list[float]) -> list[float | None]:
            return [each.low_ms for each in histogram(values)]

        self.assertEqual(edges([]), edges([1.0, 5000.0]))

    def test_the_log_bins_have_no_gaps(self) -> None:
        bins = histogram([])[1:-1]
        for one, following in itertools.pairwise(bins):
            self.assertEqual(one.high_ms, following.low_ms)


class BootstrapTests(SimpleTestCase):
    def test_a_resample_without_change_gives_the_percentile_of_numpy(self) -> None:
        calls = simulated(np.random.default_rng(1), 1)
        low, high = bootstrap(calls, [95])[95]
        self.assertAlmostEqual(low, percentile(calls[0], 95))
        self.assertAlmostEqual(high, percentile(calls[0], 95))

    def test_the_interval_is_that_of_written_out_resamples(self) -> None:
        calls = simulated(np.random.default_rng(2), 12)
        rng = np.random.default_rng(SEED)
        drawn = [
            np.quantile(
                np.concatenate([calls[i] for i in rng.integers(len(calls), size=len(calls))]), 0.5
            )
            for _resample in range(RESAMPLES)
        ]
        low, high = bootstrap(calls, [50])[50]
        self.assertAlmostEqual(low, float(np.quantile(drawn, 0.025)))
        self.assertAlmostEqual(high, float(np.quantile(drawn, 0.975)))

    def test_the_interval_of_p50_covers_the_truth_about_as_often_as_it_says(self) -> None:
        rng = np.random.default_rng(3)
        covered = 0
        for _trial in range(60):
            low, high = bootstrap(simulated(rng, 40), [50])[50]
            covered += low <= 900 <= high
        self.assertGreaterEqual(covered, 53)

    def test_the_same_turns_always_give_the_same_interval(self) -> None:
        calls = simulated(np.random.default_rng(4), 30)
        self.assertEqual(bootstrap(calls, [50, 95]), bootstrap(calls, [50, 95]))


class SummaryTests(SimpleTestCase):
    def test_no_turns_say_nothing(self) -> None:
        summary = summarise([])
        self.assertEqual((summary.turns, summary.calls), (0, 0))
        self.assertIsNone(summary.p50)
        self.assertIsNone(summary.p95)

    def test_nine_calls_are_not_enough_for_p50(self) -> None:
        summary = summarise(simulated(np.random.default_rng(5), 9))
        self.assertEqual(summary.turns, 108)
        self.assertIsNone(summary.p50)

    def test_p50_of_ten_calls_is_marked_as_rough(self) -> None:
        summary = summarise(simulated(np.random.default_rng(6), 10))
        assert summary.p50 is not None
        self.assertTrue(summary.p50.is_rough)
        self.assertIsNone(summary.p95)

    def test_p95_needs_thirty_calls_and_seventy_two_turns(self) -> None:
        rng = np.random.default_rng(7)
        self.assertIsNone(summarise(simulated(rng, 30, turns=2)).p95)
        self.assertIsNone(summarise(simulated(rng, 29, turns=12)).p95)
        enough = summarise(simulated(rng, 36, turns=2))
        assert enough.p95 is not None
        self.assertFalse(enough.p95.is_rough)
        self.assertLess(enough.p95.low_ms, enough.p95.value_ms)
        self.assertLess(enough.p95.value_ms, enough.p95.high_ms)

    def test_calls_without_turns_do_not_count(self) -> None:
        self.assertEqual(summarise([[], [640.0]]).calls, 1)
