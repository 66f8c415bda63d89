"""What Hebrew words say about whether an utterance is over: each piece of evidence, by its name."""

from __future__ import annotations

from django.test import SimpleTestCase

from calls.language.hebrew import HEBREW
from tuning.turns.completion import (
    Asked,
    answers,
    asked_in,
    asks_for_time,
    closes,
    dangling,
    details,
    plain,
    read,
    same_words,
    wishes,
)

WORDS = HEBREW.words
NOTHING, YES_NO, PHRASE, OPEN = Asked(), Asked("yes_no"), Asked("phrase"), Asked("open")
TELEPHONE, IDENTITY, DAY = (
    Asked("number"),
    Asked("number", digits=9),
    Asked("choice", ("יום ראשון", "מחר")),
)


class DanglingTests(SimpleTestCase):
    def assert_dangling(self, expected: str, *texts: str, asked: Asked = NOTHING) -> None:
        for text in texts:
            with self.subTest(text):
                self.assertEqual(dangling(text, asked, WORDS), expected)

    def test_a_word_that_leans_on_the_next_is_no_end(self) -> None:
        self.assert_dangling(
            "leaning",
            "הכתובת של",
            "אני גר ליד",
            "שלום אז",
            "לא הגעתי כי",
            "בשביל",
            "רופא או",
            "ואת",
        )

    def test_a_wish_without_its_object_is_no_end(self) -> None:
        self.assert_dangling("wanting", "אני רוצה", "אני", "אז רציתי", "שלום התקשרתי", "היה אפשר")

    def test_a_verb_without_its_object_is_no_end(self) -> None:
        self.assert_dangling("wanting", "אני צריך לבטל", "אפשר לקבוע")
        self.assert_dangling("", "לבטל", asked=YES_NO)

    def test_a_hesitation_is_no_end(self) -> None:
        self.assert_dangling("hesitation", "אני אה", "תור ליום אממ", "זה כאילו", "ככה")

    def test_a_comma_a_dash_or_three_dots_are_no_end(self) -> None:
        self.assert_dangling("hesitation", "שלום,", "הזמנה -", "חשבתי...", "אז…")

    def test_a_number_with_digits_missing_is_no_end(self) -> None:
        for asked in (NOTHING, TELEPHONE):
            self.assert_dangling("number", "אפס חמש שתיים", "המספר הוא 052 345", asked=asked)
        self.assert_dangling("number", "12345678", asked=IDENTITY)

    def test_a_number_that_was_asked_for_is_dictated_from_its_first_digit(self) -> None:
        self.assert_dangling("number", "אפס חמש", "הטלפון שלי אפס", "05.", asked=TELEPHONE)
        self.assert_dangling("", "אפס חמש", "בשעה חמש")

    def test_whole_numbers_and_sentences_are_ends(self) -> None:
        self.assert_dangling("", "אפס חמש שתיים שלוש ארבע חמש שש שבע שמונה תשע", "0521234567")
        self.assert_dangling("", "", "תור לרופא", "מה השעות שלכם", "ביום שלישי", "תודה רבה")

    def test_the_same_word_may_be_an_end_after_another(self) -> None:
        self.assert_dangling("", "זה אני", "אם אפשר", "לא רוצה", "שבוע אחרי", "יום לפני", "אפשר")
        self.assert_dangling("leaning", "תור אחרי", "ניפגש לפני")

    def test_a_choice_may_end_in_a_leaning_word(self) -> None:
        """What is offered may be called anything: "הכל"."""
        self.assert_dangling("", "את הכל או כל", asked=Asked("choice", ("כל",)))

    def test_words_inside_other_words_do_not_count(self) -> None:
        self.assert_dangling("", "זה שלי", "השעון עובד", "בית אוליבר", "הרצליה", "אניה")


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

    def test_a_whole_telephone_number_answers(self) -> None:
        whole = "אפס חמש שתיים שלוש ארבע חמש שש שבע שמונה תשע"
        self.assert_answers(TELEPHONE, whole, "המספר 052 123 4567", "031234567", "972521234567")

    def test_an_unfinished_number_does_not_answer(self) -> None:
        """Nine digits are whole only where no mobile number begins."""
        self.assert_does_not_answer(TELEPHONE, "אפס חמש שתיים", "052123456", "1234567890123", "כן")

    def test_a_number_of_a_known_length_is_whole_at_that_length(self) -> None:
        self.assert_answers(IDENTITY, "051234567", "תעודת זהות 012 345 678")
        self.assert_does_not_answer(IDENTITY, "01234567")
        self.assert_answers(Asked("number", digits=4), "אחת שתיים שלוש ארבע")

    def test_a_wish_in_telegraphic_style_answers_an_open_question(self) -> None:
        self.assert_answers(OPEN, "לבטל תור", "מחלקת משלוחים", "בירור חשבון אחרון")

    def test_the_beginning_of_a_story_does_not(self) -> None:
        self.assert_does_not_answer(OPEN, "שלום", "קניתי אצלכם מקרר", "יש לי בעיה", "והוא לא עובד")
        self.assert_does_not_answer(OPEN, "ביקור אצל רופא עיניים מומחה", "")
        self.assert_does_not_answer(OPEN, "תרשום לי בבקשה")

    def test_nothing_answers_when_nothing_is_known_to_have_been_asked(self) -> None:
        self.assert_does_not_answer(NOTHING, "כן", "לא", "0521234567", "לבטל תור")


