"""Three questions and all knobs in a real browser: a slider writes what its place says."""

from __future__ import annotations

import json
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.browser import BrowserTestCase
from tuning.simple import ANSWERS, INTERRUPTED, QUESTIONS, THINKERS
from tuning.turns.profile import SHIPPED, Profile

LONG = "#id_end_silence_long_ms"


def setUpModule() -> None:
    QuestionsTestCase.begin()


class QuestionsTestCase(BrowserTestCase):
    def setUp(self) -> None:
        forget = "from tuning.models import Draft; Draft.objects.all().delete()"
        self.server.manage("shell", "-v0", "-c", forget)

    def visit(self, name: str = "balanced", query: str = "", **wishes: Any) -> Page:
        self.operator = self.signed_in(**{"language": "en"} | wishes)
        (row,) = self.server.rows("select id from tuning_timingprofile where name = ?", name)
        return self.operator.visit(f"profiles/{row['id']}/{query}")

    def slider(self, page: Page, name: str) -> Locator:
        return page.locator(f"#place_{name}")

    def value(self, page: Page, name: str) -> str:
        return page.locator(f"#id_{name}").input_value()

    def drafted(self) -> dict[str, Any]:
        rows = self.server.rows("select knobs from tuning_draft")
        return dict(json.loads(rows[0]["knobs"])) if rows else {}

    def expect_saved(self, page: Page) -> None:
        expect(page.locator("#draft-state")).to_contain_text("Your draft, saved", timeout=20_000)


class SliderTests(QuestionsTestCase):
    def test_a_place_writes_its_knobs_and_is_saved_as_the_draft(self) -> None:
        page = self.visit()
        slider = self.slider(page, "thinkers")
        slider.focus()
        page.keyboard.press("ArrowRight")
        expect(slider).to_have_attribute("aria-valuetext", "long")
        self.assertEqual(self.value(page, "end_silence_long_ms"), "2400")
        now = page.locator("#now_thinkers [data-value-of=end_silence_long_ms]:visible")
        expect(now).to_have_text("2,400 ms")
        self.expect_saved(page)
        self.assertEqual(self.drafted(), {"end_silence_long_ms": 2400})
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#draft-state")).to_contain_text("The form shows what is published")
        self.assertEqual(self.drafted(), {})
        self.assertEqual(self.operator.complaints, [])

    def test_every_place_of_every_question_sets_what_the_server_says(self) -> None:
        for name in ("balanced", "adaptive"):
            rule, page = Profile(**SHIPPED[name]).endpointing, self.visit(name)
            for question in QUESTIONS:
                slider = self.slider(page, question.name)
                for number, word in enumerate(question.places, 1):
                    slider.fill(f"{number}")
                    with self.subTest(question.name, rule=rule, place=number):
                        for knob, value in question.at(rule, number).items():
                            self.assertEqual(self.value(page, knob), f"{value}")
                        expect(slider).to_have_attribute("aria-valuetext", word.en)

    def test_a_knob_set_by_hand_is_between_two_and_the_slider_never_moves_a_knob_by_itself(
        self,
    ) -> None:
        page = self.visit(query="?all=1")
        for typed in ("1600", "1700", "2000", "3900", "1000"):
            page.fill(LONG, typed)
            place = THINKERS.place_of({"endpointing": "fixed", "end_silence_long_ms": int(typed)})
            slider = self.slider(page, "thinkers")
            expect(slider).to_have_value(f"{place.at:g}")
            nearest = THINKERS.places[place.number - 1].en
            expect(slider).to_have_attribute(
                "aria-valuetext", f"between two places, nearest: {nearest}"
            )
            self.assertEqual(self.value(page, "end_silence_long_ms"), typed)
        page.fill(LONG, "1600")
        self.expect_saved(page)
        page.reload()
        expect(self.slider(page, "thinkers")).to_have_value("2.5")
        self.assertEqual(self.value(page, "end_silence_long_ms"), "1600")
        self.slider(page, "thinkers").focus()
        page.keyboard.press("ArrowRight")
        self.assertEqual(self.value(page, "end_silence_long_ms"), "1800")

    def test_the_questions_follow_the_rule(self) -> None:
        page = self.visit("adaptive", "?all=1")
        page.locator("#id_endpointing").select_option("fixed")
        fixed = Profile(**SHIPPED["adaptive"] | {"endpointing": "fixed"})
        for question in (THINKERS, INTERRUPTED, ANSWERS):
            place = question.place_of({n: getattr(fixed, n) for n in Profile.__slots__})
            expect(self.slider(page, question.name)).to_have_value(f"{place.at:g}")
        expect(page.locator("#now_answers")).to_contain_text("Minimum utterance")

    def test_more_is_to_the_left_in_hebrew_and_to_the_right_in_english(self) -> None:
        for language, more in (("he", "ArrowLeft"), ("en", "ArrowRight")):
            page = self.visit(language=language)
            slider = self.slider(page, "thinkers")
            slider.focus()
            page.keyboard.press(more)
            expect(slider).to_have_value("4")
            words = page.locator(".question").first.locator(".place-words li")
            first, last = words.first.bounding_box(), words.last.bounding_box()
            assert first
            assert last
            self.assertEqual(first["x"] > last["x"], language == "he")
            page.keyboard.press("Home")
            page.keyboard.press(more)
            page.keyboard.press(more)
            self.expect_unchanged(page)

    def expect_unchanged(self, page: Page) -> None:
        expect(self.slider(page, "thinkers")).to_have_value("3")
        expect(page.locator(".editor[data-state]")).to_have_count(0, timeout=20_000)
        self.assertEqual(self.drafted(), {})


