"""Invented calls: the same for the same seed, counted as real ones are, never mixed with them."""

from __future__ import annotations

import io
import re
from collections import Counter
from typing import Any

from django.core.management import CommandError, call_command
from django.test import TestCase

from calls.agreed.values import fit
from calls.language.language import words_of
from calls.measures.latency import bin_of
from calls.models import Agreed, Call, LatencyCount, Timeline, ToolUse
from calls.records import recording, seeding
from calls.records.post_call import settle
from calls.records.turn import Turn
from dashboard.words import WAIT_PARTS
from tests.dashboard.call_rows import a_call
from tests.dashboard.operators import a_person
from tests.tuning.trial_rows import a_trial
from tuning.models import TimingProfile
from tuning.turns import journal
from tuning.turns.events import CallBegan, Prompt, Reply
from tuning.turns.profile import Profile
from tuning.turns.replay import decide, recorded


def seed(calls: int, journals: int = 0, **options: object) -> str:
    said = io.StringIO()
    call_command("seed", calls=calls, journals=journals, stdout=said, **options)
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


class JournalTests(TestCase):
    """The newest calls are held in virtual time, and settled as calls are."""

    def setUp(self) -> None:
        TimingProfile.objects.get(name="adaptive").make_default()
        seed(16, journals=12)
        self.calls = list(Call.objects.order_by("-rang_at")[:12])

    def test_only_the_newest_have_one(self) -> None:
        journalled = Call.objects.filter(journal_parts__isnull=False).distinct()
        self.assertEqual(set(journalled), set(self.calls))

    def test_each_replays_to_itself(self) -> None:
        for call in self.calls:
            entries = list(journal.read(call.journal()))
            self.assertIsInstance(entries[0], CallBegan)
            self.assertEqual(decide(entries, words_of), recorded(entries))
            self.assertIs(call.replays, True)

    def test_settling_one_anew_changes_nothing(self) -> None:
        shown = ("turn_count", "slowest_ms", "slowest_content_ms", "cut_ins", "dropped_short")
        for call in self.calls[:4]:
            before = [getattr(call, name) for name in shown], _turns(call), _timeline(call)
            Call.objects.filter(pk=call.pk).update(settled_at=None, settling_at=None)
            self.assertTrue(settle(call.pk))
            call.refresh_from_db()
            after = [getattr(call, name) for name in shown], _turns(call), _timeline(call)
            self.assertEqual(before, after)
            self.assertIs(call.replays, True)

    def test_turns_agree_with_their_journal(self) -> None:
        for call in self.calls:
            decided = {
                action.turn: (at_ms, action.why, action.parts)
                for at_ms, action in recorded(journal.read(call.journal()))
                if isinstance(action, Reply | Prompt)
            }
            turns = {t.number: (t.decided_ms, t.why, t.wait_parts) for t in call.turns.all()}
            self.assertEqual(turns, decided)

    def test_each_says_what_was_agreed_and_none_is_due(self) -> None:
        for call in self.calls:
            assert call.number
            form = [field.as_kept for field in call.number.form_fields.all()]
            self.assertEqual((call.agreed.form, call.agreed.due_at), (form, None))
            kept, dropped = fit(form, call.agreed.values)
            self.assertEqual((kept, dropped), (call.agreed.values, {}))
            self.assertTrue(call.agreed.summary)
        self.assertEqual(Agreed.objects.count(), len(self.calls))
        turns = {(turn.call_id, turn.number) for turn in Turn.objects.all()}
        self.assertLessEqual(set(ToolUse.objects.values_list("call", "turn")), turns)

    def test_their_turns_are_counted_in_the_hours(self) -> None:
        turns = Turn.objects.filter(number__gt=0)
        for measure in ("response_latency", "llm_ttft"):
            there = sum(getattr(turn, measure) is not None for turn in turns)
            rows = LatencyCount.objects.filter(measure=measure)
            self.assertEqual(sum(row.turns for row in rows), there)

    def test_the_same_seed_gives_the_same_calls(self) -> None:
        texts = [[part.text for part in call.journal_parts.all()] for call in self.calls[:3]]
        Call.objects.all().delete()
        seed(16, journals=12)
        again = Call.objects.order_by("-rang_at")[:3]
        now = [[part.text for part in call.journal_parts.all()] for call in again]
        first = [re.sub(r'"revision": \d+', "", "\n".join(parts)) for parts in texts]
        self.assertEqual([re.sub(r'"revision": \d+', "", "\n".join(parts)) for parts in now], first)

    def test_they_can_have_a_recording(self) -> None:
        Call.objects.all().delete()
        seed(2, journals=2, recorded=1)
        newest = Call.objects.order_by("-rang_at")[0]
        self.addCleanup(recording.forget, newest)
        self.assertGreater(recording.length_of(recording.path_of(newest)), 20_000)


class NowTests(TestCase):
    def ring(self, calls: int) -> list[Call]:
        said = io.StringIO()
        call_command("seed", now=calls, stdout=said)
        self.assertIn(f"{calls} calls rang", said.getvalue())
        return list(Call.objects.order_by("-pk")[:calls])

    def test_they_ring_on_what_is_published_and_others_every_time(self) -> None:
        first, second = self.ring(2), self.ring(2)
        newest = {profile: profile.newest for profile in TimingProfile.objects.all()}
        for call in (*first, *second):
            self.assertEqual(call.revision, newest[call.profile])
            self.assertTrue(call.replays)
        self.assertEqual(len({call.call_sid for call in (*first, *second)}), 4)
        turns = sum(turn.response_latency is not None for turn in Turn.objects.filter(number__gt=0))
        rows = LatencyCount.objects.filter(measure="response_latency")
        self.assertEqual(sum(row.turns for row in rows), turns)

    def test_a_trial_divides_and_counts_them(self) -> None:
        trial = a_trial(Profile(end_silence_long_ms=1900), profile="balanced")
        calls = [call for call in self.ring(12) if call.profile == trial.profile]
        self.assertGreaterEqual(len(calls), 6)
        for call in calls:
            gets = trial.candidate if trial.gives_candidate(call.call_sid) else trial.live
            self.assertEqual(call.revision, gets)
        self.assertEqual(trial.counted.count(), len(calls))


def _turns(call: Call) -> list[Any]:
    return list(call.turns.values())


def _timeline(call: Call) -> list[Any]:
    return list(Timeline.objects.filter(call=call).values("length_ms", "voiced", "dropped"))
