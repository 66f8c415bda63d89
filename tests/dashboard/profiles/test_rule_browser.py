"""Choosing the rule in a real browser: what acts under it is shown at once, and nothing is lost."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.dashboard.browser import BrowserTestCase
from tuning.turns.profile import KNOBS

OVERTAKEN = re.compile(r"htmx:(afterRequest|sendAbort)")


def setUpModule() -> None:
    RuleTests.begin()


class RuleTests(BrowserTestCase):
    def setUp(self) -> None:
        self.operator = self.signed_in(language="en")

    def tearDown(self) -> None:
        # A check that the next one overtakes is given up: htmx complains of its own doing.
        complaints = [each for each in self.operator.complaints if OVERTAKEN.match(each) is None]
        self.assertEqual(complaints, [])

    def visit(self, profile: str) -> Page:
        page = self.operator.visit("profiles/")
        page.locator("main a", has_text=profile).first.click()
        page.wait_for_url("**/profiles/*/")
        page.click("#all-link")
        return page

    def shown(self, page: Page) -> set[str]:
        return set(page.locator(".knob:visible .knob-head code").all_inner_texts())

    def test_what_acts_under_the_chosen_rule_is_shown_at_once_and_by_its_name_there(self) -> None:
        page = self.visit("unhurried")
        rule, silence = page.locator("#id_endpointing"), page.locator("#label_end_silence_long_ms")
        for chosen, name in (("adaptive", "Longest silence"), ("fixed", "Silence after a long")):
            rule.select_option(chosen)
            expected = {knob.name for knob in KNOBS if knob.acts_under(chosen)}
            self.assertEqual(self.shown(page), expected)
            self.assertIn(name, silence.inner_text())
            field = page.get_by_role("spinbutton", name=silence.inner_text(), exact=True)
            expect(field).to_have_attribute("id", "id_end_silence_long_ms")
            self.assertEqual(Axe().run(page).response["violations"], [])

    def test_a_hidden_value_is_there_again_when_its_rule_is_chosen_again(self) -> None:
        page = self.visit("brisk")
        rule, minimum = page.locator("#id_endpointing"), page.locator("#id_min_utterance_ms")
        minimum.fill("350")
        rule.select_option("adaptive")
        expect(minimum).to_be_hidden()
        expect(page.locator("#sum")).to_contain_text("words are missing")
        rule.select_option("fixed")
        expect(minimum).to_be_visible()
        expect(minimum).to_have_value("350")

    def test_a_refused_value_is_not_hidden(self) -> None:
        page = self.visit("balanced")
        page.locator("#id_min_utterance_ms").fill("9000")
        expect(page.locator("#problems_min_utterance_ms .bad")).to_be_visible()
        page.locator("#id_endpointing").select_option("adaptive")
        expect(page.locator("#id_stable_ms")).to_be_visible()
        expect(page.locator("#id_min_utterance_ms")).to_be_visible()
        page.locator("#id_min_utterance_ms").fill("600")
        expect(page.locator("#id_min_utterance_ms")).to_be_hidden()
