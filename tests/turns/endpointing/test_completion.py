"""What the words of an utterance say: what was asked, what answers it, and what must go on."""

from __future__ import annotations

from django.test import SimpleTestCase

from calls.language.hebrew import HEBREW
from tuning.turns.completion import (
    Asked,
    answers,
    asked_in,
    asks_for_time,
    must_go_on,
    plain,
    same_words,
)

WORDS = HEBREW.words
NOTHING, YES_NO, PHRASE, OPEN = Asked(), Asked("yes_no"), Asked("phrase"), Asked("open")
TELEPHONE, IDENTITY, DAY = (
    Asked("number"),
    Asked("number", digits=9),
    Asked("choice", ("יום ראשון", "מחר")),
)


class MustGoOnTests(SimpleTestCase):
    def assert_rule(self, expected: str, *texts: str, asked: Asked = NOTHING) -> None:
        for text in texts:
            with self.subTest(text):
                self.assertEqual(must_go_on(text, asked, WORDS), expected)

    def test_a_hesitation_is_no_end(self) -> None:
        self.assert_rule("hesitation", "אני אה", "תור ליום אממ")

    def test_a_comma_a_dash_or_three_dots_are_no_end(self) -> None:
        self.assert_rule("hesitation", "שלום,", "הזמנה -", "חשבתי...", "אז…")

    def test_a_number_with_digits_missing_is_no_end(self) -> None:
        for asked in (NOTHING, TELEPHONE):
            self.assert_rule("number", "אפס חמש שתיים", "המספר הוא 052 345", asked=asked)
            self.assert_rule("number", "אפס חמישים ארבע", "אפס חמישים ושש", asked=asked)
        self.assert_rule("number", "12345678", asked=IDENTITY)

    def test_a_number_that_was_asked_for_is_dictated_from_its_first_digit(self) -> None:
        self.assert_rule("number", "אפס חמש", "הטלפון שלי אפס", "05.", asked=TELEPHONE)
        self.assert_rule("", "אפס חמש", "בשעה חמש")

    def test_where_it_is_not_known_how_many_digits_there_are_nothing_is_certain(self) -> None:
        self.assert_rule("", "שמונה שמונה שתיים", "ארבע אפס שבע שמונה", "12345")
        for said in (
            "אפס חמש שש עשרה",
            "מאה אפס חמש",
            "0521234567 8",
            "אפס חמישים ארבע חמש חמש חמש תשעים ושש אחת אחת",
        ):
            self.assert_rule("", said, asked=TELEPHONE)

    def test_who_asks_for_time_goes_on(self) -> None:
        self.assert_rule("asked for time", "רגע", "כן שנייה אחת", "רגע בבקשה")

    def test_about_other_words_nothing_is_certain(self) -> None:
        self.assert_rule("", "אפס חמש שתיים שלוש ארבע חמש שש שבע שמונה תשע", "0521234567")
        self.assert_rule("", "", "תור לרופא", "אני רוצה", "הכתובת של", "משהו כזה", "תודה רבה")


class AskedForTimeTests(SimpleTestCase):
    def test_a_moment_is_asked_for_at_the_end(self) -> None:
        for text in ("רגע", "שנייה", "כן, רגע אחד", "תני לי עוד דקה", "רֶגַע.", "רגע רגע"):
            with self.subTest(text):
                self.assertTrue(asks_for_time(text, WORDS))

    def test_a_moment_is_asked_for_politely(self) -> None:
        self.assertTrue(asks_for_time("רגע בבקשה", WORDS))
        self.assertTrue(asks_for_time("שנייה אחת, בבקשה", WORDS))

    def test_a_moment_in_the_middle_or_inside_a_word_asks_for_none(self) -> None:
        for text in ("רגע אני בודק משהו", "ברגע", "הרגע", "השנייה", "דקה אחת אחרי חצות", ""):
            with self.subTest(text):
                self.assertFalse(asks_for_time(text, WORDS))


