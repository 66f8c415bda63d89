"""The first page: four figures with what they mean, and what changed since the last publication."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.test import TestCase
from django.utils import timezone
from django.utils.html import strip_tags

from calls.models import Call, LatencyCount
from calls.records.turn import Turn
from dashboard.home.tiles import tiles
from dashboard.home.time_spent import parts_ms
from dashboard.latencies.targets import verdict
from dashboard.latencies.turn_selection import NEWEST_CALLS, Measured, Selection
from tests.dashboard.call_rows import a_call, a_turn
from tests.dashboard.operators import a_person
from tuning.models import Revision, TimingProfile
from tuning.turns.profile import Profile

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
        a_turn(a_call(3, via=Call.Via.BROWSER))
        a_turn(a_call(4, was_held=True))
        a_turn(a_call(2, rang_at=timezone.now() - timedelta(days=8)))
        self.assertTrue(tiles().is_empty)

    def test_a_verdict_needs_the_whole_interval_on_a_side(self) -> None:
        found = [verdict(low, high, 10) for low, high in ((8, 9), (9, 11), (11, 12))]
        self.assertEqual(found, ["ok", "unsure", "bad"])


class LeadTests(TestCase):
    """A tile's link finds exactly the calls that its figure is made of."""

    def setUp(self) -> None:
        self.client.force_login(a_person("viewer"))

    def found(self, query: str) -> set[int]:
        context: Any = self.client.get(f"/en/calls/?{query}").context
        return {call.pk for call in context["calls"]}

    def test_cut_ins_lead_to_the_calls_that_have_one(self) -> None:
        calls = some_calls(cut_ins=4)
        calls[0].turns.filter(number=1).update(label=Turn.Label.FINE)
        calls[9].turns.filter(number=2).update(label=Turn.Label.CUT_IN)
        for call in calls:
            call.tally()
        self.some_that_are_not_meant(outcome=Turn.Outcome.CUT_IN)
        tile = tiles().cut_ins
        short, long = tile.classes
        self.assertEqual((short.events, long.events), (3, 1))
        self.assertEqual((short.turns, long.turns), (2 * CALLS, 2 * CALLS))
        meant = {call.pk for call in (*calls[1:4], calls[9])}
        self.assertEqual((tile.lead.calls, self.found(tile.lead.query)), (4, meant))
        self.assertEqual(self.found(short.lead.query), {call.pk for call in calls[1:4]})
        self.assertEqual(self.found(long.lead.query), {calls[9].pk})

    def test_a_latency_leads_to_the_calls_that_waited_longer_than_its_target(self) -> None:
        calls = some_calls()
        slow = Turn.objects.filter(call__in=calls[:5], number=1)
        slow.update(first_audio_ms=F("speech_ended_ms") + 1800)
        Turn.objects.filter(call=calls[7], number=2).update(first_audio_ms=24_000)
        for call in calls:
            call.tally()
        self.some_that_are_not_meant(response_ms=9000)
        found = tiles()
        self.assertEqual(found.short.lead.calls, 5)
        self.assertEqual(self.found(found.short.lead.query), {call.pk for call in calls[:5]})
        self.assertEqual(self.found(found.long.lead.query), {calls[7].pk})

    def test_dropped_short_answers_lead_to_their_calls(self) -> None:
        calls = some_calls()
        self.some_that_are_not_meant()
        Call.objects.exclude(pk__in=[call.pk for call in calls[3:]]).update(dropped_short=1)
        lead = tiles().dropped.lead
        self.assertEqual((lead.calls, self.found(lead.query)), (3, {c.pk for c in calls[:3]}))

    def test_of_many_calls_the_newest_are_meant(self) -> None:
        a_turn(a_call(60 * 24), outcome=Turn.Outcome.CUT_IN)
        calls = [a_call(number) for number in range(1, NEWEST_CALLS + 1)]
        for call in (calls[0], calls[-1]):
            a_turn(call, outcome=Turn.Outcome.CUT_IN)
        lead = tiles().cut_ins.lead
        self.assertEqual((lead.calls, self.found(lead.query)), (2, {calls[0].pk, calls[-1].pk}))

    def some_that_are_not_meant(self, **turn: Any) -> None:
        a_turn(a_call(900, caller=Call.TEST_CALLER), **turn)
        a_turn(a_call(950, via=Call.Via.BROWSER), **turn)
        a_turn(a_call(960, was_held=True), **turn)
        a_turn(a_call(901, rang_at=timezone.now() - timedelta(days=8)), **turn)

    def test_the_page_has_the_links(self) -> None:
        for call in some_calls(cut_ins=4):
            call.tally()
        page = self.client.get("/en/").content.decode()
        self.assertIn("cut_ins=on", page)
        self.assertIn("4 calls with a cut-in", strip_tags(page))


class DaysTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(a_person("viewer"))

    def test_each_day_is_a_point_and_a_day_without_calls_a_gap(self) -> None:
        now = timezone.now()
        for days, cut_ins in ((0, 1), (1, 4), (3, 2)):
            a_day = [a_call(days * 100 + n, rang_at=now - timedelta(days=days)) for n in range(5)]
            Call.objects.filter(pk__in=[call.pk for call in a_day]).update(turn_count=2)
            Call.objects.filter(pk=a_day[0].pk).update(cut_ins=cut_ins)
        line = tiles().cut_ins.line
        self.assertEqual([day.value for day in line.days[-4:]], [0.2, None, 0.4, 0.1])
        self.assertEqual(line.path.count("M"), 2)
        self.assertEqual(line.days[-1].on, timezone.localdate())

    def test_a_latencys_days_are_those_of_its_hourly_counts(self) -> None:
        revision = TimingProfile.objects.get(is_default=True).newest
        for is_short, number in ((True, 27), (False, 33)):
            LatencyCount.objects.create(
                hour=timezone.now(), revision=revision, is_short=is_short, turns=40,
                measure="response_latency", bin=number,
            )  # fmt: skip
        found = tiles()
        self.assertEqual(round(found.short.line.days[-1].value or 0), 934)
        self.assertEqual(round(found.long.line.days[-1].value or 0), 2160)

    def test_a_line_is_told_in_words(self) -> None:
        for call in some_calls(cut_ins=18):
            call.tally()
        Call.objects.update(rang_at=timezone.now())  # a moment ago may be yesterday
        today = f"{timezone.localdate():%d/%m}"
        for language in ("en", "he"):
            page = self.client.get(f"/{language}/").content.decode()
            self.assertIn(
                f"{today} 12.5 %", page.split('id="line-cut_ins"')[1].split("</title>")[0]
            )


class SpentTests(TestCase):
    def a_turn(self, **fields: Any) -> Measured:
        turn = a_turn(a_call(1), 1, **fields)
        (found,) = Selection(7, turn.call.rang_at, None).measured()
        return found

    def test_the_parts_of_a_wait_add_up_to_it(self) -> None:
        parts = parts_ms(self.a_turn(response_ms=1180, decided_ms=10_900.0))
        self.assertEqual(
            parts,
            {"policy": 720, "transcription": 180, "writing": 80, "speech": 190, "sending": 10},
        )

    def test_what_ran_while_the_silence_was_waited_for_costs_nothing(self) -> None:
        parts = parts_ms(
            self.a_turn(
                response_ms=760, first_token_ms=10_300.0, first_sentence_ms=10_350.0,
                first_byte_ms=10_600.0, decided_ms=10_720.0, policy_ms=720, is_prepared=True,
            )
        )  # fmt: skip
        self.assertEqual(parts, {"policy": 720, "sending": 40})

    def test_a_delay_that_the_profile_asks_for_is_its_own(self) -> None:
        parts = parts_ms(
            self.a_turn(
                response_ms=1180, policy_ms=1070,
                first_sentence_ms=10_800.0, first_byte_ms=10_900.0,
            )
        )  # fmt: skip
        self.assertEqual(parts, {"policy": 720 + 170, "writing": 80, "speech": 100, "sending": 110})

    def test_an_answer_before_the_end_of_the_speech_has_no_parts(self) -> None:
        self.assertEqual(parts_ms(self.a_turn(response_ms=-120)), {})

    def test_the_page_shows_the_shares_of_both_classes(self) -> None:
        some_calls()
        self.client.force_login(a_person("viewer"))
        response = self.client.get("/en/")
        context: Any = response.context
        short, _long = context["tiles"].spent
        self.assertEqual(short.turns, 2 * CALLS)
        self.assertAlmostEqual(sum(part.share for part in short.parts), 1)
        self.assertAlmostEqual(short.mean_ms, 1000)
        self.assertContains(response, "Where the time goes")
        self.assertContains(response, "Policy wait")


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
        with self.assertNumQueries(14):
            self.client.get("/en/")
