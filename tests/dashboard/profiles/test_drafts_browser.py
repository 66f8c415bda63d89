"""A draft is what the page says it is, in a real browser: two windows, and saves that fail."""

from __future__ import annotations

import json
import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.dashboard.browser import BrowserTestCase, Operator
from tests.server import PASSWORD, Server

PEOPLE = f"""
from tests.dashboard.operators import a_person
for role, name in (("admin", "noa"), ("viewer", "viewer"), ("operator", "dana")):
    a_person(role, name, password="{PASSWORD}")
"""
SHORT, LONG, TICKS = "#id_end_silence_short_ms", "#id_end_silence_long_ms", "#id_vad_hangover_ms"
STALE, UNSAVED, STATE = "#stale", "#unsaved", "#draft-state"


def setUpModule() -> None:
    DraftsTestCase.begin(made=PEOPLE)


class DraftsTestCase(BrowserTestCase):
    profile_name = "balanced"

    def setUp(self) -> None:
        self.forget_drafts()

    def operator(self, server: Server | None = None, **wishes: Any) -> Operator:
        operator = Operator(self.browser, server or self.server, language="en", **wishes)
        self.addCleanup(operator.leave)
        return operator

    def forget_drafts(self) -> None:
        forget = "from tuning.models import Draft; Draft.objects.all().delete()"
        self.server.manage("shell", "-v0", "-c", forget)

    def path(self, server: Server | None = None) -> str:
        query = "select id from tuning_timingprofile where name = ?"
        (row,) = (server or self.server).rows(query, self.profile_name)
        return f"profiles/{row['id']}/?all=1"

    def drafted(self, server: Server | None = None) -> dict[str, Any]:
        """What is kept of the only draft."""
        rows = (server or self.server).rows("select knobs from tuning_draft")
        return dict(json.loads(rows[0]["knobs"])) if rows else {}

    def assert_kept(self, server: Server | None = None, **knobs: Any) -> None:
        self.assertEqual(self.drafted(server), knobs)

    def expect_saved(self, page: Page) -> None:
        expect(page.locator(STATE)).to_contain_text("Your draft, saved", timeout=20_000)
        expect(page.locator(f"{STATE} .saved")).to_be_visible()
        expect(page.locator(UNSAVED)).to_be_hidden()

    def expect_not_saved(self, page: Page, words: str) -> None:
        expect(page.locator(UNSAVED)).to_be_visible()
        expect(page.locator(UNSAVED)).to_contain_text("Not saved")
        expect(page.locator(f"{UNSAVED} p:visible")).to_contain_text(words)
        expect(page.locator(".saved:visible")).to_have_count(0)


class TwoWindowsTests(DraftsTestCase):
    def two_windows(self) -> tuple[Page, Page]:
        """Of one person, on one profile, both opened before anything was changed."""
        operator = self.operator()
        first = operator.visit(self.path())
        second = operator.another_window()
        second.goto(first.url)
        return first, second

    def test_a_stale_window_is_told_and_shown_both_values_and_overwrites_nothing(self) -> None:
        first, second = self.two_windows()
        first.fill(LONG, "1500")
        self.expect_saved(first)
        second.fill(LONG, "1700")
        stale = second.locator(STALE)
        expect(stale).to_contain_text("another window")
        expect(stale).to_contain_text("1,500 ms")
        expect(stale).to_contain_text("1,700 ms")
        expect(second.locator(".saved:visible")).to_have_count(0)
        self.assert_kept(end_silence_long_ms=1500)
        self.assertEqual(Axe().run(second).response["violations"], [])

    def test_each_value_is_chosen_and_the_choice_is_saved(self) -> None:
        first, second = self.two_windows()
        first.fill(LONG, "1500")
        self.expect_saved(first)
        second.fill(SHORT, "450")
        stale = second.locator(STALE)
        expect(stale).to_be_visible()
        # What only the other window changed is taken over, what only this one changed stays.
        expect(stale.get_by_role("radio", name=re.compile("1,500 ms"))).to_be_checked()
        expect(stale.get_by_role("radio", name=re.compile("450 ms"))).to_be_checked()
        stale.get_by_role("button").click()
        expect(second.locator(LONG)).to_have_value("1500")
        self.expect_saved(second)
        expect(stale).to_have_count(0)
        self.assert_kept(end_silence_long_ms=1500, end_silence_short_ms=450)

    def test_a_stale_window_cannot_publish_over_the_other_s_draft_either(self) -> None:
        first, second = self.two_windows()
        first.fill(LONG, "1500")
        self.expect_saved(first)
        second.fill("#id_note", "from the window that does not know")
        second.locator(".publish button.primary").click()
        expect(second.locator("[role=alert][autofocus]")).to_be_focused()
        expect(second.locator(STALE)).to_contain_text("1,500 ms")
        self.assert_kept(end_silence_long_ms=1500)

    def test_a_window_whose_draft_was_discarded_is_told(self) -> None:
        first, second = self.two_windows()
        first.fill(LONG, "1500")
        self.expect_saved(first)
        second.reload()
        first.get_by_role("button", name="Discard my draft").click()
        expect(first.locator(".notice.ok")).to_contain_text("discarded")
        second.fill(SHORT, "450")
        expect(second.locator(STALE)).to_contain_text("published or discarded")
        self.assertEqual(self.drafted(), {})

    def test_one_window_is_never_stale_against_itself(self) -> None:
        page = self.operator().visit(self.path())
        for value in ("1500", "1510", "1520", "1530"):
            page.fill(LONG, value)
            page.locator(LONG).dispatch_event("change")
        expect(page.locator(STATE)).to_contain_text("1,800 ms → 1,530 ms")
        expect(page.locator(STALE)).to_have_count(0)
        self.assert_kept(end_silence_long_ms=1530)


