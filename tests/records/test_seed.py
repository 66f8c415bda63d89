"""Invented calls: the same for the same seed, counted as real ones are, never mixed with them."""

from __future__ import annotations

import io
from collections import Counter

from django.core.management import CommandError, call_command
from django.test import TestCase

from calls.measures.latency import bin_of
from calls.models import Call, LatencyCount
from calls.records import recording, seeding
from calls.records.turn import Turn
from dashboard.words import WAIT_PARTS
from tests.dashboard.call_rows import a_call
from tests.dashboard.operators import a_person
from tuning.models import TimingProfile


def seed(calls: int, **options: object) -> str:
    said = io.StringIO()
    call_command("seed", calls=calls, stdout=said, **options)
    return said.getvalue()


class SeedTests(TestCase):
    def test_the_hours_count_the_turns_that_there_are(self) -> None:
        written, seeding.WRITTEN = seeding.WRITTEN, 5
        self.addCleanup(setattr, seeding, "WRITTEN", written)
        self.assertIn("60 calls", seed(60))
        turns = Counter(
            (turn.revision_id, turn.is_short, bin_of(turn.response_latency or 0))
            for turn in Turn.objects.filter(number__gt=0)
        )
        counted: Counter[tuple[int | None, bool, int]] = Counter()
        for row in LatencyCount.objects.filter(measure="response_latency"):
            counted[row.revision_id, row.is_short, row.bin] += row.turns
        self.assertEqual(counted, turns)
        for call in Call.objects.all():
            shown = call.turn_count, call.slowest_ms, call.cut_ins, call.dropped_short
            call.tally()
            self.assertEqual(
                shown, (call.turn_count, call.slowest_ms, call.cut_ins, call.dropped_short)
            )

    def test_a_fixed_profile_has_calls_enough_for_its_trade_off(self) -> None:
        """800 calls of the default profile alone left the page of `balanced` at 0 of 0 calls."""
        adaptive = TimingProfile.objects.get(name="adaptive")
        adaptive.make_default()
        seed(400)
        balanced = TimingProfile.objects.get(name="balanced")
        self.assertEqual(Call.objects.filter(profile=balanced).count(), 200)
        self.client.force_login(a_person("viewer"))
        page = self.client.get(f"/en/latencies/trade-off/?profile={balanced.pk}")
        for panel in page.context["panels"]:
            with self.subTest(f"{panel.title}"):
                self.assertTrue(panel.curve.points)
                (live,) = panel.silences
                self.assertIsNotNone(live.point)
        whys = set(Turn.objects.filter(call__profile=balanced).values_list("why", flat=True))
        self.assertEqual(whys, {"greeting", "short silence", "long silence"})

    def test_each_call_runs_on_a_revision_of_its_number_s_profile(self) -> None:
        TimingProfile.objects.get(name="adaptive").make_default()
        seed(40)
        for call in Call.objects.select_related("revision", "number__profile"):
            assert call.revision
            assert call.number
            self.assertEqual(call.revision.profile_id, call.profile_id)
            named = call.number.profile.name if call.number.profile else "adaptive"
            self.assertEqual(call.profile and call.profile.name, named)

    def test_the_silence_is_of_two_judges_and_the_model_is_asked(self) -> None:
        TimingProfile.objects.get(name="adaptive").make_default()
        seed(40)
        turns = Turn.objects.filter(number__gt=0)
        for turn in turns:
            self.assertEqual(sum(turn.wait_parts.values()), turn.policy_ms)
            self.assertGreaterEqual(turn.requests, max(1, turn.thought))
            if turn.verdict_ms is not None:
                assert turn.speech_ended_ms is not None
                assert turn.first_token_ms is not None
                self.assertLess(turn.speech_ended_ms, turn.verdict_ms)
                self.assertLess(turn.verdict_ms, turn.first_token_ms)
        parts = Counter(name for turn in turns for name in turn.wait_parts)
        self.assertLessEqual(set(parts), set(WAIT_PARTS))
        self.assertGreater(parts["model: whole"], parts["model: cut short"])
        self.assertGreater(parts["model: cut short"], 0)
        judged = turns.filter(call__profile__name="adaptive")
        self.assertFalse(judged.filter(verdict_ms=None).exists())
        self.assertFalse(turns.filter(call__profile__name="balanced", thought__gt=0).exists())

    def test_keys_grow_with_time(self) -> None:
        seed(30)
        moments = list(Call.objects.order_by("pk").values_list("rang_at", flat=True))
        self.assertEqual(moments, sorted(moments))

    def test_real_calls_are_not_mixed_with_invented_ones_unasked(self) -> None:
        a_call()
        with self.assertRaisesMessage(CommandError, "--add"):
            seed(10)
        seed(10, add=True)
        self.assertEqual(Call.objects.count(), 11)

    def test_some_have_a_recording_with_its_waveform(self) -> None:
        seed(3, recorded=1)
        newest = Call.objects.order_by("-rang_at")[0]
        self.addCleanup(recording.forget, newest)
        self.assertGreater(recording.length_of(recording.path_of(newest)), 100_000)
        self.assertTrue(recording.peaks_of(newest).exists())
