"""What is advised, what is not, and that noise never is."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
from django.test import SimpleTestCase

from calls.lab.advice import (
    MOST,
    STEPS,
    Advised,
    Step,
    Tried,
    advise,
    half_of,
    steps,
    turns_to_tell,
)
from calls.lab.comparison import WAITS, Comparison, Estimate, Figure
from calls.lab.figures import compare
from calls.measures.shares import wilson
from tests.lab.test_figures import calls_of, tried
from tests.lab.told import told
from tuning.lab.tried import CallTried
from tuning.turns.profile import SHIPPED, Profile, problems

LONGER = Step("end_silence_long_ms", 1800, 1900)
TARGET = 0.02


def one(step: Step = LONGER, *, held: Comparison | None = None, **given: float) -> Tried:
    half = told(**given)  # type: ignore[arg-type]
    doubled = {"turns": 2000, "calls": 240, "more": given.get("more", -12) * 2}
    return Tried(step, told(**{**given, **doubled}), half, held or half)  # type: ignore[arg-type]


def advised(*found: Tried) -> Advised:
    return advise(found, most_cut_ins=TARGET, days=7)


class StepTests(SimpleTestCase):
    def test_every_step_is_a_profile_that_calls_may_run_on(self) -> None:
        for changed in SHIPPED.values():
            profile = Profile(**changed)
            found = steps(profile)
            self.assertGreater(len(found), 10)
            for step in found:
                with self.subTest(step):
                    tried_on = step.on(profile)
                    self.assertFalse([p for p in problems(asdict(tried_on)) if p.is_error])
                    self.assertEqual(Step.between(profile, tried_on), step)

    def test_a_knob_is_turned_both_ways(self) -> None:
        found = {step.after - step.before for step in steps(Profile()) if step.knob == LONGER.knob}
        sizes = STEPS[LONGER.knob]
        self.assertEqual(found, {*sizes, *(-size for size in sizes)})

    def test_only_knobs_of_the_rule_are_turned(self) -> None:
        self.assertNotIn("finished_silence_ms", {step.knob for step in steps(Profile())})
        adaptive = steps(Profile(**SHIPPED["adaptive"]))
        self.assertIn("finished_silence_ms", {step.knob for step in adaptive})
        self.assertNotIn("min_utterance_ms", {step.knob for step in adaptive})

    def test_a_range_ends_the_steps(self) -> None:
        found = {
            step.after
            for step in steps(Profile(end_silence_long_ms=3900, end_silence_short_ms=1500))
        }
        self.assertIn(4000, found)
        self.assertNotIn(4200, found)
        self.assertNotIn(1650, found)

    def test_every_knob_that_is_turned_has_sizes_that_its_form_takes(self) -> None:
        self.assertLessEqual(STEPS.keys(), asdict(Profile()).keys())

    def test_two_turned_knobs_are_no_step(self) -> None:
        both = replace(Profile(), end_silence_long_ms=1900, vad_hangover_ms=260)
        self.assertIsNone(Step.between(Profile(), both))
        self.assertIsNone(Step.between(Profile(), Profile()))

    def test_halves_are_about_equal_and_stay(self) -> None:
        halves = [half_of(pk) for pk in range(1000)]
        self.assertAlmostEqual(sum(halves), 500, delta=50)
        self.assertEqual(halves, [half_of(pk) for pk in range(1000)])


class AdviseTests(SimpleTestCase):
    def test_fewer_cut_ins_with_the_wait_that_they_cost(self) -> None:
        found = advised(one())
        self.assertEqual((found.cut_ins, found.turns, found.calls), ("over", 2000, 240))
        (advice,) = found.advice
        self.assertTrue(advice.fewer_cut_ins)
        self.assertEqual(advice.cut_ins_a_week, Estimate(-24, -36, -12))
        self.assertEqual(advice.median_ms.value, 40)
        self.assertEqual((advice.wait, advice.wait_ms.value), ("p50_long", 40))

    def test_what_came_in_half_a_week_is_half_of_a_week(self) -> None:
        (advice,) = advise([one()], most_cut_ins=TARGET, days=3.5).advice
        self.assertEqual(advice.cut_ins_a_week.value, -48)

    def test_what_the_other_half_does_not_bear_out_is_not_advised(self) -> None:
        self.assertEqual(advised(one(held=told(more=-1, surely=2.0))).advice, ())
        self.assertEqual(advised(one(held=told(more=12))).advice, ())

    def test_what_is_said_comes_from_the_other_half(self) -> None:
        (advice,) = advised(one(held=told(more=-5))).advice
        self.assertEqual(advice.cut_ins_a_week.value, -10)

    def test_nothing_is_shortened_while_cut_ins_are_over_or_around_their_target(self) -> None:
        over, around, within = (
            advised(one(rate=rate, more=0, wait_ms=-100)) for rate in (0.05, 0.02, 0.004)
        )
        self.assertEqual((over.cut_ins, over.advice), ("over", ()))
        self.assertEqual((around.cut_ins, around.advice), ("around", ()))
        self.assertEqual(within.cut_ins, "within")
        self.assertFalse(within.advice[0].fewer_cut_ins)
        self.assertEqual(within.advice[0].wait_ms.value, -100)

    def test_nothing_is_shortened_beyond_the_target(self) -> None:
        self.assertEqual(advised(one(rate=0.004, more=20, wait_ms=-100)).advice, ())

    def test_no_advice_without_its_opposite_risk(self) -> None:
        half = told()
        blind = replace(half, figures=half.figures | {"p50_all": Figure()})
        self.assertEqual(advised(one(held=blind)).advice, ())

    def test_a_step_that_loses_short_answers_is_not_advised(self) -> None:
        step = one()
        lost = Figure(difference=Estimate(0.01, 0.005, 0.015))
        whole = replace(step.whole, figures=step.whole.figures | {"dropped": lost})
        self.assertEqual(advised(replace(step, whole=whole)).advice, ())

    def test_too_little_to_say(self) -> None:
        """As many more as it takes, for a target of 2 % and two halves."""
        self.assertAlmostEqual(turns_to_tell(TARGET), 188, delta=1)
        self.assertLessEqual(wilson(0, 189)[1], TARGET)
        few = Tried(LONGER, *(told(turns=37), told(turns=18), told(turns=19)))
        found = advised(few)
        self.assertEqual((found.cut_ins, found.needed, found.advice), ("", 340, ()))
        calls = advised(Tried(LONGER, told(turns=600, calls=50), told(), told()))
        self.assertEqual(calls.needed, 120)

    def test_how_many_turns_until_cut_ins_are_known(self) -> None:
        found = advised(one(rate=0.017, more=0, wait_ms=0))
        assert found.needed is not None
        low, high = wilson(round(0.017 * (2000 + found.needed)), 2000 + found.needed)
        self.assertAlmostEqual(high, TARGET, places=3)
        self.assertLess(low, TARGET)

    def test_no_calls_no_advice(self) -> None:
        self.assertEqual(advised(), Advised("", 0, 0, None))

    def test_at_most_three_each_of_another_knob(self) -> None:
        names = [*STEPS][:5]
        twice = [Step(name, 0, size) for name in names for size in (1, 2)]
        found = advised(*(one(step, more=-10 - place) for place, step in enumerate(twice)))
        self.assertEqual(len(found.advice), MOST)
        self.assertEqual(len({each.step.knob for each in found.advice}), MOST)


class NoiseTests(SimpleTestCase):
    """However many steps are tried, chance is not advised."""

    @staticmethod
    def noise(rng: np.random.Generator, steps: int, rate: float) -> list[Tried]:
        """Steps that change nothing: what they seem to change, and how surely, as intervals of a
        true 0 come out; both halves apart, the whole their mean."""
        found = []
        for number in range(steps):
            halves, seen = [], []
            for _half in range(2):
                waits, more = rng.normal(0, 60, len(WAITS)), rng.normal(0, 6)
                half = told(rate=rate, more=0, calls=120)
                figures = {
                    name: Figure(difference=Estimate(wait, wait - 1.96 * 60, wait + 1.96 * 60))
                    for name, wait in zip(WAITS, waits, strict=True)
                }
                interval = Estimate(more, more - 1.96 * 6, more + 1.96 * 6)
                halves.append(replace(half, figures=half.figures | figures, more_cut_ins=interval))
                seen.append(more)
            whole = told(rate=rate, more=sum(seen), turns=2000, calls=240)
            found.append(Tried(Step([*STEPS][number % len(STEPS)], 0, number), whole, *halves))
        return found

    def test_no_advice_comes_from_noise(self) -> None:
        rng = np.random.default_rng(41)
        for rate in (0.05, 0.004):
            advice = [advised(*self.noise(rng, 30, rate)).advice for _set in range(200)]
            self.assertLessEqual(sum(map(bool, advice)), 10)

    def test_without_the_other_half_it_would(self) -> None:
        """What the rule is for."""
        rng = np.random.default_rng(42)
        sets = [self.noise(rng, 30, 0.05) for _set in range(200)]
        flattered = [advised(*(replace(each, held=each.found) for each in one)) for one in sets]
        self.assertGreater(sum(bool(each.advice) for each in flattered), 60)


class RealTests(SimpleTestCase):
    """From turns to advice, with calls that differ."""

    def test_a_step_that_spares_cut_ins_is_found(self) -> None:
        live = calls_of(np.random.default_rng(43), 240, cut_in_rate=0.05)
        candidate = [
            CallTried(
                [
                    tried(
                        turn.turn,
                        (turn.latency_ms or 0) + 80,
                        is_short=turn.is_short,
                        is_cut_in=turn.is_cut_in and turn.turn % 3 > 0,
                    )
                    for turn in call.turns
                ]
            )
            for call in live
        ]
        halves = [
            compare(
                *(
                    [side[pk] for pk in range(240) if half_of(pk) == half]
                    for side in (live, candidate)
                )
            )
            for half in (0, 1)
        ]
        (advice,) = advised(Tried(LONGER, compare(live, candidate), *halves)).advice
        saved = sum(t.is_cut_in and t.turn % 3 == 0 for call in live for t in call.turns)
        self.assertLess(advice.cut_ins_a_week.high, 0)
        self.assertLessEqual(advice.cut_ins_a_week.low, -saved)
        self.assertAlmostEqual(advice.median_ms.value, 80, delta=1)
