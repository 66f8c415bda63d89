"""Visitors by a shared link: how often and how many at once, and what the page tells them."""

from __future__ import annotations

from django.test import Client, override_settings

from calls.language.language import spoken
from calls.models import Call
from calls.telephony.phone_number import PhoneNumber
from tests.telephony.link_cases import LinkTestCase, a_link


class VisitorTests(LinkTestCase):
    @override_settings(LINK_RINGS_A_MINUTE=2, LINK_CALLS_AT_ONCE=100)
    def test_an_address_rings_only_so_often(self) -> None:
        client = Client(REMOTE_ADDR="192.0.2.200")
        answers = [self.ring(client=client) for _ in range(3)]
        self.assertEqual([each.status_code for each in answers], [200, 200, 429])
        self.assertIn("Wait a minute", answers[-1].json()["why"])
        self.assertEqual(self.ring().status_code, 200, "another address")

    @override_settings(LINK_CALLS_AT_ONCE=2)
    def test_an_address_has_only_so_many_calls_at_once(self) -> None:
        other = a_link()
        client = Client(REMOTE_ADDR="192.0.2.200")
        answers = [self.ring(each.address, client) for each in (self.link, other, self.link)]
        self.assertEqual([each.status_code for each in answers], [200, 200, 429])
        self.assertIn("at once", answers[-1].json()["why"])
        Call.objects.earliest("pk").close(Call.Ended.CALLER)
        self.assertEqual(self.ring(client=client).status_code, 200)

    @override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1, LINK_CALLS_AT_ONCE=1)
    def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_adds(self) -> None:
        def ring(forwarded: str) -> int:
            client = Client(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
            return int(self.ring(client=client).status_code)

        self.assertEqual(ring("203.0.113.1"), 200)
        self.assertEqual(ring("198.51.100.9, 203.0.113.1"), 429, "what a client claims")
        self.assertEqual(ring("203.0.113.2"), 200)

    def test_a_browser_has_one_call_at_once(self) -> None:
        client = Client(REMOTE_ADDR="192.0.2.200")
        page = client.get(f"/try/{self.link.address}/")
        self.assertIn("csrftoken", page.cookies)
        self.assertEqual(self.ring(client=client).status_code, 200)
        again = self.ring(client=client)
        self.assertEqual(again.status_code, 429)
        self.assertIn("in a call already", again.json()["why"])
        Call.objects.get().close(Call.Ended.CALLER)
        self.assertEqual(self.ring(client=client).status_code, 200)


class PageTests(LinkTestCase):
    def test_it_is_the_call_and_nothing_else_and_found_by_no_search(self) -> None:
        page = self.page(HTTP_ACCEPT_LANGUAGE="en-US,en;q=0.9")
        self.assertContains(page, "Call the agent")
        self.assertContains(page, "5</bdi> minutes")
        text = page.content.decode()
        for word in ("<nav", "/en/calls", "/he/", "Latencies", "fair", "recorded", "HeVoice"):
            self.assertNotIn(word, text)
        self.assertEqual(page.headers["X-Robots-Tag"], "noindex, nofollow")
        self.assertEqual(page.headers["Referrer-Policy"], "same-origin")
        self.assertIn("no-store", page.headers["Cache-Control"])
        self.assertIn("default-src 'self'", page.headers["Content-Security-Policy"])
        self.assertNotIn("sessionid", page.cookies)

    def test_its_language_is_the_browsers_or_the_one_that_is_switched_to(self) -> None:
        for accepted, query, language in (
            *(("en-GB,en", "", "en"), ("he-IL,he;q=0.9,en;q=0.8", "", "he"), ("fr", "", "he")),
            *(
                ("he", "?language=en", "en"),
                ("en", "?language=he", "he"),
                ("en", "?language=x", "en"),
            ),
        ):
            client = Client(HTTP_ACCEPT_LANGUAGE=accepted)
            page = client.get(f"/try/{self.link.address}/{query}")
            with self.subTest(accepted, query=query):
                self.assertContains(page, f'<html lang="{language}"')
                self.assertEqual(page.headers["Content-Language"], language)
        self.assertIn("אין קישור כזה", self.ring("guessed", language="he").json()["why"])

    def test_the_recording_is_told_before_the_button(self) -> None:
        number = PhoneNumber.objects.create(number="+97231234567", name="Desk", records=True)
        self.link = a_link(number=number)
        text = self.page(HTTP_ACCEPT_LANGUAGE="en").content.decode()
        self.assertLess(text.index("will be recorded"), text.index('id="call"'))
        self.ring()
        self.assertEqual(Call.objects.get().as_called.notice, spoken().notices.recorded)

    def test_a_link_of_a_number_that_is_deleted_is_no_link(self) -> None:
        number = PhoneNumber.objects.create(number="+97231234567", name="Desk")
        self.link = a_link(number=number)
        call = self.a_call(1)
        number.delete()
        self.assertEqual(self.page().status_code, 404)
        call.refresh_from_db()
        self.assertTrue(call.is_by_link)