class SentenceTests(SimpleTestCase):
    def test_a_full_stop_a_thank_you_or_a_whole_question_closes(self) -> None:
        for text in ("נסיעה לחיפה.", "די!", "נכון?", "זה הכול תודה", "תודה רבה", "מתי אתם פותחים"):
            with self.subTest(text):
                self.assertTrue(closes(text, WORDS))

    def test_a_request_that_does_not_say_for_what_is_not_closed(self) -> None:
        self.assertFalse(closes("תרשום לי בבקשה", WORDS))
        self.assertTrue(closes("תרשום לי תור בבקשה", WORDS))

    def test_other_words_do_not_close(self) -> None:
        for text in (
            "",
            "מתי",
            "מה השעה",
            "תודה לכם שם",
            "נתתי תודות",
            "מתיחת שרירים קשה",
            "ביי ביי לי",
        ):
            with self.subTest(text):
                self.assertFalse(closes(text, WORDS))

    def test_a_wish_a_question_or_a_complaint_is_the_point(self) -> None:
        for text in ("אני רוצה תור", "באתי לברר", "זה לא עובד", "ורציתי מחיר", "הגעתי ואין אף אחד"):
            with self.subTest(text):
                self.assertTrue(wishes(text, WORDS))

    def test_a_story_has_not_come_to_the_point(self) -> None:
        for text in ("קניתי אצלכם מקרר", "בא לי מהר", "גברת לאה", "אינסטלטור", "הרצון שלי", ""):
            with self.subTest(text):
                self.assertFalse(wishes(text, WORDS))

    def test_a_wish_is_detailed_from_eight_words_on(self) -> None:
        whole = "אני רוצה לקבוע תור לרופא עיניים ביום שלישי"
        self.assertTrue(details(whole, WORDS))
        self.assertFalse(details(whole.rsplit(maxsplit=1)[0], WORDS))
        self.assertFalse(details("קניתי אצלכם מקרר גדול לפני שבוע והוא הגיע", WORDS))

    def test_nine_words_are_as_much_as_people_say_in_one_breath(self) -> None:
        self.assertTrue(details("קניתי אצלכם מקרר גדול לפני שבוע והוא הגיע אתמול", WORDS))


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
        self.assert_asks(TELEPHONE, "מה מספר הטלפון?", "אפשר מספר נייד?", "מה מספר ההזמנה שלך?")
        self.assert_asks(IDENTITY, "מה מספר הזהות?", "מה מספר תעודת הזהות?", "אפשר תעודת זהות?")

    def test_a_broad_question_asks_for_anything(self) -> None:
        self.assert_asks(OPEN, "במה אפשר לעזור?", "שלום, הגעתם למרפאה. איך אפשר לעזור?", "מה קרה?")

    def test_after_what_is_no_question_anything_may_be_said(self) -> None:
        self.assert_asks(Asked("open"), "", "?", "התור נקבע.", "מה השם? אני כאן.", "תודה ולהתראות!")


class ReadingTests(SimpleTestCase):
    def test_a_reading_says_it_all(self) -> None:
        reading = read("לא, תודה רבה", YES_NO, WORDS)
        self.assertEqual(reading.dangling, "")
        said = (reading.answers, reading.closes, reading.wishes)
        self.assertEqual(said, (True, True, True))
        self.assertFalse(reading.asks_for_time or reading.details)

    def test_words_are_read_without_marks(self) -> None:
        self.assertEqual(plain("כֵּן, בְּבַקָּשָׁה! ב-3 בחוה״ל"), ["כן", "בבקשה", "ב", "3", "בחוהל"])
