"""The lab beside a profile's form in a real browser, with a worker of its own."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.dashboard.browser import BrowserTestCase

RECORDED = """
from tests.dashboard.operators import a_person
from tests.lab.recorded_calls import a_recorded_call
for number in range(1, 33): a_recorded_call(number, pause_ms=300 if number % 2 else 1150)
a_person("viewer", "viewer", password="for tests only 7")
"""
SOON_MS = 40_000


def setUpModule() -> None:
    LabBesideTests.begin(made=RECORDED)


class LabBesideTests(BrowserTestCase):
    def setUp(self) -> None:
        forget = "from tuning.models import Draft; Draft.objects.all().delete()"
        self.server.manage("shell", "-v0", "-c", forget)

    def path(self) -> str:
        (row,) = self.server.rows("select id from tuning_timingprofile where name = 'balanced'")
        return f"profiles/{row['id']}/"

    def test_what_a_slider_would_have_done_comes_by_itself_and_the_newest_wins(self) -> None:
        operator = self.signed_in(language="en")
        page = operator.visit(self.path())
        verdict, places = page.locator("#verdict"), page.locator("#predicted-answers li")
        expect(verdict).to_contain_text("Change something")
        expect(places).to_have_count(5, timeout=SOON_MS)
        expect(places.last).to_contain_text(re.compile(r"\d+\.\d %"))
        slider = page.locator("#place_answers")
        slider.fill("4")
        expect(page.locator("#draft-state")).to_contain_text("500 ms → 400 ms")
        slider.fill("5")
        expect(verdict).to_contain_text("On 32 calls", timeout=SOON_MS)
        expect(verdict).to_contain_text("1,120 → 980 ms", timeout=SOON_MS)
        self.assertEqual(Axe().run(page).response["violations"], [])
        self.assertEqual(operator.complaints, [])
        slider.fill("3")
        expect(verdict).to_contain_text("Change something", timeout=SOON_MS)
        page.locator("#place_thinkers").fill("1")
        expect(verdict.get_by_role("link")).to_be_visible(timeout=SOON_MS)
        verdict.get_by_role("link").click()
        expect(page.locator("h1")).to_contain_text("draft beside")

    def test_it_is_there_in_hebrew_dark_and_narrow(self) -> None:
        operator = self.signed_in(language="he", theme="dark", width=360)
        page = operator.visit(self.path())
        page.locator("#place_answers").fill("5")
        expect(page.locator("#verdict dl")).to_be_visible(timeout=SOON_MS)
        expect(page.locator("#predicted-answers li")).to_have_count(5, timeout=SOON_MS)
        self.assertEqual(Axe().run(page).response["violations"], [])
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 360)

    def test_under_the_other_rule_a_place_s_figures_are_not_shown(self) -> None:
        page = self.signed_in(language="en").visit(f"{self.path()}?all=1")
        row = page.locator("#predicted-answers ol")
        expect(row).to_be_visible(timeout=SOON_MS)
        page.locator("#id_endpointing").select_option("adaptive")
        expect(row).to_be_hidden()
        expect(page.locator("#places")).to_contain_text("under the rule that is published")

    def test_a_viewer_moves_the_sliders_without_a_verdict(self) -> None:
        operator = self.signed_in(language="en", user="viewer")
        page = operator.visit(self.path())
        page.locator("#place_answers").fill("5")
        expect(page.locator("#now_answers")).to_contain_text("350 ms")
        operator.settle()
        expect(page.locator("#verdict")).to_have_count(0)
        self.assertEqual(operator.complaints, [])
