"""Trials: written down first, assigned by call, ended once; and what a candidate is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import TestCase
from django.utils import timezone

from calls import tasks
from calls.measures.trial_call import LONGEST_WAIT_MS, look
from calls.models import Call, Turn
from calls.privacy.keeping import Days
from calls.records import post_call, retention
from dashboard.models import AuditEvent
from tests.dashboard.call_rows import a_call, a_turn
from tests.tuning.trial_rows import LONGER, a_plan, a_trial, counted
from tuning.models import PublishedMeanwhile, Revision, TimingProfile, Trial, TrialRuns, Unchanged
from tuning.trials import NotWon
from tuning.turns.profile import Profile

State = Trial.State


class TrialTestCase(TestCase):
    def setUp(self) -> None:
        self.profile = TimingProfile.objects.get(is_default=True)
        self.live = self.profile.newest
        self.person = User.objects.create_user("dana")


class StartTests(TrialTestCase):
    def test_trials_are_numbered_in_the_order_in_which_they_start(self) -> None:
        first = a_trial(profile="brisk")
        self.assertEqual([first.number, a_trial().number], [1, 2])

    def test_one_runs_on_a_profile_at_most(self) -> None:
        running = a_trial()
        with self.assertRaises(TrialRuns) as refused:
            a_trial(Profile(end_silence_long_ms=2000))
        self.assertEqual(refused.exception.trial, running)
        with self.assertRaises(IntegrityError), transaction.atomic():
            other = Revision.every.create(profile=self.profile, number=9, knobs={}, note="")
            Trial.objects.create(
                number=9, profile=self.profile, live=self.live, candidate=other, share=50,
                least_effect=1, cut_ins_allowed=1, dropped_allowed=1, failed_allowed=1,
                calls_needed=1, ends_at=timezone.now(),
            )  # fmt: skip

    def test_the_live_values_cannot_be_tried_against_themselves(self) -> None:
        with self.assertRaises(Unchanged):
            a_trial(self.live.values)
        self.assertEqual(Trial.objects.count(), 0)

    def test_what_was_written_down_is_never_edited(self) -> None:
        trial = a_trial()
        trial.least_effect = 0.5
        with self.assertRaises(TypeError):
            trial.save()


class CandidateTests(TrialTestCase):
    def test_a_candidate_is_no_published_revision(self) -> None:
        trial = a_trial()
        self.assertEqual(self.profile.newest, self.live)
        self.assertEqual(list(self.profile.revisions.all()), [self.live])
        self.assertNotIn(trial.candidate, self.live.with_its_values())
        self.assertIsNone(self.profile.last_change)
        self.assertEqual(f"{trial.candidate}", f"{self.profile} t1")

    def test_publications_go_on_counting_as_if_there_were_no_candidates(self) -> None:
        a_trial()
        revision = self.profile.publish(LONGER, by=None, note="", ends_trial=1)
        self.assertEqual(revision.number, 2)
        undone = self.profile.publish(self.live.values, by=None, note="", based_on=2)
        self.assertEqual(undone.number, 3)

    def test_a_call_finds_the_candidate_that_it_ran(self) -> None:
        trial = a_trial()
        call = a_call(revision=trial.candidate)
        self.assertEqual(Call.objects.get(pk=call.pk).revision, trial.candidate)


class AssignmentTests(TrialTestCase):
    def ring(self, number: int, caller: str = "+972501234567") -> Call:
        return Call.ring(f"CA{number}", caller, "+97239876543")

    def test_a_call_is_on_a_side_from_its_ringing_and_stays_there(self) -> None:
        trial = a_trial()
        sides = [self.ring(number).runs_candidate for number in range(40)]
        self.assertEqual(set(sides), {True, False})
        again = [self.ring(number).runs_candidate for number in range(40)]
        self.assertEqual(sides, again)
        self.assertEqual(sides, [trial.gives_candidate(f"CA{number}") for number in range(40)])

    def test_the_share_is_kept_and_another_trial_draws_anew(self) -> None:
        first, second = a_trial(share=20), a_trial(profile="brisk", share=20)
        drawn = [first.gives_candidate(f"CA{number}") for number in range(4000)]
        self.assertAlmostEqual(sum(drawn) / 4000, 0.2, delta=0.02)
        both = sum(each and second.gives_candidate(f"CA{n}") for n, each in enumerate(drawn))
        self.assertAlmostEqual(both / 4000, 0.04, delta=0.01)

    def test_without_a_trial_or_as_a_test_a_call_is_on_no_side(self) -> None:
        self.assertIsNone(self.ring(1).trial)
        a_trial()
        test_call = self.ring(2, Call.TEST_CALLER)
        self.assertEqual((test_call.trial, test_call.runs_candidate), (None, None))
        talking = Call.ring("CA3", "dana", "", Call.Via.BROWSER)
        self.assertEqual((talking.trial, talking.runs_candidate), (None, None))

    def test_it_begins_on_its_side_as_long_as_the_trial_runs(self) -> None:
        trial = a_trial()
        calls = [self.ring(number) for number in range(20)]
        for call in calls:
            expected = trial.candidate if call.runs_candidate else self.live
            self.assertEqual(call.begins_on(call.profile), expected)
        trial.end(State.GUARD, over="cut-ins")
        self.assertEqual({call.begins_on(call.profile) for call in calls}, {self.live})


class CountingTests(TrialTestCase):
    def settled(self, **fields: Any) -> Call:
        given: dict[str, Any] = {"trial": self.trial, "runs_candidate": True, "unanswered_short": 2}
        call = a_call(**given | fields)
        a_turn(call, 1, span_ms=700, response_ms=900)
        a_turn(call, 2, span_ms=5000, response_ms=1500, outcome=Turn.Outcome.CUT_IN)
        a_turn(call, 3, span_ms=5000, response_ms=60_000, label=Turn.Label.CUT_IN)
        Call.objects.filter(pk=call.pk).update(settled_at=None)
        self.assertTrue(post_call.settle(call.pk))
        return call

    def setUp(self) -> None:
        super().setUp()
        self.trial = a_trial()

    def test_a_settled_call_counts_by_the_rules_own_verdicts(self) -> None:
        call = self.settled()
        row = self.trial.counted.get()
        self.assertEqual((row.call, row.runs_candidate, row.is_failed), (call, True, False))
        self.assertEqual((row.turns, row.cut_ins), (3, 1), "a label is not blind")
        self.assertEqual((row.short_turns, row.short_ms), (1, 900))
        self.assertEqual((row.long_turns, row.long_ms), (2, 1500 + LONGEST_WAIT_MS))

    def test_one_that_a_person_held_counts_for_nobody(self) -> None:
        self.settled(was_held=True)
        self.assertFalse(self.trial.counted.exists())

    def test_settled_again_it_counts_once(self) -> None:
        call = self.settled()
        Call.objects.filter(pk=call.pk).update(settled_at=None, settling_at=None)
        post_call.settle(call.pk)
        self.assertEqual(self.trial.counted.count(), 1)

    def test_calls_that_never_began_or_came_after_its_end_do_not_count(self) -> None:
        self.settled(started_at=None)
        self.trial.end(State.HAND, reason="enough")
        self.settled(call_sid="CA2")
        self.assertEqual(self.trial.counted.count(), 0)

    def test_forgetting_old_calls_changes_no_trial(self) -> None:
        long_ago = timezone.now() - timedelta(days=400)
        self.settled(rang_at=long_ago, ended_at=long_ago)
        with self.settings(RETENTION_DAYS=Days.of("90")):
            retention.forget()
        self.assertEqual(Call.objects.count(), 0)
        self.assertEqual(self.trial.counted.get().turns, 3)


class EndTests(TrialTestCase):
    def looked_at(self, trial: Trial) -> Trial:
        look(trial)
        trial.refresh_from_db()
        return trial

    def test_it_goes_on_while_nothing_is_known(self) -> None:
        trial = a_trial()
        self.assertTrue(self.looked_at(trial).is_running)
        counted(trial, 30, candidate=False, cut_ins=1)
        counted(trial, 30, candidate=True)
        self.assertTrue(self.looked_at(trial).is_running, "fewer calls than decide anything")

    def test_a_candidate_with_fewer_cut_ins_wins_and_one_with_more_loses(self) -> None:
        for state, profile, live, candidate in (
            (State.CANDIDATE, "brisk", 1, 0), (State.LIVE, "unhurried", 0, 1),
        ):  # fmt: skip
            trial = a_trial(profile=profile)
            counted(trial, 100, candidate=False, cut_ins=live)
            counted(trial, 100, candidate=True, cut_ins=candidate)
            trial = self.looked_at(trial)
            self.assertEqual((trial.state, trial.ended_over), (state, "cut-ins"))

    def test_at_the_computed_number_it_ends_in_any_case(self) -> None:
        trial = a_trial(calls_needed=200)
        for is_candidate in (True, False):
            counted(trial, 100, candidate=is_candidate, cut_ins=1)
        self.assertEqual(self.looked_at(trial).state, State.NO_DIFFERENCE)

    def test_but_not_while_one_side_has_too_few_to_tell(self) -> None:
        """A random half of a hundred is seldom fifty."""
        trial = a_trial(calls_needed=100)
        counted(trial, 39, candidate=False, cut_ins=1)
        counted(trial, 61, candidate=True)
        self.assertTrue(self.looked_at(trial).is_running)
        counted(trial, 11, candidate=False, cut_ins=1)
        self.assertEqual(self.looked_at(trial).state, State.CANDIDATE)

    def test_a_guard_breaks_whatever_decides(self) -> None:
        trial = a_trial(decides="long", least_effect=80.0)
        counted(trial, 100, candidate=False, long_ms=4200)
        counted(trial, 30, candidate=True, long_ms=3000, cut_ins=1)
        trial = self.looked_at(trial)
        self.assertEqual((trial.state, trial.ended_over), (State.GUARD, "cut-ins"))
        event = AuditEvent.objects.get()
        self.assertEqual((event.action, event.who_name), (AuditEvent.Action.TRIAL, ""))
        self.assertEqual(event.detail["ended"], State.GUARD)

    def test_a_guard_holds_where_the_candidate_is_worse_by_less_than_is_allowed(self) -> None:
        trial = a_trial(decides="long", least_effect=80.0, cut_ins_allowed=0.2)
        counted(trial, 100, candidate=False)
        counted(trial, 100, candidate=True, cut_ins=1)
        self.assertTrue(self.looked_at(trial).is_running)

    def test_the_schedule_ends_it_after_its_last_day(self) -> None:
        trial = a_trial(ends_at=timezone.now() - timedelta(minutes=1))
        tasks.settle_missed()
        trial.refresh_from_db()
        self.assertEqual(trial.state, State.DATE)

    def test_it_ends_once(self) -> None:
        trial = a_trial()
        self.assertTrue(trial.end(State.HAND, by=self.person, reason="enough"))
        self.assertFalse(trial.end(State.DATE))
        self.assertEqual((trial.state, trial.ended_by), (State.HAND, self.person))
        self.assertTrue(a_trial().is_running, "and then another may run")


class PublishTests(TrialTestCase):
    def test_publishing_must_say_that_it_ends_the_trial(self) -> None:
        trial = a_trial()
        other = Profile(end_silence_long_ms=1000)
        for refused in (None, trial.number + 1):
            with self.assertRaises(TrialRuns):
                self.profile.publish(other, by=self.person, note="", ends_trial=refused)
        self.assertEqual(self.profile.newest, self.live)
        self.profile.publish(other, by=self.person, note="", ends_trial=trial.number)
        trial.refresh_from_db()
        self.assertEqual((trial.state, trial.ended_by), (State.PUBLICATION, self.person))

    def test_the_winner_is_published_once_with_the_trial_as_its_note(self) -> None:
        trial = a_trial()
        with self.assertRaises(NotWon):
            trial.publish_winner(by=self.person, note="too early")
        trial.end(State.CANDIDATE, over="cut-ins")
        revision = trial.publish_winner(by=self.person, note="Trial 1: fewer?")
        self.assertEqual((revision.values, revision.note), (LONGER, "Trial 1: fewer?"))
        self.assertEqual(Trial.objects.get().published, revision)
        with self.assertRaises(NotWon):
            trial.publish_winner(by=self.person, note="again")

    def test_a_winner_over_what_is_no_longer_live_is_not_published_unseen(self) -> None:
        trial = a_trial()
        trial.end(State.CANDIDATE, over="cut-ins")
        self.profile.publish(Profile(end_silence_long_ms=1000), by=None, note="")
        with self.assertRaises(PublishedMeanwhile):
            trial.publish_winner(by=self.person, note="")


class PlanTests(TestCase):
    def test_a_plan_is_what_a_trial_has_written_down(self) -> None:
        trial = a_trial(share=20)
        for name in ("share", "calls_needed", "least_effect", "question"):
            self.assertEqual(getattr(trial, name), getattr(a_plan(share=20), name))
