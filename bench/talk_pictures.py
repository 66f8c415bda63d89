"""The pictures of docs/talk.md: a call from the browser with its sliders, and the test page."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.dashboard.browser import Operator, chromium
from tests.dashboard.talk.voices import write_microphone
from tests.server import Server

SAID: list[float | str] = [2.5, "smoke", 5.0, "next_week", 5.0, "smoke", 5.0, "smoke", 60.0]


def draw(folder: Path) -> None:
    with (
        tempfile.TemporaryDirectory() as made,
        Server("tests.dashboard.talk.talk_settings") as server,
    ):
        microphone = Path(made) / "microphone.wav"
        write_microphone(microphone, SAID)
        flags = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
        heard = f"--use-file-for-fake-audio-capture={microphone}%noloop"
        with chromium(*flags, heard) as browser:
            for language in ("he", "en"):
                theme = "light" if language == "he" else "dark"
                page = Operator(browser, server, language=language, theme=theme).visit("talk/")
                _talk(page)
                page.screenshot(path=folder / f"talk-{language}.png")
                _show(page, "#knobs-beside")
                page.locator("#knobs").screenshot(path=folder / f"talk-knobs-{language}.png")
                page.click("#hang-up")
                page.click("#check")
                expect(page.locator("#check")).to_be_enabled(timeout=40_000)
                page.locator("#checks").screenshot(path=folder / f"talk-test-{language}.png")


def _talk(page: Page) -> None:
    """Until the answer to what is said after a slider was moved."""
    page.click("#call")
    expect(page.locator("#heard-turns tr")).to_have_count(2, timeout=60_000)
    slider = page.locator("#try_answers")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#heard-turns tr")).to_have_count(3, timeout=60_000)
    page.evaluate("scrollTo(0, 0)")


def _show(page: Page, selector: str) -> None:
    page.locator(selector).scroll_into_view_if_needed()
