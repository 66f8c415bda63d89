"""Revisions of every day: knobs that were stored keep their values, later ones have defaults.

No knob has ever been renamed; those that were dropped are GONE by name. The
knobs of each day are those of the journals that its own code wrote (tests/turns/replay/formats).
"""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import import_module
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.test import SimpleTestCase, TestCase

from tests.turns.replay.test_formats import CALLS, lines
from tuning.models import Draft, Revision, TimingProfile
from tuning.turns.profile import GONE, SHIPPED, Profile, problems

DAYS: dict[str, dict[str, Any]] = {name: json.loads(lines(name)[0])["profile"] for name in CALLS}
"""A profile as it was stored, by the name of its sample."""
CAME: dict[str, set[str]] = {
    "03_fill": {"filler_after_ms"},
    "05_evidence": {
        "vad", "endpointing", "finished_silence_ms", "weight_answered", "weight_closed",
        "weight_stable", "stable_ms", "resume_ms", "false_interruption_ms", "protect_ms",
        "think_limit", "no_input_ms", "reply_limit_s",
    },
    "06_prompt_parts": {"weight_unfinished", "weight_pauses", "asked_for_time_ms"},
    "07_wish": {"weight_wish"},
    "08_detail": {"weight_detail"},
}  # fmt: skip
"""Which knobs each format brought; the first had sixteen."""
FIRST_SHIPPED: dict[str, dict[str, int]] = {
    "balanced": {},
    "unhurried": {
        "min_utterance_ms": 800,
        "end_silence_short_ms": 1000,
        "end_silence_long_ms": 3000,
        "vad_hangover_ms": 300,
        "reply_refractory_ms": 1500,
        "stt_batch_ms": 70,
        "stt_partial_debounce_ms": 100,
    },
    "brisk": {
        "end_silence_short_ms": 400,
        "end_silence_long_ms": 1200,
        "reply_refractory_ms": 900,
    },
}
"""What the first installations were given (9bd4f17), beside the defaults."""


def kept(knobs: dict[str, Any]) -> dict[str, Any]:
    """Without those that are gone."""
    return {name: value for name, value in knobs.items() if name not in GONE}


class OldKnobsTests(SimpleTestCase):
    def test_no_knob_was_dropped_or_renamed_but_those_that_are_gone_by_name(self) -> None:
        today = asdict(Profile()).keys() | GONE
        for name, knobs in DAYS.items():
            with self.subTest(name):
                self.assertLessEqual(knobs.keys(), today)

    def test_each_format_brought_the_knobs_that_it_is_said_to(self) -> None:
        known = set(DAYS["01_first"])
        self.assertEqual(len(known), 16)
        for name, came in CAME.items():
            with self.subTest(name):
                self.assertEqual(DAYS[name].keys() - known, came)
                known |= came

    def test_no_value_that_was_allowed_is_refused_today(self) -> None:
        for name, knobs in DAYS.items():
            with self.subTest(name):
                found = problems(asdict(Profile()) | kept(knobs))
                self.assertEqual([each for each in found if each.is_error], [])


class OldRevisionTests(TestCase):
    def stored(self, knobs: dict[str, Any]) -> Revision:
        profile = TimingProfile.objects.get(name="balanced")
        return profile.revisions.create(
            number=profile.newest.number + 1, knobs=knobs, note="of its day"
        )

    def test_a_revision_keeps_its_knobs_and_has_the_default_of_later_ones(self) -> None:
        for name, knobs in DAYS.items():
            with self.subTest(name):
                values = self.stored(knobs).values
                self.assertEqual(values, Profile(**kept(knobs)))
                self.assertEqual(asdict(values), asdict(Profile()) | kept(knobs))

    def test_a_knob_that_is_gone_does_not_keep_its_revision_from_being_read(self) -> None:
        revision = self.stored(DAYS["01_first"] | {"tail_grace_ms": 90})
        self.assertEqual(revision.values, Profile(**DAYS["01_first"]))

    def test_a_knob_that_was_not_in_whole_frames_yet_acts_as_the_next_frame_did(self) -> None:
        """resume_ms could be 310 from dbe2594 on; on frames of 20 ms that was 320."""
        revision = self.stored(DAYS["08_detail"] | {"resume_ms": 310})
        self.assertEqual(revision.values.resume_ms, 320)

    def test_an_old_revision_is_restored_with_every_knob_of_today(self) -> None:
        old = self.stored(DAYS["01_first"])
        newest = self.stored(asdict(Profile()))
        restored = old.restore(by=None, note="as it was", based_on=newest.number)
        self.assertEqual(restored.knobs, asdict(Profile()) | DAYS["01_first"])

    def test_the_profiles_that_first_shipped_are_timed_as_they_were(self) -> None:
        """Their revisions had sixteen knobs; every later one is off, or the filler, by default."""
        first = {
            knob: value for knob, value in asdict(Profile()).items() if knob in DAYS["01_first"]
        }
        for name, changed in FIRST_SHIPPED.items():
            with self.subTest(name):
                self.assertEqual(self.stored(first | changed).values, Profile(**SHIPPED[name]))


class WeightsTests(TestCase):
    """What became of the weights of the lists of words (tuning.0004)."""

    def migrate(self) -> None:
        import_module("tuning.migrations.0004_judges_for_weights").say_what_became_of_them(
            apps, None
        )

    def test_a_profile_that_had_weights_says_what_became_of_them_and_keeps_the_rest(self) -> None:
        profile = TimingProfile.objects.get(name="adaptive")
        knobs = DAYS["08_detail"] | {"weight_closed": 80, "end_silence_long_ms": 2200}
        profile.revisions.create(number=2, knobs=knobs, note="own weights")
        before = profile.newest.values
        self.migrate()
        newest = profile.newest
        self.assertEqual((newest.number, newest.values), (3, before))
        self.assertIn("weights", newest.note)
        self.assertEqual(newest.knobs["sure_percent"], 92)
        self.assertTrue(GONE.isdisjoint(newest.knobs))
        self.assertEqual(profile.revisions.get(number=2).knobs, knobs)

    def test_a_profile_without_them_is_left_alone(self) -> None:
        before = Revision.objects.count()
        self.migrate()
        self.assertEqual(Revision.objects.count(), before)

    def test_a_draft_that_changed_a_weight_is_read_without_it(self) -> None:
        profile = TimingProfile.objects.get(name="adaptive")
        user = User.objects.create_user("dana")
        draft = Draft.objects.create(
            profile=profile,
            user=user,
            based_on=profile.newest,
            knobs={"weight_closed": 80, "barge_in_ms": 240},
        )
        self.assertEqual(draft.own, {"barge_in_ms": 240})
