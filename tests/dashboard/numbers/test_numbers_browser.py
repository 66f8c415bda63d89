"""A number's form in a browser: rows that are added and removed in place."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.dashboard.browser import BrowserTestCase


def setUpModule() -> None:
    NumberFormTests.begin()


class NumberFormTests(BrowserTestCase):
    def setUp(self) -> None:
        self.operator = self.signed_in(language="en", width=1280)
        self.server.manage(
            "shell", "-c",
            "from calls.models import PhoneNumber; PhoneNumber.objects.all().delete()",
        )  # fmt: skip

    def new_number(self) -> Page:
        page = self.operator.visit("numbers/new/")
        page.fill("#id_number", "077-1234567")
        page.fill("#id_name", "Clinic")
        return page

    def save(self, page: Page) -> None:
        page.locator(".number-form .button.primary").click()

    def hours(self) -> list[tuple[int, str]]:
        rows = self.server.rows(
            "select weekday, opens from calls_openinghours order by weekday, opens"
        )
        return [(row["weekday"], f"{row['opens']}"[:5]) for row in rows]

    def test_a_week_takes_one_click_and_rows_come_and_go_in_place(self) -> None:
        page = self.new_number()
        rows = page.locator("#hours-rows .row:visible")
        expect(rows).to_have_count(0)
        page.get_by_role("button", name="Add Sunday to Thursday").click()
        page.get_by_role("button", name="Add Friday").click()
        page.get_by_role("button", name="Add other hours").click()
        expect(rows).to_have_count(3)
        rows.nth(2).get_by_role("button", name="Remove").click()
        expect(rows).to_have_count(2)
        page.get_by_label("Openers").fill("בכיף,\nמעולה,")
        self.assertEqual(Axe().run(page).response["violations"], [])
        self.save(page)
        expect(page.locator(".notice.ok")).to_contain_text("Saved")
        self.assertEqual(self.hours(), [*((day, "09:00") for day in range(5)), (5, "09:00")])
        expect(page.locator("#id_number")).to_have_value("+972771234567")
        expect(page.get_by_label("Openers")).to_have_value("בכיף,\nמעולה,")
        expect(rows).to_have_count(2)
        rows.nth(1).get_by_role("button", name="Remove").click()
        rows.nth(0).get_by_label("Thu").uncheck()
        self.save(page)
        expect(rows).to_have_count(1)
        self.assertEqual(self.hours(), [(day, "09:00") for day in range(4)])
        self.assertEqual(self.operator.complaints, [])

    def test_an_overlap_is_said_at_its_row_and_what_was_typed_stays(self) -> None:
        page = self.new_number()
        for _time in range(2):
            page.get_by_role("button", name="Add Sunday to Thursday").click()
        self.save(page)
        second = page.locator("#hours-rows .row").nth(1)
        expect(second.locator(".days .problem")).to_contain_text("overlaps Sunday")
        expect(page.locator("[role=alert][autofocus]")).to_be_focused()
        self.assertEqual(Axe().run(page).response["violations"], [])
        second.get_by_role("button", name="Remove").click()
        self.save(page)
        expect(page.locator(".notice.ok")).to_contain_text("Saved")
        self.assertEqual(len(self.hours()), 5)

    def test_without_scripts_there_is_a_row_to_fill_in_and_a_box_to_remove_it(self) -> None:
        context = self.browser.new_context(java_script_enabled=False)
        self.addCleanup(context.close)
        context.add_cookies(self.operator.page.context.cookies())  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{self.server.address}/en/numbers/new/")
        page.fill("#id_number", "03-1234567")
        page.fill("#id_name", "Garage")
        row = page.locator("#hours-rows .row")
        row.get_by_label("Sun").check()
        row.get_by_label("Mon").check()
        row.get_by_label("Opens").fill("08:00")
        row.get_by_label("Closes").fill("16:00")
        self.save(page)
        self.assertEqual(self.hours(), [(0, "08:00"), (1, "08:00")])
        expect(row).to_have_count(2)
        row.nth(0).get_by_label("Remove").check()
        self.save(page)
        self.assertEqual(self.hours(), [])
