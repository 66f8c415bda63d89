"""What may stand in an address: what cannot be is a page that is not there, never our error."""

from __future__ import annotations

from django.test import TestCase
from django.urls import Resolver404, resolve, reverse

from dashboard.address import LARGEST_KEY, key_in
from tests.dashboard.call_rows import a_call, a_greeting, a_turn
from tests.dashboard.operators import a_person

PLACES = (
    "0001-01-01T00:00:00+14:00~1",
    "9999-12-31T23:59:59-14:00~1",
    "2026-11-27T10:00:00~1",
    "2026-11-27T10:00:00+00:00~" + "9" * 30,
    "2026-11-27T10:00:00+00:00~" + "9" * 5000,
    "2026-11-27T10:00:00+00:00~x",
    "~",
    "\x00~1",
)


class AddressTest(TestCase):
    def setUp(self) -> None:
        self.client.force_login(a_person("admin", "dana"))

    def status(self, address: str, **query: str) -> int:
        return self.client.get(f"/en/{address}", query).status_code

    def test_a_place_in_a_list_that_cannot_be_is_not_there(self) -> None:
        for page in ("calls/", "audit/"):
            for place in PLACES:
                with self.subTest(page, place=place[:40]):
                    self.assertEqual(self.status(page, before=place), 404)
            self.assertEqual(self.status(page, before="2026-11-27T10:00:00+00:00~1"), 200)

    def test_a_time_that_cannot_be_is_said_beside_its_field(self) -> None:
        for moment in ("0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "2026-13-45T00:00"):
            for field in ("since", "until"):
                with self.subTest(field, moment=moment):
                    self.assertEqual(self.status("calls/", **{field: moment}), 422)
                    self.assertEqual(self.status("audit/", **{field: moment}), 200)

    def test_a_number_that_no_database_holds_is_no_row_s(self) -> None:
        call = a_call(pk=1)
        a_greeting(call)
        a_turn(call)
        for digits in ("9" * 19, "9" * 200, "9" * 5000, f"{LARGEST_KEY + 1}"):
            for page in (f"calls/{digits}/", f"calls/{digits}/turns/1/", f"numbers/{digits}/",
                         f"profiles/{digits}/r1.json", f"people/{digits}/"):  # fmt: skip
                with self.subTest(page[:40]):
                    self.assertEqual(self.status(page), 404)
            for field in ("profile", "revision", "days"):
                self.assertEqual(self.status("latencies/", **{field: digits}), 404)
            self.assertEqual(self.status("calls/1/", turn=digits), 404)
            with self.assertRaises(Resolver404):
                resolve(f"/he/calls/{digits}/")
        self.assertEqual(reverse("call", args=[LARGEST_KEY])[-21:-1], f"/{LARGEST_KEY}")

    def test_what_is_a_row_s_number(self) -> None:
        self.assertEqual(key_in("17"), 17)
        self.assertEqual(key_in(f"{LARGEST_KEY}"), LARGEST_KEY)
        for raw in ("", "-1", "1.0", " 1", "²", "x", "1e3", f"{LARGEST_KEY + 1}"):
            self.assertIsNone(key_in(raw))
