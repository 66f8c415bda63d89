"""What the lab said of a publication is kept with it, and what happened is counted beside it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from django.test import SimpleTestCase, TestCase
from django.utils import timezone

from calls import tasks
from calls.lab.comparison import Estimate
from calls.lab.prediction import Cell, Outcome, Prediction
from calls.lab.replay import Candidate, Replay
from calls.models import Call, Turn
from tests.dashboard.call_rows import a_call, a_turn
from tests.lab.recorded_calls import a_recorded_call
from tests.lab.told import an_advice, told
from tests.tuning.trial_rows import a_trial
from tuning.models import Revision, TimingProfile
from tuning.turns.profile import SHIPPED, Profile

BRISK = Profile(**SHIPPED["brisk"])


class PredictionTestCase(TestCase):
    def setUp(self) -> None:
        self.profile = TimingProfile.objects.get(name="balanced")

    def replayed(self, profile: Profile = BRISK, **fields: object) -> Replay:
        replay = Replay.begin(
            self.profile, [Candidate("draft", profile)], calls=Call.objects.all(), by=None
        )
        tasks.replay_later(replay)
        Replay.objects.filter(pk=replay.pk).update(**fields)
        replay.refresh_from_db()
        return replay

    def publish(self, profile: Profile = BRISK) -> Revision:
        return self.profile.publish(profile, by=None, note="as tried")


class KeepingTests(PredictionTestCase):
    def setUp(self) -> None:
        super().setUp()
        for number in range(1, 32):
            a_recorded_call(number)

    def test_what_was_tried_and_then_published_keeps_its_prediction(self) -> None:
        replay, revision = self.replayed(), self.publish()
        kept = Prediction.objects.get()
        self.assertEqual((kept.revision, kept.replay), (revision, replay))
        self.assertEqual(kept.comparison, replay.result[0]["comparison"])
        self.assertEqual(kept.short_ms, 2000)

    def test_the_candidate_of_a_trial_is_not_published_and_has_none(self) -> None:
        self.replayed()
        a_trial(BRISK, profile="balanced")
        self.assertEqual(Prediction.objects.count(), 0)

    def test_it_stays_when_the_replay_goes(self) -> None:
        replay = self.replayed()
        self.publish()
        replay.delete()
        self.assertIsNone(Prediction.objects.get().replay)
        self.assertEqual(Prediction.objects.get().said.calls, 31)

    def test_the_newest_replay_counts(self) -> None:
        self.replayed(asked_at=timezone.now() - timedelta(days=2))
        a_recorded_call(32)
        second = self.replayed()
        self.publish()
        self.assertEqual(Prediction.objects.get().replay, second)

    def test_advice_is_held_to_what_the_other_half_of_the_calls_said(self) -> None:
        advice = an_advice(self.profile)
        other = told(more=-5)
        place = next(
            n for n, c in enumerate(advice.candidates) if c["name"].endswith("long_ms 1900")
        )
        advice.result[place]["halves"][1] = other.as_json()
        advice.save()
        self.publish(advice.tried[place].profile)
        self.assertEqual(Prediction.objects.get().said, other)

    def test_other_knobs_have_no_prediction(self) -> None:
        self.replayed()
        self.publish(Profile(end_silence_short_ms=450))
        self.assertFalse(Prediction.objects.exists())

    def test_what_was_not_tried_to_its_end_predicts_nothing(self) -> None:
        self.replayed(state=Replay.State.STOPPED)
        self.publish()
        self.assertFalse(Prediction.objects.exists())

    def test_another_profiles_replay_says_nothing_of_this_one(self) -> None:
        self.replayed()
        Replay.objects.update(profile=TimingProfile.objects.get(name="unhurried"))
        self.publish()
        self.assertFalse(Prediction.objects.exists())


class HappenedTests(PredictionTestCase):
    def setUp(self) -> None:
        super().setUp()
        for number in range(1, 32):
            a_recorded_call(number)
        self.replayed()
        self.revision = self.publish()

    def later(self, days: float) -> None:
        """So long after the publication."""
        at = timezone.now() - timedelta(days=days)
        Revision.objects.filter(pk=self.revision.pk).update(published_at=at)

    def calls_since(self, count: int, response_ms: float, caller: str = "+972501234567") -> None:
        for number in range(100, 100 + count):
            call = a_call(number, caller=caller)
            for turn in range(1, 5):
                outcome = Turn.Outcome.CUT_IN if number % 10 == 0 and turn == 1 else "completed"
                a_turn(
                    call, turn, response_ms=response_ms + number, outcome=outcome,
                    span_ms=3000 if turn > 2 else 900,
                )  # fmt: skip

    def test_a_day_later_it_is_counted_what_happened(self) -> None:
        self.later(1.01)
        self.calls_since(40, 1500)
        tasks.count_what_happened()
        outcome = Outcome.objects.get()
        self.assertEqual((outcome.days, outcome.calls, outcome.turns), (1, 40, 160))
        found = {cell.name: cell.happened for cell in outcome.cells}
        self.assertEqual(
            set(found), {"cut_ins", "dropped"} | {"p50_short", "p50_long"} & set(found)
        )
        self.assertAlmostEqual(found["cut_ins"].value, 4 / 160)
        long = outcome.estimate("p50_long")
        assert long is not None
        self.assertAlmostEqual(long.value, 1500 + 119.5)
        self.assertLess(long.low, long.value)

    def test_and_a_week_later_once(self) -> None:
        self.later(7.01)
        self.calls_since(3, 1500)
        tasks.count_what_happened()
        tasks.count_what_happened()
        self.assertEqual([each.days for each in Outcome.objects.all()], [1, 7])

    def test_it_is_not_counted_early(self) -> None:
        self.later(0.9)
        tasks.count_what_happened()
        self.assertFalse(Outcome.objects.exists())

    def test_too_few_calls_make_no_figure(self) -> None:
        self.later(1.01)
        self.calls_since(3, 1500)
        tasks.count_what_happened()
        self.assertEqual(list(Outcome.objects.get().cells), [])

    def test_only_calls_that_ran_on_the_revision_count(self) -> None:
        self.later(1.01)
        self.calls_since(4, 1500, caller=Call.TEST_CALLER)
        before = self.profile.revisions.get(number=1)
        a_turn(a_call(90, revision=before))
        late = timezone.now() + timedelta(days=1)
        a_turn(a_call(91, rang_at=late))
        tasks.count_what_happened()
        self.assertEqual(Outcome.objects.get().calls, 0)

    def test_an_outcome_reads_as_it_was_counted(self) -> None:
        prediction = Prediction.objects.get()
        made = Outcome.objects.create(
            prediction=prediction, days=1, calls=1, turns=1,
            figures={"cut_ins": asdict(Estimate(0.1, 0.0, 0.2)), "dropped": None},
        )  # fmt: skip
        self.assertEqual(made.estimate("cut_ins"), Estimate(0.1, 0.0, 0.2))
        self.assertIsNone(made.estimate("dropped"))
        self.assertIsNone(made.estimate("p95_long"))


class CellTests(SimpleTestCase):
    BEFORE = Estimate(0.03, 0.02, 0.04)

    def cell(self, predicted: Estimate, happened: Estimate) -> Cell:
        return Cell("cut_ins", self.BEFORE, predicted, happened)

    def test_inside_is_inside_the_predicted_interval(self) -> None:
        predicted = Estimate(0.02, 0.015, 0.028)
        self.assertTrue(self.cell(predicted, Estimate(0.028, 0.02, 0.04)).is_inside)
        self.assertFalse(self.cell(predicted, Estimate(0.029, 0.02, 0.04)).is_inside)

    def test_what_is_itself_unsure_may_lie_a_little_outside(self) -> None:
        """0.005 of 0.011 apart: the root of the sum of squares of both arms is 0.0128."""
        predicted = Estimate(0.02, 0.015, 0.028)
        self.assertTrue(self.cell(predicted, Estimate(0.031, 0.021, 0.045)).agrees)
        self.assertFalse(self.cell(predicted, Estimate(0.034, 0.024, 0.048)).agrees)

    def test_below_the_other_arms_count(self) -> None:
        """0.005 apart: of the predicted interval the lower arm, of what happened the upper."""
        predicted = Estimate(0.02, 0.017, 0.04)
        self.assertTrue(self.cell(predicted, Estimate(0.015, 0.01, 0.0195)).agrees)
        self.assertFalse(self.cell(predicted, Estimate(0.015, 0.001, 0.018)).agrees)
