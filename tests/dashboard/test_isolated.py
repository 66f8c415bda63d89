"""Numbers within a sentence of a page: each in one piece, from left to right."""

from __future__ import annotations

from django.test import SimpleTestCase

from dashboard.templatetags.figures import isolated


class IsolatedTests(SimpleTestCase):
    def test_a_number_of_several_parts_is_one(self) -> None:
        for number in (
            "052-345-6789", "052 345 6789", "+972-52-345-6789", "+972 52 345 6789", "0523456789",
            "01/12/2026", "1.12.2026", "2026-12-01", "16:00", "10:00-16:30", "5 – 10", "1,250 ms",
            "-3.5 %", "1-800-123-456",
        ):  # fmt: skip
            with self.subTest(number):
                said = isolated(f"לחזור אל {number}, בבקשה.")
                self.assertEqual(said, f'לחזור אל <bdi dir="ltr">{number}</bdi>, בבקשה.')

    def test_two_numbers_are_two(self) -> None:
        said = isolated("ב-16:00, 4 אנשים; 30 40")
        pieces = ("16:00", "4", "30", "40")
        self.assertEqual(said.count("<bdi"), len(pieces))
        for each in pieces:
            self.assertIn(f'<bdi dir="ltr">{each}</bdi>', said)

    def test_what_is_no_number_stays_as_it_is(self) -> None:
        for text in ("r12 a-b", "it&#x27;s"):
            self.assertEqual(isolated(text.replace("&#x27;", "'")), text)
