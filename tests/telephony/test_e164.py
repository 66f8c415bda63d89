"""Telephone numbers as people in Israel write them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.test import SimpleTestCase
from django.utils import translation

from calls.telephony.e164 import as_e164


def said_in_english(refusal: ValidationError) -> str:
    with translation.override("en"):
        return str(refusal.messages[0])


class AsTypedTests(SimpleTestCase):
    def test_every_way_to_write_a_number_gives_one_number(self) -> None:
        for typed, number in (
            ("03-1234567", "+97231234567"),
            ("03 123 4567", "+97231234567"),
            ("050-123-4567", "+972501234567"),
            ("0501234567", "+972501234567"),
            ("+972501234567", "+972501234567"),
            ("+972 (0)50-123-4567", "+972501234567"),
            ("00972-50-1234567", "+972501234567"),
            ("013 972 50 1234567", "+972501234567"),
            ("972501234567", "+972501234567"),
            ("\u200e+972-50-1234567\u200f", "+972501234567"),
            ("  077.123.4567 ", "+972771234567"),
            ("1-800-123-456", "+9721800123456"),
            ("+44 20 7946 0958", "+442079460958"),
        ):
            with self.subTest(typed):
                self.assertEqual(as_e164(typed), number)

    def test_a_number_that_cannot_be_one_is_refused_with_what_is_wrong(self) -> None:
        for typed, words in (
            ("*1234", "star number"),
            ("1234*", "star number"),
            ("100", "too few digits"),
            ("03-123456", "too few digits"),
            ("050-123-456", "too few digits"),
            ("050-123-45678", "too many digits"),
            ("03-12345678", "too many digits"),
            ("+97250123456", "too few digits"),
            ("+44 20 7946", "too few digits"),
            ("+44 20 7946 0958 1234", "too many digits"),
            ("050-1234567 ext. 5", "without an extension"),
            ("+0771234567", "not a telephone number"),
            ("the clinic", "not a telephone number"),
            ("1-800-FLOWERS", "not a telephone number"),
        ):
            with self.subTest(typed), self.assertRaises(ValidationError) as caught:
                as_e164(typed)
            self.assertIn(words, said_in_english(caught.exception))

    def test_it_says_how_to_write_one(self) -> None:
        with self.assertRaises(ValidationError) as caught:
            as_e164("*1234")
        self.assertIn("03-1234567", said_in_english(caught.exception))
