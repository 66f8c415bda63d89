"""A shared link: who gets a call by it, and every reason for which somebody does not."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from calls.models import Call
from calls.privacy.keeping import Days
from calls.records.retention import forget
from calls.telephony.browser.talk_link import FAREWELL_S, SIGNER
from calls.telephony.phone_number import PhoneNumber
from tests.telephony.link_cases import NOWHERE, LinkTestCase, a_link

HELD_S = 300 + FAREWELL_S


class RingTests(LinkTestCase):
    def test_whoever_has_the_link_gets_the_token_of_a_call(self) -> None:
        number = PhoneNumber.objects.create(number="+97231234567", name="Desk")
        self.link = a_link(number=number, name="a name of twenty-six signs")
        told = self.ring().json()
        call = Call.objects.get()
        self.assertEqual((call.call_sid, call.token), (told["call"], told["token"]))
        self.assertEqual((call.via, call.talk_link), ("link", self.link))
        self.assertEqual(call.caller, "a name of twenty-six signs")
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

    def test_a_persons_time_is_beside_what_the_call_may_take_and_counts(self) -> None:
        call = self.a_call()
        call.holds = [
            {"from_ms": 60_000, "until_ms": 660_000},
            {"from_ms": 700_000, "until_ms": None},
        ]
        call.save()
        self.assertEqual(self.link.seconds_today(), HELD_S + 600)
        call.ended_at = call.rang_at + timedelta(minutes=12)
        call.save()
        self.assertAlmostEqual(self.link.seconds_today(), 720, places=3)

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
        self.assertEqual(forget(Days.of("90")), 2)
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
