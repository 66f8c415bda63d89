"""Profiles and revisions: published, numbered, restored, never edited, announced to calls."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import TestCase

from hevoice import bus
from tuning.models import PublishedMeanwhile, Revision, TimingProfile, Unchanged
from tuning.turns.profile import SHIPPED, Profile

PATIENT = Profile(end_silence_short_ms=700)


class ShippedTests(TestCase):
    def test_whoever_migrates_has_the_shipped_profiles(self) -> None:
        self.assertEqual(set(TimingProfile.objects.values_list("name", flat=True)), set(SHIPPED))
        for name, changed in SHIPPED.items():
            with self.subTest(name):
                newest = TimingProfile.objects.get(name=name).newest
                self.assertEqual(
                    (newest.number, newest.values),
                    (1, Profile(**changed) if changed else settings.DEFAULT_KNOBS),
                )

    def test_balanced_is_the_default(self) -> None:
        self.assertEqual(TimingProfile.objects.get(is_default=True).name, "balanced")

    def test_migrating_again_changes_nothing(self) -> None:
        brisk = TimingProfile.objects.get(name="brisk")
        brisk.publish(PATIENT, by=None, note="slower")
        brisk.make_default()
        TimingProfile.objects.get(name="unhurried").delete()
        call_command("migrate", verbosity=0)
        self.assertEqual(brisk.newest.values, PATIENT)
        self.assertEqual(TimingProfile.objects.get(is_default=True), brisk)
        self.assertEqual(TimingProfile.objects.get(name="unhurried").newest.number, 1)


class PublishTests(TestCase):
    def setUp(self) -> None:
        self.profile = TimingProfile.objects.get(name="balanced")
        self.operator = User.objects.create_user("noa")

    def publish(self, knobs: Profile, **given: Any) -> Revision:
        return self.profile.publish(knobs, by=self.operator, note="try", **given)

    def test_publishing_makes_the_next_revision_the_newest(self) -> None:
        revision = self.publish(PATIENT)
        self.assertEqual(self.profile.newest, revision)
        self.assertEqual((revision.number, revision.values), (2, PATIENT))
        self.assertEqual((revision.published_by, revision.note), (self.operator, "try"))
        self.assertIsNotNone(revision.published_at)
        self.assertEqual(str(revision), "balanced r2")

    def test_every_profile_numbers_its_own_revisions(self) -> None:
        self.publish(PATIENT)
        self.publish(Profile())
        brisk = TimingProfile.objects.get(name="brisk")
        self.assertEqual(brisk.publish(PATIENT, by=None, note="").number, 2)
        self.assertEqual([each.number for each in self.profile.revisions.all()], [3, 2, 1])

    def test_what_is_live_already_is_not_published_again(self) -> None:
        self.publish(PATIENT)
        with self.assertRaises(Unchanged):
            self.publish(PATIENT)
        self.assertEqual(self.profile.newest.number, 2)

    def test_earlier_revisions_stay_as_they_were(self) -> None:
        self.publish(PATIENT)
        self.assertEqual(self.profile.revisions.get(number=1).values, settings.DEFAULT_KNOBS)

    def test_a_number_is_never_given_twice(self) -> None:
        with self.assertRaises(IntegrityError), transaction.atomic():
            self.profile.revisions.create(number=1, knobs={}, note="")

    def test_restoring_makes_a_new_revision_of_old_knobs(self) -> None:
        first = self.profile.newest
        self.publish(PATIENT)
        restored = first.restore(by=self.operator, note="back")
        self.assertEqual((restored.number, restored.values), (3, settings.DEFAULT_KNOBS))
        self.assertEqual(restored.restored_from, first)
        self.assertEqual(self.profile.newest, restored)
        with self.assertRaises(PublishedMeanwhile):
            first.restore(by=self.operator, note="back", based_on=2)

    def test_an_operator_learns_of_a_publication_meanwhile(self) -> None:
        theirs = self.publish(PATIENT, based_on=1)
        with self.assertRaises(PublishedMeanwhile) as refused:
            self.publish(replace(PATIENT, barge_in_ms=400), based_on=1)
        self.assertEqual(refused.exception.newest, theirs)
        self.assertEqual(self.profile.newest, theirs)
        self.assertEqual(self.publish(replace(PATIENT, barge_in_ms=400), based_on=2).number, 3)

    def test_a_revision_from_before_a_knob_has_its_default(self) -> None:
        knobs = asdict(PATIENT)
        del knobs["barge_in_ms"]
        knobs["a_knob_that_was_removed"] = 7
        old = self.profile.revisions.create(number=2, knobs=knobs, note="")
        self.assertEqual(old.values, PATIENT)

    def test_a_revision_from_before_a_knob_was_whole_frames_has_the_next(self) -> None:
        knobs = asdict(PATIENT) | {"resume_ms": 290}
        old = self.profile.revisions.create(number=2, knobs=knobs, note="")
        self.assertEqual(old.values, replace(PATIENT, resume_ms=300))

    def test_a_revision_outlives_the_operator_who_published_it(self) -> None:
        revision = self.publish(PATIENT)
        self.operator.delete()
        revision.refresh_from_db()
        self.assertIsNone(revision.published_by)


class DefaultTests(TestCase):
    def test_new_calls_start_on_one_profile(self) -> None:
        brisk = TimingProfile.objects.get(name="brisk")
        brisk.make_default()
        self.assertTrue(brisk.is_default)
        self.assertEqual(TimingProfile.objects.get(is_default=True), brisk)

    def test_the_database_keeps_a_second_default_out(self) -> None:
        with self.assertRaises(IntegrityError), transaction.atomic():
            TimingProfile.objects.create(name="other", is_default=True)


class AnnounceTests(TestCase):
    def setUp(self) -> None:
        self.layer = get_channel_layer()
        self.profile = TimingProfile.objects.get(name="balanced")
        self.channel = async_to_sync(self.layer.new_channel)()
        async_to_sync(self.layer.group_add)(bus.PROFILES, self.channel)
        self.addCleanup(async_to_sync(self.layer.flush))

    def test_calls_in_progress_are_told_of_what_was_published(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            revision = self.profile.publish(PATIENT, by=None, note="slower")
        message = async_to_sync(self.layer.receive)(self.channel)
        self.assertEqual(message["type"], "profile.changed")
        self.assertEqual((message["profile"], message["revision"]), (self.profile.pk, revision.pk))
        self.assertEqual(message["number"], 2)
        self.assertEqual(Profile(**message["knobs"]), PATIENT)

    def test_nobody_is_told_of_what_was_not_committed(self) -> None:
        with self.captureOnCommitCallbacks() as announcements:
            self.profile.publish(PATIENT, by=None, note="slower")
        self.assertEqual(len(announcements), 1)
        self.assertTrue(self.layer.channels.get(self.channel) is None)
