"""Advice as a replay of many steps, from recorded calls."""

from __future__ import annotations

from datetime import timedelta

from django.test import TestCase

from calls import tasks
from calls.lab.advice import half_of, steps
from calls.lab.advising import advised, candidates, newest_advice
from calls.lab.comparison import Comparison
from calls.lab.replay import Replay
from calls.models import Call
from tests.lab.recorded_calls import a_recorded_call
from tuning.models import TimingProfile


class AdvisingTests(TestCase):
    def setUp(self) -> None:
        self.profile = TimingProfile.objects.get(name="balanced")
        self.calls = [a_recorded_call(number, pause_ms=400 + 40 * number) for number in range(1, 9)]
        self.replay = Replay.begin(
            self.profile, candidates(self.profile), calls=Call.objects.all(),
            kind=Replay.Kind.ADVICE, by=None,
        )  # fmt: skip
        tasks.replay_later(self.replay)
        self.replay.refresh_from_db()

    def test_every_step_is_tried_on_the_whole_and_on_each_half(self) -> None:
        self.assertEqual(self.replay.state, "done")
        self.assertEqual(len(self.replay.result), len(steps(self.profile.newest.values)))
        wanted = [sum(half_of(call.pk) == half for call in self.calls) for half in (0, 1)]
        for entry in self.replay.result:
            self.assertEqual(Comparison.from_json(entry["comparison"]).calls, 8)
            halves = [Comparison.from_json(half).calls for half in entry["halves"]]
            self.assertEqual(halves, wanted)

    def test_few_calls_are_told_how_many_more_it_takes(self) -> None:
        found = advised(self.replay, most_cut_ins=0.02)
        self.assertEqual((found.calls, found.advice, found.cut_ins), (8, (), ""))
        assert found.needed is not None
        self.assertGreater(found.needed, 300)

    def test_the_newest_of_a_profile_is_found(self) -> None:
        self.assertEqual(newest_advice(self.profile), self.replay)
        self.assertIsNone(newest_advice(TimingProfile.objects.get(name="brisk")))
        Replay.objects.update(kind=Replay.Kind.REPLAY)
        self.assertIsNone(newest_advice(self.profile))

    def test_calls_of_an_hour_are_not_taken_for_a_week(self) -> None:
        since = self.replay.since
        assert since is not None
        self.assertLess(self.replay.asked_at - since, timedelta(hours=1))
        early = advised(self.replay, most_cut_ins=0.02, until=since)
        self.assertEqual(early, advised(self.replay, most_cut_ins=0.02))
