"""The list of calls and the heat map in a real browser: Back, filters, the times of an axis."""

from __future__ import annotations

import itertools

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.dashboard.browser import BrowserTestCase

COUNT = """
from django.utils import timezone
from calls.models import LatencyCount
from tuning.models import TimingProfile
LatencyCount.objects.get_or_create(
    hour=timezone.now().replace(minute=0, second=0, microsecond=0), is_short=True, bin=27,
    revision=TimingProfile.objects.get(name="balanced").newest, measure="response_latency",
    defaults={"turns": 20},
)
"""


def setUpModule() -> None:
    CallsBrowserTests.begin(made="from tests.dashboard.demo_rows import fill; fill()")


class CallsBrowserTests(BrowserTestCase):
    def test_back_from_a_call_shows_what_was_loaded_and_counts_anew(self) -> None:
        page = self.signed_in().visit("calls/")
        rows = page.locator("#finished-calls tr:not(.more)")
        expect(rows).to_have_count(25)
        page.locator("#more-calls a").click()
        expect(page.locator("#more-calls")).to_have_count(0)
        count = rows.count()
        last = rows.last.locator("a")
        last.scroll_into_view_if_needed()
        name = last.get_attribute("id")
        last.click()
        page.wait_for_url("**/calls/*/")
        page.locator("#turn-link-1").click()
        page.get_by_role("button", name="קטיעה").click()
        expect(page.locator("#cut-ins text")).not_to_have_count(0)
        page.go_back()
        expect(rows).to_have_count(count)
        expect(page.locator(f"#{name}")).to_be_in_viewport()
        expect(rows.last.locator("td").nth(5)).to_have_text("1")

    def test_back_from_a_filter_is_a_whole_page(self) -> None:
        page = self.signed_in().visit("calls/")
        page.locator("#id_cut_ins").check()
        page.wait_for_url("**cut_ins=on**")
        page.go_back()
        page.wait_for_url("**/calls/")
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator("#finished-calls tr").nth(20)).to_be_attached()
        expect(page.locator("#id_cut_ins")).not_to_be_checked()

    def test_the_labels_of_the_filters_stand_on_one_line_a_row(self) -> None:
        tops = """(names) => names.map((name) => {
          const box = document.querySelector(`label[for=id_${name}]`).getBoundingClientRect();
          const field = document.getElementById(`id_${name}`).getBoundingClientRect();
          return [Math.round(box.top), Math.round(field.top), Math.round(field.bottom)]; })"""
        for language in ("he", "en"):
            page = self.signed_in(language=language).visit("calls/")
            names = page.evaluate("""() => [...document.querySelectorAll(".call-filter .field")]
                .filter((field) => !field.matches(".check"))
                .map((field) => field.querySelector("input, select").name)""")
            by_row: dict[int, set[tuple[int, ...]]] = {}
            for top, field_top, bottom in page.evaluate(tops, names):
                by_row.setdefault(bottom, set()).add((top, field_top))
            self.assertEqual([len(found) for found in by_row.values()], [1] * len(by_row), by_row)
            boxes = """() => [...document.querySelectorAll(".call-filter .check")].map((each) =>
              ["label", "input"].map((name) => {
                const box = each.querySelector(name).getBoundingClientRect();
                return (box.top + box.bottom) / 2; }))"""
            for label, box in page.evaluate(boxes):
                self.assertAlmostEqual(label, box, delta=2)

    def test_on_a_telephone_the_filters_are_folded_unless_one_is_set(self) -> None:
        operator = self.signed_in(language="en", width=360)
        page = operator.visit("calls/")
        cut_ins = page.locator("#id_cut_ins")
        expect(cut_ins).to_be_hidden()
        begins = page.locator("#found-calls").bounding_box()
        assert begins
        self.assertLess(begins["y"], 400)
        self.assertEqual(Axe().run(page).response["violations"], [])
        page.locator("#filters summary").focus()
        page.keyboard.press("Enter")
        expect(cut_ins).to_be_visible()
        cut_ins.check()
        page.wait_for_url("**cut_ins=on**")
        expect(cut_ins).to_be_visible()
        self.assertEqual(Axe().run(page).response["violations"], [])
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 360)
        expect(operator.visit("calls/?cut_ins=on").locator("#id_cut_ins")).to_be_visible()
        page = self.signed_in(language="en").visit("calls/")
        expect(page.locator("#id_cut_ins")).to_be_visible()
        expect(page.locator("#filters summary")).to_be_hidden()

    def test_times_under_a_heat_map_keep_apart_on_a_telephone(self) -> None:
        self.server.manage("shell", "-v0", "-c", COUNT)
        boxes = """() => [...document.querySelectorAll(".heat .time")].map((each) => {
          const box = each.getBoundingClientRect(); return [box.left, box.right]; })"""
        for language, width in (("he", 360), ("en", 360), ("en", 1280)):
            operator = self.signed_in(language=language, width=width)
            for days in (1, 7, 30):
                page = operator.visit(f"latencies/over-time/?days={days}")
                with self.subTest(language=language, width=width, days=days):
                    found = page.evaluate(boxes)
                    self.assertGreater(len(found), 3)
                    for one, other in itertools.pairwise(found):
                        self.assertGreater(other[0] - one[1], 2)
                    self.assertLessEqual(found[-1][1], width)
