"""Values that are known to be personal, hidden in the texts that tell of them."""

from __future__ import annotations

from django.test import SimpleTestCase

from calls.language.language import spoken
from calls.privacy.known import without


class KnownTests(SimpleTestCase):
    def hidden(self, text: str, *known: object) -> str:
        return without(text, known, spoken())

    def test_a_value_goes_whole_and_each_of_its_words_alone(self) -> None:
        self.assertEqual(self.hidden("דנה כהן ביקשה תור", "דנה כהן"), "••• ביקשה תור")
        self.assertEqual(
            self.hidden("דנה ביקשה. גב' כהן חזרה.", "דנה כהן"), "••• ביקשה. גב' ••• חזרה."
        )
        self.assertEqual(self.hidden("Call DANA back", "Dana"), "Call ••• back")

    def test_what_is_written_together_with_it_stays(self) -> None:
        for told, left in (
            ("לחזור לדנה", "לחזור ל•••"), ("ושדנה תבוא", "וש••• תבוא"), ("ל-דנה", "ל-•••"),
            ("אצל ג'ורג', מחר", "אצל •••', מחר"),
        ):  # fmt: skip
            with self.subTest(told):
                self.assertEqual(self.hidden(told, "דנה", "ג'ורג'"), left)

    def test_no_part_of_a_word_goes_nor_a_single_letter(self) -> None:
        self.assertEqual(self.hidden("הדנהים של א באו", "דנה א"), "הדנהים של א באו")
        self.assertEqual(self.hidden("קומה 5 בבניין", "הרצל 5"), "קומה 5 בבניין")

    def test_a_number_is_hidden_and_yes_or_nothing_is_no_value(self) -> None:
        self.assertEqual(self.hidden("לקוח 4821 True None", 4821, True, None), "לקוח ••• True None")
        self.assertEqual(self.hidden("", "דנה"), "")
