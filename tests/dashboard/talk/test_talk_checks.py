"""The test on the Talk page: five ticks, and whatever gets none says what to do."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.dashboard.browser import Operator
from tests.dashboard.talk.talking import TalkTestCase, begin_module
from tests.dashboard.talk.voices import write_microphone

DENIED = """navigator.mediaDevices.getUserMedia = async () => {
  throw new DOMException("", "NotAllowedError"); };"""
NO_SERVER = """
window.WebSocket = class extends WebSocket {
  constructor(url) { super(`${url}`.replace("/ws/talk/echo", "/nowhere")); }
  send() {}
};"""
SLOW = """
const usual = WebSocket.prototype.send;
WebSocket.prototype.send = function (text) { setTimeout(() => usual.call(this, text), 200); };"""
LOUDSPEAKER_IS_HEARD = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...rest) {
  if (to === this.context.destination) connect.call(this, this.context.room);
  return connect.call(this, to, ...rest);
};
const Usual = window.AudioContext;
window.AudioContext = class extends Usual {
  constructor(...wishes) {
    super(...wishes);
    this.room = window.room = new MediaStreamAudioDestinationNode(this);
  }
};
navigator.mediaDevices.getUserMedia = async () => window.room.stream.clone();"""
DEAF = "Object.defineProperty(AudioContext.prototype, 'state', { value: 'suspended' });"


def setUpModule() -> None:
    begin_module()


class CheckTests(TalkTestCase):
    def checked(self, *said: float | str, script: str = "", language: str = "en") -> Operator:
        write_microphone(self.microphone, [*said])
        operator = self.signed_in(language=language)
        if script:
            operator.page.add_init_script(script)
        page = operator.visit("talk/")
        page.click("#check")
        expect(page.locator("#check")).to_be_enabled(timeout=40_000)
        return operator

    def assert_results(self, page: Page, **expected: str) -> None:
        """Of each check: its result, whose sentence is all that is shown."""
        for name, result in expected.items():
            row = page.locator(f'[data-check="{name.replace("_", "-")}"]')
            shown = row.locator("[data-result]").filter(visible=True)
            with self.subTest(name):
                expect(shown).to_have_count(1)
                expect(shown).to_have_attribute("data-result", result)
                self.assertIn(result, row.get_attribute("class") or "")

    def test_the_test_ticks_what_works_and_says_what_to_do_about_the_rest(self) -> None:
        operator = self.checked("smoke", 0.5, "smoke", 20.0)
        self.assert_results(
            operator.page,
            browser="ok",
            microphone="ok",
            loudspeaker="unsure",  # nothing leads its sound to this microphone
            round_trip="ok",
            echo="ok",
        )
        self.assertEqual(Axe().run(operator.page).response["violations"], [])
        self.assertEqual(operator.complaints, [])

    def test_a_loudspeaker_that_comes_back_through_the_microphone_is_an_echo(self) -> None:
        page = self.checked(20.0, script=LOUDSPEAKER_IS_HEARD + SLOW, language="he").page
        self.assert_results(
            page, microphone="unsure", loudspeaker="ok", echo="unsure", round_trip="unsure"
        )
        expect(page.locator('[data-check="echo"]')).to_contain_text("אוזניות")

    def test_without_a_microphone_what_needs_one_is_not_tested(self) -> None:
        page = self.checked(1.0, script=DENIED + NO_SERVER).page
        self.assert_results(
            page, browser="ok", microphone="bad", loudspeaker="skipped", echo="skipped"
        )
        self.assert_results(page, round_trip="bad")
        expect(page.locator('[data-check="microphone"]')).to_contain_text("allow it")

    def test_a_browser_that_plays_nothing_is_said(self) -> None:
        page = self.checked("smoke", 20.0, script=DEAF).page
        self.assert_results(page, loudspeaker="bad")

    def test_a_browser_that_cannot_call_is_said(self) -> None:
        insecure = "Object.defineProperty(window, 'isSecureContext', { value: false })"
        page = self.checked(1.0, script=insecure).page
        self.assert_results(page, browser="bad")
        expect(page.locator('[data-check="browser"]')).to_contain_text("HTTPS")
