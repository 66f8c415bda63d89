"""The microphone and the sound of a call from the browser: what is missing, lost or not granted is
a sentence that says what to do, in both languages."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.dashboard.talk.talking import TalkTestCase, begin_module, turns
from tests.dashboard.talk.voices import write_microphone

GIVEN = """
const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (open) navigator.mediaDevices.getUserMedia = async (asked) => (window.given = await open(asked));
"""
REFUSED = """(name) => { navigator.mediaDevices.getUserMedia = async () => {
  throw new DOMException("", name); }; }"""
CONTEXTS = """
const Usual = window.AudioContext;
window.AudioContext = class extends Usual {
  constructor(...wishes) { super(...wishes); window.sounding = this; }
};"""
GRANTED = """(echoCancellation) => {
  const usual = MediaStreamTrack.prototype.getSettings;
  MediaStreamTrack.prototype.getSettings = function () {
    return { ...usual.call(this), echoCancellation };
  };
}"""


def setUpModule() -> None:
    begin_module()


class MicrophoneTestCase(TalkTestCase):
    def prepared(self, script: str, number: int = 1, language: str = "en") -> Page:
        """The page, with this run on it before its own."""
        write_microphone(self.microphone, turns(number))
        operator = self.signed_in(language=language)
        operator.page.add_init_script(script)
        return operator.visit("talk/")

    def called(self, page: Page) -> None:
        page.click("#call")
        expect(page.locator('[data-state="talking"]')).to_be_visible(timeout=15_000)


class NoMicrophoneTests(MicrophoneTestCase):
    def test_every_reason_why_there_is_none_is_a_sentence_of_its_own(self) -> None:
        for name, problem, words in (
            ("NotAllowedError", "denied", "Allow it by the sign beside the page's address"),
            ("NotFoundError", "no-microphone", "Connect one, or choose another"),
            ("NotReadableError", "microphone-busy", "Close that program"),
        ):
            with self.subTest(problem):
                _operator, page = self.visited(1.0)
                page.evaluate(REFUSED, name)
                page.click("#call")
                self.problem(page, problem)
                expect(page.locator(f'[data-problem="{problem}"]')).to_contain_text(words)
                expect(page.locator("#call")).to_be_focused()

    def test_it_is_said_in_hebrew(self) -> None:
        _operator, page = self.visited(1.0, language="he")
        page.evaluate(REFUSED, "NotAllowedError")
        page.click("#call")
        expect(page.locator('[data-problem="denied"]')).to_contain_text("אשרו אותו")
        for each in page.locator("#problems [data-problem]").all():
            self.assertRegex(each.text_content() or "", "[א-ת]{3}")

    def test_without_https_there_is_no_button_to_press(self) -> None:
        insecure = "Object.defineProperty(window, 'isSecureContext', { value: false })"
        page = self.prepared(insecure)
        self.problem(page, "insecure")
        expect(page.locator("#call")).to_be_disabled()


class LostMicrophoneTests(MicrophoneTestCase):
    def lost(self) -> Page:
        page = self.prepared(GIVEN, 2)
        self.called(page)
        page.evaluate("window.given.getAudioTracks()[0].dispatchEvent(new Event('ended'))")
        self.problem(page, "lost-microphone")
        return page

    def test_another_one_that_is_chosen_takes_its_place(self) -> None:
        page = self.lost()
        page.locator("#gain").check()
        expect(page.locator('[data-problem="lost-microphone"]')).to_be_hidden()
        expect(page.locator("#heard-turns tr")).not_to_have_count(0, timeout=30_000)
        self.hang_up(page)

    def test_one_that_is_connected_again_is_used_at_once(self) -> None:
        page = self.lost()
        before = page.evaluate("window.given.id")
        page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
        expect(page.locator('[data-problem="lost-microphone"]')).to_be_hidden()
        self.assertNotEqual(page.evaluate("window.given.id"), before)
        self.hang_up(page)


class SoundTests(MicrophoneTestCase):
    def test_sound_that_another_program_has_taken_is_said_until_it_is_back(self) -> None:
        page = self.prepared(CONTEXTS, 2)
        self.called(page)
        page.evaluate("window.sounding.suspend()")
        self.problem(page, "interrupted")
        page.evaluate("window.sounding.resume()")
        expect(page.locator('[data-problem="interrupted"]')).to_be_hidden()
        expect(page.locator("#heard-turns tr")).not_to_have_count(0, timeout=30_000)
        self.assertEqual(self.hang_up(page)["ended_why"], "caller hung up")

    def test_sound_that_never_begins_is_said(self) -> None:
        page = self.prepared("AudioContext.prototype.resume = () => new Promise(() => {});")
        page.click("#call")
        self.problem(page, "no-sound")
        expect(page.locator("#call")).to_be_focused()

    def test_what_was_granted_is_shown_and_headphones_are_advised_where_it_was_not(self) -> None:
        for granted, kind, words in (
            (False, "none", "use headphones"),
            (True, "some", "on"),
            ("all", "all", "everything that this machine plays"),
        ):
            with self.subTest(kind):
                _operator, page = self.visited(1.0)
                page.evaluate(GRANTED, granted)
                self.called(page)
                shown = page.locator("#echo-granted [data-granted]").filter(visible=True)
                expect(shown).to_have_count(1)
                expect(shown).to_have_attribute("data-granted", kind)
                expect(shown).to_contain_text(re.compile(words))
                page.click("#hang-up")
