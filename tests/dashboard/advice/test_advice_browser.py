"""Advice in a real browser: from asking to a replay of the draft, and whole in every look."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.dashboard.browser import BrowserTestCase
from tests.dashboard.test_pages import BARE_NUMBERS

FILL = """
from dataclasses import asdict
from calls.lab.comparison import Estimate
from calls.lab.prediction import Outcome, Prediction
from tests.dashboard.advice.test_prediction_pages import said
from tests.lab.recorded_calls import a_recorded_call
from tests.lab.told import an_advice
from tuning.models import TimingProfile
from tuning.turns.profile import Profile
for number in range(1, 6):
    a_recorded_call(number)
    a_recorded_call(number + 5, profile="brisk")
profile = TimingProfile.objects.get(name="balanced")
profile.make_default()
revision = profile.publish(Profile(vad_hangover_ms=240), by=None, note="as the lab advised")
one = Prediction.objects.create(revision=revision, comparison=said().as_json(), short_ms=2000)
figures = {"cut_ins": asdict(Estimate(0.02, 0.01, 0.03)), "p50_long": None}
Outcome.objects.create(prediction=one, days=1, calls=80, turns=640, figures=figures)
an_advice(profile, end_silence_long_ms__1900={"more": -12, "wait_ms": 40})
"""


def setUpModule() -> None:
    AdviceBrowserTests.begin(made=FILL)


class AdviceBrowserTests(BrowserTestCase):
    def profile(self, name: str) -> int:
        (row,) = self.server.rows("select id from tuning_timingprofile where name = ?", name)
        return int(row["id"])

    def test_its_pages_are_whole_in_both_languages_light_and_dark_wide_and_narrow(self) -> None:
        profile = self.profile("balanced")
        paths = ("", "lab/advice/", "lab/advice/?of=3", "lab/predictions/", f"profiles/{profile}/")
        for language, theme, width in (
            ("he", "light", 1280), ("he", "dark", 360), ("en", "light", 360), ("en", "dark", 1280),
        ):  # fmt: skip
            operator = self.signed_in(language=language, theme=theme, width=width)
            for path in paths:
                with self.subTest(path, language=language, theme=theme, width=width):
                    page = operator.visit(path)
                    operator.settle()
                    for details in page.query_selector_all("details"):
                        details.evaluate("each => { each.open = true; }")
                    wide = page.evaluate("document.documentElement.scrollWidth")
                    self.assertLessEqual(wide, width)
                    self.assertEqual(Axe().run(page).response["violations"], [])
                    self.assertEqual(page.evaluate(BARE_NUMBERS), [])
                    self.assertEqual(operator.complaints, [])

    def test_from_home_by_advice_and_draft_to_its_replay_by_the_keyboard(self) -> None:
        operator = self.signed_in(language="en")
        page = operator.visit("")
        page.locator(".advised a").press("Enter")
        expect(page.locator(".advice h2")).to_have_text("Silence after a long utterance +100 ms")
        page.locator(".advice button").press("Enter")
        expect(page.locator(".advice .state.ok")).to_contain_text("in your draft")
        page.locator(".advice button").press("Enter")
        page.wait_for_url("**/lab/*/")
        expect(page.locator("h1")).to_contain_text("The draft beside balanced r2")
        expect(page.locator("#replay-result")).to_contain_text("too few to say", timeout=30_000)
        self.assertEqual(operator.complaints, [])

    def test_asked_for_it_shows_how_far_it_is_and_then_what_it_found(self) -> None:
        operator = self.signed_in(language="en")
        page = operator.visit(f"lab/advice/?of={self.profile('brisk')}")
        page.locator(".ask-advice button").press("Enter")
        page.wait_for_url("**/lab/advice/*/")
        expect(page.locator("#replay-result")).to_contain_text(
            "Too few turns to advise anything.", timeout=60_000
        )
        self.assertEqual(operator.complaints, [])
