"""Calls that a person held, afterwards: their page, the list, its filter, and the files."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, ClassVar

from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import TestCase

from calls.models import Call
from dashboard.calls.export import as_csv, as_json
from dashboard.models import AuditEvent
from dashboard.templatetags.people_words import told
from tests.dashboard.call_rows import a_call, a_turn
from tests.dashboard.operators import a_person
from tests.voice.test_live_sockets import SocketTestCase
from tuning.models import TimingProfile

HOLD = {"who": "dana", "from_ms": 6500, "until_ms": 19500, "ended": "lost", "note": "=יום שני"}


class HeldCallTests(TestCase):
    held: ClassVar[Call]
    dana: ClassVar[User]

    @classmethod
    def setUpTestData(cls) -> None:
        TimingProfile.create_shipped()
        cls.held = a_call(1, was_held=True, holds=[HOLD])
        a_turn(cls.held, 1)
        a_turn(cls.held, 2, person="dana", answered="אפשר ביום שני בעשר", why="taken over")
        a_turn(cls.held, 3, person="dana", answered="", why="overheard")
        a_call(2)
        cls.dana = a_person("operator")

    def setUp(self) -> None:
        self.client.force_login(self.dana)

    def page(self, address: str) -> Any:
        return self.client.get(f"/en/calls/{address}")

    def test_its_page_has_the_stretch_as_a_band_and_in_a_table(self) -> None:
        page = self.page(f"{self.held.pk}/")
        (band,) = page.context["course"].holds
        length_ms = page.context["course"].length_ms
        self.assertAlmostEqual(band.x, 100 * 6500 / length_ms, delta=0.1)
        self.assertAlmostEqual(band.width, 100 * 13_000 / length_ms, delta=0.1)
        for words in ("0:06.5 – 0:19.5", "the connection was lost", "=יום שני"):
            self.assertContains(page, words)
        self.assertContains(page, 'class="held-band"', 1)

    def test_a_hold_of_a_process_that_died_goes_to_the_end(self) -> None:
        self.held.holds = [HOLD | {"until_ms": None, "ended": ""}]
        self.held.save()
        page = self.page(f"{self.held.pk}/")
        (band,) = page.context["course"].holds
        self.assertAlmostEqual(band.x + band.width, 100, delta=0.1)

    def test_what_a_person_said_is_marked_as_theirs(self) -> None:
        page = self.page(f"{self.held.pk}/?turn=2")
        self.assertContains(page, '<span class="bubble person">', 2)
        self.assertContains(page, '<p class="bubble person">', 1)
        self.assertContains(page, "no words were recognised", 1)
        self.assertNotContains(page, "What did you hear?")

    def test_the_list_marks_it_and_finds_it(self) -> None:
        self.assertContains(self.page(""), '<span class="badge">a person stepped in</span>', 1)
        found = self.page("?held=on")
        self.assertEqual([call.pk for call in found.context["calls"]], [self.held.pk])

    def test_the_files_have_who_and_when(self) -> None:
        calls = Call.objects.order_by("-rang_at")

        async def whole(parts: Any) -> str:
            return "".join([part async for part in parts])

        rows = csv.DictReader(io.StringIO(async_to_sync(whole)(as_csv(calls))[1:]))
        self.assertEqual([row["was_held"] for row in rows], ["1", "0"])
        held, other = json.loads(async_to_sync(whole)(as_json(calls)))
        self.assertEqual((held["holds"], other["holds"]), ([HOLD], []))
        self.assertEqual([turn["person"] for turn in held["turns"]], ["", "dana", "dana"])

    def test_the_audit_says_it_in_words(self) -> None:
        detail = {"seconds": 12.5, "how": "lost"}
        said = [(f"{name}", value) for name, value in told(detail)]
        self.assertEqual(said, [("seconds", "12.5"), ("how it ended", "the connection was lost")])
        for action, words in (("say", "voice"), ("whisper", "whispered"), ("take over", "took")):
            self.assertIn(words, AuditEvent.Action(action).label)


class HeldRowTests(SocketTestCase):
    async def row(self, **changed: Any) -> str:
        socket = await self.connect()
        await socket.receive_from()
        await self.tell_call(**changed)
        row = await socket.receive_from()
        await socket.disconnect()
        return str(row)

    async def test_everybody_sees_who_holds_a_call_and_since_when(self) -> None:
        row = await self.row(state="person", held_by="dana", held_s=62.0, takes_whispers=True)
        self.assertIn("<bdi>dana</bdi> is speaking with the caller", row)
        self.assertIn('data-seconds="62.0"><bdi dir="ltr">1:02</bdi>', row)
        self.assertIn('<span class="floor person">', row)
        self.assertIn("a person</span>", row)
        self.assertIn('data-held-by="dana" data-is-held data-takes-whispers', row)

    async def test_who_waits_until_the_caller_has_been_told_is_about_to(self) -> None:
        row = await self.row(held_by="dana", held_s=0.0)
        self.assertIn("<bdi>dana</bdi> is about to speak with the caller", row)
        self.assertNotIn("data-is-held", row)

    async def test_a_process_of_an_older_release_tells_nothing_of_it(self) -> None:
        row = await self.row()
        self.assertNotIn("held", row)
        self.assertNotIn("data-takes-whispers", row)
