"""The first page: four figures with what they mean, and what changed since the last publication."""

from __future__ import annotations

from datetime import timedelta

from django.test import TestCase
from django.utils import timezone
from django.utils.html import strip_tags

from calls.models import Call
from calls.turn import Turn
from dashboard.targets import verdict
from dashboard.tiles import since_published, tiles
from tests.call_rows import a_call, a_turn
from tests.people import a_person
from tuning.models import Revision, TimingProfile
from tuning.profile import Profile

CALLS = 36


def some_calls(count: int = CALLS, *, minutes: int = 1, cut_ins: int = 0) -> list[Call]:
    """Each with four turns, of which the first so many calls have one cut-in."""
    made = []
    for number in range(minutes, minutes + count):
        call = a_call(number)
        for turn in range(1, 5):
            is_cut_in = turn == 1 and number - minutes < cut_ins
            outcome = Turn.Outcome.CUT_IN if is_cut_in else Turn.Outcome.COMPLETED
            a_turn(call, turn, response_ms=1000, is_short=turn % 2 == 1, outcome=outcome)
        made.append(call)
    return made


class TilesTests(TestCase):
    def test_rates_and_latencies_stand_with_the_turns_behind_them(self) -> None:
        some_calls(cut_ins=18)
        found = tiles()
        assert found.cut_ins.rate
        assert found.short.p50
        assert found.long.p95
        self.assertEqual((found.cut_ins.turns, found.cut_ins.calls), (4 * CALLS, CALLS))
        self.assertAlmostEqual(found.cut_ins.rate.value, 18 / (4 * CALLS))
        self.assertLess(found.cut_ins.rate.low, found.cut_ins.rate.value)
        self.assertEqual(found.cut_ins.verdict, "bad")
        self.assertEqual((found.short.p50.value_ms, found.short.verdict), (1000, "ok"))
        self.assertEqual(found.long.p95.value_ms, 1000)

    def test_a_label_overrides_what_the_rules_made_of_a_turn(self) -> None:
        calls = some_calls(cut_ins=1)
        calls[0].turns.filter(outcome=Turn.Outcome.CUT_IN).update(label=Turn.Label.FINE)
        calls[1].turns.filter(number=1).update(label=Turn.Label.CUT_IN)
        calls[2].turns.filter(number=1).update(label=Turn.Label.CUT_IN)
        found = tiles().cut_ins
        assert found.rate
        self.assertAlmostEqual(found.rate.value, 2 / (4 * CALLS))

    def test_few_calls_are_not_made_into_a_number(self) -> None:
        some_calls(9)
        found = tiles()
        self.assertEqual((found.cut_ins.rate, found.short.p50), (None, None))
        self.assertEqual(found.cut_ins.verdict, "")

    def test_dropped_short_answers_are_counted_by_turn(self) -> None:
        calls = some_calls()
        Call.objects.filter(pk__in=[call.pk for call in calls[:9]]).update(dropped_short=1)
        found = tiles().dropped
        assert found.rate
        self.assertAlmostEqual(found.rate.value, 9 / (4 * CALLS))

    def test_test_calls_and_old_ones_are_left_out(self) -> None:
        a_turn(a_call(1, caller=Call.TEST_CALLER))
        a_turn(a_call(2, rang_at=timezone.now() - timedelta(days=8)))
        self.assertTrue(tiles().is_empty)

    def test_a_verdict_needs_the_whole_interval_on_a_side(self) -> None:
        found = [verdict(low, high, 10) for low, high in ((8, 9), (9, 11), (11, 12))]
        self.assertEqual(found, ["ok", "unsure", "bad"])


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


class PageTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(a_person("viewer"))

    def test_without_calls_it_says_what_to_do(self) -> None:
        page = self.client.get("/en/").content.decode()
        self.assertIn("No call has come yet", page)
        self.assertIn("/en/numbers/", page)

    def test_it_shows_the_figures_in_words_and_the_newest_calls(self) -> None:
        some_calls(cut_ins=18)
        page = self.client.get("/he/").content.decode()
        for words in ("קטיעות", "מעל היעד", "12.5 %", "אחרי אמירות קצרות"):
            self.assertIn(words, page)
        self.assertEqual(page.count('<th scope="row"'), 8)

    def test_too_early_is_said_with_the_right_plurals(self) -> None:
        profile = TimingProfile.objects.get(is_default=True)
        a_turn(a_call(2))
        newest = profile.publish(Profile(end_silence_long_ms=1500), by=None, note="sooner")
        Revision.objects.filter(number=1, profile=profile).update(
            published_at=timezone.now() - timedelta(days=1)
        )
        early = self.early("en")
        self.assertIn("1 call before it and 0 calls since", early)
        Revision.objects.filter(pk=newest.pk).update(
            published_at=timezone.now() - timedelta(seconds=90)
        )
        for number in (0, 1):
            a_turn(a_call(number, call_sid=f"CA{number + 50}"))
        self.assertIn("1 call before it and 2 calls since", self.early("en"))
        self.assertIn("שיחה אחת לפניו ושתי שיחות מאז", self.early("he"))

    def early(self, language: str) -> str:
        page = self.client.get(f"/{language}/").content.decode()
        return strip_tags(page[page.index('class="card since"') :])

    def test_it_costs_few_queries_whatever_the_calls(self) -> None:
        some_calls()
        with self.assertNumQueries(11):
            self.client.get("/en/")
