"""The Talk page in a real browser whose microphone is a recorded file: calls by its buttons."""

from __future__ import annotations

import json
import re
import statistics

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.dashboard.talk.talking import GREETED_S, TalkTestCase, begin_module, turns

INTERRUPTED = """(times) =>
    (document.getElementById("live").dataset.silenced ?? "").split(" ").length >= times"""
JOURNAL = "from calls.models import Call; print(*Call.objects.get(pk={pk}).journal())"


def setUpModule() -> None:
    begin_module()


class WholeCallTests(TalkTestCase):
    def test_a_call_of_five_turns_by_the_pages_own_buttons(self) -> None:
        operator, page = self.talking(*turns(5), language="he")
        expect(page.locator(".countdown")).to_be_visible(timeout=20_000)
        expect(page.locator("#heard-turns tr")).to_have_count(5, timeout=90_000)
        expect(page.locator("#live-turns .waterfall")).not_to_have_count(0)
        self.assertEqual(Axe().run(page).response["violations"], [])
        for waited, server, network, buffers in self.figures(page):
            self.assertGreater(waited, server)
            self.assertAlmostEqual(waited, server + network + buffers, delta=2)
        beside = statistics.median(each[0] - each[1] for each in self.figures(page))
        self.assertLess(beside, 150, "network and buffers")
        call = self.hang_up(page)
        self.assertEqual((call["via"], call["caller"]), ("browser", "operator"))
        self.assertEqual((call["ended_why"], call["malformed_messages"]), ("caller hung up", 0))
        self.assertEqual((call["turn_count"], call["replays"]), (5, 1))
        said = self.server.rows("select * from calls_turn where call_id = ?", call["id"])
        self.assertTrue(all(turn["heard_ms"] is not None for turn in said), "by its marks")
        self.assertEqual(self.server.rows("select * from calls_latencycount"), [])
        self.assertEqual(operator.complaints, [])

    def test_it_can_be_called_again(self) -> None:
        _operator, page = self.talking(*turns(1))
        first = self.hang_up(page)
        page.click("#call")
        expect(page.locator("#live-turns [data-turn='1']")).to_be_visible(timeout=20_000)
        expect(page.locator("#live-calls li:not(.is-ended)")).to_have_count(1)
        self.assertNotEqual(self.hang_up(page)["id"], first["id"])


class InterruptionTests(TalkTestCase):
    def test_the_loudspeaker_is_silent_soon_after_the_callers_voice_begins(self) -> None:
        """bench/README.md has the figure of a machine that does nothing else."""
        pairs: list[float | str] = ["smoke", 2.0]
        _operator, page = self.talking(GREETED_S, *pairs * 9)
        page.wait_for_function(INTERRUPTED, arg=6, timeout=60_000)
        silenced = page.get_attribute("#live", "data-silenced") or ""
        took_ms = sorted(map(int, silenced.split()))
        self.assertLess(statistics.median(took_ms), 290, took_ms)
        self.hang_up(page)


class KeyTests(TalkTestCase):
    def test_space_mutes_wherever_one_is_and_never_hangs_up(self) -> None:
        _operator, page = self.talking(*turns(1))
        mute = page.locator("#mute")
        expect(mute).to_be_focused()
        for place in ("#mute", "#hang-up", "[data-digit='5']"):
            page.locator(place).focus()
            page.keyboard.press("Space")
            expect(mute).to_have_attribute("aria-pressed", "true")
            expect(page.locator('[data-state="muted"]')).to_be_visible()
            page.keyboard.press("Space")
            expect(mute).to_have_attribute("aria-pressed", "false")
        page.keyboard.press("7")
        page.click("[data-digit='#']")
        call = self.hang_up(page)
        journal = self.server.manage("shell", "-v0", "-c", JOURNAL.format(pk=call["id"]))
        self.assertEqual(re.findall(r'"digit": ?"(.)"', journal), ["7", "#"])


class KnobTests(TalkTestCase):
    def test_a_slider_that_is_moved_in_mid_call_is_tried_in_it_and_goes_into_the_draft(
        self,
    ) -> None:
        operator, page = self.talking(*turns(3))
        slider = page.locator("#try_answers")
        expect(slider).to_be_visible(timeout=10_000)
        expect(page.locator("#heard-turns tr")).not_to_have_count(0, timeout=30_000)
        slider.focus()
        page.keyboard.press("ArrowLeft")
        expect(page.locator(".runs-on")).to_contain_text("tried in this call")
        expect(page.locator("#live-turns [data-turn='3']")).to_contain_text(
            "tried in this call", timeout=40_000
        )
        self.assertEqual(Axe().run(page).response["violations"], [])
        page.keyboard.press("Space")
        expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
        page.click("#knobs-draft")
        expect(page.locator("#knobs-drafted")).to_be_visible()
        call = self.hang_up(page)
        self.assertEqual(call["replays"], 1)
        expect(slider).to_be_disabled()
        said = self.server.rows("select * from calls_turn where call_id = ?", call["id"])
        tried = [turn for turn in said if turn["tried_knobs"]]
        self.assertTrue(tried)
        self.assertEqual({turn["revision_id"] for turn in tried}, {None})
        (draft,) = self.server.rows("select knobs from tuning_draft")
        self.assertEqual(json.loads(draft["knobs"]), json.loads(tried[-1]["tried_knobs"]))
        self.assertEqual(operator.complaints, [])
