"""The Talk page in a real browser whose microphone is a recorded file: calls by its buttons."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import ClassVar
from unittest import addModuleCleanup

from playwright.sync_api import Page, expect

from tests.dashboard.browser import BrowserTestCase, Operator
from tests.dashboard.talk.voices import write_microphone

SETTINGS = "tests.dashboard.talk.talk_settings"
FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def setUpModule() -> None:
    folder = tempfile.TemporaryDirectory()
    addModuleCleanup(folder.cleanup)
    TalkTestCase.microphone = Path(folder.name) / "microphone.wav"
    write_microphone(TalkTestCase.microphone, [1.0])
    heard = f"--use-file-for-fake-audio-capture={TalkTestCase.microphone}%noloop"
    TalkTestCase.begin(*FLAGS, heard, settings_module=SETTINGS)


class TalkTestCase(BrowserTestCase):
    microphone: ClassVar[Path]

    def talking(self, *said: float | str, language: str = "en") -> tuple[Operator, Page]:
        write_microphone(self.microphone, [*said])
        operator = self.signed_in(language=language)
        page = operator.visit("talk/")
        page.click("#call")
        expect(page.locator('[data-state="talking"]')).to_be_visible(timeout=10_000)
        return operator, page


class WholeCallTests(TalkTestCase):
    def test_a_call_of_five_turns_by_the_pages_own_buttons(self) -> None:
        turns: list[float | str] = []
        for _turn in range(5):
            turns += ["smoke", 6.0]
        operator, page = self.talking(2.0, *turns)
        expect(page.locator("#heard-turns tr")).to_have_count(5, timeout=60_000)
        page.screenshot(path="/tmp/talk.png", full_page=True)
        page.click("#hang-up")
        expect(page.locator("#call")).to_be_focused()
        self.assertEqual(operator.complaints, [])


class InterruptionTests(TalkTestCase):
    def test_the_loudspeaker_is_silent_within_290_ms_of_the_callers_voice(self) -> None:
        import os

        N = int(os.environ.get("N", "8"))
        said: list[float | str] = [2.0, *["smoke", 2.0] * (N + 1)]
        _operator, page = self.talking(*said)
        silenced = page.locator("#live")
        page.wait_for_function(
            "(n) => (document.getElementById('live').dataset.silenced ?? '').split(' ').length >= n",
            arg=N,
            timeout=(N * 4 + 30) * 1000,
        )
        took = sorted(map(int, (silenced.get_attribute("data-silenced") or "").split()))
        print(took, page.inner_text("#heard"))
        self.assertLessEqual(took[int(len(took) * 0.95)], 290, took)