class AnswerTests(SimpleTestCase):
    def assert_answers(self, asked: Asked, *texts: str) -> None:
        for text in texts:
            with self.subTest(text):
                self.assertTrue(answers(text, asked, WORDS))

    def assert_does_not_answer(self, asked: Asked, *texts: str) -> None:
        for text in texts:
            with self.subTest(text):
                self.assertFalse(answers(text, asked, WORDS))

    def test_yes_and_no_answer_a_yes_or_no_question(self) -> None:
        self.assert_answers(
            YES_NO, "כן", "לא", "כֵּן.", "אה כן", "לא תודה", "כן בבקשה", "אפשר", "נכון"
        )

    def test_a_yes_that_goes_on_is_no_answer_yet(self) -> None:
        self.assert_does_not_answer(
            YES_NO, "כן אבל רציתי לשאול", "לא אבל", "כן ויש לי עוד שאלה אחת"
        )

    def test_what_says_neither_yes_nor_no_does_not_answer(self) -> None:
        self.assert_does_not_answer(YES_NO, "מחר", "אני לא בטוחה בזה בכלל", "כנראה", "לאה", "")

    def test_one_of_the_choices_answers_also_with_a_letter_attached(self) -> None:
        self.assert_answers(DAY, "מחר", "למחר", "שמחר בבוקר", "ביום ראשון", "אולי יום ראשון")
        self.assert_does_not_answer(DAY, "מחרתיים", "יום ראשוני", "ראשון", "סמחר", "")

    def test_a_few_words_answer_a_question_for_a_name_or_a_place(self) -> None:
        self.assert_answers(PHRASE, "דנה", "דנה לוי", "קוראים לי דנה לוי")
        self.assert_does_not_answer(PHRASE, "קוראים לי דנה לוי כהן", "", "?")

    def test_nothing_answers_when_nothing_is_known_to_have_been_asked(self) -> None:
        self.assert_does_not_answer(NOTHING, "כן", "לא", "0521234567", "לבטל תור")


class SameWordsTests(SimpleTestCase):
    def test_punctuation_case_vowel_marks_and_hesitation_keep_a_reply(self) -> None:
        pairs = (
            ("מה השעות", "מה השעות?"),
            ("תור אצל Google", "תור, אצל google."),
            ("שָׁלוֹם", "שלום"),
            ("אה אני רוצה תור", "אני רוצה אממ תור"),
            ("דו״ח", 'דו"ח'),
            ("תל אביב", "תל־אביב"),
            ("", "אה"),
        )
        for one, other in pairs:
            with self.subTest(one):
                self.assertTrue(same_words(one, other, WORDS))

    def test_a_word_more_less_another_or_in_another_place_does_not(self) -> None:
        for other in ("תור", "תור ליום שני", "תור ליום", "ליום שלישי תור", "תורים ליום שלישי", ""):
            with self.subTest(other):
                self.assertFalse(same_words("תור ליום שלישי", other, WORDS))

    def test_a_no_is_never_lost(self) -> None:
        self.assertFalse(same_words("אני רוצה", "אני לא רוצה", WORDS))


class AskedInTests(SimpleTestCase):
    def assert_asks(self, asked: Asked, *texts: str) -> None:
        for text in texts:
            with self.subTest(text):
                self.assertEqual(asked_in(text, WORDS), asked)

    def test_a_question_without_a_question_word_asks_for_yes_or_no(self) -> None:
        self.assert_asks(YES_NO, "לקבוע לך תור?", "התור ביום שלישי. זה מתאים?", "האם זה נכון?")

    def test_a_question_word_asks_for_a_few_words(self) -> None:
        self.assert_asks(
            PHRASE, "באיזה יום?", "מה השם, בבקשה?", "שלום! לאיזו עיר?", "מחר או מחרתיים?"
        )

    def test_a_number_is_asked_for_by_its_name(self) -> None:
        self.assert_asks(TELEPHONE, "מה מספר הטלפון?", "אפשר מספר נייד?")
        self.assert_asks(IDENTITY, "מה מספר הזהות?", "מה מספר תעודת הזהות?", "אפשר תעודת זהות?")

    def test_a_broad_question_asks_for_anything(self) -> None:
        self.assert_asks(OPEN, "במה אפשר לעזור?", "שלום, הגעתם למרפאה. איך אפשר לעזור?", "מה קרה?")

    def test_after_what_is_no_question_anything_may_be_said(self) -> None:
        self.assert_asks(Asked("open"), "", "?", "התור נקבע.", "מה השם? אני כאן.", "תודה ולהתראות!")


class PlainTests(SimpleTestCase):
    def test_words_are_read_without_marks(self) -> None:
        self.assertEqual(plain("כֵּן, בְּבַקָּשָׁה! ב-3 בחוה״ל"), ["כן", "בבקשה", "ב", "3", "בחוהל"])
