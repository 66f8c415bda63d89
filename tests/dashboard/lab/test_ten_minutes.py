"""The whole way of docs/tune-in-ten-minutes.md, in Chromium."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.dashboard.browser import BrowserTestCase
from tests.dashboard.lab.ten_minutes import FILL, walk


def setUpModule() -> None:
    TenMinutesTests.begin(made=FILL)


class TenMinutesTests(BrowserTestCase):
    def test_a_bad_profile_becomes_a_better_one(self) -> None:
        seen: list[str] = []

        def picture(page: Page, name: str) -> None:
            seen.append(name)

        operator = self.signed_in(language="en")
        page = walk(operator, self.server, picture)
        self.assertEqual(seen, ["advice", "replay", "trial-new", "trial", "published"])
        newest = page.locator(".history tbody tr").first
        expect(newest).to_contain_text("Are fewer callers cut in on?")
        (trial,) = self.server.rows("select state, published_id from tuning_trial")
        self.assertEqual(trial["state"], "candidate")
        (revision,) = self.server.rows(
            "select knobs from tuning_revision where id = ?", trial["published_id"]
        )
        self.assertIn("end_silence", f"{revision['knobs']}")
        self.assertEqual(operator.complaints, [])
        self.assertTrue(Path("docs/tune-in-ten-minutes.md").exists())
