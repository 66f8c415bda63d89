"""Every page in a real browser: both languages, light and dark, wide and narrow; and live."""

from __future__ import annotations

import asyncio
import re
import threading
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from calls.simulator import utterances
from calls.simulator.caller import Caller, Say, StaySilent
from calls.simulator.dialling import Dialled, place_call
from tests.dashboard.browser import BrowserTestCase, Operator
from tests.server import Server

PAGES = (
    *("talk/", "", "live/", "calls/", "calls/?revision=2", "latencies/?days=30"),
    *("latencies/over-time/", "latencies/trade-off/", "profiles/", "numbers/", "numbers/new/"),
    *("lab/", "lab/new/"),
    *("services/", "nothing/here/", "people/", "people/2/", "audit/", "me/", "me/two-step/on/"),
    *("help/shortcuts/", "help/glossary/"),
)
BARE_NUMBERS = r"""() => {
  const risky = /\d\s?[–-]\s?\d|(^|[^\d\w])[-−]\d|\+\d{3}|\d:\d|\d\s?%|\d ms/;
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const isText = !node.parentElement.closest("script, style, option");
    if (isText && risky.test(node.data) && !node.parentElement.closest("[dir=ltr]"))
      found.push(node.data.trim());
  }
  return found;
}"""


def setUpModule() -> None:
    PagesTestCase.begin(made="from tests.dashboard.demo_rows import fill; fill()")


class PagesTestCase(BrowserTestCase):
    def call_of_every_kind(self) -> str:
        (row,) = self.server.rows("select id from calls_call where ended_why = 'failed'")
        return f"calls/{row['id']}/"

    def profile(self, name: str = "balanced") -> str:
        (row,) = self.server.rows("select id from tuning_timingprofile where name = ?", name)
        return f"profiles/{row['id']}/"


class EveryPageTests(PagesTestCase):
    def test_every_page_is_whole_in_both_languages_light_and_dark_wide_and_narrow(self) -> None:
        """Every two of language, theme and width meet: all eight would take twice as long."""
        axe = Axe()
        for language, theme, width in (
            ("he", "light", 1280), ("he", "dark", 360), ("en", "light", 360), ("en", "dark", 1280),
        ):  # fmt: skip
            direction = "rtl" if language == "he" else "ltr"
            wishes: dict[str, Any] = {"language": language, "theme": theme, "width": width}
            for user, paths in ((None, ("login/",)), ("operator", self.every_page())):
                operator = Operator(self.browser, self.server, user=user, **wishes)
                for path in paths:
                    with self.subTest(path=path, **wishes):
                        self.check(operator, path, direction, width, axe)
                operator.leave()

    def every_page(self) -> tuple[str, ...]:
        all_knobs = f"{self.profile()}?all=1"
        return (
            *PAGES,
            *self.tools(),
            *self.agreed(),
            self.call_of_every_kind(),
            self.profile(),
            all_knobs,
        )

    def agreed(self) -> tuple[str, ...]:
        (row,) = self.server.rows("select min(id) id, number_id from calls_formfield")
        own = f"numbers/{row['number_id']}/form/"
        correct = f"{self.call_of_every_kind()}agreed/correct/"
        filtered = f"calls/?number={row['number_id']}"
        return own, f"{own}new/", f"{own}{row['id']}/", correct, filtered

    def tools(self) -> tuple[str, ...]:
        (row,) = self.server.rows("select id, number_id from calls_httptool")
        own = f"numbers/{row['number_id']}/tools/"
        return own, f"{own}new/", f"{own}{row['id']}/"

    def check(self, operator: Operator, path: str, direction: str, width: int, axe: Axe) -> None:
        operator.complaints.clear()
        page = operator.visit(path)
        operator.settle()
        for details in page.query_selector_all("details"):
            details.evaluate("each => { each.open = true; }")
        self.assertEqual(page.get_attribute("html", "dir"), direction)
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
        found = axe.run(page).response["violations"]
        self.assertEqual([(each["id"], each["nodes"][0]["html"]) for each in found], [])
        self.assertEqual(page.evaluate(BARE_NUMBERS), [])
        refused = {"nothing/here/": "404", "calls/?revision=2": "422"}.get(path, "never")
        complaints = [text for text in operator.complaints if refused not in text]
        self.assertEqual(complaints, [])

    def test_back_shows_the_page_before_and_the_browser_has_kept_none_of_it(self) -> None:
        page = self.signed_in(language="en").visit("calls/")
        page.select_option("[name=ended]", "failed")
        page.wait_for_url("**ended=failed**")
        expect(page.locator("#found-calls a[href*='/calls/']")).not_to_have_count(0)
        kept = "JSON.stringify({ ...localStorage, ...sessionStorage })"
        self.assertNotIn("htmx-history", page.evaluate(kept))
        page.go_back()
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator("[name=ended]")).to_have_value("")

    def test_the_refusal_to_a_viewer_is_a_page_of_its_own(self) -> None:
        operator = self.signed_in(user="viewer")
        page = operator.visit(self.profile())
        expect(page.locator(".publish button")).to_have_count(0)
        page.evaluate("document.querySelector('form.editor').submit()")
        expect(page.locator("h1")).to_have_text("אין הרשאה לפעולה הזאת")
        self.assertEqual(Axe().run(page).response["violations"], [])


