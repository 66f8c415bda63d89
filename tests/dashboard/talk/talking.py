"""What the tests of the Talk page in a real browser share: a microphone that is a recorded file,
and a call by the page's buttons."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any, ClassVar
from unittest import addModuleCleanup

from playwright.sync_api import Page, expect

from tests.dashboard.browser import BrowserTestCase, Operator
from tests.dashboard.talk.voices import write_microphone

SETTINGS = "tests.dashboard.talk.talk_settings"
DEVICE = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"
GREETED_S = 2.5
ANSWERED_S = 5.0


def begin_module() -> None:
    """For `setUpModule`."""
    folder = tempfile.TemporaryDirectory()
    addModuleCleanup(folder.cleanup)
    TalkTestCase.microphone = Path(folder.name) / "microphone.wav"
    write_microphone(TalkTestCase.microphone, [1.0])
    heard = f"--use-file-for-fake-audio-capture={TalkTestCase.microphone}%noloop"
    TalkTestCase.begin(DEVICE, ALLOWED, heard, settings_module=SETTINGS)


def turns(number: int) -> list[float | str]:
    """So many things said, each when the agent has answered the one before."""
    said: list[float | str] = [GREETED_S]
    for _turn in range(number):
        said += ["smoke", ANSWERED_S]
    return said


class TalkTestCase(BrowserTestCase):
    microphone: ClassVar[Path]

    def visited(self, *said: float | str, **wishes: Any) -> tuple[Operator, Page]:
        write_microphone(self.microphone, [*said])
        operator = self.signed_in(**{"language": "en"} | wishes)
        return operator, operator.visit("talk/")

    def talking(self, *said: float | str, **wishes: Any) -> tuple[Operator, Page]:
        operator, page = self.visited(*said, **wishes)
        page.click("#call")
        expect(page.locator('[data-state="talking"]')).to_be_visible(timeout=15_000)
        return operator, page

    def hang_up(self, page: Page) -> dict[str, Any]:
        """The call's row, once it is settled."""
        page.click("#hang-up")
        expect(page.locator("#call")).to_be_focused()
        link = page.get_attribute("#call-page", "href") or ""
        (row,) = self.server.rows("select * from calls_call where id = ?", link.split("/")[-2])
        return self.server.ended_call(row["call_sid"])

    def figures(self, page: Page) -> list[list[int]]:
        """Waited, server, network and buffers of each turn, the newest first."""
        rows = page.locator("#heard-turns tr").all_inner_texts()
        found = [re.findall(r"(-?[\d,]+) ms", row) for row in rows]
        return [[int(ms.replace(",", "")) for ms in row] for row in found]

    def problem(self, page: Page, name: str) -> None:
        expect(page.locator(f'[data-problem="{name}"]')).to_be_visible(timeout=20_000)
