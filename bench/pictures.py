"""The pictures of the README and of docs/dashboard.md, from invented calls, so that they stay true.

    .venv/bin/python -m bench.pictures       five minutes; or: make pictures
    .venv/bin/python -m bench.pictures lab   only those of docs/tune-in-ten-minutes.md
    .venv/bin/python -m bench.pictures talk  only those of docs/talk.md
    .venv/bin/python -m bench.pictures booking  only those of docs/booking.md

A server of its own, with services that behave, calls of calls/records/seeding.py, and one call in
progress; for the way of tests/dashboard/lab/ten_minutes.py another one, in each language.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from functools import partial
from pathlib import Path

import django
from playwright.sync_api import Page

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "pictures"
CALLS = 401
"""Odd: the newest is of the number that runs on the default profile."""
FILL = f"""
from django.core.management import call_command
from tuning.models import TimingProfile
TimingProfile.objects.get(name="adaptive").make_default()  # as in a new installation
call_command("seed", calls={CALLS}, recorded=1)
from calls.models import Call
call = Call.objects.order_by("-rang_at")[0]
from calls.lab import replaying
from calls.lab.replay import Replay
from dashboard.lab.candidates import preset
profile = TimingProfile.objects.get(name="balanced")
calls = Call.objects.filter(profile=profile)
query = f"profile={{profile.pk}}&real=on"
replay = Replay.begin(profile, [preset("brisk", profile)], calls=calls, query=query, by=None)
while replaying.work_on(replay.pk):
    pass
print(call.pk, replay.pk)
"""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hevoice.settings")
    django.setup()
    from bench import booking_pictures, talk_pictures
    from calls.simulator import utterances
    from calls.simulator.caller import Caller, Say, StaySilent
    from calls.simulator.dialling import Dialled, place_call
    from tests.dashboard.browser import Operator, chromium
    from tests.dashboard.lab import ten_minutes
    from tests.server import Server

    FOLDER.mkdir(exist_ok=True)
    if sys.argv[1:] == ["talk"]:
        talk_pictures.draw(FOLDER)
        return
    if sys.argv[1:] == ["booking"]:
        booking_pictures.draw(FOLDER)
        return
    for language in ("he", "en"):
        with Server("tests.fake_settings") as server, chromium() as browser:
            server.manage("shell", "-v0", "-c", ten_minutes.FILL)
            operator = Operator(browser, server, language=language)
            ten_minutes.walk(operator, server, partial(_whole_page, language))
    if sys.argv[1:] == ["lab"]:
        return
    talk_pictures.draw(FOLDER)
    booking_pictures.draw(FOLDER)
    with Server("tests.fake_settings") as server, chromium() as browser:
        recorded, replay = server.manage("shell", "-v0", "-c", FILL).split()[-2:]
        profiles = {
            each["name"]: each["id"]
            for each in server.rows("select id, name from tuning_timingprofile")
        }
        fixed, adaptive = profiles["balanced"], profiles["adaptive"]
        pages = {
            "home": "", "call": f"calls/{recorded}/?turn=3", "calls": "calls/",
            "latencies": "latencies/?days=30", "over-time": "latencies/over-time/?days=30",
            "trade-off": f"latencies/trade-off/?days=30&profile={fixed}",
            "profile": f"profiles/{adaptive}/", "lab": f"lab/{replay}/",
        }  # fmt: skip
        for language in ("he", "en"):
            theme = "light" if language == "he" else "dark"
            operator = Operator(browser, server, language=language, theme=theme)
            for name, path in pages.items():
                page = operator.visit(path)
                page.wait_for_load_state("networkidle")
                page.wait_for_timeout(700)
                page.screenshot(path=FOLDER / f"{name}-{language}.png")
            speech = utterances.load("next_week")
            caller = Caller([Say(speech), StaySilent(9000)])
            calling = threading.Thread(
                target=lambda: asyncio.run(place_call(caller, Dialled(webhook=server.webhook))),  # noqa: B023
            )
            calling.start()
            page = operator.visit("live/")
            page.locator(".live-call").wait_for(timeout=15_000)
            page.locator(".live-call a").first.click()
            page.locator(".floor.waiting").first.wait_for(timeout=20_000)
            page.screenshot(path=FOLDER / f"live-{language}.png")
            operator.leave()
            calling.join(60)


def _whole_page(language: str, page: Page, name: str) -> None:
    page.screenshot(path=FOLDER / f"ten-{name}-{language}.png", full_page=True)


if __name__ == "__main__":
    main()
