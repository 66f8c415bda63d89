"""How sure a share is."""

from __future__ import annotations

from django.test import SimpleTestCase

from calls.measures.shares import wilson


class WilsonTests(SimpleTestCase):
    def test_it_is_as_in_the_books(self) -> None:
        for hits, of, low, high in (
            (0, 10, 0.0, 0.2775),
            (10, 10, 0.7225, 1.0),
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
        ):
            found = wilson(hits, of)
            self.assertAlmostEqual(found[0], low, places=4)
            self.assertAlmostEqual(found[1], high, places=4)

    def test_more_of_the_same_are_surer(self) -> None:
        few, many = wilson(9, 10), wilson(90, 100)
        self.assertLess(few[0], many[0])
        self.assertGreater(few[1], many[1])

    def test_of_nothing_there_is_no_share(self) -> None:
        with self.assertRaises(ValueError):
            wilson(0, 0)
