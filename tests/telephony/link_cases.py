"""What tests of shared links share: a link, visitors who ring by it, and calls that it has had."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.test import Client, TransactionTestCase
from django.utils import timezone

from calls.models import Call
from calls.telephony.browser.talk_link import TalkLink
from tuning.models import TimingProfile

NOWHERE = "192.0.2."


def a_link(**wishes: Any) -> TalkLink:
    given = {"name": "fair", "expires_at": timezone.now() + timedelta(days=7)}
    return TalkLink.objects.create(**given | wishes)


class LinkTestCase(TransactionTestCase):
    def setUp(self) -> None:
        cache.clear()
        TimingProfile.create_shipped()
        self.link = a_link()
        self.visitors = 0

    def ring(self, address: str = "", client: Client | None = None, **form: str) -> Any:
        """Of a new visitor, unless one is given."""
        self.visitors += 1
        client = client or Client(REMOTE_ADDR=f"{NOWHERE}{self.visitors}")
        given = {"language": "en"} | form
        return client.post(f"/try/{address or self.link.address}/ring", given)

    def page(self, address: str = "", **wishes: Any) -> Any:
        return Client(**wishes).get(f"/try/{address or self.link.address}/")

    def a_call(self, minutes: float | None = None, **fields: Any) -> Call:
        """By the link, and it lasted so long; None: it goes on."""
        now = timezone.now()
        given = {
            "call_sid": f"browser-{Call.objects.count()}",
            "via": Call.Via.LINK,
            "talk_link": self.link,
            "longest_s": 300,
            "profile": TimingProfile.objects.get(is_default=True),
            "rang_at": now,
            "started_at": now,
            "ended_at": None if minutes is None else now + timedelta(minutes=minutes),
        }
        return Call.objects.create(**given | fields)

    def refused(self, status: int, words: str, address: str = "") -> None:
        """By the page, in a sentence, and by the button."""
        calls = Call.objects.count()
        page = self.page(address, HTTP_ACCEPT_LANGUAGE="en")
        self.assertContains(page, words, status_code=status)
        self.assertNotContains(page, "<button", status_code=status)
        told = self.ring(address)
        self.assertEqual(told.status_code, status)
        self.assertIn(words, told.json()["why"])
        self.assertEqual(Call.objects.count(), calls)
