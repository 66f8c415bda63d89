"""Stepping in, in a real browser whose microphone is a recorded file, to a call whose caller keeps
what they hear: the agent hums on one note, a person does not."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, ClassVar
from unittest import addModuleCleanup, enterModuleContext

import numpy as np
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from calls.audio.codec import RATE, to_pcm
from calls.simulator import utterances
from calls.simulator.caller import Caller, Say, StaySilent
from calls.simulator.dialling import CallResult, Dialled, place_call
from calls.simulator.earpiece import AUDIBLE, Earpiece
from tests.dashboard.browser import BrowserTestCase, Operator
from tests.dashboard.talk.cut_line import CutLine
from tests.dashboard.talk.voices import write_microphone

FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
HUM_HZ = 500
"""The agent's voice: tests.dashboard.talk.voices."""
BITE = 800
"""Samples of 100 ms."""
AUDITED = """select who_name, action, detail from dashboard_auditevent
    where action in ('take over', 'whisper', 'say') order by id"""
JOURNAL = "from calls.models import Call; print(*Call.objects.get(pk={pk}).journal())"
OTHER = """from django.contrib.auth.models import User
User.objects.create_superuser("omer", password="for tests only 7")"""
NO_MICROPHONE = """(name) => { navigator.mediaDevices.getUserMedia = async () => {
    throw new DOMException("", name); }; }"""


class Ear(Earpiece):
    """Keeps the sound, 100 ms at a time, with when it came."""

    def __init__(self) -> None:
        super().__init__()
        self._rest = b""
        self.bites: list[tuple[float, str]] = []
        """When it came, by the test's clock, and whose it is: agent, person or nobody."""

    def play(self, now_ms: float, audio: bytes) -> None:
        super().play(now_ms, audio)
        self._rest += audio
        while len(self._rest) >= BITE:
            bite, self._rest = self._rest[:BITE], self._rest[BITE:]
            self.bites.append((time.monotonic(), whose(bite)))

    def heard_since(self, from_s: float) -> set[str]:
        return {who for at_s, who in self.bites if at_s >= from_s} - {"nobody"}


def whose(bite: bytes) -> str:
    sound = to_pcm(bite).astype(float)
    if np.abs(sound).max() < AUDIBLE:
        return "nobody"
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    place = round(HUM_HZ * len(sound) / RATE)
    return "agent" if power[place - 3 : place + 4].sum() > 0.8 * power.sum() else "person"


def talking(enough: Event) -> Iterator[Say | StaySilent]:
    smoke = utterances.load("smoke")
    while not enough.is_set():
        yield Say(smoke)
        yield StaySilent(1500)


def setUpModule() -> None:
    folder = tempfile.TemporaryDirectory()
    addModuleCleanup(folder.cleanup)
    microphone = Path(folder.name) / "microphone.wav"
    write_microphone(microphone, ["smoke", 0.3] * 40)
    heard = f"--use-file-for-fake-audio-capture={microphone}"
    StepInTestCase.begin(
        *FLAGS, heard, made=OTHER, settings_module="tests.dashboard.talk.talk_settings"
    )
    StepInTestCase.beside = enterModuleContext(ThreadPoolExecutor(1))


class StepInTestCase(BrowserTestCase):
    beside: ClassVar[ThreadPoolExecutor]

    def setUp(self) -> None:
        self.enough = Event()
        self.caller = Caller(talking(self.enough))
        self.caller.ear = self.ear = Ear()
        dialled = Dialled(webhook=self.server.webhook)
        self.calling: Future[CallResult] = self.beside.submit(
            lambda: asyncio.run(place_call(self.caller, dialled))
        )
        self.addCleanup(self.enough.set)
        self.since = len(self.server.rows(AUDITED))

    def opened(self, **wishes: Any) -> tuple[Operator, Page]:
        operator = self.signed_in(**{"language": "en"} | wishes)
        page = operator.visit("live/")
        page.click(".live-call:not(.is-ended) .caller", timeout=15_000)
        page.wait_for_url("**/live/*/")
        page.wait_for_selector(".live-call:has([aria-current])")
        return operator, page

    def take_over(self, page: Page) -> float:
        """When it was granted, by the test's clock."""
        page.click("#take-over")
        expect(page.locator('[data-hold="speaking"]')).to_be_visible(timeout=15_000)
        return time.monotonic()

    def until(self, condition: Callable[[], Any], page: Page, limit_s: float = 15) -> None:
        until_s = time.monotonic() + limit_s
        while not condition():
            self.assertLess(time.monotonic(), until_s, "it did not happen in time")
            page.wait_for_timeout(50)

    def audited(self, number: int) -> list[tuple[str, str, dict[str, Any]]]:
        until_s = time.monotonic() + 10
        while len(rows := self.server.rows(AUDITED)[self.since :]) < number:
            self.assertLess(time.monotonic(), until_s, rows)
            time.sleep(0.05)
        return [(row["who_name"], row["action"], json.loads(row["detail"])) for row in rows]

    def ended(self) -> dict[str, Any]:
        """The call's row, after the caller has hung up."""
        self.enough.set()
        result = self.calling.result(timeout=60)
        self.assertEqual(result.errors, [])
        call = self.server.ended_call(result.call_sid)
        self.assertEqual(call["replays"], 1)
        return call


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


