"""A shared link in a real browser whose microphone is a recorded file, and where nobody is signed
in: whole calls by it, and the page on which links are made."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from typing import Any, ClassVar
from unittest import addModuleCleanup

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.dashboard.browser import BrowserTestCase, Operator
from tests.dashboard.talk.cut_line import CutLine
from tests.dashboard.talk.voices import write_microphone

SETTINGS = "tests.dashboard.talk.talk_settings"
FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
MADE = """
from datetime import timedelta
from django.utils import timezone
from calls.models import TalkLink
from calls.telephony.phone_number import PhoneNumber
desk = PhoneNumber.objects.create(number="+97231234567", name="Desk", records=True)
expires_at = timezone.now() + timedelta(days=7)
for name, wishes in {
    "whole": {"number": desk},
    "short": {"most_call_s": 30},
    "held": {"most_call_s": 30},
    "withdrawn": {},
    "torn": {},
    "one": {"most_calls": 1},
}.items():
    TalkLink.objects.create(name=name, expires_at=expires_at, **wishes)
"""
ADDRESSES = "from calls.models import TalkLink; print(TalkLink.objects.get(name='{}').address)"
GREETED_S, ANSWERED_S = 7.0, 5.0
TURN: list[float | str] = ["smoke", ANSWERED_S]
TURNS = [GREETED_S, *TURN * 8]
WIDTHS = (360, 1280)


def setUpModule() -> None:
    folder = tempfile.TemporaryDirectory()
    addModuleCleanup(folder.cleanup)
    LinkTestCase.microphone = Path(folder.name) / "microphone.wav"
    write_microphone(LinkTestCase.microphone, [1.0])
    heard = f"--use-file-for-fake-audio-capture={LinkTestCase.microphone}%noloop"
    LinkTestCase.begin(*FLAGS, heard, made=MADE, settings_module=SETTINGS)


class LinkTestCase(BrowserTestCase):
    microphone: ClassVar[Path]

    def address(self, link: str) -> str:
        told = self.server.manage("shell", "-v0", "-c", ADDRESSES.format(link))
        return f"{self.server.address}/try/{told.strip()}/"

    def visited(self, link: str, *said: float | str, **wishes: Any) -> tuple[Operator, Page]:
        write_microphone(self.microphone, [*said])
        visitor = self.signed_in(user=None, **wishes)
        visitor.page.goto(self.address(link))
        return visitor, visitor.page

    def talking(self, link: str, *said: float | str) -> tuple[Operator, Page]:
        visitor, page = self.visited(link, *said)
        page.click("#call")
        expect(page.locator('[data-state="talking"]')).to_be_visible(timeout=15_000)
        return visitor, page

    def call_of(self, link: str) -> dict[str, Any]:
        """The newest by this link, once it is settled."""
        asked = (
            "select call_sid from calls_call where talk_link_id = "
            "(select id from calls_talklink where name = ?) order by id desc limit 1"
        )
        (row,) = self.server.rows(asked, link)
        return self.server.ended_call(row["call_sid"])


class VisitTests(LinkTestCase):
    def test_a_whole_call_without_a_session(self) -> None:
        visitor, page = self.visited("whole", *TURNS)
        expect(page.locator("#recorded")).to_be_visible()
        self.assertIn("will be recorded", page.inner_text("main"))
        self.assertEqual(Axe().run(page).response["violations"], [])
        page.click("#call")
        expect(page.locator('[data-state="talking"]')).to_be_visible(timeout=15_000)
        expect(page.locator("#left")).to_have_text(re.compile(r"4:5\d"))
        self.assertEqual(Axe().run(page).response["violations"], [])
        for key in ("#mute", "#hang-up"):
            page.locator(key).focus()
            page.keyboard.press("Space")
            expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
            page.keyboard.press("Space")
            expect(page.locator("#mute")).to_have_attribute("aria-pressed", "false")
        page.click("[data-digit='5']")
        expect(page.locator("#left")).to_have_text(re.compile(r"4:3\d"), timeout=40_000)
        page.click("#hang-up")
        expect(page.locator("#over")).to_contain_text(re.compile(r"was left: 4:[23]\d"))
        self.assertEqual(page.context.cookies()[0]["name"], "csrftoken")
        self.assertEqual(len(page.context.cookies()), 1)
        call = self.call_of("whole")
        self.assertEqual((call["via"], call["caller"]), ("link", "whole"))
        self.assertEqual((call["ended_why"], call["malformed_messages"]), ("caller hung up", 0))
        self.assertEqual(call["replays"], 1)
        self.assertGreaterEqual(call["turn_count"], 3)
        said = self.server.rows(
            "select * from calls_turn where call_id = ? order by number", call["id"]
        )
        # Whoever hangs up may not have heard the last one.
        self.assertTrue(all(turn["heard_ms"] is not None for turn in said[:-1]), "by its marks")
        self.assertEqual(self.server.rows("select * from calls_latencycount"), [])
        self.assertEqual(visitor.complaints, [])

    def test_the_links_time_ends_it(self) -> None:
        visitor, page = self.talking("short", *TURNS)
        began_s = time.monotonic()
        expect(page.locator("[data-over='time up']")).to_be_visible(timeout=60_000)
        self.assertLess(time.monotonic() - began_s, 45)
        expect(page.locator("#call")).to_be_visible()
        self.assertEqual(self.call_of("short")["ended_why"], "time up")
        self.assertEqual(visitor.complaints, [])

    def test_a_call_that_a_person_holds_beyond_its_time_says_why_it_goes_on(self) -> None:
        visitor, page = self.talking("held", *TURNS)
        (row,) = self.server.rows("select max(id) as pk from calls_call")
        person = self.signed_in(language="en").visit(f"live/{row['pk']}/")
        person.click("#take-over")
        expect(person.locator('[data-hold="speaking"]')).to_be_visible(timeout=15_000)
        expect(page.locator("#time-up")).to_be_hidden()
        expect(page.locator("#time-up")).to_be_visible(timeout=40_000)
        expect(page.locator("#is-left")).to_be_hidden()
        page.wait_for_timeout(6000)  # more than a goodbye takes
        expect(page.locator("#in-call")).to_be_visible()
        self.assertEqual(Axe().run(page).response["violations"], [])
        person.click("#hand-back")
        page.click("#hang-up")
        expect(page.locator("#over")).to_be_visible()
        self.assertEqual(visitor.complaints, [])

    def test_a_link_that_is_withdrawn_in_mid_call_ends_it_politely_and_gives_no_other(self) -> None:
        visitor, page = self.talking("withdrawn", *TURNS)
        admin = self.signed_in(language="en")
        links = admin.visit("talk/links/")
        row = links.locator("tr", has_text="withdrawn")
        row.locator("summary").click()
        self.assertEqual(Axe().run(links).response["violations"], [])
        row.get_by_role("button", name="Withdraw the link").click()
        expect(links.locator(".notice.ok")).to_contain_text("withdrawn")
        expect(page.locator("#over")).to_be_visible(timeout=45_000)
        self.assertEqual(self.call_of("withdrawn")["ended_why"], "time up")
        expect(page.locator("#why")).to_contain_text("has been withdrawn")
        expect(page.locator("[data-over='closed']")).to_be_visible()
        expect(page.locator("#call")).to_be_hidden()
        self.assertEqual(visitor.complaints, [])
        gone = page.reload()
        assert gone
        self.assertEqual(gone.status, 410)
        self.assertEqual(Axe().run(page).response["violations"], [])

    def test_a_connection_that_is_torn_comes_back_without_a_session(self) -> None:
        with CutLine(self.server.port) as line:
            write_microphone(self.microphone, TURNS)
            page = self.signed_in(user=None).page
            page.goto(self.address("torn").replace(self.server.address, line.address))
            page.click("#call")
            expect(page.locator('[data-state="talking"]')).to_be_visible(timeout=15_000)
            line.tear(2)
            expect(page.locator('[data-problem="reconnecting"]')).to_be_visible(timeout=10_000)
            expect(page.locator('[data-problem="reconnecting"]')).to_be_hidden(timeout=20_000)
            expect(page.locator("#left")).to_have_text(re.compile(r"4:3\d"), timeout=40_000)
            page.click("#hang-up")
            expect(page.locator("[data-over='left']")).to_be_visible()
        call = self.call_of("torn")
        self.assertEqual((call["ended_why"], call["replays"]), ("caller hung up", 1))

    def test_who_comes_after_the_last_call_is_told(self) -> None:
        visitor, page = self.visited("one", 30.0)
        late = self.signed_in(user=None).page
        late.goto(page.url)
        page.click("#call")
        expect(page.locator('[data-state="talking"]')).to_be_visible(timeout=15_000)
        late.click("#call")
        expect(late.locator("#why")).to_contain_text("All the calls of this link")
        expect(late.locator("#call")).to_be_hidden()
        page.click("#hang-up")
        expect(page.locator("#over")).to_be_visible()
        self.assertEqual(visitor.complaints, [])

    def test_it_is_read_in_both_languages_and_on_a_narrow_screen(self) -> None:
        for width in WIDTHS:
            for theme in ("light", "dark"):
                visitor, page = self.visited("whole", 1.0, width=width, theme=theme)
                page.get_by_role("link", name="עברית").click()
                expect(page.locator("html")).to_have_attribute("dir", "rtl")
                with self.subTest(width=width, theme=theme):
                    self.assertEqual(Axe().run(page).response["violations"], [])
                    wide = "document.documentElement.scrollWidth > innerWidth"
                    self.assertFalse(page.evaluate(wide))
                    self.assertEqual(visitor.complaints, [])


class LinksTests(LinkTestCase):
    def test_a_link_is_made_copied_and_opened(self) -> None:
        for language, width in (("en", 1280), ("he", 360)):
            admin = self.signed_in(language=language, width=width)
            page = admin.visit("talk/links/")
            page.context.grant_permissions(["clipboard-read", "clipboard-write"])
            page.fill("[name=name]", f"made in {language}")
            page.click(".link-form .primary")
            row = page.locator("tr", has_text=f"made in {language}")
            row.locator("[data-copy]").click()
            expect(row.locator("[data-copied]")).to_be_visible()
            copied = page.evaluate("navigator.clipboard.readText()")
            with self.subTest(language):
                self.assertEqual(Axe().run(page).response["violations"], [])
                wide = "document.documentElement.scrollWidth > innerWidth"
                self.assertFalse(page.evaluate(wide))
                self.assertEqual(admin.complaints, [])
            visitor = self.signed_in(user=None).page
            opened = visitor.goto(copied)
            assert opened
            self.assertEqual(opened.status, 200)
