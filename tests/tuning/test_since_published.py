"""What changed on the first page since the last publication."""

from __future__ import annotations

from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from dashboard.home.tiles import since_published
from tests.dashboard.latencies.test_home import CALLS, some_calls
from tuning.models import Revision, TimingProfile
from tuning.turns.profile import Profile


class SinceTests(TestCase):
    def setUp(self) -> None:
        self.profile = TimingProfile.objects.get(is_default=True)
        shipped = self.profile.newest
        self.publish_at(shipped, minutes_ago=3000)

    def test_nothing_was_published_yet(self) -> None:
        self.assertIsNone(since_published())

    def test_calls_before_and_after_the_publication_are_compared(self) -> None:
        before = self.profile.newest
        some_calls(minutes=100, cut_ins=4)
        newest = self.profile.publish(Profile(end_silence_long_ms=1500), by=None, note="sooner")
        newest.published_at = timezone.now() - timedelta(minutes=90)
        type(newest).objects.filter(pk=newest.pk).update(published_at=newest.published_at)
        type(before).objects.filter(pk=before.pk).update(
            published_at=timezone.now() - timedelta(days=2)
        )
        some_calls(minutes=1, cut_ins=0)
        found = since_published()
        assert found
        self.assertEqual((found.revision.number, found.is_too_early), (2, False))
        self.assertEqual(found.before.cut_ins, 4 / (4 * CALLS))
        self.assertEqual((found.after.cut_ins, found.after.short_ms), (0, 1000))

    def test_an_undo_does_not_reset_the_comparison(self) -> None:
        """Equal values are compared over all their revisions."""
        shipped = self.profile.newest
        some_calls(minutes=100, cut_ins=4)
        sooner = self.publish(Profile(end_silence_long_ms=1500), minutes_ago=90)
        some_calls(20, minutes=61)
        mistake = self.publish(Profile(end_silence_long_ms=1000), minutes_ago=60)
        undo = sooner.restore(by=None, note="undone")
        self.publish_at(mistake, minutes_ago=60)
        self.publish_at(undo, minutes_ago=59.5)
        some_calls(20, minutes=1)
        found = since_published()
        assert found
        self.assertEqual((found.revision, found.is_too_early), (sooner, False))
        self.assertEqual((found.before.calls, found.after.calls), (CALLS, 40))
        self.assertEqual(found.before.cut_ins, 4 / (4 * CALLS))
        self.assertTrue(shipped.number < found.revision.number)

    def test_what_was_restored_is_compared_over_all_its_revisions(self) -> None:
        shipped = self.profile.newest
        some_calls(20, minutes=200)
        self.publish(Profile(end_silence_long_ms=1500), minutes_ago=180)
        some_calls(minutes=100, cut_ins=9)
        restored = shipped.restore(by=None, note="back")
        self.publish_at(restored, minutes_ago=90)
        some_calls(20, minutes=1)
        found = since_published()
        assert found
        self.assertEqual((found.revision, found.is_too_early), (restored, False))
        self.assertEqual((found.before.calls, found.after.calls), (CALLS, 40))

    def test_a_first_publication_that_was_undone_is_none(self) -> None:
        shipped = self.profile.newest
        mistake = self.publish(Profile(end_silence_long_ms=1500), minutes_ago=10)
        undo = shipped.restore(by=None, note="undone")
        self.publish_at(undo, minutes_ago=9.5)
        self.assertEqual(mistake.number, 2)
        self.assertIsNone(since_published())

    def publish(self, knobs: Profile, *, minutes_ago: float) -> Revision:
        made = self.profile.publish(knobs, by=None, note="try")
        self.publish_at(made, minutes_ago=minutes_ago)
        return made

    def publish_at(self, revision: Revision, *, minutes_ago: float) -> None:
        revision.published_at = timezone.now() - timedelta(minutes=minutes_ago)
        revision.save(update_fields=["published_at"])