class FailureTests(DraftsTestCase):
    def test_a_server_that_is_down_is_said_at_once_and_the_save_is_tried_again(self) -> None:
        with Server("tests.fake_settings") as server:
            page = self.operator(server).visit(self.path(server))
            page.fill(SHORT, "450")
            self.expect_saved(page)
            server.process.kill()
            server.process.wait()
            page.fill(LONG, "1500")
            self.expect_not_saved(page, "is not answering")
            server.start()
            server.wait_until_ready()
            self.expect_saved(page)
            self.assert_kept(server, end_silence_short_ms=450, end_silence_long_ms=1500)

    def test_what_broke_on_the_server_is_not_called_saved(self) -> None:
        page = self.operator().visit(self.path())
        page.route("**/check/", lambda route: route.fulfill(status=500, body="oh"))
        page.fill(LONG, "1500")
        self.expect_not_saved(page, "went wrong")
        try_now = page.locator(f"{UNSAVED} button:text('Try now')")
        expect(try_now).to_be_visible()
        page.unroute("**/check/")
        try_now.dispatch_event("click")  # it may be gone: the page tries again by itself, too
        self.expect_saved(page)
        self.assert_kept(end_silence_long_ms=1500)

    def test_whoever_was_signed_out_is_told_and_loses_nothing(self) -> None:
        operator = self.operator(user="dana")
        page = operator.visit(self.path())
        elsewhere = operator.another_window()
        elsewhere.goto(page.url)
        elsewhere.get_by_role("button", name="Sign out").click()
        expect(elsewhere.locator("[name=password]")).to_be_visible()
        page.fill(LONG, "1500")
        self.expect_not_saved(page, "signed out")
        expect(page.locator(LONG)).to_have_value("1500")
        with page.context.expect_page() as opened:
            page.locator(UNSAVED).get_by_role("link").click()
        sign_in = opened.value
        sign_in.fill("[name=login]", "dana")
        sign_in.fill("[name=password]", PASSWORD)
        sign_in.click("main button")
        sign_in.wait_for_url(f"{self.server.address}/en/**")
        self.expect_saved(page)
        self.assert_kept(end_silence_long_ms=1500)

    def test_a_right_that_was_taken_away_is_said(self) -> None:
        page = self.operator(user="noa").visit(self.path())
        groups = "from django.contrib.auth.models import User; User.objects.get(username='noa')"
        self.server.manage("shell", "-v0", "-c", f"{groups}.groups.clear()")
        page.fill(LONG, "1500")
        self.expect_not_saved(page, "refused")
        self.assertEqual(self.drafted(), {})

    def test_an_invalid_value_is_not_saved_and_its_link_leads_to_its_field(self) -> None:
        page = self.operator().visit(self.path())
        page.fill(LONG, "1500")
        self.expect_saved(page)
        page.fill(TICKS, "900")
        state = page.locator(STATE)
        expect(state).to_contain_text("Not saved: one value")
        expect(state).not_to_contain_text("Your draft, saved")
        expect(page.locator("#problems_vad_hangover_ms")).to_contain_text("it must be from")
        expect(page.locator(TICKS)).to_have_attribute("aria-invalid", "true")
        self.assertEqual(Axe().run(page).response["violations"], [])
        page.locator("h1").click()
        state.get_by_role("link", name="hangover").click()
        expect(page.locator(TICKS)).to_be_focused()
        self.assert_kept(end_silence_long_ms=1500)
        page.fill(TICKS, "240")
        self.expect_saved(page)
        expect(page.locator(TICKS)).not_to_have_attribute("aria-invalid", "true")
        self.assert_kept(end_silence_long_ms=1500, vad_hangover_ms=240)

    def test_leaving_with_something_unsaved_asks_first(self) -> None:
        page = self.operator().visit(self.path())
        page.route("**/check/", lambda route: route.abort())
        page.fill(LONG, "1500")
        self.expect_not_saved(page, "is not answering")
        with page.expect_event("dialog") as asked:
            page.evaluate("setTimeout(() => location.reload())")
        self.assertEqual(asked.value.type, "beforeunload")
        asked.value.accept()


class PublishedTests(DraftsTestCase):
    profile_name = "brisk"

    def test_after_publishing_the_focus_is_on_undo(self) -> None:
        page = self.operator().visit(self.path())
        page.fill(LONG, "1500")
        page.fill("#id_note", "sooner")
        page.locator(".publish button.primary").click()
        expect(page.locator("#undo button")).to_be_focused()
        expect(page.locator("#undo button")).to_have_text("Undo")

    def test_a_refused_publication_lists_what_is_wrong_with_links(self) -> None:
        page = self.operator().visit(self.path())
        page.fill(TICKS, "900")
        page.locator(".publish button.primary").click()
        refused = page.locator("[role=alert][autofocus]")
        expect(refused).to_be_focused()
        refused.get_by_role("link", name="hangover").click()
        expect(page.locator(TICKS)).to_be_focused()
        refused.get_by_role("link", name="What changes").click()
        expect(page.locator("#id_note")).to_be_focused()
        self.assertEqual(Axe().run(page).response["violations"], [])
