"""The pages on latencies: histograms, over time, and the trade-off with cut-ins."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from django.test import TestCase
from django.utils import timezone

from calls.models import Call, LatencyCount
from calls.records.turn import Turn
from dashboard.charts import PLOT_PX
from dashboard.latencies.heat_map import FIRST_BIN, HEIGHT, heat_map
from dashboard.latencies.turn_selection import NEWEST_CALLS
from tests.dashboard.call_rows import a_call, a_turn
from tests.dashboard.operators import a_person
from tuning.models import Draft, TimingProfile
from tuning.turns.profile import Profile

HOUR = timedelta(hours=1)


class LatencyPagesTestCase(TestCase):
    def setUp(self) -> None:
        self.person = a_person("operator")
        self.client.force_login(self.person)

    def context(self, address: str) -> Any:
        return self.client.get(f"/en/latencies/{address}").context

    def page(self, address: str = "", language: str = "en") -> str:
        return self.client.get(f"/{language}/latencies/{address}").content.decode()


class HistogramTests(LatencyPagesTestCase):
    def test_turns_whose_reply_was_ready_stand_apart(self) -> None:
        call = a_call(1)
        a_turn(call, 1, response_ms=900)
        ready_ms = 20_000.0 + 700
        a_turn(call, 2, response_ms=905, is_prepared=True, ready_ms=ready_ms)
        short = self.context("")["panels"][0]
        self.assertEqual((short.summary.turns, short.ready), (2, 1))
        (column,) = [each for each in short.histogram.columns if each.turns]
        self.assertEqual((column.turns, column.ready), (2, 1))
        self.assertAlmostEqual(column.ready_height * 2, column.height, places=0)

    def test_tools_have_a_histogram_of_their_own_where_there_are_any(self) -> None:
        a_turn(a_call(1))
        self.assertEqual(len(self.context("?days=1")["panels"]), 4)
        for number, ms in enumerate((800, 830, 3000), 2):
            call = a_call(number)
            a_turn(call, tool_began_ms=10_000.0, tool_ended_ms=10_000.0 + ms, is_short=ms < 1000)
        *_waits, tools = self.context("?days=7")["panels"]
        self.assertEqual((tools.latency.name, tools.summary.turns), ("tool_time", 3))
        self.assertEqual(sum(each.turns for each in tools.histogram.columns), 3)
        self.assertIn("In turns that asked", self.page("?days=7"))
        self.assertIn("בתורות שפנו למערכת חיצונית", self.page("?days=7", "he"))

    def test_a_bar_leads_to_calls_that_waited_as_long_after_such_utterances(self) -> None:
        call, other = a_call(1), a_call(2)
        a_turn(call, response_ms=1500)
        a_turn(other, response_ms=1500, is_short=False)
        a_turn(a_call(3, caller=Call.TEST_CALLER), response_ms=1500)
        address = re.findall(r'href="(/en/calls/\?[^"]*)"', self.page("?days=1"))[0]
        found: Any = self.client.get(unescape(address)).context
        self.assertEqual([each.pk for each in found["calls"]], [call.pk])

    def test_turns_are_counted_on_an_axis_of_round_numbers(self) -> None:
        for number in range(1, 8):
            a_turn(a_call(number), response_ms=1500)
        chart = self.context("")["panels"][0].histogram
        self.assertEqual([tick.label for tick in chart.y_ticks], ["0", "2", "4", "6", "8"])
        (column,) = [each for each in chart.columns if each.turns]
        self.assertAlmostEqual(column.height, PLOT_PX * 7 / 8, places=0)
        self.assertGreater(column.y, chart.y_ticks[-1].x)
        self.assertIn(">8</text>", self.page())

    def test_a_percentile_stands_with_its_verdict(self) -> None:
        for number in range(1, 41):
            call = a_call(number)
            for turn in (1, 2):
                a_turn(call, turn, response_ms=2400 + number)
        short = self.context("")["panels"][0]
        self.assertEqual(short.verdicts, {"p50": "bad", "p95": "bad"})
        self.assertIn("מעל היעד", self.page(language="he"))

    def test_stages_are_told_apart_and_not_summed(self) -> None:
        a_turn(a_call(1), response_ms=1500)
        stages = dict(self.context("")["stages"])
        self.assertEqual(len(stages), 5)
        self.assertIn("do not add up", self.page())

    def test_only_the_time_that_is_asked_for_is_looked_at(self) -> None:
        a_turn(a_call(1, rang_at=timezone.now() - timedelta(days=3)))
        found = [self.context(f"?days={days}")["panels"][0].summary.turns for days in (1, 7, 30)]
        self.assertEqual(found, [0, 1, 1])
        self.assertEqual(self.client.get("/en/latencies/?days=8").status_code, 404)

    def test_a_revision_is_looked_at_alone(self) -> None:
        call = a_call(1)
        first = call.profile.newest
        second = call.profile.publish(Profile(barge_in_ms=240), by=None, note="again")
        type(first).objects.filter(pk=first.pk).update(published_at=timezone.now() - 5 * HOUR)
        a_turn(call, 1)
        a_turn(call, 2, revision=second)
        a_turn(call, 3, revision=second)
        address = f"?profile={call.profile_id}&revision="
        for one, turns in ((first, 1), (second, 2)):
            found = self.context(f"{address}{one.pk}")["panels"][0].summary.turns
            self.assertEqual(found, turns)

    def test_of_many_calls_the_whole_time_is_told_from_the_hours(self) -> None:
        profile = TimingProfile.objects.get(name="balanced")
        revision = profile.newest
        for number in range(NEWEST_CALLS):
            call = a_call(number + 1)
            Turn.objects.create(
                call=call, number=1, revision=revision, speech_ended_ms=0, first_audio_ms=900
            )
        LatencyCount.objects.create(
            hour=timezone.now() - HOUR, revision=revision, is_short=True, turns=7000,
            measure="response_latency", bin=27,
        )  # fmt: skip
        short = self.context("")["panels"][0]
        self.assertEqual((short.whole.turns, round(short.whole.p50_ms)), (7000, 934))
        self.assertIn("as counted by the hour", self.page())


class OverTimeTests(LatencyPagesTestCase):
    def count(self, hours_ago: int, number: int, turns: int = 20) -> None:
        revision = TimingProfile.objects.get(name="balanced").newest
        hour = timezone.now().replace(minute=0, second=0, microsecond=0) - hours_ago * HOUR
        LatencyCount.objects.create(
            hour=hour, revision=revision, is_short=True, turns=turns,
            measure="response_latency", bin=number,
        )  # fmt: skip

    def test_each_hour_is_a_column_and_leads_to_its_calls(self) -> None:
        self.count(3, 27)
        self.count(2, 30)
        _latency, _title, map_of_short = self.context("over-time/?days=1")["maps"][0]
        self.assertEqual(len(map_of_short.stretches), 24)
        self.assertEqual([one.turns for one in map_of_short.stretches if one.turns], [20, 20])
        self.assertEqual(self.page("over-time/?days=1").count("/en/calls/?since="), 2)

    def test_times_stand_at_midnight_where_a_column_begins(self) -> None:
        for days in (7, 30):
            context = self.context(f"over-time/?days={days}")
            _latency, _title, map_of_short = context["maps"][0]
            begins = {timezone.localtime(one.begins): one.x for one in map_of_short.stretches}
            for mark, at in context["times"]:
                self.assertEqual((at.hour, at.minute), (0, 0))
                self.assertAlmostEqual(begins[at], mark.x, places=1)
                self.assertEqual(mark.label, f"{at:%d/%m}")
            self.assertGreaterEqual(len(context["times"]), 5)

    def test_of_one_day_midnight_is_named_by_its_date(self) -> None:
        labels = [mark.label for mark, _at in self.context("over-time/?days=1")["times"]]
        self.assertEqual(sum("/" in label for label in labels), 1)
        self.assertLessEqual(set(labels) - {"06:00", "12:00", "18:00"}, set(labels))
        self.assertIn(len(labels), (4, 5))

    def test_a_day_of_25_hours_is_one_column(self) -> None:
        zone = timezone.get_current_timezone()
        since = datetime(2026, 10, 24, tzinfo=zone)  # the clock goes back on the 25th
        hours = [datetime(2026, 10, 24, 21, tzinfo=UTC) + number * HOUR for number in range(25)]
        found = heat_map([(hour, 27, 1) for hour in hours], since, 3, 24)
        self.assertEqual([one.turns for one in found.stretches], [0, 25, 0])
        self.assertEqual([one.begins.hour for one in found.stretches], [0, 0, 0])

    def test_a_publication_is_a_rule_with_its_note(self) -> None:
        profile = TimingProfile.objects.get(name="balanced")
        self.count(3, 27)
        profile.publish(Profile(barge_in_ms=240), by=None, note="ממתינים פחות")
        page = self.page("over-time/?days=1", "he")
        self.assertIn("ממתינים פחות", page)
        self.assertIn('class="rule"', page)

    def test_an_empty_time_says_so(self) -> None:
        self.assertIn("There are no such turns in this period", self.page("over-time/"))

    def test_a_column_of_few_turns_has_no_percentile(self) -> None:
        since = timezone.now()
        found = heat_map([(since, 27, 9), (since + HOUR, 27, 10)], since, 2, 1)
        self.assertEqual([one.p50_ms is None for one in found.stretches], [True, False])

    def test_what_is_beyond_the_rows_stands_in_the_last_one(self) -> None:
        since = timezone.now()
        found = heat_map([(since, -1, 10), (since, 47, 10)], since, 1, 1)
        path = found.shades[-1]
        self.assertEqual(path.count("M"), 2)
        self.assertIn("M0 0h", path)
        low = heat_map([(since, FIRST_BIN, 10)], since, 1, 1).shades[-1]
        self.assertTrue(low.startswith(f"M0 {HEIGHT - HEIGHT / 17:.4g}h"))


class TradeOffTests(LatencyPagesTestCase):
    def some_calls(self, *, waited_ms: float = 720) -> None:
        for number in range(1, 41):
            call = a_call(number)
            for turn in (1, 2):
                pause_ms = 450 if turn == 1 and number % 4 == 0 else None
                decided_ms = 10_000.0 * turn + waited_ms
                a_turn(call, turn, pause_short_ms=pause_ms, decided_ms=decided_ms)

    def test_the_live_and_the_draft_silence_stand_on_the_curve(self) -> None:
        self.some_calls()
        profile = TimingProfile.objects.get(name="balanced")
        knobs = profile.newest.knobs | {"end_silence_short_ms": 200}
        Draft.objects.create(
            profile=profile, user=self.person, knobs=knobs, based_on=profile.newest
        )
        short = self.context("trade-off/")["panels"][0]
        live, draft = short.silences
        self.assertEqual((live.kind, live.wait_ms), ("live", 720))
        self.assertEqual((draft.kind, draft.wait_ms), ("draft", 420))
        # One turn in eight paused for 450 ms: 420 ms would cut it off, 720 do not.
        self.assertAlmostEqual(draft.point.rate, 0.125, places=2)
        self.assertAlmostEqual(live.point.rate, 0, places=2)

    def test_beyond_what_was_watched_the_curve_says_nothing(self) -> None:
        self.some_calls(waited_ms=400)
        short = self.context("trade-off/")["panels"][0]
        self.assertLessEqual(short.curve.until_ms, 400)
        self.assertIsNone(short.silences[0].point)
        self.assertIn("the recordings do not go that far", self.page("trade-off/"))

    def test_under_the_adaptive_rule_it_says_why_there_is_no_answer_and_where_to_look(self) -> None:
        self.some_calls()
        profile = TimingProfile.objects.get(name="balanced")
        adaptive = replace(profile.newest.values, endpointing="adaptive")
        profile.publish(adaptive, by=None, note="by what was said")
        page = self.page("trade-off/")
        self.assertEqual(self.context("trade-off/")["panels"], [])
        self.assertIn("no single silence", page)
        self.assertIn(f'href="/en/latencies/?profile={profile.pk}"', page)
        self.assertIn(f'href="/en/calls/?cut_ins=on&amp;profile={profile.pk}"', page)
        self.assertNotIn("Not enough turns", page)

    def test_a_draft_by_what_was_said_has_no_place_on_the_curve(self) -> None:
        self.some_calls()
        profile = TimingProfile.objects.get(name="balanced")
        knobs = profile.newest.knobs | {"endpointing": "adaptive"}
        Draft.objects.create(
            profile=profile, user=self.person, knobs=knobs, based_on=profile.newest
        )
        self.assertEqual(len(self.context("trade-off/")["panels"][0].silences), 1)
        self.assertIn("How long your draft waits depends on what was said", self.page("trade-off/"))

    def test_turns_that_were_decided_by_what_was_said_are_not_on_the_curve(self) -> None:
        """They were watched for the longer the less they sounded finished."""
        self.some_calls()
        adaptive = TimingProfile.objects.get(name="adaptive").newest
        before = self.context("trade-off/")["panels"][0].curve.turns
        Turn.objects.filter(number=2).update(revision=adaptive)
        self.assertEqual(self.context("trade-off/")["panels"][0].curve.turns, before // 2)

    def test_with_all_profiles_it_says_whose_silence_is_spoken_of(self) -> None:
        self.some_calls()
        profile = TimingProfile.objects.get(name="balanced")
        told = (
            'silence shown is that of <a href="/en/profiles/{}/"><bdi dir="ltr">balanced</bdi></a>'
        )
        self.assertIn(told.format(profile.pk), self.page("trade-off/"))
        self.assertNotIn("silence shown is that of", self.page(f"trade-off/?profile={profile.pk}"))

    def test_few_turns_are_said_to_be_few(self) -> None:
        a_turn(a_call(1))
        page = self.page("trade-off/", "he")
        self.assertIn("אין די תורות", page)

    def test_a_label_decides_over_the_outcome(self) -> None:
        self.some_calls()
        Turn.objects.filter(number=2).update(outcome="cut-in")
        self.assertEqual(self.context("trade-off/")["panels"][0].observed, 0.5)
        Turn.objects.filter(number=2).update(label=Turn.Label.FINE)
        self.assertEqual(self.context("trade-off/")["panels"][0].observed, 0)
