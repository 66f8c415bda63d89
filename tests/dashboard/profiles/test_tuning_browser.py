"""Tuning with the keyboard alone, in a real browser: from the list to a published revision."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.dashboard.browser import BrowserTestCase

MOST_TABS = 250


def setUpModule() -> None:
    TuningTests.begin()


class TuningTests(BrowserTestCase):
    def setUp(self) -> None:
        self.operator = self.signed_in(language="en")

    def tearDown(self) -> None:
        self.assertEqual(self.operator.complaints, [])

    def tab_to(self, page: Page, selector: str) -> None:
        """By the Tab key, as somebody without a mouse; the focus must never be lost on the way."""
        for _press in range(MOST_TABS):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"the Tab key never reaches {selector}")

    def test_from_the_list_to_a_published_revision_with_the_keyboard_alone(self) -> None:
        page = self.operator.visit("profiles/")
        self.tab_to(page, "main a[href*='/profiles/']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/profiles/*/")
        self.tab_to(page, "#all-link")
        page.keyboard.press("Enter")
        self.tab_to(page, "#id_end_silence_short_ms")
        page.keyboard.press("Control+A")
        page.keyboard.type("650")
        expect(page.locator("#draft-state")).to_contain_text("Your draft, saved")
        self.assertEqual(page.evaluate("document.activeElement.id"), "id_end_silence_short_ms")
        self.tab_to(page, "#id_note")
        page.keyboard.type("by keyboard")
        self.tab_to(page, ".publish button")
        page.keyboard.press("Enter")
        expect(page.locator(".notice.ok[role=status]")).to_contain_text("r2")
        expect(page.locator("#undo")).to_be_visible()
        self.assertEqual(Axe().run(page).response["violations"], [])

    def test_slider_and_number_stay_equal_and_a_draft_survives_a_reload(self) -> None:
        page = self.operator.visit("profiles/")
        page.locator("main a", has_text="brisk").first.click()
        page.click("#all-link")
        number = page.locator("#id_end_silence_long_ms")
        slider = page.locator(".slider input[data-for=id_end_silence_long_ms]")
        expect(slider).to_have_value("1200")
        slider.focus()
        page.keyboard.press("ArrowRight")
        expect(number).not_to_have_value("1200")
        expect(slider).to_have_value(number.input_value())
        number.fill("1500")
        expect(slider).to_have_value("1500")
        expect(page.locator("#draft-state")).to_contain_text("1,200 ms → 1,500 ms")
        page.reload()
        expect(number).to_have_value("1500")
        expect(page.locator(".knob.is-changed")).to_have_count(1)
