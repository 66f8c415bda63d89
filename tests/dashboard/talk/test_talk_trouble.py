"""The Talk page when something goes wrong: each is a sentence that says what to do, and the call
goes on where it can."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.dashboard.talk.cut_line import CutLine
from tests.dashboard.talk.talking import TalkTestCase, begin_module, turns
from tests.dashboard.talk.voices import write_microphone

DEAD_TOKEN = """() => {
  const ring = window.fetch;
  window.fetch = async (...asked) => {
    const told = await (await ring(...asked)).json();
    return new Response(JSON.stringify({ ...told, token: "stale" }));
  };
}"""


def setUpModule() -> None:
    begin_module()


class TroubleTests(TalkTestCase):
    def test_a_network_that_is_cut_for_three_seconds_costs_three_seconds(self) -> None:
        with CutLine(self.server.port) as line:
            write_microphone(self.microphone, [*turns(1), *turns(1)])
            operator = self.signed_in(language="en", address=line.address)
            page = operator.visit("talk/")
            page.click("#call")
            expect(page.locator("#heard-turns tr")).to_have_count(1, timeout=30_000)
            line.cut(3)
            expect(page.locator("#heard-turns tr")).to_have_count(2, timeout=30_000)
            call = self.hang_up(page)
        self.assertEqual((call["ended_why"], call["replays"]), ("caller hung up", 1))
        self.assertNotIn("timestamp out of order", call["frames_dropped"])

    def test_a_socket_that_is_torn_comes_back_and_the_call_goes_on(self) -> None:
        with CutLine(self.server.port) as line:
            write_microphone(self.microphone, [*turns(1), *turns(2)])
            operator = self.signed_in(language="en", address=line.address)
            page = operator.visit("talk/")
            page.click("#call")
            expect(page.locator("#heard-turns tr")).to_have_count(1, timeout=30_000)
            line.tear(3)
            self.problem(page, "reconnecting")
            expect(page.locator('[data-problem="reconnecting"]')).to_be_hidden(timeout=10_000)
            expect(page.locator("#heard-turns tr")).to_have_count(3, timeout=40_000)
            expect(page.locator("#frozen")).to_be_hidden()
            call = self.hang_up(page)
        self.assertEqual((call["ended_why"], call["replays"]), ("caller hung up", 1))
        self.assertEqual((call["turn_count"], call["malformed_messages"]), (3, 0))
        self.assertNotIn("timestamp out of order", call["frames_dropped"])
        self.assertEqual(operator.complaints, [])

    def test_a_stale_token_is_refused(self) -> None:
        _operator, page = self.visited(1.0)
        page.evaluate(DEAD_TOKEN)
        page.click("#call")
        self.problem(page, "refused")
        expect(page.locator("#call")).to_be_visible()

    def test_a_server_that_restarts_has_not_the_call_and_the_button_calls_again(self) -> None:
        _operator, page = self.talking(*turns(2))
        self.server.process.kill()
        self.problem(page, "reconnecting")
        self.server.process.wait()
        self.server.start()
        ended = page.locator('[data-problem="gone"], [data-problem="lost-server"]')
        expect(ended.filter(visible=True)).to_have_count(1, timeout=20_000)
        expect(page.locator("#opened-ended")).to_be_visible()
        expect(page.locator("#call")).to_be_focused()
        self.server.wait_until_ready()
        page.keyboard.press("Enter")
        expect(page.locator('[data-state="talking"]')).to_be_visible(timeout=15_000)
        expect(ended.filter(visible=True)).to_have_count(0)
        expect(page.locator("#live-turns [data-turn='0']")).to_be_visible(timeout=20_000)
        self.assertEqual(self.hang_up(page)["ended_why"], "caller hung up")

    def test_a_server_that_stays_away_is_said(self) -> None:
        _operator, page = self.talking(*turns(1))
        self.server.process.kill()
        self.problem(page, "lost-server")
        expect(page.locator("#call")).to_be_focused()
        self.server.process.wait()
        self.server.start()
        self.server.wait_until_ready()
