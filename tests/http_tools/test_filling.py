"""What is filled into an address or a body stays in its place; answers are picked by path."""

from __future__ import annotations

import json
import math
from typing import Any, ClassVar

from django.test import SimpleTestCase

from calls.http_tools import answer_parts, filling, parameters
from tests.http_tools.booking_tools import DAY, HOUR, schema

ADDRESS = "https://calendar.example.org/days/{day}?at={hour}"


class AddressTests(SimpleTestCase):
    def test_a_value_is_one_piece_of_the_address(self) -> None:
        for day, expected in (
            ("שלישי", "%D7%A9%D7%9C%D7%99%D7%A9%D7%99"),
            ("a/../b", "a%2F..%2Fb"),
            ("?x=1&y#z", "%3Fx%3D1%26y%23z"),
            ("a b%2F", "a%20b%252F"),
            ("@evil.example", "%40evil.example"),
        ):
            with self.subTest(day):
                address = filling.address(ADDRESS, {"day": day, "hour": 10})
                host = "https://calendar.example.org"
                self.assertEqual(address, f"{host}/days/{expected}?at=10")

    def test_no_value_leads_up(self) -> None:
        for day in (".", ".."):
            with self.subTest(day), self.assertRaises(filling.Unfit):
                filling.address(ADDRESS, {"day": day, "hour": 10})

    def test_only_a_fixed_host_makes_an_address(self) -> None:
        for good in (ADDRESS, "http://10.0.0.1:8000/x", "https://a.example?day={day}"):
            self.assertTrue(filling.is_address(good), good)
        for bad in (
            *("https://{host}/x", "https://a.{day}.example/", "{scheme}://a.example/", "/x", ""),
            *("ftp://a.example/x", "https://user:pw@a.example/", "https://a.example/#x"),
            *("https://a.example:port/", "https://a.example/a b", "javascript:alert(1)"),
            *("https://a.example:{hour}/", "https://עסק.example/", "https:///x"),
        ):
            with self.subTest(bad):
                self.assertFalse(filling.is_address(bad))


class BodyTests(SimpleTestCase):
    def test_a_value_stays_a_value(self) -> None:
        template = '{"at": {"hour": "{hour}"}, "note": "ביום {day}", "list": ["{day}"]}'
        given = {"day": '","admin":true,"x":"', "hour": 10}
        self.assertEqual(
            json.loads(filling.body(template, given)),
            {"at": {"hour": 10}, "note": f"ביום {given['day']}", "list": [given["day"]]},
        )

    def test_without_a_template_the_parameters_are_the_body(self) -> None:
        self.assertEqual(json.loads(filling.body("", {"hour": 10})), {"hour": 10})


class PartsTests(SimpleTestCase):
    ANSWER: ClassVar = {"free": [{"at": "9:00", "room": 1}, {"at": "10:00"}], "a b": {"c": None}}

    def test_parts_are_picked_by_path(self) -> None:
        for path, expected in (
            ("$.free[*].at", ["9:00", "10:00"]),
            ("$.free[0].room", 1),
            ("$.free[-1].at", "10:00"),
            ("$['a b'].c", None),
            ("$", self.ANSWER),
            ("$.*[*].room", [1]),
        ):
            with self.subTest(path):
                self.assertEqual(answer_parts.picked(self.ANSWER, [path]), {path: expected})

    def test_what_is_not_there_is_left_out(self) -> None:
        paths = ["$.gone", "$.free.at", "$.free[9]", "$.free[0].at.x"]
        self.assertEqual(answer_parts.picked(self.ANSWER, paths), {})

    def test_what_is_no_path_is_told(self) -> None:
        for path in ("free", "$..free", "$.free[?(@.x)]", "$.", "$[", "$.free[a]", ""):
            with self.subTest(path):
                self.assertIsNone(answer_parts.steps_of(path))


class ParameterTests(SimpleTestCase):
    def test_what_a_model_writes_is_held_against_the_schema(self) -> None:
        wanted = schema(day=DAY, hour=HOUR, kind={"type": "string", "enum": ["new", "old"]})
        wanted["properties"]["price"] = {"type": "number"}
        fine = {"day": "שלישי", "hour": 10, "kind": "new"}
        self.assertEqual(parameters.unfit(wanted, fine), "")
        for changed, told in (
            ({"day": ""}, "day is missing"),
            ({"hour": "10"}, "hour must be a integer"),
            ({"hour": True}, "hour must be a integer"),
            ({"price": math.nan}, "price must be a number"),
            ({"kind": "x"}, "kind must be one of new, old"),
            ({"admin": True}, "there is no admin"),
            ({"day": "x" * 501}, "day is too long"),
        ):
            with self.subTest(told):
                self.assertEqual(parameters.unfit(wanted, fine | changed), told)
        self.assertEqual(parameters.unfit(wanted, {}), "day is missing")

    def test_a_secret_that_is_written_into_an_address_is_found(self) -> None:
        for query in (
            *("api_key=s", "apikey=s", "apiKey=s", "key=s", "day={day}&token=s", "access_token=s"),
            *("x-api-key=s", "client_secret=s", "PASSWORD=s", "key=s{day}", "subscription-key=s"),
        ):
            with self.subTest(query):
                self.assertTrue(filling.secret_in(f"https://a.example/free?{query}"))
        for query in ("day={day}", "token={caller}", "monkey=s", "keyword=s", "key=", "q=key=s"):
            with self.subTest(query):
                self.assertEqual(filling.secret_in(f"https://a.example/key=s?{query}"), "")

    def test_what_no_database_keeps_is_kept_as_a_text(self) -> None:
        given = {"day": "א\0", "price": math.inf, "list": [1], "fine": 1.5}
        kept = {"day": "א\ufffd", "price": "Infinity", "list": "[1]", "fine": 1.5}
        self.assertEqual(parameters.storable(given), kept)

    def test_what_need_not_be_said_may_be_left_out(self) -> None:
        wanted = schema(day=DAY) | {"required": []}
        for given in ({}, {"day": None}):
            self.assertEqual(parameters.unfit(wanted, given), "")
        self.assertFalse(parameters.is_strict(wanted))
        self.assertTrue(parameters.is_strict(schema(day=DAY)))

    def test_what_is_no_schema_is_told(self) -> None:
        self.assertEqual(list(parameters.problems_of(schema(day=DAY, hour=HOUR))), [])
        wrongs: tuple[Any, ...] = (
            *([], {}, {"type": "object", "properties": []}, schema(**{"יום": DAY})),
            *(schema(day={"type": "array"}), schema(day=DAY) | {"required": ["hour"]}),
            schema(day={"type": "string", "enum": [1]}),
            schema(**{f"p{number}": DAY for number in range(21)}),
        )
        for wrong in wrongs:
            with self.subTest(wrong):
                self.assertTrue(list(parameters.problems_of(wrong)))

    def test_a_tool_can_be_tried_with_values_of_its_types(self) -> None:
        wanted = schema(hour=HOUR, kind={"type": "string", "enum": ["new"]})
        self.assertEqual(parameters.sample(wanted), {"hour": 1, "kind": "new"})
