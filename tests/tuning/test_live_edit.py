"""End to end: an operator publishes in a browser, and a call in progress decides by it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from django.test import SimpleTestCase, tag

from calls.simulator import utterances
from calls.simulator.caller import Caller, Say, StaySilent
from calls.simulator.dialling import CallResult, Dialled, place_call
from tests.dashboard.browser import Operator, chromium
from tests.fakes import FakeTranscriber
from tests.server import Server

TURNS = """
    select t.*, r.number as revision_number
    from calls_turn t join calls_call c on c.id = t.call_id
    join tuning_revision r on r.id = t.revision_id
    where c.call_sid = ? and t.said != '' order by t.number
"""


@tag("browser")
class LiveEditTest(SimpleTestCase):
    def publish(self, operator: Operator, **knobs: int) -> None:
        operator.page.click("nav a[href$='/profiles/']")
        operator.page.click("main a:has-text('balanced')")
        operator.page.click("#all-link")
        for name, value in knobs.items():
            operator.page.fill(f"[name={name}]", str(value))
        operator.page.fill("form.editor [name=note]", "ממתינים יותר")
        operator.page.click("form.editor .publish button")
        operator.page.wait_for_selector(".taken :text('1 / 1'), .taken .ok", timeout=10_000)

    def test_publishing_changes_the_very_next_decision_of_a_call_under_way(self) -> None:
        smoke = utterances.load("smoke")
        caller = Caller([Say(smoke), StaySilent(15_000), Say(smoke)])
        with (
            Server("tests.fake_settings") as server,
            ThreadPoolExecutor(1) as beside,
            chromium() as browser,
        ):

            def call() -> CallResult:
                return asyncio.run(place_call(caller, Dialled(webhook=server.webhook)))

            operator = Operator(browser, server)
            operator.visit("live/")
            calling = beside.submit(call)
            # The live row shows the call and its first answered turn before anything changes.
            said = FakeTranscriber.sayings[0]
            operator.page.wait_for_selector(f"#live-calls :text('{said}')", timeout=20_000)
            self.publish(operator, end_silence_short_ms=1400, end_silence_long_ms=2200)
            result = calling.result(timeout=60)
            row = server.ended_call(result.call_sid)
            turns = server.rows(TURNS, result.call_sid)
        self.assertEqual((result.errors, row["replays"]), ([], 1))
        before, after = turns[:2]
        self.assertEqual([before["revision_number"], after["revision_number"]], [1, 2])
        waited_ms = [turn["decided_ms"] - turn["speech_ended_ms"] for turn in (before, after)]
        self.assertLess(waited_ms[0], 1200)
        self.assertGreaterEqual(waited_ms[1], 220 + 1400 - 40)
