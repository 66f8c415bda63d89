"""What else the page does for who steps in: keys, lines, and what may go wrong."""

from __future__ import annotations

import json
import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.dashboard.stepin.step_in_case import AUDITED, JOURNAL, StepInTestCase, begin

NO_MICROPHONE = """(name) => { navigator.mediaDevices.getUserMedia = async () => {
    throw new DOMException("", name); }; }"""


def setUpModule() -> None:
    begin()


class KeyTests(StepInTestCase):
    def test_space_mutes_wherever_one_is_and_never_hands_back(self) -> None:
        _operator, page = self.opened(width=360)
        self.take_over(page)
        mute = page.locator("#hold-mute")
        expect(mute).to_be_focused()
        for place in ("#hold-mute", "#hand-back"):
            page.locator(place).focus()
            page.keyboard.press("Space")
            expect(mute).to_have_attribute("aria-pressed", "true")
            expect(page.locator('[data-hold="muted"]')).to_be_visible()
            muted_s = time.monotonic() + 0.7
            page.wait_for_timeout(1500)
            self.assertEqual(self.ear.heard_since(muted_s), set())
            page.keyboard.press("Space")
            expect(mute).to_have_attribute("aria-pressed", "false")
        page.locator("#hold-note").focus()
        page.keyboard.press("Space")
        expect(mute).to_have_attribute("aria-pressed", "false")
        self.assertEqual(page.input_value("#hold-note"), " ")
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 360)
        self.assertEqual(Axe().run(page).response["violations"], [])
        page.keyboard.press("Enter")
        expect(page.locator('[data-problem="handed-back"]')).to_be_visible()
        self.ended()


class LineTests(StepInTestCase):
    def test_a_whisper_and_a_line_to_say_reach_the_agent(self) -> None:
        operator, page = self.opened()
        page.fill("#whisper-text", "להציע גם את יום שני")
        page.keyboard.press("Enter")
        expect(page.locator("#whisper [role=status]")).to_be_visible()
        expect(page.locator("#whisper-text")).to_be_focused()
        page.fill("#say-text", "רגע אחד, אני בודק")
        page.wait_for_selector(".floor.speaking", timeout=20_000)  # the caller listens
        page.click("#say-go")
        expect(page.locator("#say [role=status]")).to_be_visible()
        expect(page.locator("#live-turns")).to_contain_text("רגע אחד, אני בודק", timeout=20_000)
        self.assertEqual(Axe().run(page).response["violations"], [])
        self.assertEqual(operator.complaints, [])
        page.click("#say-go")
        expect(page.locator("#say [role=alert]")).to_be_visible()
        self.assertEqual(
            [(action, detail) for _who, action, detail in self.audited(2)],
            [("whisper", {"characters": 19}), ("say", {"characters": 17})],
        )
        call = self.ended()
        self.assertEqual((call["was_held"], json.loads(call["holds"])), (0, []))
        journal = self.server.manage("shell", "-v0", "-c", JOURNAL.format(pk=call["id"]))
        for kind in ("Whispered", "AskedToSay"):
            self.assertIn(f'"kind": "{kind}"', journal.replace('":"', '": "'))


class TroubleTests(StepInTestCase):
    def test_every_problem_with_the_microphone_is_a_sentence_and_asks_no_call(self) -> None:
        _operator, page = self.opened()
        for name, problem in (
            ("NotAllowedError", "denied"),
            ("NotFoundError", "no-microphone"),
            ("NotReadableError", "microphone-busy"),
        ):
            with self.subTest(problem):
                page.evaluate(NO_MICROPHONE, name)
                page.click("#take-over")
                expect(page.locator(f'[data-problem="{problem}"]')).to_be_visible()
                expect(page.locator("#take-over")).to_be_focused()
        self.assertEqual(self.server.rows(AUDITED, self.call_sid), [])
        self.assertEqual(self.ended()["was_held"], 0)

    def test_without_https_there_is_no_button_to_press(self) -> None:
        operator = self.signed_in(language="en")
        operator.page.add_init_script(
            "Object.defineProperty(window, 'isSecureContext', { value: false })"
        )
        page = self.opened(operator)[1]
        expect(page.locator('[data-problem="insecure"]')).to_be_visible()
        expect(page.locator("#take-over")).to_be_disabled()
        expect(page.locator("#whisper-text")).to_be_enabled()

    def test_a_microphone_that_is_lost_is_said_and_taken_up_when_it_is_back(self) -> None:
        operator = self.signed_in(language="en")
        operator.page.add_init_script("""
            const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
            if (open) navigator.mediaDevices.getUserMedia = async (asked) =>
              (window.given = await open(asked));""")
        page = self.opened(operator)[1]
        self.take_over(page)
        page.evaluate("""() => { const [track] = window.given.getAudioTracks();
            track.stop(); track.dispatchEvent(new Event("ended")); }""")
        lost = page.locator('[data-problem="lost-microphone"]')
        expect(lost).to_be_visible()
        page.wait_for_timeout(500)
        page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
        expect(lost).to_be_hidden()
        back_s = time.monotonic()
        self.until(lambda: "person" in self.ear.heard_since(back_s), page)
        page.click("#hand-back")
        self.ended()
