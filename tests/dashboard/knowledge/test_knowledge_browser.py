"""The page of what a number knows in a browser: written, uploaded, tried."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.dashboard.browser import BrowserTestCase, Operator
from tests.knowledge.asked import BUSINESSES

MADE = """
from calls.knowledge.known_text import KnownAnswer, KnownText
from tests.knowledge.asked import businesses
number = businesses()["dentist"]
KnownText(number=number, name="עוד.md", text="מילה " * 1000).save()
KnownAnswer(number=number, questions="יש אצלכם חנייה", answer="בחצר, עד 18:00.").save()
"""


def setUpModule() -> None:
    KnowledgePageTests.begin(made=MADE)


class KnowledgePageTests(BrowserTestCase):
    def setUp(self) -> None:
        query = "select number_id, id from calls_knowntext where name = 'dentist.md'"
        (row,) = self.server.rows(query)
        self.address = f"numbers/{row['number_id']}/knowledge/"
        self.text = f"{self.address}text/{row['id']}/"

    def check(self, operator: Operator, path: str, width: int) -> None:
        operator.complaints.clear()
        page = operator.visit(path)
        operator.settle()
        for details in page.query_selector_all("details"):
            details.evaluate("each => { each.open = true; }")
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width, path)
        found = Axe().run(page).response["violations"]
        self.assertEqual([(each["id"], each["nodes"][0]["html"]) for each in found], [], path)
        self.assertEqual(operator.complaints, [], path)

    def test_its_pages_are_whole_in_both_languages_light_and_dark_wide_and_narrow(self) -> None:
        for language, theme, width in (
            ("he", "light", 1280), ("he", "dark", 360), ("en", "light", 360), ("en", "dark", 1280),
        ):  # fmt: skip
            operator = self.signed_in(language=language, theme=theme, width=width)
            asked = f"{self.address}?asked=כמה עולה סתימה"
            for path in (self.address, asked, self.text, f"{self.address}answer/new/"):
                with self.subTest(path=path, language=language, theme=theme, width=width):
                    self.check(operator, path, width)

    def test_a_question_is_tried_in_place(self) -> None:
        page = self.signed_in(language="en").visit(self.address)
        page.get_by_label("A caller's question").fill("יש לכם חניה")
        page.keyboard.press("Enter")
        found = page.locator("#found")
        expect(found).to_contain_text("בחצר")
        expect(found).to_contain_text("Certainly one of your questions")
        expect(page.locator(".passages li")).to_have_count(2)
        page.get_by_label("A caller's question").fill("אמבטיה")
        page.get_by_role("button", name="Find").click()
        expect(found).to_contain_text("Nothing is found")
        self.assertTrue(page.url.endswith(self.address))

    def test_files_are_uploaded_and_a_text_is_deleted(self) -> None:
        page = self.signed_in(language="en").visit(self.address)
        garage = next(path for path in BUSINESSES if path.stem == "garage")
        page.get_by_label("Files").set_input_files([str(garage)])
        page.get_by_role("button", name="Upload").click()
        expect(page.locator(".notice.ok")).to_contain_text("Saved")
        page.get_by_role("link", name="garage.md").click()
        page.get_by_text("Delete this").click()
        page.get_by_role("button", name="Delete garage.md").click()
        expect(page.get_by_role("link", name="garage.md")).to_have_count(0)
