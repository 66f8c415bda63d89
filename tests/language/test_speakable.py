"""Text made speakable: real sentences of a business's telephone, and what is to be said.

The sentences stand in spoken.txt, and at its end those that are still said wrong.
"""

from __future__ import annotations

import random
import re
import time
from functools import cache
from itertools import chain
from pathlib import Path

from django.test import SimpleTestCase

from calls.language.hebrew.speakable import digit_by_digit, speakable
from calls.language.pronunciation import pronounced

SPOKEN = Path(__file__).with_name("spoken.txt")


@cache
def entries() -> dict[str, list[tuple[str, str]]]:
    """What was written and what is said, by section of the file."""
    found: dict[str, list[tuple[str, str]]] = {}
    written = ""
    for line in SPOKEN.read_text("utf-8").splitlines():
        if section := re.fullmatch(r"\[([a-z ]+)\]", line):
            found[section[1]] = entry = []
        elif line.startswith("    "):
            entry.append((written, line.strip()))
        written = line
    return found


class SpeakableTests(SimpleTestCase):
    def assert_said(self, *sections: str) -> None:
        for written, said in chain.from_iterable(entries()[section] for section in sections):
            with self.subTest(written):
                self.assertEqual(speakable(written), said)

    def test_numbers_take_the_gender_and_order_of_what_they_count(self) -> None:
        self.assert_said("numbers")

    def test_money_and_percentages_are_said_as_at_a_counter(self) -> None:
        self.assert_said("prices", "percent")

    def test_telephone_numbers_are_read_in_groups_that_can_be_written_down(self) -> None:
        self.assert_said("phones")

    def test_a_number_that_names_something_is_read_digit_by_digit(self) -> None:
        self.assert_said("codes")

    def test_dates_and_week_days_are_named(self) -> None:
        self.assert_said("dates")

    def test_times_are_said_as_people_say_them(self) -> None:
        self.assert_said("times")

    def test_common_abbreviations_are_opened(self) -> None:
        self.assert_said("abbreviations")

    def test_what_is_only_for_eyes_is_gone(self) -> None:
        self.assert_said("drawn")
        self.assertEqual(speakable("\u200fשלום\u200e, מה\x00 שלומך?"), "שלום, מה שלומך?")
        self.assertEqual(speakable("* אחד\n* שניים"), "אחד. שניים.")

    def test_what_still_fails_is_written_down_and_stays_true(self) -> None:
        self.assert_said("still wrong")

    def test_at_least_sixty_sentences_were_tried(self) -> None:
        tried = sum(map(len, entries().values()))
        self.assertGreaterEqual(tried, 60)

    def test_nothing_to_say_is_empty(self) -> None:
        for written in ("", "   ", "...", "😊", "***", "!?", "—"):
            self.assertEqual(speakable(written), "")

    def test_words_without_numbers_or_signs_stay_as_they_are(self) -> None:
        for sentence in ("שלום, הגעתם למרפאת אלון.", "באיזו שעה נוח?", "בן-אדם, תל-אביב"):
            self.assertEqual(speakable(sentence), sentence)

    def test_no_text_however_odd_stops_it(self) -> None:
        chance = random.Random(3)
        signs = "0123456789.:/-+% ₪$אבגדה׳״'\"()[]*#@\nימשעה"
        for _ in range(300):
            text = "".join(chance.choices(signs, k=chance.randint(1, 30)))
            with self.subTest(text):
                self.assertIsInstance(speakable(text), str)

    def test_a_sentence_costs_the_loop_little(self) -> None:
        sentence = "התור של ד״ר לוי ביום ג׳, 3.4 בשעה 10:20, במחיר 149.90 ₪ לפני 15% הנחה."
        speakable(sentence)
        began = time.perf_counter()
        for _ in range(20):
            speakable(sentence)
        self.assertLess((time.perf_counter() - began) / 20, 0.02)


class DigitTests(SimpleTestCase):
    def test_digits_keep_their_own_groups_or_are_read_by_three(self) -> None:
        for number, said in {
            "12-34": "אחת שתיים, שלוש ארבע",
            "1234": "אחת שתיים שלוש ארבע",
            "12345": "אחת שתיים שלוש, ארבע חמש",
            "1234567": "אחת שתיים שלוש, ארבע חמש שש שבע",
        }.items():
            self.assertEqual(digit_by_digit(number), said)


class PronouncedTests(SimpleTestCase):
    def test_listed_words_are_said_as_the_list_says(self) -> None:
        listed = {"HeVoice": "הי וויס", "רז": "רָז", "מרפאת רז": "מִרְפֶּאֶת רָז"}
        for written, said in {
            "ברוכים הבאים ל-HeVoice!": "ברוכים הבאים ל-הי וויס!",
            "שירות בhevoice": "שירות בהי וויס",
            "מדבר רז.": "מדבר רָז.",
            "הגעתם למרפאת רז": "הגעתם למרפאת רָז",
            "מרפאת רז, שלום": "מִרְפֶּאֶת רָז, שלום",
            "ארז, רזים, רז״ל וברז": "ארז, רזים, רז״ל וברז",
        }.items():
            with self.subTest(written):
                self.assertEqual(pronounced(written, listed), said)

    def test_what_one_word_becomes_is_not_replaced_again(self) -> None:
        self.assertEqual(pronounced("א ב", {"א": "ב", "ב": "א"}), "ב א")

    def test_an_abbreviation_can_be_listed(self) -> None:
        self.assertEqual(pronounced("נציג מת״א", {"מת״א": "מתא"}), "נציג מתא")

    def test_an_empty_list_changes_nothing(self) -> None:
        self.assertEqual(pronounced("שלום", {}), "שלום")
        self.assertEqual(pronounced("שלום", {"": "כן"}), "שלום")