class KeyTests(PagesTestCase):
    def test_single_keys_work_on_a_hebrew_keyboard_and_never_while_typing(self) -> None:
        page = self.signed_in().visit("audit/")
        press = """([key, code]) => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }))"""
        page.evaluate(press, ["/", "KeyQ"])
        expect(page.locator("#id_who")).to_be_focused()
        page.keyboard.type("gc?")
        expect(page.locator("#id_who")).to_have_value("gc?")
        page.locator("h1").click()
        page.evaluate(press, ["ע", "KeyG"])
        page.evaluate(press, ["ב", "KeyC"])
        page.wait_for_url("**/calls/")

    def test_the_question_mark_opens_the_list_over_the_page_and_gives_the_focus_back(self) -> None:
        operator = self.signed_in(language="en")
        page = operator.visit("calls/")
        page.locator("#theme").focus()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
        self.assertEqual(Axe().run(page).response["violations"], [])
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
        expect(page.locator("#theme")).to_be_focused()
        self.assertEqual(operator.complaints, [])

    def test_who_turned_them_off_has_none(self) -> None:
        page = self.signed_in(language="en", user="viewer").visit("me/")
        page.locator("#id_shortcuts").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".notice.ok")).to_contain_text("Saved")
        page.keyboard.press("?")
        page.keyboard.press("g")
        page.keyboard.press("c")
        expect(page.locator("dialog")).to_have_count(0)
        self.assertTrue(page.url.endswith("/me/"))


class WideTests(PagesTestCase):
    def test_a_wide_screen_is_used(self) -> None:
        """At 1920 px what belongs together stands side by side, and nothing lies sideways."""
        for path, parts in (("", ".home > *"), ("latencies/", ".panels > *")):
            with self.subTest(path):
                page = self.signed_in(language="en", width=1920).visit(path)
                first, second = (page.locator(parts).nth(place).bounding_box() for place in (0, 1))
                assert first
                assert second
                self.assertEqual(first["y"], second["y"])
                self.assertGreater(second["x"] + second["width"] - first["x"], 1700)
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 1920)


class UseTests(PagesTestCase):
    def test_the_language_switch_keeps_the_page_and_the_theme_button_is_remembered(self) -> None:
        page = self.signed_in().visit("latencies/?profile=1")
        page.get_by_role("button", name="English").click()
        page.wait_for_url("**/en/latencies/?profile=1")
        page.locator("#theme").click()
        self.assertEqual(page.get_attribute("html", "data-theme"), "dark")
        page.reload()
        self.assertEqual(page.get_attribute("html", "data-theme"), "dark")

    def test_more_calls_are_appended_and_the_focus_goes_on_with_them(self) -> None:
        page = self.signed_in().visit("calls/")
        rows = page.locator("#finished-calls tr")
        expect(rows).to_have_count(26)
        page.locator("#more-calls a").click()
        expect(page.locator("#more-calls")).to_have_count(0)
        self.assertGreater(rows.count(), 30)
        self.assertEqual(
            page.evaluate("document.activeElement.id"),
            rows.nth(25).locator("a").get_attribute("id"),
        )

    def test_a_whole_row_leads_to_its_call(self) -> None:
        page = self.signed_in().visit("calls/")
        page.locator("#finished-calls tr").nth(2).locator("td").nth(4).click(force=True)
        page.wait_for_url("**/calls/*/")

    def test_trying_a_value_adds_it_up_and_warns_beside_its_field(self) -> None:
        page = self.signed_in(language="en").visit(f"{self.profile()}?all=1")
        page.fill("#id_end_silence_short_ms", "300")
        expect(page.locator("#sum .wait strong").first).to_have_text("605 ms")
        expect(page.locator("#problems_end_silence_short_ms")).to_contain_text("advised")
        expect(page.locator("#sum .published")).not_to_have_count(0)
        page.fill("#id_vad_hangover_ms", "900")
        expect(page.locator("#sum")).to_contain_text("No call can run")
        self.assertEqual(page.evaluate("document.activeElement.id"), "id_vad_hangover_ms")

    def test_a_refused_publication_says_so_and_takes_the_focus(self) -> None:
        page = self.signed_in().visit(f"{self.profile('unhurried')}?all=1")  # it leaves a draft
        page.fill("#id_vad_hangover_ms", "900")
        page.locator(".publish button").click()
        expect(page.locator("[role=alert][autofocus]")).to_be_focused()
        self.assertEqual(Axe().run(page).response["violations"], [])