class KeyTests(StepInTestCase):
    def test_space_mutes_wherever_one_is_and_never_hands_back(self) -> None:
        _operator, page = self.opened(width=360)
        self.take_over(page)
        mute = page.locator("#hold-mute")
        expect(mute).to_be_focused()
        for place in ("#hold-mute", "#hand-back"):
            page.locator(place).focus()
            page.keyboard.press("Space")
            expect(mute).to_have_attribute("aria-pressed", "true")
            expect(page.locator('[data-hold="muted"]')).to_be_visible()
            muted_s = time.monotonic() + 0.7
            page.wait_for_timeout(1500)
            self.assertEqual(self.ear.heard_since(muted_s), set())
            page.keyboard.press("Space")
            expect(mute).to_have_attribute("aria-pressed", "false")
        page.locator("#hold-note").focus()
        page.keyboard.press("Space")
        expect(mute).to_have_attribute("aria-pressed", "false")
        self.assertEqual(page.input_value("#hold-note"), " ")
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 360)
        self.assertEqual(Axe().run(page).response["violations"], [])
        page.keyboard.press("Enter")
        expect(page.locator('[data-problem="handed-back"]')).to_be_visible()
        self.ended()


class LineTests(StepInTestCase):
    def test_a_whisper_and_a_line_to_say_reach_the_agent(self) -> None:
        operator, page = self.opened()
        page.fill("#whisper-text", "להציע גם את יום שני")
        page.keyboard.press("Enter")
        expect(page.locator("#whisper [role=status]")).to_be_visible()
        expect(page.locator("#whisper-text")).to_be_focused()
        page.fill("#say-text", "רגע אחד, אני בודק")
        page.click("#say-go")
        expect(page.locator("#say [role=status]")).to_be_visible()
        expect(page.locator("#live-turns")).to_contain_text("רגע אחד, אני בודק", timeout=20_000)
        self.assertEqual(Axe().run(page).response["violations"], [])
        self.assertEqual(operator.complaints, [])
        page.click("#say-go")
        expect(page.locator("#say [role=alert]")).to_be_visible()
        self.assertEqual(
            [(action, detail) for _who, action, detail in self.audited(2)],
            [("whisper", {"characters": 19}), ("say", {"characters": 17})],
        )
        call = self.ended()
        self.assertEqual((call["was_held"], json.loads(call["holds"])), (0, []))
        journal = self.server.manage("shell", "-v0", "-c", JOURNAL.format(pk=call["id"]))
        for kind in ("Whispered", "AskedToSay"):
            self.assertIn(f'"kind": "{kind}"', journal.replace('":"', '": "'))


class TroubleTests(StepInTestCase):
    def test_every_problem_with_the_microphone_is_a_sentence_and_asks_no_call(self) -> None:
        _operator, page = self.opened()
        for name, problem in (
            ("NotAllowedError", "denied"),
            ("NotFoundError", "no-microphone"),
            ("NotReadableError", "microphone-busy"),
        ):
            with self.subTest(problem):
                page.evaluate(NO_MICROPHONE, name)
                page.click("#take-over")
                expect(page.locator(f'[data-problem="{problem}"]')).to_be_visible()
                expect(page.locator("#take-over")).to_be_focused()
        self.assertEqual(self.server.rows(AUDITED)[self.since :], [])
        self.assertEqual(self.ended()["was_held"], 0)

    def test_without_https_there_is_no_button_to_press(self) -> None:
        operator = self.signed_in(language="en")
        operator.page.add_init_script(
            "Object.defineProperty(window, 'isSecureContext', { value: false })"
        )
        page = operator.visit("live/")
        page.click(".live-call:not(.is-ended) .caller", timeout=15_000)
        expect(page.locator('[data-problem="insecure"]')).to_be_visible()
        expect(page.locator("#take-over")).to_be_disabled()
        expect(page.locator("#whisper-text")).to_be_enabled()

    def test_a_microphone_that_is_lost_is_said_and_taken_up_when_it_is_back(self) -> None:
        operator = self.signed_in(language="en")
        operator.page.add_init_script("""
            const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
            if (open) navigator.mediaDevices.getUserMedia = async (asked) =>
              (window.given = await open(asked));""")
        page = operator.visit("live/")
        page.click(".live-call:not(.is-ended) .caller", timeout=15_000)
        self.take_over(page)
        page.evaluate("""() => { const [track] = window.given.getAudioTracks();
            track.stop(); track.dispatchEvent(new Event("ended")); }""")
        lost = page.locator('[data-problem="lost-microphone"]')
        expect(lost).to_be_visible()
        page.wait_for_timeout(500)
        page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
        expect(lost).to_be_hidden()
        back_s = time.monotonic()
        self.until(lambda: "person" in self.ear.heard_since(back_s), page)
        page.click("#hand-back")
        self.ended()
