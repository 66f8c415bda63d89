from __future__ import annotations

from django.test import SimpleTestCase

from calls.language.hebrew import HEBREW
from calls.language.hebrew.numerals import said_numbers
from calls.language.hebrew.personal import identity_holds
from calls.privacy.redaction import luhn_holds, redacted
from tests.language.stub_language import ENGLISH
from tests.privacy.lines import lines


def told(text: str, *, goes_on: bool = False) -> str:
    return redacted(text, HEBREW, goes_on=goes_on)


class TunedLineTests(SimpleTestCase):
    """The rules hold on the lines that they were written by. Others: bench.redaction."""

    def test_every_piece_is_hidden_whole(self) -> None:
        for line in lines("tuned"):
            with self.subTest(line.text):
                self.assertEqual(line.covered, len(line.pieces))

    def test_nothing_is_hidden_where_nothing_is_personal(self) -> None:
        for line in lines("tuned"):
            if not line.pieces:
                with self.subTest(line.text):
                    self.assertEqual(told(line.text), line.text)


class KindTests(SimpleTestCase):
    def test_what_is_hidden_says_what_it_was(self) -> None:
        for text, kind in (
            ("054-1234567", "מספר טלפון"),
            ("+972 54 123 4567", "מספר טלפון"),
            ("031847254", "מספר זהות"),
            ("4580-4581-1260-3394", "מספר כרטיס"),
            ("dana@example.org", 'כתובת דוא"ל'),
            ("12345678", "מספר"),
            ("אפס חמש ארבע אחת שתיים שלוש ארבע חמש שש שבע", "מספר טלפון"),
            ("שתיים אפס שבע שבע אחת אפס אפס שלוש תשע", "מספר זהות"),
            ("דנה שטרודל ג'ימייל נקודה קום", 'כתובת דוא"ל'),
        ):
            with self.subTest(text):
                self.assertEqual(told(f"שלום, {text}, תודה"), f"שלום, [{kind}], תודה")

    def test_a_wrong_check_digit_leaves_a_long_number_a_long_number(self) -> None:
        self.assertEqual(told("031847255"), "[מספר]")
        self.assertEqual(told("4580458112603395"), "[מספר]")

    def test_digits_and_words_may_be_mixed(self) -> None:
        self.assertEqual(told("0 חמש 4 ואז 123 ארבע חמש 67"), "[מספר טלפון]")

    def test_digits_of_any_script_and_marks_of_direction_hide_nothing(self) -> None:
        self.assertEqual(told("٠٥٤١٢٣٤٥٦٧"), "[מספר טלפון]")
        self.assertEqual(told("054\u200f-\u200e1234567"), "[מספר טלפון]")

    def test_star_numbers_and_toll_free_ones_are_everybodys(self) -> None:
        for text in ("חייגו *2700", "1-800-123-456"):
            self.assertEqual(told(text), text)

    def test_redacted_twice_is_redacted_once(self) -> None:
        for line in lines("tuned"):
            once = told(line.text)
            with self.subTest(line.text):
                self.assertEqual(told(once), once)

    def test_a_number_that_goes_on_is_hidden_from_its_first_digit(self) -> None:
        for text in ("הטלפון אפס", "הטלפון אפס חמש", "הטלפון 05"):
            self.assertEqual(told(text, goes_on=True), "הטלפון [מספר]")
            self.assertEqual(told(text), text)

    def test_another_language_hides_what_is_written_in_digits(self) -> None:
        self.assertEqual(redacted("call 054-1234567", ENGLISH), "call [number]")
        self.assertEqual(redacted("dana@example.org", ENGLISH), "[e-mail address]")


class CheckDigitTests(SimpleTestCase):
    def test_identity_numbers_have_one(self) -> None:
        self.assertTrue(identity_holds("031847254"))
        self.assertTrue(identity_holds("31847254"), "without its zero")
        for wrong in ("031847255", "000000000", "3184725", "0318472540"):
            self.assertFalse(identity_holds(wrong))

    def test_cards_have_one(self) -> None:
        self.assertTrue(luhn_holds("4580458112603394"))
        self.assertFalse(luhn_holds("4580458112603349"))


class SaidNumberTests(SimpleTestCase):
    def test_numbers_in_words(self) -> None:
        for text, digits in {
            "חמישים ושתיים": ["52"],
            "חמישים שתיים": ["50", "2"],
            "עשרים ו שתיים": ["22"],
            "אפס חמישים וארבע": ["0", "54"],
            "שתים עשרה": ["12"],
            "כפול שבע": ["77"],
            "שלוש מאות ארבעים ושש": ["346"],
            "מאתיים ושבע": ["207"],
            "מאה תשעים ושבע": ["197"],
            "לאפס ובשלושה": ["0", "3"],
        }.items():
            with self.subTest(text):
                self.assertEqual([each.digits for each in said_numbers(text)], digits)

    def test_thousands_are_amounts(self) -> None:
        (found,) = said_numbers("שלושת אלפים ארבע מאות")
        self.assertTrue(found.is_amount)
