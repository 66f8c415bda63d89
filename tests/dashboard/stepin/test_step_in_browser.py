"""Taking over a call in a real browser: speaking, handing back, being refused, getting lost."""

from __future__ import annotations

import json
import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.dashboard.stepin.step_in_case import StepInTestCase, begin
from tests.dashboard.talk.cut_line import CutLine


def setUpModule() -> None:
    begin()


class TakeOverTests(StepInTestCase):
    def test_a_person_speaks_in_the_agents_place_and_hands_back_to_it(self) -> None:
        operator, page = self.opened()
        taken_s = self.take_over(page)
        expect(page.locator(".live-call .held")).to_contain_text("operator is speaking with")
        expect(page.locator(".live-call .floor.person")).to_be_visible()
        self.until(lambda: "person" in self.ear.heard_since(taken_s), page)
        page.wait_for_timeout(2500)
        self.assertEqual(self.ear.heard_since(taken_s + 0.3), {"person"}, "the agent is silent")
        played = "Number(document.getElementById('listening').dataset.caller)"
        self.until(lambda: page.evaluate(played) > 0.01, page)
        self.assertEqual(Axe().run(page).response["violations"], [])
        page.fill("#hold-note", "נקבע ליום שני בעשר")
        page.click("#hand-back")
        expect(page.locator('[data-problem="handed-back"]')).to_be_visible()
        expect(page.locator("#take-over")).to_be_focused()
        expect(page.locator("#listening")).to_be_hidden()
        back_s = time.monotonic()
        self.until(lambda: "agent" in self.ear.heard_since(back_s), page, 20)
        expect(page.locator(".live-call .held")).to_have_count(0)
        (who, action, began), (_who, _action, over) = self.audited(2)
        self.assertEqual((who, action, began), ("operator", "take over", {"began": True}))
        self.assertEqual(over["how"], "handed back")
        self.assertGreater(over["seconds"], 2)
        call = self.ended()
        (hold,) = json.loads(call["holds"])
        self.assertEqual(
            (hold["who"], hold["ended"], hold["note"]),
            ("operator", "handed back", "נקבע ליום שני בעשר"),
        )
        self.assertEqual(call["was_held"], 1)
        self.assertEqual(operator.complaints, [])
        shown = operator.visit(f"calls/{call['id']}/")
        expect(shown.locator(".held-band")).to_have_count(1)
        expect(shown.locator(".holds")).to_contain_text("נקבע ליום שני בעשר")
        expect(shown.locator(".bubble.person").first).to_contain_text("operator")
        self.assertEqual(Axe().run(shown).response["violations"], [])

    def test_a_second_person_is_refused_by_the_name_of_the_first(self) -> None:
        _operator, page = self.opened()
        self.take_over(page)
        other, second = self.opened(user="omer", language="he")
        expect(second.locator("#held-now")).to_contain_text("operator בשיחה עם הצד המתקשר")
        second.click("#take-over")
        refused = second.locator('[data-problem="held"]')
        expect(refused).to_be_visible(timeout=10_000)
        expect(refused).to_contain_text("operator")
        expect(second.locator("#holding")).to_be_hidden()
        expect(second.locator("#say-text")).to_be_disabled()
        expect(second.locator("#say-help")).to_contain_text("הסוכן לא אומר דבר")
        self.assertEqual(Axe().run(second).response["violations"], [])
        expect(page.locator('[data-hold="speaking"]')).to_be_visible()
        page.click("#hand-back")
        expect(second.locator("#say-text")).to_be_enabled()
        expect(second.locator("#held-now")).to_be_hidden()
        self.assertEqual(other.complaints, [])
        self.assertIn(("omer", "take over", {"refused": True}), self.audited(3))
        self.assertEqual(self.ended()["was_held"], 1)


class LostTests(StepInTestCase):
    def test_a_tab_that_is_closed_hands_back_after_five_seconds(self) -> None:
        operator, page = self.opened()
        self.take_over(page)
        window = operator.another_window()
        window.goto(page.url)
        held = window.locator(".live-call .held")
        expect(held).to_be_visible()
        page.close()
        closed_s = time.monotonic()
        expect(held).to_have_count(0, timeout=10_000)
        self.assertGreater(time.monotonic() - closed_s, 3.5)
        self.until(lambda: "agent" in self.ear.heard_since(closed_s + 4), window, 20)
        self.assertEqual(self.audited(2)[1][2]["how"], "lost")
        (hold,) = json.loads(self.ended()["holds"])
        self.assertEqual(hold["ended"], "lost")

    def test_a_socket_that_breaks_is_made_anew_and_the_call_is_still_theirs(self) -> None:
        _operator, page = self.opened()
        page.evaluate("""() => { const Socket = WebSocket; window.sockets = [];
            window.WebSocket = class extends Socket { constructor(address) {
                super(address); window.sockets.push(this); } }; }""")
        self.take_over(page)
        page.evaluate("""() => { const hold = sockets.find(({ url }) => url.includes("/hold/"));
            hold.onclose({ code: 1006 }); hold.onclose = null; hold.close(); }""")
        expect(page.locator('[data-hold="speaking"]')).to_be_visible()
        again_s = time.monotonic() + 0.5
        self.until(lambda: "person" in self.ear.heard_since(again_s), page)
        details = [detail for _who, _action, detail in self.audited(3)]
        self.assertEqual(details[0], {"began": True})
        self.assertIn({"began": True, "again": True}, details)
        page.click("#hand-back")
        expect(page.locator('[data-problem="handed-back"]')).to_be_visible()
        (hold,) = json.loads(self.ended()["holds"])
        self.assertEqual(hold["ended"], "handed back")

    def test_a_network_that_is_away_for_too_long_gives_the_call_back(self) -> None:
        with CutLine(self.server.port) as line:
            _operator, page = self.opened(address=line.address)
            self.take_over(page)
            line.cut(7)
            expect(page.locator('[data-problem="lost"]')).to_be_visible(timeout=20_000)
            expect(page.locator("#take-over")).to_be_visible()
            (hold,) = json.loads(self.ended()["holds"])
        self.assertEqual(hold["ended"], "lost")
