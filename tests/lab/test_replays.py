"""A replay's way from asking to its result: shared by workers, stopped, lost and found again."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.test import TestCase
from django.utils import timezone

from calls import tasks
from calls.lab import replay as replays
from calls.lab import replaying
from calls.lab.comparison import Comparison
from calls.lab.recorded import Unusable
from calls.lab.replay import Candidate, Replay, ReplayPart
from calls.models import Call, JournalPart
from tests.dashboard.call_rows import a_call
from tests.lab.recorded_calls import a_recorded_call
from tuning.models import TimingProfile
from tuning.turns.profile import SHIPPED, Profile

BRISK = Candidate("brisk", Profile(**SHIPPED["brisk"]))


class ReplayTestCase(TestCase):
    def setUp(self) -> None:
        self.profile = TimingProfile.objects.get(name="balanced")

    def ask(self, *candidates: Candidate, newest: int = 200, by: User | None = None) -> Replay:
        return Replay.begin(
            self.profile,
            candidates or (BRISK,),
            calls=Call.objects.all(),
            query="real=on",
            newest=newest,
            by=by,
        )

    def done(self, *candidates: Candidate) -> Replay:
        replay = self.ask(*candidates)
        tasks.replay_later(replay)
        replay.refresh_from_db()
        return replay


class AskingTests(ReplayTestCase):
    def test_the_newest_ended_calls_are_taken_and_their_time_is_kept(self) -> None:
        calls = [a_recorded_call(number) for number in (1, 2, 3)]
        a_call(9, ended_at=None)
        replay = self.ask(newest=2)
        self.assertEqual(replay.calls, 2)
        self.assertEqual((replay.since, replay.until), (calls[1].rang_at, calls[0].rang_at))
        self.assertEqual([part.calls for part in replay.parts.all()], [[calls[0].pk, calls[1].pk]])
        self.assertEqual((replay.state, replay.live), ("waiting", self.profile.newest))

    def test_the_same_asked_for_again_within_the_hour_is_the_one_that_is_there(self) -> None:
        a_recorded_call()
        first = self.ask()
        self.assertEqual(self.ask(), first)
        self.assertNotEqual(self.ask(newest=7), first)
        self.assertNotEqual(self.ask(Candidate("brisk", Profile())), first)
        Replay.objects.update(asked_at=timezone.now() - replays.KEPT_FOR)
        self.assertNotEqual(self.ask(), first)

    def test_one_that_was_stopped_is_asked_for_anew(self) -> None:
        a_recorded_call()
        first = self.ask()
        self.assertTrue(replaying.stop(first))
        self.assertNotEqual(self.ask(), first)

    def test_another_live_revision_makes_it_another_question(self) -> None:
        a_recorded_call()
        first = self.ask()
        self.profile.publish(Profile(end_silence_short_ms=900), by=None, note="slower")
        self.assertNotEqual(self.ask(), first)

    def test_no_calls_is_said_at_once(self) -> None:
        replay = self.ask()
        self.assertEqual((replay.state, replay.failure), ("failed", "no calls"))
        self.assertIsNotNone(replay.finished_at)


class WorkTests(ReplayTestCase):
    def test_it_ends_with_an_entry_for_each_candidate_and_without_parts(self) -> None:
        for number in range(1, 31):
            a_recorded_call(number)
        replay = self.done(BRISK, Candidate("as it is", self.profile.newest.values))
        self.assertEqual((replay.state, replay.done, replay.calls), ("done", 30, 30))
        self.assertEqual([entry["name"] for entry in replay.result], ["brisk", "as it is"])
        for entry in replay.result:
            self.assertEqual(Comparison.from_json(entry["comparison"]).calls, 30)
        self.assertEqual(set(replay.result[1]["counts"].values()), {0})
        self.assertFalse(ReplayPart.objects.exists())

    def test_no_words_are_kept(self) -> None:
        call = a_recorded_call()
        replay = self.ask()
        replaying.work_on(replay.pk)
        replay.refresh_from_db()
        said = call.turns.get(number=1).said
        self.assertNotEqual(said, "")
        self.assertNotIn(said, f"{replay.result}")

    def test_a_call_that_cannot_be_read_is_counted_and_named(self) -> None:
        good, broken = a_recorded_call(1), a_recorded_call(2)
        missing, other = a_call(3), a_recorded_call(4, replays=False)
        JournalPart.objects.filter(call=broken).update(lines=b"no gzip")
        replay = self.ask()
        gone = a_recorded_call(5)
        part = replay.parts.get()
        part.calls.append(gone.pk)
        part.save()
        Replay.objects.update(calls=5)
        gone.delete()
        tasks.replay_later(replay)
        replay.refresh_from_db()
        self.assertEqual((replay.state, replay.read), ("done", 1))
        self.assertEqual(
            replay.skipped,
            {
                Unusable.UNREADABLE: [broken.pk],
                Unusable.NO_JOURNAL: [missing.pk],
                Unusable.NOT_ITSELF: [other.pk],
                Unusable.FORGOTTEN: [part.calls[-1]],
            },
        )
        self.assertEqual(Comparison.from_json(replay.result[0]["comparison"]).calls, 1, good)

    def test_calls_without_a_journal_are_said_to_be_none(self) -> None:
        call = a_call()
        replay = self.done()
        self.assertEqual((replay.state, replay.failure), ("failed", "no journals"))
        self.assertEqual(replay.skipped, {Unusable.NO_JOURNAL: [call.pk]})

    def test_a_part_is_one_workers_until_its_claim_runs_out(self) -> None:
        a_recorded_call()
        replay = self.ask()
        self.assertIsNotNone(ReplayPart.claim(replay))
        self.assertIsNone(ReplayPart.claim(replay))
        self.assertFalse(replaying.work_on(replay.pk))
        self.assertTrue(Replay.objects.get().is_under_way)
        ReplayPart.objects.update(claimed_at=timezone.now() - replays.CLAIM_LASTS)
        replaying.work_on(replay.pk)
        self.assertEqual(Replay.objects.get().state, "done")

    def test_a_part_that_ends_its_workers_ends_the_replay(self) -> None:
        a_recorded_call()
        replay = self.ask()
        for _attempt in range(replays.MOST_ATTEMPTS):
            self.assertIsNotNone(ReplayPart.claim(replay))
            ReplayPart.objects.update(claimed_at=timezone.now() - replays.CLAIM_LASTS)
        self.assertIsNone(ReplayPart.claim(replay))
        replay.refresh_from_db()
        self.assertEqual((replay.state, replay.failure), ("failed", "worker"))

    def test_one_that_no_worker_takes_says_so_after_a_while(self) -> None:
        a_recorded_call()
        replay = self.ask()
        self.assertFalse(replay.is_untaken)
        replay.asked_at -= replays.TAKEN_WITHIN
        self.assertTrue(replay.is_untaken)
        self.assertTrue(replay.take_up())
        replay.refresh_from_db()
        self.assertFalse(replay.is_untaken)

    def test_one_that_is_stopped_is_left_alone(self) -> None:
        a_recorded_call()
        replay = self.ask()
        self.assertTrue(replaying.stop(replay))
        self.assertFalse(replaying.stop(replay))
        self.assertFalse(replaying.work_on(replay.pk))
        replay.refresh_from_db()
        self.assertEqual((replay.state, replay.result), ("stopped", []))
        self.assertFalse(ReplayPart.objects.exists())

    def test_done_twice_it_is_as_it_was(self) -> None:
        a_recorded_call()
        replay = self.done()
        finished_at, result = replay.finished_at, replay.result
        tasks.work_on_replay(replay.pk)
        tasks.replay_later(replay)
        replay.refresh_from_db()
        self.assertEqual((replay.finished_at, replay.result), (finished_at, result))

    def test_one_whose_tasks_were_lost_is_found_by_the_schedule(self) -> None:
        a_recorded_call()
        replay = self.ask()
        self.assertEqual(Replay.left(), [])
        Replay.objects.update(moved_at=timezone.now() - timedelta(minutes=2))
        self.assertEqual(Replay.left(), [replay.pk])
        tasks.settle_missed()
        self.assertEqual((Replay.objects.get().state, Replay.left()), ("done", []))


class ForgettingTests(ReplayTestCase):
    def test_one_beside_a_form_is_forgotten_after_a_week_and_the_others_stay(self) -> None:
        a_recorded_call()
        kept = self.ask()
        for kind in (Replay.Kind.FORM, Replay.Kind.ADVICE):
            Replay.begin(self.profile, [BRISK], calls=Call.objects.all(), kind=kind, by=None)
        Replay.objects.update(asked_at=timezone.now() - replays.FORM_KEPT_FOR)
        tasks.forget_old()
        kinds = set(Replay.objects.values_list("kind", flat=True))
        self.assertEqual(kinds, {kept.kind, Replay.Kind.ADVICE})


class LabelTests(ReplayTestCase):
    def test_what_an_operator_heard_overrides_the_recorded_decision(self) -> None:
        for number in range(1, 4):
            call = a_recorded_call(number)
            call.turns.filter(number=2).update(label="cut-in")
        replay = self.done(Candidate("as it is", self.profile.newest.values))
        side = Comparison.from_json(replay.result[0]["comparison"]).before
        self.assertEqual((side.turns, side.cut_ins), (6, 3))
