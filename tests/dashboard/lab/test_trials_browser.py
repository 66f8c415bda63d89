"""Trials in a real browser: the plan follows the form, one starts, and every page is whole."""

from __future__ import annotations

from datetime import timedelta

from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from tests.dashboard.browser import BrowserTestCase
from tests.dashboard.test_pages import BARE_NUMBERS

PAGES = ("lab/trials/", "lab/trials/1/", "lab/trials/2/", "lab/trials/3/", "lab/trials/new/", "")


def setUpModule() -> None:
    TrialTests.begin(made="from tests.dashboard.lab.trial_demo import fill; fill()")


class TrialTests(BrowserTestCase):
    def test_every_page_is_whole_in_both_languages_wide_and_narrow(self) -> None:
        axe = Axe()
        for language, width in (("he", 360), ("en", 1280), ("he", 1280)):
            operator = self.signed_in(language=language, width=width)
            for path in PAGES:
                with self.subTest(path, language=language, width=width):
                    page = operator.visit(path)
                    operator.settle()
                    for details in page.query_selector_all("details"):
                        details.evaluate("each => { each.open = true; }")
                    self.assertLessEqual(
                        page.evaluate("document.documentElement.scrollWidth"), width
                    )
                    found = axe.run(page).response["violations"]
                    self.assertEqual([(e["id"], e["nodes"][0]["html"]) for e in found], [])
                    self.assertEqual(page.evaluate(BARE_NUMBERS), [])
            self.assertEqual(operator.complaints, [])
            operator.leave()

    def test_a_trial_is_written_down_started_seen_and_ended(self) -> None:
        operator = self.signed_in(language="en")
        page = operator.visit("profiles/")
        page.locator("main a", has_text="brisk").first.click()
        page.locator("text=Try a change on a share of the calls").click()
        plan = page.locator("#trial-plan")
        expect(plan).to_contain_text("30 or more")  # nobody has called on this profile
        page.locator("nav.filter a", has_text="balanced").click()
        expect(page.locator(".notice.unsure").first).to_contain_text("A trial runs")
        page = operator.visit("lab/trials/3/")
        page.fill("#reason", "another one is wanted")
        page.get_by_role("button", name="End the trial").click()
        expect(page.locator(".first-line")).to_contain_text("another one is wanted")
        page = operator.visit("lab/trials/new/?of=1")
        page.select_option("[name=decides]", "long")
        page.fill("[name=least_effect]", "120")
        expect(plan).to_contain_text("About")
        before = plan.inner_text()
        page.fill("[name=share]", "50")
        expect(plan).not_to_have_text(before)
        page.select_option("[name=candidate]", "preset unhurried")
        page.fill("[name=name]", "slower")
        page.fill("[name=question]", "Are fewer callers cut in on?")
        page.fill("[name=ends_on]", f"{timezone.localdate() + timedelta(days=30)}")
        page.get_by_role("button", name="Start the trial").click()
        page.wait_for_url("**/lab/trials/4/")
        expect(page.locator(".first-line")).to_contain_text("Not decided yet")
        expect(operator.visit("live/").locator("#trial-news")).to_contain_text("slower")
        self.assertEqual(operator.complaints, [])
