"""The list of calls: its filters stand in the address, and paging keeps them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.test import TestCase
from django.utils import timezone
from django.utils.html import strip_tags

from calls.models import Call
from calls.telephony.phone_number import PhoneNumber
from dashboard.calls.list_views import PAGE_CALLS
from tests.dashboard.call_rows import a_call, a_turn
from tests.dashboard.operators import a_person
from tuning.models import TimingProfile


class CallsPageTestCase(TestCase):
    def setUp(self) -> None:
        self.client.force_login(a_person("operator"))

    def found(self, query: str) -> list[int]:
        """Keys of the calls on the page."""
        response = self.client.get(f"/en/calls/?{query}")
        self.assertEqual(response.status_code, 200)
        context: Any = response.context
        return [call.pk for call in context["calls"]]


class FilterTests(CallsPageTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.number = PhoneNumber.objects.create(number="+972771234567", name="מרפאה")
        self.usual = a_call(1)
        self.other = a_call(
            60 * 24 * 3, profile="brisk", number=self.number, ended_why=Call.Ended.FAILED
        )
        a_turn(self.usual, response_ms=900, said="אני רוצה תור", answered="לאיזה יום?")
        a_turn(self.other, response_ms=4100, said="רגע בבקשה", outcome="cut-in")
        Call.objects.filter(pk=self.other.pk).update(dropped_short=1)

    def test_each_filter_finds_its_calls(self) -> None:
        brisk = TimingProfile.objects.get(name="brisk")
        day = f"{timezone.localtime(self.other.rang_at):%Y-%m-%d}"
        for query in (
            f"number={self.number.pk}", f"profile={brisk.pk}", f"profile={brisk.pk}&revision=1",
            "ended=failed", "slowest_over=4000", "cut_ins=on", "dropped=on", "text=רגע",
            f"since={day}&until={day}", f"until={day}T23:59",
        ):  # fmt: skip
            with self.subTest(query):
                self.assertEqual(self.found(query), [self.other.pk])

    def test_who_asked_for_a_person_is_found_and_their_waits_are_summed_up(self) -> None:
        self.assertNotIn("median wait", self.client.get("/en/calls/").content.decode())
        asked: dict[str, Any] = {"asked_person_at": timezone.now(), "asked_person_why": "asked"}
        Call.objects.filter(pk=self.other.pk).update(
            **asked, person_waited_ms=8000, person_came="dana"
        )
        third = a_call(5, **asked, person_waited_ms=31_000)
        self.assertEqual(self.found("asked=on"), [third.pk, self.other.pk])
        for query in ("", "asked=on"):
            page = strip_tags(self.client.get(f"/en/calls/?{query}").content.decode())
            said = " ".join(page.split())
            self.assertIn("Asked for a person: 2 · a person came: 1 · median wait: 19.5 s", said)

    def test_filters_are_taken_together(self) -> None:
        self.assertEqual(self.found("cut_ins=on&slowest_over=5000"), [])
        self.assertEqual(self.found("cut_ins=on&slowest_over=4000"), [self.other.pk])

    def test_turns_of_one_class_are_looked_at_alone(self) -> None:
        a_turn(self.usual, 2, response_ms=4200, is_short=False)
        self.assertEqual(self.found("slowest_over=4000&after=short"), [self.other.pk])
        self.assertEqual(self.found("slowest_over=4000&after=long"), [self.usual.pk])
        self.assertEqual(self.found("cut_ins=on&after=short"), [self.other.pk])
        self.assertEqual(self.found("cut_ins=on&after=long"), [])
        self.assertEqual(self.found("after=long"), [self.usual.pk])

    def test_test_calls_are_left_out_where_that_is_wished(self) -> None:
        a_call(5, caller=Call.TEST_CALLER)
        mine = a_call(6, via=Call.Via.BROWSER, caller="dana")
        self.assertEqual(len(self.found("")), 4)
        self.assertEqual(self.found("real=on"), [self.usual.pk, self.other.pk])
        self.assertEqual(self.found("via=browser"), [mine.pk])

    def test_a_link_from_a_chart_names_its_stretch_of_time(self) -> None:
        since, until = (
            (self.other.rang_at + timedelta(minutes=minutes)).isoformat().replace("+", "%2B")
            for minutes in (-1, 1)
        )
        self.assertEqual(self.found(f"since={since}&until={until}"), [self.other.pk])

    def test_an_answer_is_searched_as_well_as_what_was_said(self) -> None:
        self.assertEqual(self.found("text=לאיזה"), [self.usual.pk])

    def test_what_was_found_is_marked_and_leads_to_its_turn(self) -> None:
        a_turn(self.usual, 2, said="לא, תור אחר", answered="<b>בסדר</b>")
        page = self.client.get("/en/calls/?text=תור").content.decode()
        self.assertIn("אני רוצה <mark>תור</mark>", page)
        text = quote("תור")
        for number in (1, 2):
            self.assertIn(f'href="/en/calls/{self.usual.pk}/?turn={number}&amp;text={text}"', page)
        page = self.client.get(f"/en/calls/{self.usual.pk}/?turn=2&text=תור").content.decode()
        self.assertEqual(page.count("<mark>תור</mark>"), 3)  # twice in the list, once in detail
        self.assertIn('data-number="2"', page)
        self.assertIn("&lt;b&gt;בסדר", page)

    def test_a_call_that_was_found_by_its_words_opens_at_the_first_of_them(self) -> None:
        a_turn(self.usual, 2, said="ביום רביעי בבוקר")
        page = self.client.get("/en/calls/?text=רביעי").content.decode()
        text = quote("רביעי")
        self.assertIn(f'href="/en/calls/{self.usual.pk}/?turn=2&amp;text={text}"', page)

    def test_of_many_places_in_a_call_the_first_few_are_shown(self) -> None:
        for number in range(2, 9):
            a_turn(self.usual, number, said="תור ועוד תור")
        page = self.client.get("/en/calls/?text=תור").content.decode()
        self.assertEqual(page.count('class="found-turn"'), 3)
        self.assertIn("and in 5 more turns", strip_tags(page))

    def test_the_filter_shows_the_time_of_a_link_in_the_zone_of_the_pages(self) -> None:
        query = "since=2026-11-23T10:00:00%2B00:00&until=2026-11-24"
        page = self.client.get(f"/en/calls/?{query}").content.decode()
        self.assertIn('value="2026-11-23T12:00"', page)
        self.assertIn('value="2026-11-24T23:59"', page)

    def test_every_page_names_the_zone_of_its_times(self) -> None:
        for path in ("calls/", "", "latencies/", "audit/", f"calls/{self.usual.pk}/"):
            page = self.client.get(f"/en/{path}", follow=True)
            if page.status_code == 200:
                self.assertContains(page, "Asia/Jerusalem", msg_prefix=path)

    def test_what_makes_no_sense_is_said_beside_its_field(self) -> None:
        for query, words in (
            ("text=אב", "at least"),
            ("slowest_over=fast", "whole number"),
            ("number=99", "valid choice"),
            ("revision=2", "choose its profile as well"),
            ("since=yesterday", "valid date"),
            ("since=2026-11-20&until=2026-11-19", "before the beginning"),
            ("ended=bored", "valid choice"),
        ):
            with self.subTest(query):
                response = self.client.get(f"/en/calls/?{query}")
                self.assertContains(response, words, status_code=422)
                self.assertContains(response, 'role="alert"', status_code=422)

    def test_without_a_call_that_fits_it_offers_to_clear_the_filters(self) -> None:
        page = self.client.get("/he/calls/?slowest_over=90000").content.decode()
        self.assertIn("אין שיחות שמתאימות לסינון", page)
        self.assertEqual(page.count("ניקוי הסינון"), 2)

    def test_a_filter_brings_only_the_part_that_changes(self) -> None:
        response = self.client.get("/en/calls/?cut_ins=on", headers={"HX-Request": "true"})
        self.assertTemplateNotUsed(response, "base.html")
        self.assertContains(response, '<bdi dir="ltr">1</bdi> call shown')

    def test_a_test_call_is_marked(self) -> None:
        a_call(5, caller=Call.TEST_CALLER)
        a_call(6, via=Call.Via.BROWSER, caller="dana")
        page = self.client.get("/en/calls/")
        self.assertContains(page, '<span class="badge">test</span>')
        self.assertContains(page, 'dana</bdi> <span class="badge">browser</span>')


class PagingTests(CallsPageTestCase):
    def test_what_was_loaded_stands_in_the_address(self) -> None:
        for number in range(1, 2 * PAGE_CALLS + 10):
            a_call(number)
        asked = {"HX-Request": "true"}
        first = self.client.get("/en/calls/?ended=caller+hung+up")
        second = self.client.get(f"/en/calls/?{first.context['more']}", headers=asked)
        address = second["HX-Replace-Url"]
        self.assertEqual(address, f"/en/calls/?ended=caller+hung+up&shown={2 * PAGE_CALLS}")
        again = self.client.get(address)
        self.assertEqual(
            list(again.context["calls"]),
            [*first.context["calls"], *second.context["calls"]],
        )
        third = self.client.get(f"/en/calls/?{again.context['more']}", headers=asked)
        self.assertEqual(len(third.context["calls"]), 9)

    def test_an_address_shows_only_so_many_and_goes_on_from_there(self) -> None:
        for number in range(1, PAGE_CALLS + 10):
            a_call(number)
        for shown, count in (("0", 25), ("9", 25), ("30", 30), ("100000", 34)):
            page = self.client.get(f"/en/calls/?shown={shown}")
            self.assertEqual(len(page.context["calls"]), count, shown)
        self.assertEqual(self.client.get("/en/calls/?shown=many").status_code, 404)

    def test_a_page_is_kept_by_no_browser(self) -> None:
        """Back would show counts from before a label, and words to whoever comes next."""
        for path in ("calls/", "", f"calls/{a_call(1).pk}/", "latencies/"):
            answer = self.client.get(f"/en/{path}")
            self.assertIn("no-store", answer.headers.get("Cache-Control", ""), path)

    def test_more_calls_are_those_of_the_same_filters(self) -> None:
        for number in range(1, 2 * PAGE_CALLS + 10):
            call = a_call(number)
            Call.objects.filter(pk=call.pk).update(cut_ins=number % 2)
        first = self.client.get("/en/calls/?cut_ins=on")
        more = first.context["more"]
        self.assertIn("cut_ins=on", more)
        asked = {"HX-Request": "true"}
        second = self.client.get(f"/en/calls/?{more}", headers=asked)
        self.assertTemplateNotUsed(second, "dashboard/calls/_found_calls.html")
        both = [*first.context["calls"], *second.context["calls"]]
        self.assertEqual(len(both), len({call.pk for call in both}))
        self.assertTrue(all(call.cut_ins for call in both))
        self.assertEqual(len(both), PAGE_CALLS + 5)
