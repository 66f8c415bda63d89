"""The page of one call in a real browser: waveform, seeking, keys of a Hebrew keyboard."""

from __future__ import annotations

from typing import ClassVar
from unittest import enterModuleContext

from axe_playwright_python.sync_playwright import Axe
from django.test import SimpleTestCase, tag
from playwright.sync_api import Browser, expect

from tests.browser import Operator, chromium
from tests.server import Server

FILL = """
from django.core.management import call_command
call_command("seed", calls=3, recorded=1)
from calls.models import Call
call = Call.objects.order_by("-rang_at")[0]
call.turns.filter(number=3).update(outcome="cut-in")
"""
PRESS = """([code, key]) => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { code, key, bubbles: true, cancelable: true }))"""


def setUpModule() -> None:
    CallBrowserTests.server = enterModuleContext(Server("tests.fake_settings"))
    CallBrowserTests.server.manage("shell", "-v0", "-c", FILL)
    CallBrowserTests.browser = enterModuleContext(chromium())


@tag("browser")
class CallBrowserTests(SimpleTestCase):
    server: ClassVar[Server]
    browser: ClassVar[Browser]

    def setUp(self) -> None:
        self.operator = Operator(self.browser, self.server, language="he")
        self.addCleanup(self.operator.leave)
        rows = self.server.rows("select id from calls_call order by rang_at desc")
        self.page = self.operator.visit(f"calls/{rows[0]['id']}/")
        expect(self.page.locator("#wave[data-ready]")).to_be_attached()

    def tearDown(self) -> None:
        self.assertEqual(self.operator.complaints, [])

    def press(self, code: str, key: str) -> None:
        """As a Hebrew keyboard: the place is that of the Latin letter, the sign is not."""
        self.page.evaluate(PRESS, [code, key])

    def at_s(self) -> int:
        minutes, seconds = self.page.locator("#clock").inner_text().split(":")
        return int(minutes) * 60 + int(seconds)

    def starts_s(self, turn: int) -> int:
        starts = self.page.get_attribute(f"#said-{turn}", "data-from") or "0"
        return int(float(starts) / 1000)

    def test_the_waveform_is_drawn_and_the_page_is_accessible(self) -> None:
        drawn = "document.querySelector('#wave > div').shadowRoot.querySelectorAll('canvas').length"
        self.assertGreater(self.page.evaluate(drawn), 1)
        self.assertEqual(self.operator.complaints, [])
        self.assertEqual(Axe().run(self.page).response["violations"], [])
        self.operator.complaints.clear()  # axe's own styles have no nonce

    def test_choosing_what_was_said_shows_its_turn_and_moves_the_player_there(self) -> None:
        self.page.locator("#turn-link-2").click()
        expect(self.page.locator("#turn")).to_have_attribute("data-number", "2")
        self.assertEqual(self.at_s(), self.starts_s(2))
        self.assertEqual(self.page.evaluate("document.activeElement.id"), "turn-link-2")
        self.page.reload()
        expect(self.page.locator("#turn")).to_have_attribute("data-number", "2")

    def test_keys_go_through_the_turns_on_a_hebrew_keyboard(self) -> None:
        turn = self.page.locator("#turn")
        self.press("KeyJ", "ח")
        expect(turn).to_have_attribute("data-number", "2")
        self.press("KeyC", "ב")
        expect(turn).to_have_attribute("data-number", "3")
        self.press("KeyK", "ל")
        expect(turn).to_have_attribute("data-number", "2")

    def test_an_arrow_to_the_right_is_later_in_hebrew_too(self) -> None:
        self.page.locator("#turn-link-2").click()
        before = self.at_s()
        self.press("ArrowRight", "ArrowRight")
        self.press("ArrowRight", "ArrowRight")
        self.assertAlmostEqual(self.at_s(), before + 4, delta=1)
        self.press("ArrowLeft", "ArrowLeft")
        self.assertAlmostEqual(self.at_s(), before + 2, delta=1)

    def test_playing_marks_the_turn_that_is_heard(self) -> None:
        self.page.locator("#turn-link-1").click()
        self.press("Space", " ")
        expect(self.page.locator("#play")).to_have_attribute("aria-pressed", "true")
        expect(self.page.locator("#said-1")).to_have_class("is-playing")
        self.press("Space", " ")
        expect(self.page.locator("#play")).to_have_attribute("aria-pressed", "false")

    def test_a_turn_is_labelled_by_keyboard_and_the_focus_stays(self) -> None:
        self.page.get_by_role("button", name="רעש").press("Enter")
        expect(self.page.get_by_role("button", name="רעש")).to_have_attribute(
            "aria-pressed", "true"
        )
        self.assertEqual(self.page.evaluate("document.activeElement.textContent"), "רעש")
        self.page.get_by_role("button", name="רעש").press("Enter")
        expect(self.page.get_by_role("button", name="רעש")).to_have_attribute(
            "aria-pressed", "false"
        )
