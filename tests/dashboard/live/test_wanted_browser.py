"""Callers who ask for a person, on the live page in a real browser: the block, the notification."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from unittest import enterModuleContext

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from calls.simulator import utterances
from calls.simulator.caller import Caller, Say, StaySilent
from calls.simulator.dialling import CallResult, Dialled, place_call
from tests.dashboard.browser import BrowserTestCase, Operator
from tests.dashboard.live.asking_settings import PERSON_WAIT_S
from tests.dashboard.test_pages import BARE_NUMBERS

KEEP_NOTIFICATIONS = """
  window.told = [];
  const Shown = window.Notification;
  window.Notification = class extends Shown {
    constructor(title, options) { super(title, options); window.told.push([title, options.body]); }
  };"""
VIEWER = """
from tests.dashboard.operators import a_person
a_person("viewer", "viewer", "for tests only 7")"""
LOOKS_AWAY, TOLD = "document.hasFocus = () => false", "window.told"
SECONDS = """(selector) => {
  const [minutes, seconds] = document.querySelector(selector).textContent.split(":");
  return minutes * 60 + Number(seconds); }"""


def asking(enough: Event) -> Iterator[Say | StaySilent]:
    """A caller who asks at once, and then waits until it is enough."""
    yield Say(utterances.load("smoke"))
    while not enough.is_set():
        yield StaySilent(500)


def setUpModule() -> None:
    WantedTests.begin(made=VIEWER, settings_module="tests.dashboard.live.asking_settings")
    WantedTests.beside = enterModuleContext(ThreadPoolExecutor(2))


class WantedTests(BrowserTestCase):
    beside: ThreadPoolExecutor

    def call(self) -> tuple[Event, Future[CallResult]]:
        enough = Event()
        self.addCleanup(enough.set)
        caller, dialled = Caller(asking(enough)), Dialled(webhook=self.server.webhook)
        return enough, self.beside.submit(lambda: asyncio.run(place_call(caller, dialled)))

    def notified(self, operator: Operator) -> Page:
        """The page of calls in progress, of somebody who has pressed "Notify me"."""
        operator.page.context.grant_permissions(["notifications"])
        operator.page.add_init_script(KEEP_NOTIFICATIONS)
        page = operator.visit("live/")
        expect(page.locator("#wanted")).to_be_hidden()
        page.click("#notify")
        expect(page.locator("#notify")).to_have_attribute("aria-pressed", "true")
        return page

    def test_who_looks_away_is_notified_and_who_looks_sees_the_block(self) -> None:
        operator = self.signed_in(language="en")
        page = self.notified(operator)
        page.evaluate(LOOKS_AWAY)
        enough, calling = self.call()
        row = page.locator("[data-wanted]")
        expect(row).to_have_count(1, timeout=20_000)
        expect(row).to_contain_text("the caller asked")
        caller = row.get_attribute("data-caller") or ""
        self.assertIn("•", caller)
        self.assertEqual(page.evaluate(TOLD), [["A caller asks for a person", caller]])
        self.assertTrue(page.title().startswith("(1) "), page.title())
        expect(page.locator(".live-call .badge").first).to_have_text("asks for a person")
        waited, left = (page.evaluate(SECONDS, f"[data-wanted] [data-{each}]")
                        for each in ("seconds", "left"))  # fmt: skip
        page.wait_for_timeout(2500)
        self.assertGreater(page.evaluate(SECONDS, "[data-wanted] [data-seconds]"), waited)
        self.assertLess(page.evaluate(SECONDS, "[data-wanted] [data-left]"), left)

        page.reload()
        expect(row).to_have_class("card is-new", timeout=10_000)
        expect(page.locator("#wanted-news")).to_have_text(f"A caller asks for a person: {caller}")
        self.assertEqual(page.evaluate(TOLD), [])
        expect(page.locator("#notify")).to_have_attribute("aria-pressed", "true")
        row.get_by_role("link").click()
        page.wait_for_url("**/live/*/")
        expect(page.locator("#wanted")).to_be_visible(timeout=10_000)

        expect(page.locator("#wanted")).to_be_hidden(timeout=(PERSON_WAIT_S + 10) * 1000)
        self.assertFalse(page.title().startswith("("))
        enough.set()
        self.assertEqual(calling.result(timeout=60).errors, [])
        self.assertEqual(operator.complaints, [])

    def test_it_is_whole_in_both_languages_light_and_dark_and_narrow(self) -> None:
        enough, calling = self.call()
        for language, theme, width in (("he", "dark", 360), ("en", "light", 1280)):
            operator = self.signed_in(language=language, theme=theme, width=width)
            page = operator.visit("live/")
            with self.subTest(language=language, theme=theme, width=width):
                expect(page.locator("[data-wanted]")).to_have_count(1, timeout=20_000)
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
                self.assertEqual(page.evaluate(BARE_NUMBERS), [])
                found = Axe().run(page).response["violations"]
                self.assertEqual([(e["id"], e["nodes"][0]["html"]) for e in found], [])
        enough.set()
        calling.result(timeout=60)

    def test_a_browser_that_may_not_notify_says_what_to_do(self) -> None:
        page = self.signed_in(language="en").visit("live/")
        page.click("#notify")
        expect(page.locator("#call-me-problem")).to_contain_text("The browser blocks notifications")
        expect(page.locator("#notify")).to_have_attribute("aria-pressed", "false")

    def test_a_sound_is_only_ever_asked_for_on_this_page(self) -> None:
        operator = self.signed_in(language="en")
        page = operator.visit("live/")
        page.click("#sound")
        expect(page.locator("#sound")).to_have_attribute("aria-pressed", "true")
        page.reload()
        expect(page.locator("#sound")).to_have_attribute("aria-pressed", "false")
        self.assertEqual(operator.complaints, [])

    def test_who_may_not_step_in_sees_them_and_is_not_called(self) -> None:
        page = self.signed_in(user="viewer", language="en").visit("live/")
        expect(page.locator("#call-me")).to_have_count(0)
