"""The page of shared links: made with limits, listed with what they have used, withdrawn; and how
their calls stand in the lists."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.test import TestCase
from django.utils import timezone

from calls.models import Call
from calls.telephony.browser.talk_link import TalkLink
from calls.telephony.phone_number import PhoneNumber
from dashboard.calls.export import as_csv, as_json
from dashboard.models import AuditEvent
from tests.dashboard.call_rows import a_call, a_turn
from tests.dashboard.operators import a_person

PAGE = "/en/talk/links/"
WISHES = {
    "name": "For the fair",
    "number": "",
    "days": 7,
    "most_calls": 20,
    "minutes_a_call": 5,
    "most_minutes_a_day": 60,
    "minute_price": "0.10",
    "most_spend_a_day": "6.00",
}


class LinksPageTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.admin = a_person("admin", "ada")
        self.client.force_login(self.admin)

    def made(self, **wishes: Any) -> Any:
        return self.client.post(f"{PAGE}new/", WISHES | wishes, follow=True)

    def test_a_link_is_made_with_its_limits_and_the_audit_says_so(self) -> None:
        number = PhoneNumber.objects.create(number="+97231234567", name="Desk")
        page = self.made(number=number.pk)
        link = TalkLink.objects.get()
        self.assertContains(page, f"http://testserver/try/{link.address}/")
        self.assertEqual(
            (link.name, link.number, link.made_by, link.most_calls, link.most_call_s),
            ("For the fair", number, self.admin, 20, 300),
        )
        days = link.expires_at - timezone.now()
        self.assertAlmostEqual(days / timedelta(days=1), 7, places=2)
        event = AuditEvent.objects.get()
        self.assertEqual((event.action, event.what), ("link", "For the fair"))
        self.assertEqual(event.detail["minutes_a_call"], 5)
        self.assertContains(self.client.get("/en/audit/"), "made a shared link")

    def test_its_form_begins_with_what_is_small(self) -> None:
        page = self.client.get(PAGE).content.decode()
        for name, value in WISHES.items():
            if value and name != "name":
                self.assertRegex(page, rf'name="{name}" value="{value}')

    def test_what_makes_no_sense_is_refused_beside_its_field(self) -> None:
        for name, value in (
            *(("name", ""), ("name", "x" * 27), ("days", 0), ("days", 366), ("most_calls", 0)),
            *(("minutes_a_call", 61), ("most_minutes_a_day", 1441), ("minute_price", "-1")),
            *(("most_spend_a_day", "much"), ("number", 99)),
        ):
            with self.subTest(name, value=value):
                page = self.made(**{name: value})
                self.assertEqual(page.status_code, 422)
                self.assertContains(page, "problem bad", status_code=422)
        self.assertFalse(TalkLink.objects.exists())

    def test_the_list_says_what_was_used_and_whether_it_is_open(self) -> None:
        self.made()
        link = TalkLink.objects.get()
        now = timezone.now()
        a_call(
            1,
            via=Call.Via.LINK,
            talk_link=link,
            longest_s=300,
            rang_at=now,
            started_at=now,
            ended_at=now + timedelta(seconds=90),
        )
        page = self.client.get(PAGE)
        for words in ("1 / 20", "1.5 / 60", "$0.15 / $6.00", "✓</span>open"):
            self.assertContains(page, words)
        for fields, words in (
            ({"most_calls": 1}, "all calls made"),
            ({"most_calls": 20, "most_minutes_a_day": 2}, "no minutes left today"),
            ({"most_minutes_a_day": 60, "most_spend_a_day": "0.15"}, "nothing left to spend today"),
            ({"expires_at": now}, "expired"),
        ):
            TalkLink.objects.update(**fields)
            self.assertContains(self.client.get(PAGE), words)

    def test_it_is_withdrawn_once(self) -> None:
        self.made()
        link = TalkLink.objects.get()
        for _time in range(2):
            self.client.post(f"{PAGE}{link.pk}/withdraw/")
        page = self.client.get(PAGE)
        self.assertContains(page, "withdrawn")
        self.assertNotContains(page, link.address)
        self.assertEqual(AuditEvent.objects.filter(action="withdraw link").count(), 1)

    def test_talk_leads_there_whoever_may(self) -> None:
        self.assertContains(self.client.get("/en/talk/"), PAGE)
        self.client.force_login(a_person("operator"))
        self.assertNotContains(self.client.get("/en/talk/"), PAGE)


class CallsByLinkTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(a_person("operator"))
        self.link = TalkLink.objects.create(name="For the fair", expires_at=timezone.now())
        self.call = a_call(
            1, via=Call.Via.LINK, talk_link=self.link, longest_s=300, caller=self.link.caller
        )
        a_turn(self.call)
        a_call(2, via=Call.Via.BROWSER, caller="yael")
        a_call(3)

    def test_they_are_marked_and_found_by_their_line_and_by_their_link(self) -> None:
        for query in ("via=link", f"link={self.link.pk}"):
            page = self.client.get(f"/en/calls/?{query}")
            self.assertContains(page, f"/en/calls/{self.call.pk}/")
            self.assertContains(page, "by a shared link</span>", count=1)
            self.assertNotContains(page, "yael")
        self.assertNotContains(self.client.get("/en/calls/?real=on"), self.link.caller)
        page = self.client.get(f"/en/calls/{self.call.pk}/")
        self.assertContains(page, "by a shared link")
        self.assertContains(page, "link: For the fair")

    async def test_exports_name_the_link(self) -> None:
        calls = Call.objects.filter(via=Call.Via.LINK)
        sheet = "".join([part async for part in as_csv(calls)]).lstrip("\ufeff")
        (row,) = csv.DictReader(io.StringIO(sheet))
        self.assertEqual((row["line"], row["shared_link"]), ("link", "For the fair"))
        (told,) = json.loads("".join([part async for part in as_json(calls)]))
        self.assertEqual(told["caller"], "link: For the fair")
