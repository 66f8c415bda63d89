"""What was agreed in a browser: the form of a number, a card that comes by itself, filters."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.dashboard.browser import BrowserTestCase

MADE = """
from calls.telephony.phone_number import PhoneNumber
from calls.models import Agreed
from tests.dashboard.call_rows import a_call, a_form, a_turn, an_agreed
full = PhoneNumber.objects.create(pk=51, number="+972771230051", name="מלא")
PhoneNumber.objects.create(pk=52, number="+972771230052", name="ריק")
a_form(full)
for pk in (61, 62, 63):
    a_turn(a_call(pk - 60, pk=pk, number=full))
Agreed.objects.create(call_id=61)
for pk, kind in ((62, "ניקוי"), (63, "בדיקה")):
    from calls.models import Call
    an_agreed(Call.objects.get(pk=pk), values={"visit": kind})
"""
WRITE = """
from django.utils import timezone
from calls.models import Agreed
Agreed.objects.filter(call=61).update(
    outcome="done", summary="נקבע תור.", by="model", written_at=timezone.now(), due_at=None)
"""


def setUpModule() -> None:
    AgreedBrowserTests.begin(made=MADE)


class AgreedBrowserTests(BrowserTestCase):
    def test_a_form_is_begun_ordered_and_shown_with_choices_only_where_they_count(self) -> None:
        page = self.signed_in(language="en").visit("numbers/52/form/")
        page.get_by_role("button", name="Begin with").click()
        rows = page.locator(".form-fields tbody th")
        expect(rows).to_have_text(["שם", "טלפון", "סיבת הפנייה", "היום המבוקש"])
        page.get_by_role("button", name="Move up: סיבת הפנייה").click()
        expect(rows).to_have_text(["שם", "סיבת הפנייה", "טלפון", "היום המבוקש"])
        page.get_by_role("link", name="Add a field").click()
        choices = page.get_by_label("Choices")
        expect(choices).to_be_hidden()
        page.get_by_label("Caption").fill("Visit")
        page.get_by_label("Key").fill("visit")
        page.get_by_label("Kind").select_option("choice")
        expect(choices).to_be_visible()
        choices.fill("check-up")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Write at least two choices")).to_be_visible()
        choices.fill("check-up\ncleaning")
        page.get_by_role("button", name="Save").click()
        expect(rows.last).to_have_text("Visit")

    def test_the_card_comes_by_itself_and_then_is_asked_for_no_more(self) -> None:
        page = self.signed_in(language="en").visit("calls/61/")
        card = page.locator("#agreed")
        expect(card).to_contain_text("It is being written now")
        self.server.manage("shell", "-v0", "-c", WRITE)
        expect(card).to_contain_text("נקבע תור.", timeout=10_000)
        self.assertIsNone(card.get_attribute("hx-trigger"))

    def test_it_is_corrected_by_hand(self) -> None:
        page = self.signed_in(language="en").visit("calls/63/")
        page.get_by_role("link", name="Correct it").click()
        page.get_by_label("סוג הביקור").select_option("סתימה")
        page.get_by_label("היום המבוקש").fill("2026-12-24")
        page.get_by_role("button", name="Save").click()
        card = page.locator("#agreed")
        expect(card).to_contain_text("24/12/2026")
        expect(card).to_contain_text("Corrected by operator")

    def test_the_fields_of_a_number_are_filters_as_soon_as_it_is_chosen(self) -> None:
        page = self.signed_in(language="en").visit("calls/")
        rows = page.locator("#finished-calls tr")
        expect(rows).to_have_count(3)
        visit = page.get_by_label("סוג הביקור")
        expect(visit).to_have_count(0)
        page.get_by_label("Number", exact=True).select_option("51")
        visit.select_option("ניקוי")
        expect(rows).to_have_count(1)
        self.assertIn("field_visit=", page.url)
        page.reload()
        expect(visit).to_have_value("ניקוי")
        expect(rows).to_have_count(1)
        page.get_by_label("Number", exact=True).select_option("52")
        expect(visit).to_have_count(0)
        expect(rows).to_contain_text("No call fits these filters.")
