"""The page of one call in a real browser: waveform, seeking, keys of a Hebrew keyboard."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Route, expect

from tests.dashboard.browser import BrowserTestCase

FILL = """
from django.core.management import call_command
from tuning.models import TimingProfile
TimingProfile.objects.get(name="adaptive").make_default()
call_command("seed", calls=3, journals=0, recorded=1)
from calls.models import Call
call = Call.objects.order_by("-rang_at")[0]
call.turns.filter(number=3).update(outcome="cut-in")
"""
CUT_TURNS = """
from calls.models import Call
call = Call.objects.get(pk=%s)
call.turns.filter(number__gt=3).delete()
"""
FORGET_PLAYED = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("drop trigger if exists audit_never_deleted")
    cursor.execute("delete from dashboard_auditevent where action = 'play'")
"""
STROKES = """(within) => Object.fromEntries(
  ["decided", "verdict", "ready", "total", "heard"]
    .map((name) => within.querySelector(`line.${name}`)).filter(Boolean)
    .map((line) => { const style = getComputedStyle(line);
      return [line.getAttribute("class"), [style.stroke, style.strokeDasharray]]; }))"""
PRESS = """([code, key]) => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { code, key, bubbles: true, cancelable: true }))"""


def setUpModule() -> None:
    CallBrowserTests.begin(made=FILL)


