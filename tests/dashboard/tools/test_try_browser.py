"""A number's tool tried in a browser: in place, so that loading the page anew asks nothing."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.dashboard.browser import BrowserTestCase

MADE = """
from calls.telephony.phone_number import PhoneNumber
number = PhoneNumber.objects.create(pk=51, number="+972771230051", name="מרפאה")
number.http_tools.create(
    pk=61, name="free", description="d", address="https://127.0.0.1:9/free", reads_only=True)
"""


def setUpModule() -> None:
    TryBrowserTests.begin(made=MADE)


class TryBrowserTests(BrowserTestCase):
    def asked(self) -> int:
        return len(
            self.server.rows("select id from dashboard_auditevent where detail like '%tried%'")
        )

    def test_what_came_of_it_stands_there_until_the_page_is_loaded_anew(self) -> None:
        operator = self.signed_in(language="en")
        page = operator.visit("numbers/51/tools/61/")
        before = self.asked()
        page.get_by_role("button", name="Try it").click()
        status = page.locator("#try [role=status]")
        expect(status).to_contain_text("https://127.0.0.1:9/free")
        expect(page.locator("#try")).to_have_count(1)
        expect(page.get_by_role("button", name="Try it")).to_be_focused()
        self.assertEqual(self.asked(), before + 1)
        page.reload()
        expect(page.locator("#try")).to_be_visible()
        expect(status).to_have_count(0)
        self.assertEqual(self.asked(), before + 1)
        self.assertEqual(operator.complaints, [])
