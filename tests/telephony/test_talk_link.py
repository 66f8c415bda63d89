"""A shared link: who gets a call by it, and every reason for which somebody does not."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import Client, TransactionTestCase, override_settings
from django.utils import timezone

from calls.language.language import spoken
from calls.models import Call
from calls.records.retention import forget
from calls.telephony.browser.talk_link import FAREWELL_S, SIGNER, TalkLink
from calls.telephony.phone_number import PhoneNumber
from tuning.models import TimingProfile

NOWHERE = "192.0.2."
HELD_S = 300 + FAREWELL_S


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


class RingTests(LinkTestCase):
    def test_whoever_has_the_link_gets_the_token_of_a_call(self) -> None:
        number = PhoneNumber.objects.create(number="+97231234567", name="Desk")
        self.link = a_link(number=number, name="a name of twenty-six signs")
        told = self.ring().json()
        call = Call.objects.get()
        self.assertEqual((call.call_sid, call.token), (told["call"], told["token"]))
        self.assertEqual((call.via, call.talk_link), ("link", self.link))
        self.assertEqual(call.caller, "link: a name of twenty-six signs")
        self.assertEqual((call.number, call.called), (number, number.number))
        self.assertEqual((call.longest_s, told["longest_s"]), (300, 300))
        self.assertEqual(sorted(told), ["call", "longest_s", "rang", "token"])
        self.assertEqual((call.is_real, call.is_after_hours), (False, False))
        self.assertFalse(Call.objects.filter(Call.REAL).exists())

    def test_only_our_own_page_rings(self) -> None:
        careful = Client(enforce_csrf_checks=True)
        self.assertEqual(self.ring(client=careful).status_code, 403)
        self.assertEqual(Client().get(f"/try/{self.link.address}/ring").status_code, 405)
        self.assertFalse(Call.objects.exists())

    @override_settings(MAX_CALLS=1)
    def test_a_call_that_is_not_taken_keeps_no_place(self) -> None:
        self.ring()
        with self.assertLogs("calls.telephony.answering", "WARNING"):
            refused = self.ring()
        self.assertEqual(refused.status_code, 503)
        self.assertIn("תפוסים", refused.json()["words"])
        self.assertEqual(self.link.calls_made(), 1)

    def test_an_address_of_a_visitor_is_nowhere_but_in_the_cache(self) -> None:
        with self.assertLogs("calls", "INFO") as logged:
            self.ring()
        kept = [f"{value}" for row in Call.objects.values() for value in row.values()]
        self.assertFalse([each for each in (*kept, *logged.output) if NOWHERE in each])


class RefusalTests(LinkTestCase):
    def test_altered_guessed_and_never_made_are_one_answer(self) -> None:
        real = self.link.address
        gone = a_link()
        gone_address = gone.address
        gone.delete()
        for address in (
            *(real[:-1] + ("A" if real[-1] != "A" else "B"), real[1:], self.link.key),
            *(f"{self.link.pk}", "x" * 500, SIGNER.sign("guessed"), gone_address, "%00", "א"),
        ):
            with self.subTest(address[:40]):
                self.refused(404, "There is no such link.", address)
        pages = {self.page(each).content for each in (real[1:], gone_address, "1")}
        self.assertEqual(len(pages), 1)

    def test_expired(self) -> None:
        self.link.expires_at = timezone.now()
        self.link.save()
        self.refused(410, "This link has expired.")

    def test_withdrawn(self) -> None:
        self.link.withdraw()
        self.refused(410, "This link has been withdrawn.")

    def test_all_calls_made(self) -> None:
        self.link = a_link(most_calls=2)
        self.a_call(1)
        self.assertEqual(self.ring().status_code, 200)
        self.refused(410, "All the calls of this link have been made.")

    def test_minutes_of_the_day_used_up(self) -> None:
        self.link = a_link(most_minutes_a_day=10)
        self.a_call(5)
        self.a_call(4.5)
        self.refused(429, "All the time that this link has for today is taken.")
        Call.objects.update(rang_at=timezone.now() - timedelta(days=1, minutes=1))
        self.assertEqual(self.ring().status_code, 200)

    def test_spend_of_the_day_used_up(self) -> None:
        self.link = a_link(minute_price=Decimal("0.5"), most_spend_a_day=Decimal("2.5"))
        self.a_call(4)
        self.assertEqual(self.link.spend(self.link.seconds_today()), Decimal(2))
        self.assertEqual(self.ring().json()["longest_s"], 60 - FAREWELL_S)
        Call.objects.filter(ended_at=None).delete()
        self.a_call(0.5)
        self.refused(429, "All the time that this link has for today is taken.")

    def test_a_price_of_nothing_is_no_limit(self) -> None:
        self.link = a_link(minute_price=0, most_spend_a_day=0)
        self.assertEqual(self.ring().status_code, 200)


class CountTests(LinkTestCase):
    def test_an_open_call_holds_all_that_it_may_take_and_then_what_it_took(self) -> None:
        call = self.a_call()
        self.assertEqual(self.link.seconds_today(), HELD_S)
        for minutes, seconds in ((0.5, 30), (5.1, 306), (90, HELD_S)):  # it was lost for so long
            call.ended_at = call.rang_at + timedelta(minutes=minutes)
            call.save()
            self.assertAlmostEqual(self.link.seconds_today(), seconds, places=3)

    def test_a_call_has_no_more_than_what_is_left_of_the_day(self) -> None:
        self.link = a_link(most_minutes_a_day=8)
        self.a_call(5)
        self.assertEqual(self.ring().json()["longest_s"], 180 - FAREWELL_S)

    def test_a_call_that_never_starts_gives_its_place_back(self) -> None:
        self.link = a_link(most_calls=1)
        self.ring()
        self.refused(410, "All the calls")
        Call.objects.update(token_at=timezone.now() - timedelta(minutes=2))
        self.assertEqual(self.ring().status_code, 200)
        self.assertEqual(self.link.calls_made(), 1)

    def test_a_call_that_is_forgotten_still_counts(self) -> None:
        self.link = a_link(most_calls=1)
        long_ago = timezone.now() - timedelta(days=100)
        call = self.a_call(1, rang_at=long_ago)
        self.a_call(1, rang_at=long_ago, ended_at=long_ago, started_at=None)  # it never began
        Call.objects.update(ended_at=long_ago)
        self.assertEqual(forget(90), 2)
        self.link.refresh_from_db()
        self.assertEqual((self.link.forgotten_calls, self.link.calls_made()), (1, 1))
        self.assertFalse(Call.objects.filter(pk=call.pk).exists())
        self.refused(410, "All the calls")

    def test_two_who_ring_at_once_never_get_more_than_there_is(self) -> None:
        for limit in ({"most_calls": 1}, {"most_minutes_a_day": 5}):
            self.link = a_link(**limit)
            answers: list[int] = []
            together = threading.Barrier(4)

            def ring_too(visitor: int, found: list[int] = answers) -> None:
                client = Client(REMOTE_ADDR=f"198.51.100.{visitor}")
                with suppress(threading.BrokenBarrierError):
                    together.wait(10)  # noqa: B023  # this round's
                found.append(client.post(f"/try/{self.link.address}/ring").status_code)
                connection.close()

            threads = [threading.Thread(target=ring_too, args=[each]) for each in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            with self.subTest(limit):
                self.assertEqual(answers.count(200), 1, answers)
                self.assertEqual(self.link.calls.count(), 1)
            cache.clear()


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
