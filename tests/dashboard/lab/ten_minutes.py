"""From a bad profile to a better one, by advice, replay and trial: every step by hand in a browser.

docs/tune-in-ten-minutes.md tells it with pictures, which are taken on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.dashboard.browser import Operator
from tests.server import Server

PROFILE = "balanced"
FILL = """
from dataclasses import asdict
from django.core.management import call_command
from calls.telephony.phone_number import PhoneNumber
from tuning.models import TimingProfile
from tuning.turns.profile import Profile

profile = TimingProfile.objects.get(name="balanced")
bad = {"vad_hangover_ms": 100, "end_silence_short_ms": 200, "end_silence_long_ms": 500}
profile.publish(Profile(**asdict(profile.newest.values) | bad), by=None, note="sooner")
call_command("seed", now=2)
PhoneNumber.objects.update(profile=profile)
call_command("seed", now=100)
"""
"""Both numbers run on a profile that answers too soon, and 100 callers have called."""
CALLS_AT_A_TIME, MOST_TIMES = 120, 4
WORKS_MS = 240_000


def walk(operator: Operator, server: Server, picture: Callable[[Page, str], None]) -> Page:
    """All of it, in English or Hebrew; ends on the profile's page, where the winner is live."""
    page = operator.visit("lab/advice/")
    page.locator("nav.filter a", has_text=PROFILE).click()
    page.locator(".ask-advice button").click()
    expect(page.locator(".advice li").first).to_be_visible(timeout=WORKS_MS)
    picture(page, "advice")

    while (drafting := page.locator(".advice li form[action*='/advice/'] button")).count():
        drafting.first.click()  # all that is advised
    drafted = page.locator(".advice li", has=page.locator(".state.ok")).first
    drafted.locator("form button").click()
    expect(page.locator(".first-line")).to_be_visible(timeout=WORKS_MS)
    picture(page, "replay")

    page = operator.visit("lab/trials/new/")
    page.locator("nav.filter a", has_text=PROFILE).click()
    page.locator("[name=candidate]").select_option("draft")
    page.locator("[name=name]").fill("longer silence")
    page.locator("[name=question]").fill("Are fewer callers cut in on?")
    page.locator("[name=decides]").select_option("cut-ins")
    page.locator("[name=least_effect]").fill("4")
    page.locator("[name=share]").fill("50")
    page.locator("[name=ends_on]").fill(f"{timezone.localdate() + timedelta(days=30)}")
    operator.settle()
    picture(page, "trial-new")
    page.locator("#trial-form .button.primary").click()
    page.wait_for_url("**/lab/trials/1/")

    publish = page.locator("form[action$='/publish/'] button")
    for _time in range(MOST_TIMES):
        server.manage("seed", "--now", f"{CALLS_AT_A_TIME}")
        page.reload()
        if publish.count():
            break
    expect(publish).to_be_visible()
    picture(page, "trial")
    publish.click()
    page = operator.visit("profiles/")
    page.locator("main a", has_text=PROFILE).first.click()
    operator.settle()
    picture(page, "published")
    return page
