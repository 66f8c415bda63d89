"""The lab in a real browser: a replay from asking to its result, and one call at once."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.dashboard.browser import BrowserTestCase, Operator
from tests.dashboard.test_pages import BARE_NUMBERS

FILL = """
from tests.lab.recorded_calls import a_recorded_call
for number in range(1, 41):
    a_recorded_call(number, pause_ms=1300 if number % 4 == 0 else 300)
"""


def setUpModule() -> None:
    LabBrowserTests.begin(made=FILL)


class LabBrowserTests(BrowserTestCase):
    def newest_call(self) -> str:
        (row,) = self.server.rows("select id from calls_call order by rang_at desc limit 1")
        return f"calls/{row['id']}/"

    def ask(self, operator: Operator) -> Page:
        """By the keyboard alone, from the list of calls."""
        page = operator.visit("calls/?real=on")
        page.locator("a[href*='/lab/new/']").press("Enter")
        page.locator("nav.filter a", has_text="balanced").press("Enter")
        page.locator("[name=candidate]").select_option("preset brisk")
        page.locator("main button").press("Enter")
        page.wait_for_url("**/lab/*/")
        return page

    def test_a_replay_tells_how_far_it_is_and_then_what_it_found(self) -> None:
        operator = self.signed_in(language="en")
        page = self.ask(operator)
        expect(page.locator(".first-line")).to_contain_text("On 40 calls of", timeout=30_000)
        expect(page.locator("#replay-progress")).to_have_count(0)
        page.locator("#changed-cut_in").click()  # it stood open
        page.locator("#changed-sooner").click()
        play = page.locator("details:has(#changed-sooner) a[href*='#at=']").first
        expect(play).to_be_visible()
        play.press("Enter")
        page.wait_for_url("**/calls/*/?turn=*")
        self.assertEqual(operator.complaints, [])

    def test_its_pages_are_whole_in_both_languages_light_and_dark_wide_and_narrow(self) -> None:
        page = self.ask(self.signed_in(language="en"))
        expect(page.locator(".first-line")).to_be_visible(timeout=30_000)
        replay = page.url.partition("/en/")[2]
        paths = ("lab/", replay, f"{self.newest_call()}tried/?candidate=preset%20adaptive")
        for language, theme, width in (
            ("he", "light", 1280), ("he", "dark", 360), ("en", "light", 360), ("en", "dark", 1280),
        ):  # fmt: skip
            operator = self.signed_in(language=language, theme=theme, width=width)
            for path in paths:
                with self.subTest(path, language=language, theme=theme, width=width):
                    page = operator.visit(path)
                    operator.settle()
                    for details in page.query_selector_all("details"):
                        details.evaluate("each => { each.open = true; }")
                    self.assertLessEqual(
                        page.evaluate("document.documentElement.scrollWidth"), width
                    )
                    self.assertEqual(Axe().run(page).response["violations"], [])
                    self.assertEqual(page.evaluate(BARE_NUMBERS), [])
                    self.assertEqual(operator.complaints, [])

    def test_a_calls_page_says_what_another_profile_would_have_done(self) -> None:
        operator = self.signed_in(language="he")
        page = operator.visit(self.newest_call())
        page.locator(".tried a").press("Enter")
        choice = page.locator("#tried-candidate")
        expect(choice).to_be_focused()
        choice.select_option("preset brisk")
        expect(page.locator(".tried-turns tbody tr")).to_have_count(2)
        expect(page.locator(".tried-turns")).to_contain_text("מוקדם יותר")
        expect(choice).to_be_focused()
        self.assertEqual(operator.complaints, [])
