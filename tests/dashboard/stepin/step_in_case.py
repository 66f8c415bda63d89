"""A call in progress and a browser whose microphone is a recorded file, to step in with. The caller
keeps what they hear: the agent hums on one note, a person does not."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, ClassVar
from unittest import addModuleCleanup, enterModuleContext

import numpy as np
from playwright.sync_api import Page, expect

from calls.audio.codec import RATE, to_pcm
from calls.simulator import utterances
from calls.simulator.caller import Caller, Say, StaySilent
from calls.simulator.dialling import CallResult, Dialled, place_call
from calls.simulator.earpiece import AUDIBLE, Earpiece
from tests.dashboard.browser import BrowserTestCase, Operator
from tests.dashboard.talk.voices import write_microphone

FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
HUM_HZ = 500
"""The agent's voice: tests.dashboard.talk.voices."""
BITE = 800
"""Samples of 100 ms."""
AUDITED = """select who_name, action, detail from dashboard_auditevent
    where action in ('take over', 'whisper', 'say') and what = ? order by id"""
BEGUN = "select id from calls_call where call_sid = ? and started_at is not null"
JOURNAL = "from calls.models import Call; print(*Call.objects.get(pk={pk}).journal())"
OTHER = """from django.contrib.auth.models import User
User.objects.create_superuser("omer", password="for tests only 7")"""


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


def begin() -> None:
    """For `setUpModule`."""
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
        self.call_sid = f"CA{uuid.uuid4().hex}"
        dialled = Dialled(webhook=self.server.webhook)
        self.calling: Future[CallResult] = self.beside.submit(
            lambda: asyncio.run(place_call(self.caller, dialled, call_sid=self.call_sid))
        )
        self.addCleanup(self.hang_up)
        self.pk = self.in_progress()

    def hang_up(self) -> CallResult:
        self.enough.set()
        return self.calling.result(timeout=60)

    def in_progress(self) -> int:
        until_s = time.monotonic() + 20
        while not (found := self.server.rows(BEGUN, self.call_sid)):
            self.assertLess(time.monotonic(), until_s, self.server.log)
            time.sleep(0.05)
        return int(found[0]["id"])

    def opened(self, operator: Operator | None = None, **wishes: Any) -> tuple[Operator, Page]:
        operator = operator or self.signed_in(**{"language": "en"} | wishes)
        page = operator.visit(f"live/{self.pk}/")
        page.wait_for_selector(f"#live-{self.pk}:has([aria-current])", timeout=20_000)
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
        while len(rows := self.server.rows(AUDITED, self.call_sid)) < number:
            self.assertLess(time.monotonic(), until_s, rows)
            time.sleep(0.05)
        return [(row["who_name"], row["action"], json.loads(row["detail"])) for row in rows]

    def ended(self) -> dict[str, Any]:
        """The call's row, after the caller has hung up."""
        result = self.hang_up()
        self.assertEqual(result.errors, [])
        call = self.server.ended_call(result.call_sid)
        self.assertEqual(call["replays"], 1)
        return call