class AllKnobsTests(QuestionsTestCase):
    def test_they_open_in_place_and_are_remembered(self) -> None:
        page = self.visit()
        expect(page.locator(LONG)).to_be_hidden()
        self.slider(page, "thinkers").fill("4")
        page.click("#all-link")
        expect(page.locator(LONG)).to_have_value("2400")
        self.assertTrue(page.url.endswith("?all=1"))
        self.assertEqual(Axe().run(page).response["violations"], [])
        self.expect_saved(page)
        page.goto(page.url.partition("?")[0])
        expect(page.locator(LONG)).to_be_visible()
        page.click("#all-link")
        self.assertNotIn("?", page.url)
        page.reload()
        expect(page.locator(LONG)).to_be_hidden()
        self.assertEqual(Axe().run(page).response["violations"], [])

    def test_a_value_that_is_refused_opens_them(self) -> None:
        page = self.visit(query="?all=1")
        page.fill("#id_max_call_s", "9")
        page.click("#all-link")
        expect(page.locator("#problems_max_call_s .bad")).to_be_visible()
        page.click("#all-link")
        expect(page.locator("#id_max_call_s")).to_be_visible()

    def test_a_knob_is_found_by_a_word_of_its_help_in_either_language(self) -> None:
        for language in ("he", "en"):
            page = self.visit(query="?all=1", language=language)
            for typed, name in (
                ("cough", "barge_in_ms"),
                ("שיעול", "barge_in_ms"),
                ("MAX_call", "max_call_s"),
                ("נקישה", "min_speech_ms"),
            ):
                page.fill("#find-words", typed)
                shown = page.locator(".knob:visible .knob-head code")
                with self.subTest(typed, language=language):
                    expect(shown).to_have_text([name])
                    expect(page.locator("#find [role=status]")).to_contain_text("1")
                    expect(page.locator("fieldset.card:visible")).to_have_count(1)
            page.fill("#find-words", "no such word")
            expect(page.locator(".knob:visible")).to_have_count(0)
            page.fill("#find-words", "")
            self.assertGreater(page.locator(".knob:visible").count(), 20)

    def test_what_is_searched_for_is_no_change_and_publishes_nothing(self) -> None:
        page = self.visit(query="?all=1")
        page.fill("#id_note", "not yet")
        page.fill("#find-words", "cough")
        page.keyboard.press("Enter")
        page.wait_for_timeout(600)
        expect(page.locator(".editor[data-state]")).to_have_count(0)
        self.assertEqual(self.drafted(), {})