class LiveTests(PagesTestCase):
    def call(self, *steps: Say | StaySilent) -> threading.Thread:
        """Somebody calls; what they say, they say while the test goes on."""
        dialled = Dialled(webhook=self.server.webhook)
        calling = threading.Thread(
            target=lambda: asyncio.run(place_call(Caller(steps), dialled)), daemon=True
        )
        calling.start()
        self.addCleanup(calling.join, 60)
        return calling

    def test_publishing_reaches_a_call_in_progress_and_its_next_decision(self) -> None:
        smoke = utterances.load("smoke")
        watching, tuning = self.signed_in(language="en"), self.signed_in(language="en")
        live = watching.visit("live/")
        expect(live.locator(".no-live")).to_be_visible()
        calling = self.call(Say(smoke), StaySilent(15_000), Say(smoke))
        row = live.locator(".live-call")
        expect(row).to_have_count(1, timeout=10_000)
        expect(row.locator(".tag")).to_have_text("r3")
        expect(row.locator(".last .caller-text")).not_to_be_empty(timeout=15_000)
        page = tuning.visit(f"{self.profile()}?all=1")
        expect(page.locator(".taken")).to_contain_text("r3: 1 of 1 call")
        page.fill("#id_end_silence_short_ms", "350")
        page.fill("#id_note", "answer sooner")
        page.locator(".publish button").click()
        expect(page.locator(".notice.ok[role=status]")).to_contain_text("r4", timeout=15_000)
        expect(page.locator(".taken")).to_contain_text("r4: 1 of 1 call")
        expect(row.locator(".tag")).to_have_text("r4")
        calling.join(60)
        expect(row).to_have_count(0, timeout=10_000)
        self.assert_decided_under(watching.visit("calls/"))
        self.assertEqual(watching.complaints + tuning.complaints, [])

    def assert_decided_under(self, calls: Page) -> None:
        """The call's first answer was decided under r3, its second under r4; the page shows it."""
        calls.locator("#finished-calls a").first.click()
        calls.wait_for_url("**/calls/*/")
        tag = calls.locator("#turn .outcome .tag")
        expect(tag).to_have_text("r3")
        calls.locator("#transcript a").last.click()
        expect(tag).to_have_text("r4")

    def test_a_page_that_lost_its_server_says_since_when_it_is_frozen(self) -> None:
        with Server("tests.fake_settings") as server:
            operator = Operator(self.browser, server, language="he")
            self.addCleanup(operator.leave)
            page = operator.visit("live/")
            expect(page.locator(".no-live")).to_be_visible()
            server.process.kill()
            expect(page.locator("#frozen")).to_contain_text("הנתונים קפואים משעה", timeout=5_000)
            expect(page.locator("#frozen bdi")).to_have_text(re.compile(r"\d\d:\d\d"))


class SizeTests(PagesTestCase):
    def test_no_page_transfers_more_than_100_kilobytes(self) -> None:
        sizes = """() => ["navigation", "resource"]
            .flatMap((kind) => performance.getEntriesByType(kind))
            .reduce((sum, one) => sum + one.transferSize, 0)"""
        call = self.call_of_every_kind()
        for path in ("", "live/", "calls/", call, "latencies/over-time/?days=30", self.profile()):
            operator = self.signed_in()
            operator.forget_what_is_cached()
            page = operator.visit(path)
            operator.settle()
            with self.subTest(path):
                self.assertLess(page.evaluate(sizes), 100_000)
                self.assertGreater(page.evaluate(sizes), 10_000)
