"""The page of calls in progress in a real browser: the countdown, listening in, pause, restart."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Any
from unittest import enterModuleContext

from django.test import SimpleTestCase, tag
from playwright.sync_api import Page, expect

from calls.simulator import utterances
from calls.simulator.caller import Caller, Say, StaySilent
from calls.simulator.dialling import CallResult, Dialled, place_call
from tests.dashboard.browser import Operator, chromium
from tests.server import Server
from tuning.turns.profile import Profile

LISTENED = "select * from dashboard_auditevent where action = 'listen' order by id"


WATCH_TURN = """() => new MutationObserver(() => {
  const turn = document.querySelector('#live-turns [data-turn="1"]');
  const row = document.querySelector(".live-call:not(.is-ended)");
  if (!turn || window.firstSeen) return;
  const text = (element) => element?.textContent.trim();
  window.wasOpen = Boolean(turn.querySelector(".is-open"));
  window.firstSeen = [row.querySelector(".floor").classList[1],
    text(turn.querySelector(".caller [dir]")), text(turn.querySelector(".agent [dir]"))];
}).observe(document.getElementById("live"), { childList: true, subtree: true })"""


def until(condition: Callable[[], Any], limit_s: float = 20) -> Any:
    until_s = time.monotonic() + limit_s
    while not (found := condition()):
        if time.monotonic() > until_s:
            raise AssertionError("it did not happen in time")
        time.sleep(0.05)
    return found


def talking(enough: Event) -> Iterator[Say | StaySilent]:
    """A caller who goes on until it is enough, however long a busy machine takes."""
    smoke = utterances.load("smoke")
    while not enough.is_set():
        yield Say(smoke)
        yield StaySilent(1500)


def setUpModule() -> None:
    LivePageTestCase.server = enterModuleContext(Server("tests.fake_settings"))
    LivePageTestCase.beside = enterModuleContext(ThreadPoolExecutor(2))
    LivePageTestCase.operator = Operator(enterModuleContext(chromium()), LivePageTestCase.server)


@tag("browser")
class LivePageTestCase(SimpleTestCase):
    server: Server
    beside: ThreadPoolExecutor
    operator: Operator

    def call(self, *steps: Say | StaySilent) -> Future[CallResult]:
        return self.call_of(steps)

    def call_of(self, steps: Iterable[Say | StaySilent]) -> Future[CallResult]:
        dialled = Dialled(webhook=self.server.webhook)
        return self.beside.submit(lambda: asyncio.run(place_call(Caller(steps), dialled)))

    def is_over(self, page: Page, number: str, limit: float) -> bool:
        return float(page.evaluate(number) or -100) > limit

    def opened(self) -> Page:
        page = self.operator.visit("live/")
        page.click(".live-call:not(.is-ended) .caller", timeout=15_000)
        page.wait_for_url("**/live/*/")
        page.wait_for_selector(".live-call:has([aria-current])")
        return page


class CountdownTests(LivePageTestCase):
    def test_the_silence_is_counted_against_what_the_profile_asks_for(self) -> None:
        page = self.operator.visit("live/")
        smoke = utterances.load("smoke")
        calling = self.call(Say(smoke), StaySilent(2_000), Say(smoke))
        page.wait_for_selector(".countdown", timeout=20_000)
        seen = page.evaluate("""async () => {
            const seen = [];
            for (let left = 60; left; left -= 1) {
              const bar = document.querySelector(".countdown progress");
              if (bar) seen.push([bar.value, bar.max]);
              await new Promise(requestAnimationFrame);
            }
            return seen; }""")
        asked = {most for _value, most in seen}
        values = [value for value, _most in seen]
        self.assertGreater(len(set(values)), 3, "it moves between two pieces of news")
        profile = Profile()
        longest_ms = profile.end_silence_ms(profile.short_utterance_ms)
        shortest_ms = profile.end_silence_ms(0)
        self.assertGreaterEqual(min(asked), shortest_ms)
        self.assertLessEqual(max(asked), longest_ms + profile.min_utterance_ms)
        self.assertEqual(calling.result(timeout=60).errors, [])
        ended = page.locator(".live-call.is-ended")
        expect(ended).to_be_visible()
        self.assertRegex(ended.locator(".caller").get_attribute("href") or "", r"/calls/\d+/")
        expect(ended).to_have_count(0, timeout=12_000)
        expect(page.locator(".no-live")).to_be_visible()


class OpenedCallTests(LivePageTestCase):
    def test_meters_move_and_listening_in_plays_both_sides_and_is_noted(self) -> None:
        enough = Event()
        self.addCleanup(enough.set)
        calling = self.call_of(talking(enough))
        page = self.opened()
        for side in ("caller", "agent"):
            level = f"document.getElementById('{side}-level').value"
            until(partial(self.is_over, page, level, -55))
        page.click("#listen")
        page.wait_for_selector("#listening:not([hidden])")
        for side in ("played", "caller", "agent"):
            heard = f"Number(document.getElementById('listening').dataset.{side})"
            until(partial(self.is_over, page, heard, 0.01))
        expect(page.locator(".live-call .listeners")).to_contain_text("operator")
        page.click("#stop-listening")
        expect(page.locator("#listening")).to_be_hidden()
        expect(page.locator(".live-call .listeners")).to_have_count(0)
        enough.set()
        result = calling.result(timeout=60)
        rows = until(lambda: [each for each in [self.server.rows(LISTENED)] if len(each) == 2])[0]
        self.assertEqual([row["what"] for row in rows], [result.call_sid] * 2)
        self.assertGreater(json.loads(rows[1]["detail"])["seconds"], 0.5)
        self.assertEqual(self.operator.complaints, [])
        expect(page.locator("#opened-ended")).to_be_visible()
        expect(page.locator("#live-turns .turn").first).to_be_visible()

    def test_paused_updates_wait_and_are_counted(self) -> None:
        smoke = utterances.load("smoke")
        calling = self.call(Say(smoke), StaySilent(1500), Say(smoke), StaySilent(1500))
        page = self.operator.visit("live/")
        page.wait_for_selector(".live-call:not(.is-ended)", timeout=15_000)
        page.click("#pause")
        before = page.inner_html("#live-calls")
        until(lambda: int(page.inner_text("#waiting-changes")) > 2)
        self.assertEqual(page.inner_html("#live-calls"), before)
        calling.result(timeout=60)
        page.click("#pause")
        expect(page.locator(".live-call:not(.is-ended)")).to_have_count(0)
        expect(page.locator("#paused")).to_be_hidden()


class TurnTests(LivePageTestCase):
    def test_a_turn_appears_while_its_reply_is_heard_and_is_whole_when_it_has_ended(self) -> None:
        speech = utterances.load("next_week")
        calling = self.call(Say(speech), StaySilent(12_000))
        page = self.opened()
        self.operator.complaints.clear()  # of a server that another test has killed
        page.evaluate(WATCH_TURN)
        first = page.locator('#live-turns [data-turn="1"]')
        expect(first).to_be_visible(timeout=20_000)
        state, said, answered = page.evaluate("window.firstSeen")
        self.assertEqual(state, "speaking", "when it appears the agent is still heard")
        self.assertTrue(said)
        self.assertTrue(answered)
        self.assertTrue(page.evaluate("window.wasOpen"))
        expect(first.locator(".is-open")).to_have_count(0, timeout=20_000)
        calling.result(timeout=60)
        expect(page.locator("#opened-ended")).to_be_visible()
        expect(first).to_have_count(1)
        self.assertEqual(self.operator.complaints, [])


class PlaceTests(LivePageTestCase):
    def test_the_opened_call_stands_beside_the_list_and_above_the_fold(self) -> None:
        smoke = utterances.load("smoke")
        callings = [self.call(Say(smoke), StaySilent(2_000), Say(smoke)) for _call in range(2)]
        page = self.opened()
        expect(page.locator(".live-call:not(.is-ended)")).to_have_count(2, timeout=15_000)
        box = """(selector) => { const box = document.querySelector(selector)
            .getBoundingClientRect(); return [box.left, box.right, box.top, box.bottom]; }"""
        for width in (1280, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            left, right, top, _bottom = page.evaluate(box, "#opened")
            row_left, row_right, row_top, _row = page.evaluate(box, ".live-call")
            self.assertTrue(right <= row_left or row_right <= left, "beside it")
            self.assertLess(abs(top - row_top), 60)
            levels = page.evaluate(box, ".levels")
            self.assertLess(levels[3], 900)
        page.set_viewport_size({"width": 360, "height": 740})
        self.assertLess(page.evaluate(box, ".levels")[3], 740)
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 360)
        page.set_viewport_size({"width": 1280, "height": 900})
        for calling in callings:
            calling.result(timeout=60)


class RestartTests(LivePageTestCase):
    def test_a_killed_server_freezes_the_page_and_its_return_fills_it_anew(self) -> None:
        page = self.operator.visit("live/")
        expect(page.locator(".no-live")).to_be_visible()
        smoke = utterances.load("smoke")
        calling = self.call(Say(smoke), StaySilent(1500), Say(smoke), StaySilent(1500), Say(smoke))
        page.wait_for_selector(".live-call:not(.is-ended)", timeout=15_000)
        self.server.process.send_signal(signal.SIGKILL)
        expect(page.locator("#frozen")).to_be_visible(timeout=5_000)
        self.server.process.wait()
        calling.exception(timeout=60)
        self.server.start()
        expect(page.locator("#frozen")).to_be_hidden(timeout=20_000)
        expect(page.locator(".live-call")).to_have_count(0)
        expect(page.locator(".no-live")).to_be_visible()
