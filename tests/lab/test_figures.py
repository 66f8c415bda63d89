"""Before and after on the same calls: what is known, how surely, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from time import process_time

import numpy as np
from django.test import SimpleTestCase

from calls.lab.comparison import FIGURES, Comparison, Estimate
from calls.lab.figures import compare
from calls.measures.latency import percentile
from calls.measures.shares import wilson
from tuning.lab.tried import CALL_ENDED, NEVER_JUDGED, REACTION, CallTried, TurnTried


def tried(
    turn: int,
    latency_ms: float | None = 900.0,
    *,
    is_short: bool = False,
    is_cut_in: bool = False,
    is_unseen: bool = False,
    unknown: str = "",
) -> TurnTried:
    return TurnTried(
        turn=turn,
        said="כן",
        is_short=is_short,
        spoke_until_ms=turn * 10_000,
        decided_ms=turn * 10_000 + 500,
        asked_ms=500,
        why="long silence",
        latency_ms=latency_ms,
        is_cut_in=is_cut_in,
        is_unseen=is_unseen,
        unknown=unknown,
    )


def calls_of(
    rng: np.random.Generator, calls: int, turns: int = 10, cut_in_rate: float = 0.03
) -> list[CallTried]:
    """Callers differ: some wait long and are cut in on often."""
    made = []
    for _call in range(calls):
        level, rate = rng.normal(np.log(900), 0.3), rng.beta(1, 1 / cut_in_rate - 1)
        waits, cut = np.exp(rng.normal(level, 0.2, turns)), rng.random(turns) < rate
        own = [
            tried(
                number, float(waits[number]), is_short=number % 2 == 0, is_cut_in=bool(cut[number])
            )
            for number in range(turns)
        ]
        made.append(CallTried(own))
    return made


def later(calls: list[CallTried], by_ms: float) -> list[CallTried]:
    return [
        CallTried(
            [tried(t.turn, (t.latency_ms or 0) + by_ms, is_short=t.is_short) for t in call.turns]
        )
        for call in calls
    ]


def sure(found: Estimate | None) -> Estimate:
    if found is None:
        raise AssertionError("no number")
    return found


def intervals(found: Comparison) -> Iterator[Estimate]:
    for figure in found.figures.values():
        for each in (figure.before, figure.after, figure.difference):
            yield sure(each)


class CompareTests(SimpleTestCase):
    def test_the_values_are_those_of_the_turns(self) -> None:
        live = calls_of(np.random.default_rng(1), 60)
        found = compare(live, later(live, 100))
        longs = [t.latency_ms or 0 for call in live for t in call.turns if not t.is_short]
        before = sure(found["p50_long"].before)
        self.assertAlmostEqual(before.value, percentile(longs, 50))
        self.assertEqual(found.before.turns, 600)
        self.assertEqual(
            found.before.cut_ins, sum(t.is_cut_in for call in live for t in call.turns)
        )
        self.assertEqual(sum(one.turns for one, _other in found.bins("long")), len(longs))

    def test_every_interval_holds_its_value(self) -> None:
        live = calls_of(np.random.default_rng(2), 60)
        found = compare(live, later(live, 100))
        self.assertEqual(tuple(found.figures), FIGURES)
        for each in intervals(found):
            self.assertLessEqual(each.low, each.value)
            self.assertLessEqual(each.value, each.high)

    def test_what_calls_have_of_their_own_cancels_out(self) -> None:
        """The same 100 ms for all: the difference is sure, although the medians are not."""
        live = calls_of(np.random.default_rng(3), 60)
        found = compare(live, later(live, 100))["p50_long"]
        before, difference = sure(found.before), sure(found.difference)
        self.assertAlmostEqual(difference.low, 100, places=3)
        self.assertAlmostEqual(difference.high, 100, places=3)
        self.assertGreater(before.high - before.low, 50)

    def test_a_profile_against_itself_changes_nothing(self) -> None:
        live = calls_of(np.random.default_rng(4), 60)
        found = compare(live, live)
        assert found.more_cut_ins is not None
        self.assertEqual(found.more_cut_ins.value, 0)
        self.assertLess(found.more_cut_ins.low, 0)
        self.assertGreater(found.more_cut_ins.high, 0)

    def test_the_same_calls_always_give_the_same_interval(self) -> None:
        live = calls_of(np.random.default_rng(5), 40)
        self.assertEqual(compare(live, later(live, 9)), compare(live, later(live, 9)))

    def test_it_is_the_same_after_json(self) -> None:
        live = calls_of(np.random.default_rng(6), 40)
        live[0].turns[0] = tried(0, None, unknown=REACTION)
        found = compare(live, later(live, 9))
        self.assertEqual(Comparison.from_json(json.loads(json.dumps(found.as_json()))), found)

    def test_too_few_calls_give_no_number(self) -> None:
        live = calls_of(np.random.default_rng(7), 9)
        found = compare(live, later(live, 9))
        self.assertIsNone(found.more_cut_ins)
        self.assertEqual({each.after for each in found.figures.values()}, {None})
        some = calls_of(np.random.default_rng(7), 12)
        halves = compare(some, later(some, 9))
        self.assertIsNotNone(halves["p50_long"].after)
        self.assertIsNone(halves["p95_long"].after)

    def test_no_calls_at_all_give_no_number(self) -> None:
        found = compare([], [])
        self.assertEqual((found.calls, found.more_cut_ins), (0, None))

    def test_calls_without_turns_tell_nothing(self) -> None:
        found = compare([CallTried() for _ in range(50)], [CallTried() for _ in range(50)])
        self.assertEqual(found.calls, 0)
        self.assertIsNone(found["cut_ins"].before)


class RareTests(SimpleTestCase):
    def test_no_event_is_not_surely_none(self) -> None:
        live = calls_of(np.random.default_rng(8), 60)
        none = later(live, 0)
        found = compare(none, none)
        after, difference = found["cut_ins"].after, found["cut_ins"].difference
        self.assertEqual((sure(after).low, sure(after).high), wilson(0, 600))
        self.assertAlmostEqual(sure(difference).high, 2.77 / 600, places=4)
        self.assertAlmostEqual(sure(found.more_cut_ins).high, 2.77, places=1)

    def test_the_interval_holds_the_truth_about_as_often_as_it_says(self) -> None:
        rng = np.random.default_rng(9)
        held = 0
        for _trial in range(60):
            found = sure(compare(*[calls_of(rng, 80, 8, 0.02)] * 2)["cut_ins"].before)
            held += found.low <= 0.02 <= found.high
        self.assertGreaterEqual(held, 54)

    def test_dropped_and_stopped_are_a_turn(self) -> None:
        live = calls_of(np.random.default_rng(10), 60)
        candidate = later(live, 0)
        for call in candidate[:6]:
            call.dropped, call.stopped = 1, 2
        found = compare(live, candidate)
        for name, value in (("dropped", 6 / 600), ("stopped", 12 / 600)):
            difference = sure(found[name].difference)
            self.assertAlmostEqual(difference.value, value)
            self.assertGreater(difference.high, value)


class UnknownTests(SimpleTestCase):
    def setUp(self) -> None:
        self.live = calls_of(np.random.default_rng(11), 60)

    def without(self, reason: str, calls: int = 12) -> list[CallTried]:
        candidate = later(self.live, 0)
        for call in candidate[:calls]:
            call.turns[0] = tried(0, 5000.0, is_short=True, unknown=reason)
        return candidate

    def test_an_unknown_turn_enters_no_figure_of_either_side(self) -> None:
        found = compare(self.live, self.without(NEVER_JUDGED))
        self.assertEqual((found.before.turns, found.after.turns, found.unknown), (588, 588, 12))
        self.assertEqual(found.after.unknown, {NEVER_JUDGED: 12})
        self.assertEqual(sure(found["p95_short"].difference).value, 0)

    def test_what_is_unknown_widens_the_risk(self) -> None:
        """By as many as could be cut in on, and not by those who had gone."""
        known, unsure, gone = (
            sure(compare(self.live, candidate)["cut_ins"].after)
            for candidate in (
                later(self.live, 0),
                self.without(NEVER_JUDGED),
                self.without(CALL_ENDED),
            )
        )
        self.assertGreater(unsure.high, 12 / 600)
        self.assertEqual(unsure.low, 0)
        self.assertAlmostEqual(gone.high, known.high, places=3)

    def test_so_does_it_widen_the_count(self) -> None:
        found = sure(compare(self.live, self.without(REACTION)).more_cut_ins)
        known = sure(compare(self.live, later(self.live, 0)).more_cut_ins)
        self.assertGreater(found.high, known.high + 5)

    def test_turns_that_wait_longer_than_was_seen_are_counted(self) -> None:
        candidate = later(self.live, 0)
        candidate[0].turns[3] = tried(3, 4000.0, is_unseen=True)
        self.assertEqual(compare(self.live, candidate).after.unseen, 1)


class SpeedTests(SimpleTestCase):
    def test_a_thousand_calls_take_less_than_a_second(self) -> None:
        live = calls_of(np.random.default_rng(12), 1000)
        candidate = later(live, 40)
        began = process_time()
        found = compare(live, candidate)
        self.assertLess(process_time() - began, 1.0)
        self.assertEqual(found.calls, 1000)
