"""Which words of a Hebrew text and of a question meet."""

from __future__ import annotations

from django.test import SimpleTestCase

from calls.language.hebrew import HEBREW
from calls.language.hebrew.search_keys import PRICE, TIME, index_keys, question_keys
from tests.language.stub_language import ENGLISH


def shared(text: str, question: str) -> float:
    """What the closest key that they share weighs."""
    keys = index_keys(text)
    return max(
        (word[key] for word in question_keys(question) for key in word.keys() & keys), default=0
    )


class WordTests(SimpleTestCase):
    def test_an_attached_letter_keeps_no_word_from_being_found(self) -> None:
        for letters in [
            "ה",
            "ו",
            "ב",
            "ל",
            "מ",
            "ש",
            "כ",
            "וה",
            "וב",
            "של",
            "שה",
            "כשה",
            "מה",
            "ושב",
        ]:
            self.assertGreater(shared("מרפאה", f"{letters}מרפאה"), 0.8, letters)
            self.assertGreater(shared(f"{letters}מרפאה", "מרפאה"), 0.8, letters)

    def test_one_word_in_two_forms_meets(self) -> None:
        for one, other in (
            ("סתימה", "סתימות"), ("תור", "תורים"), ("ביטול תור", "לבטל"), ("מבטלים", "לבטל"),
            ("הקפאה", "להקפיא"), ("מנוי", "מינויים"), ("חנייה", "חניה"), ("להתאמן", "מתאמנים"),
            ("עקירה", "עקרו"), ("צ'קים", "צקים"), ("דו\"ח", "דוחות"), ("שָׁלוֹם עוֹלָם", "עולם"),
            ("רישיון", "רשיון"), ("1,200", "1200"), ("WiFi", "wifi"),
        ):  # fmt: skip
            self.assertGreater(shared(one, other), 0, (one, other))

    def test_the_closer_form_weighs_more(self) -> None:
        self.assertGreater(shared("תור", "תור"), shared("תור", "התור"))
        self.assertGreater(shared("תור", "התור"), shared("תור", "תורים"))

    def test_words_that_any_question_has_have_no_keys(self) -> None:
        self.assertEqual(question_keys("שלום אני רוצה לדעת אם יש לכם"), [])
        self.assertEqual(index_keys("אני ואתם, ושלכם."), set())

    def test_a_question_for_a_price_or_a_time_meets_what_has_one(self) -> None:
        self.assertIn({PRICE: 0.5}, question_keys("כמה זה עולה"))
        self.assertIn({TIME: 0.5}, question_keys("עד איזו שעה פתוח"))
        self.assertLessEqual({PRICE, TIME}, index_keys("ב-9:30, 20 ש״ח"))
        self.assertFalse({PRICE, TIME} & index_keys("בקומה שנייה"))

    def test_another_language_finds_whole_words(self) -> None:
        keys = ENGLISH.search_keys
        self.assertEqual(list(keys.of_text("The car, the Car")), ["the", "car"])
        self.assertEqual(list(keys.of_question("A car?")), [{"a": 1.0}, {"car": 1.0}])

    def test_no_key_has_what_a_database_reads_as_a_sign(self) -> None:
        text = "\"'\\ | & ! : * ( ) <-> - צ'ק א־ב 12:30 3.5% 😀 a_b " + "".join(
            map(chr, range(33, 1500))
        )
        for key in HEBREW.search_keys.of_text(text):
            self.assertRegex(key, r"\A[~@]?[\w.:/]+\Z")