class CallBrowserTests(BrowserTestCase):
    def setUp(self) -> None:
        self.operator = self.signed_in(language="he")
        rows = self.server.rows("select id from calls_call order by rang_at desc")
        self.page = self.operator.visit(f"calls/{rows[0]['id']}/")
        expect(self.page.locator("#wave[data-ready]")).to_be_attached()

    def tearDown(self) -> None:
        self.assertEqual(self.operator.complaints, [])

    def press(self, code: str, key: str) -> None:
        """As a Hebrew keyboard: the place is that of the Latin letter, the sign is not."""
        self.page.evaluate(PRESS, [code, key])

    def at_s(self) -> int:
        minutes, seconds = self.page.locator("#clock").inner_text().split(":")
        return int(minutes) * 60 + int(seconds)

    def starts_s(self, turn: int) -> int:
        starts = self.page.get_attribute(f"#said-{turn}", "data-from") or "0"
        return int(float(starts) / 1000)

    def test_the_waveform_is_drawn_and_the_page_is_accessible(self) -> None:
        drawn = "document.querySelector('#wave > div').shadowRoot.querySelectorAll('canvas').length"
        self.assertGreater(self.page.evaluate(drawn), 1)
        self.assertEqual(self.operator.complaints, [])
        self.assertEqual(Axe().run(self.page).response["violations"], [])
        self.operator.complaints.clear()  # axe's own styles have no nonce

    def test_choosing_what_was_said_shows_its_turn_and_moves_the_player_there(self) -> None:
        self.page.locator("#turn-link-2").click()
        expect(self.page.locator("#turn")).to_have_attribute("data-number", "2")
        self.assertEqual(self.at_s(), self.starts_s(2))
        self.assertEqual(self.page.evaluate("document.activeElement.id"), "turn-link-2")
        self.page.reload()
        expect(self.page.locator("#turn")).to_have_attribute("data-number", "2")

    def test_keys_go_through_the_turns_on_a_hebrew_keyboard(self) -> None:
        turn = self.page.locator("#turn")
        self.press("KeyJ", "ח")
        expect(turn).to_have_attribute("data-number", "2")
        self.press("KeyC", "ב")
        expect(turn).to_have_attribute("data-number", "3")
        self.press("KeyK", "ל")
        expect(turn).to_have_attribute("data-number", "2")

    def test_an_arrow_to_the_right_is_later_in_hebrew_too(self) -> None:
        self.page.locator("#turn-link-2").click()
        before = self.at_s()
        self.press("ArrowRight", "ArrowRight")
        self.press("ArrowRight", "ArrowRight")
        self.assertAlmostEqual(self.at_s(), before + 4, delta=1)
        self.press("ArrowLeft", "ArrowLeft")
        self.assertAlmostEqual(self.at_s(), before + 2, delta=1)

    def test_playing_marks_the_turn_that_is_heard(self) -> None:
        self.page.locator("#turn-link-1").click()
        self.press("Space", " ")
        expect(self.page.locator("#play")).to_have_attribute("aria-pressed", "true")
        expect(self.page.locator("#said-1")).to_have_class("is-playing")
        self.press("Space", " ")
        expect(self.page.locator("#play")).to_have_attribute("aria-pressed", "false")

    def played(self) -> list[dict[str, Any]]:
        return self.server.rows("select * from dashboard_auditevent where action = 'play'")

    def test_a_recording_is_played_in_the_audit_once_play_is_pressed_and_not_before(self) -> None:
        before = len(self.played())
        asked: list[str] = []
        self.page.on("request", lambda each: asked.append(each.url))
        self.page.reload()
        expect(self.page.locator("#wave[data-ready]")).to_be_attached()
        self.page.locator("#turn-link-2").click()  # the player moves there, in silence
        self.page.locator("#on").click()
        self.page.wait_for_timeout(500)
        self.assertEqual([url for url in asked if url.endswith(".wav")], [])
        self.assertEqual(len(self.played()), before)
        self.server.manage("shell", "-v0", "-c", FORGET_PLAYED)
        starts = self.starts_s(2)
        self.page.locator("#play").click()
        self.page.wait_for_function(
            "at => document.getElementById('clock').textContent !== at",
            arg=self.page.inner_text("#clock"),
        )
        self.assertEqual(len(self.played()), 1)
        self.assertGreaterEqual(self.at_s(), starts)

    def test_a_label_takes_the_mark_from_the_course_and_the_list_at_once(self) -> None:
        self.page.locator("#turn-link-3").click()
        expect(self.page.locator("#turn .notice.bad")).to_be_visible()
        expect(self.page.locator("#badge-3")).to_contain_text("▲")
        expect(self.page.locator("#cut-ins text")).to_have_count(1)
        self.page.get_by_role("button", name="תקין").click()
        expect(self.page.locator("#cut-ins text")).to_have_count(0)
        expect(self.page.locator("#badge-3")).not_to_contain_text("▲")
        expect(self.page.locator("#turn .notice.bad")).to_have_count(0)
        self.press("KeyC", "ב")  # there is no cut-in to go to
        expect(self.page.locator("#turn")).to_have_attribute("data-number", "3")
        self.page.get_by_role("button", name="תקין").click()
        expect(self.page.locator("#cut-ins text")).to_have_count(1)

    def test_a_label_and_another_turn_that_is_loading_do_not_overtake_each_other(self) -> None:
        held: list[Route] = []
        page = self.page

        def answer() -> None:
            """The newest first: the label's comes last, if both were asked for at once."""
            page.wait_for_timeout(300)
            while held:
                held.pop().continue_()
                page.wait_for_timeout(300)

        page.locator("#turn-link-2").click()
        expect(page.locator('#turn[data-number="2"]')).to_be_visible()
        page.route("**/turns/**", lambda route: held.append(route))
        page.get_by_role("button", name="קטיעה").click()
        page.locator("#turn-link-1").click()
        answer()
        expect(page.locator("#badge-2")).to_contain_text("▲")
        expect(page.locator('#turn[data-number="1"]')).to_be_visible()
        page.locator("#turn-link-2").click()
        expect(page.locator("#turn[inert]")).to_be_attached()  # no label for a turn that goes
        answer()
        page.get_by_role("button", name="קטיעה").click()
        answer()
        expect(page.locator("#badge-2")).not_to_contain_text("▲")

    def test_a_link_may_lead_to_a_moment(self) -> None:
        self.page.goto(f"{self.page.url}?turn=1#at=7.2")
        expect(self.page.locator("#clock")).to_have_text("0:07")
        expect(self.page.locator("#play")).to_be_focused()

    def test_the_waveform_stands_over_its_bars_whichever_is_longer(self) -> None:
        """A recorded second is as wide as a second of the bars."""
        scale = """() => {
          const wave = document.getElementById("wave");
          const chart = document.querySelector(".course-chart");
          const width = (element) => element.getBoundingClientRect().width;
          return [width(wave) / width(chart), Number(wave.dataset.seconds)]; }"""
        pk = self.page.url.rstrip("/").rsplit("/", 1)[-1]
        for cut_ms in ("", CUT_TURNS % pk):  # the turns last longer; then the recording does
            if cut_ms:
                self.server.manage("shell", "-v0", "-c", cut_ms)
            self.page.reload()
            expect(self.page.locator("#wave[data-ready]")).to_be_attached()
            share, seconds = self.page.evaluate(scale)
            peaks = self.page.evaluate(
                "fetch(document.getElementById('wave').dataset.peaks).then((one) => one.json())"
            )
            recorded_s = len(peaks["lanes"][0]) * peaks["every_ms"] / 1000
            self.assertAlmostEqual(share, recorded_s / seconds, places=2)
            self.assertLessEqual(share, 1.001)

    def test_the_legend_tells_the_five_moments_apart_as_the_chart_does(self) -> None:
        ready = "document.querySelector('.waterfall .ready')"
        turns = self.page.locator("#transcript a")
        for number in range(1, turns.count()):
            turns.nth(number).click()
            shown = self.page.locator(f'#turn[data-number="{number}"]')
            expect(shown).to_be_visible()
            if self.page.evaluate(ready):
                break
        drawn = self.page.evaluate(f"({STROKES})(document.querySelector('.waterfall .chart'))")
        explained = self.page.evaluate(f"({STROKES})(document.querySelector('#turn .key'))")
        self.assertEqual(explained, drawn)
        self.assertEqual(set(explained), {"decided", "verdict", "ready", "total", "heard"})
        self.assertEqual(len({tuple(each) for each in explained.values()}), 5)
        dashes = {each[1] for each in explained.values()}
        self.assertEqual(len(dashes), 5, "not by colour alone")

    def test_words_that_were_found_are_marked_where_they_were_said(self) -> None:
        page = self.operator.visit("calls/")
        page.fill("#id_text", "לקבוע תור")
        found = page.locator(".found-turn").first
        expect(found.locator("mark")).to_have_text("לקבוע תור")
        found.click()
        page.wait_for_url("**/calls/*/?turn=*&text=*")
        marked = page.locator("#transcript a[aria-current] mark, #turn mark")
        expect(marked.first).to_have_text("לקבוע תור")
        expect(page.locator("#transcript a[aria-current]")).to_be_in_viewport()
        page.locator("#transcript a").last.click()
        page.wait_for_url("**text=*")
        expect(page.locator("#transcript mark").first).to_be_attached()

    def test_a_turn_is_labelled_by_keyboard_and_the_focus_stays(self) -> None:
        self.page.get_by_role("button", name="רעש").press("Enter")
        expect(self.page.get_by_role("button", name="רעש")).to_have_attribute(
            "aria-pressed", "true"
        )
        self.assertEqual(self.page.evaluate("document.activeElement.textContent"), "רעש")
        self.page.get_by_role("button", name="רעש").press("Enter")
        expect(self.page.get_by_role("button", name="רעש")).to_have_attribute(
            "aria-pressed", "false"
        )
