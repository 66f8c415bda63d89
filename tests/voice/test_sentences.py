"""Sentences of a streamed Hebrew text: whole, in order, and the first words as soon as may be."""

from __future__ import annotations

import random

from django.test import SimpleTestCase

from calls.language.hebrew import HEBREW
from calls.language.openers import Openers
from calls.voice.sentences import LONG_OPENING, Sentences


def split(*pieces: str) -> list[str]:
    sentences = Sentences(HEBREW)
    complete = [sentence for piece in pieces for sentence in sentences.add(piece)]
    return complete + sentences.rest()


class SentenceTest(SimpleTestCase):
    def assert_whole(self, *texts: str) -> None:
        """Short ones: only a sentence's end could have cut them."""
        for text in texts:
            with self.subTest(text):
                self.assertLessEqual(len(text), LONG_OPENING)
                self.assertEqual(split(text), [text])

    def test_a_sentence_is_complete_once_what_follows_shows_its_end(self) -> None:
        sentences = Sentences(HEBREW)
        self.assertEqual(sentences.add("שלום."), [])
        self.assertEqual(sentences.add(" מה"), ["שלום."])
        self.assertEqual(sentences.rest(), ["מה"])

    def test_numbers_and_times_stay_whole(self) -> None:
        text = "הפגישה ב-14.30 עולה 3.5 שקלים. נתראה!"
        self.assertEqual(split(text), ["הפגישה ב-14.30 עולה 3.5 שקלים.", "נתראה!"])
        self.assertEqual(split("התור ב-14.", "30, בקומה 2. ", "טוב?")[-1], "טוב?")

    def test_a_number_may_end_a_sentence_but_does_not_make_one(self) -> None:
        self.assertEqual(split("זה בקומה 3. נתראה."), ["זה בקומה 3.", "נתראה."])
        self.assert_whole("1. שעות הפתיחה")

    def test_abbreviations_do_not_end_a_sentence(self) -> None:
        self.assert_whole(
            'התור אצל ד"ר לוי.',
            "התור אצל עו״ד כהן כולל מע״מ.",
            "גב' כהן, רח' הרצל 5.",
            "מה מספר ת.ז. שלך?",
            "למשל ב-ת.ז. או בדרכון.",
            "אנחנו ברח. הרצל 5, ת.ד. 12.",
            "אפשר לדבר עם פרופ. לוי.",
            "שלום ל-Dr. Levi.",
            "כתר, סתימה, שורש וכו' וכו'.",
        )
        self.assertEqual(split("סתימות, כתרים וכו'. מה צריך?")[-1], "מה צריך?")

    def test_words_that_only_end_like_an_abbreviation_end_a_sentence(self) -> None:
        for word in ("כן", "לא", "שלה", "בית", "חרב", "המס", "שם"):
            self.assertEqual(split(f"{word}. נכון."), [f"{word}.", "נכון."])
        self.assertEqual(split('זה כולל מע"מ. מתאים?'), ['זה כולל מע"מ.', "מתאים?"])

    def test_quotes_ellipses_and_lines_end_sentences(self) -> None:
        self.assertEqual(
            split("אז… טוב. ", 'אמרה "כן." והלכה\nסוף'),
            ["אז…", "טוב.", 'אמרה "כן."', "והלכה", "סוף"],
        )
        self.assertEqual(split("רגע... (כן!) באמת?! טוב"), ["רגע...", "(כן!)", "באמת?!", "טוב"])

    def test_nothing_is_made_of_nothing(self) -> None:
        self.assertEqual(split("", "  \n "), [])


class OpeningTest(SimpleTestCase):
    LONG = "יש לנו מקום ביום שלישי בעשר בבוקר, וגם ביום רביעי אחר הצהריים, מה עדיף?"

    def test_a_long_first_sentence_sends_its_opening_clause_ahead(self) -> None:
        self.assertEqual(
            split(self.LONG + " " + self.LONG),
            [
                "יש לנו מקום ביום שלישי בעשר בבוקר,",
                "וגם ביום רביעי אחר הצהריים, מה עדיף?",
                self.LONG,
            ],
        )

    def test_it_goes_out_before_the_sentence_is_finished(self) -> None:
        self.assertEqual(
            Sentences(HEBREW).add(self.LONG[: LONG_OPENING + 1]),
            ["יש לנו מקום ביום שלישי בעשר בבוקר,"],
        )

    def test_a_short_sentence_and_a_short_clause_are_not_cut(self) -> None:
        self.assertEqual(split("בשמחה, לאיזה יום?"), ["בשמחה, לאיזה יום?"])
        text = "כן, אפשר לקבוע תור לכל אחד מימות השבוע הקרוב."
        self.assertEqual(split(text), [text])

    def test_colons_and_dashes_end_clauses_but_times_and_hyphens_do_not(self) -> None:
        for text, clause in (
            ("אלה השעות הפנויות: ראשון בעשר ושלישי בארבע אחר הצהריים.", "אלה השעות הפנויות:"),
            ("המרפאה סגורה היום – נפתח שוב מחר בשמונה בבוקר.", "המרפאה סגורה היום –"),
        ):
            self.assertEqual(split(text)[0], clause)
        text = "המרפאה פתוחה מ-08:30 עד 19:30 בימים ראשון-חמישי בכל השבוע."
        self.assertEqual(split(text), [text])

    def test_the_cut_does_not_depend_on_the_pieces(self) -> None:
        text = f"{self.LONG} עולה 1,200 ש״ח. ת.ז. שלך?\nטוב… 14.30, בסדר!"
        whole = split(text)
        self.assertEqual(" ".join(whole), text.replace("\n", " "))
        draw = random.Random(7)
        for _attempt in range(200):
            cuts = sorted(draw.sample(range(len(text)), draw.randint(1, 30)))
            pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
            self.assertEqual(split(*pieces), whole, pieces)


class OpenerTest(SimpleTestCase):
    OPENERS = Openers(["בשמחה,", "רק רגע,", "אוקיי,"])

    def split(self, *pieces: str, unwanted: str = "") -> list[str]:
        sentences = Sentences(HEBREW, self.OPENERS, unwanted)
        complete = [sentence for piece in pieces for sentence in sentences.add(piece)]
        return complete + sentences.rest()

    def test_an_opener_is_complete_with_its_mark(self) -> None:
        sentences = Sentences(HEBREW, self.OPENERS)
        self.assertEqual(sentences.add(" בשמחה"), [])
        self.assertEqual(sentences.add(","), ["בשמחה,"])
        self.assertEqual(sentences.add(" מתי נוח?"), [])
        self.assertEqual(sentences.rest(), ["מתי נוח?"])

    def test_it_is_said_as_it_is_ready_whatever_its_mark_is(self) -> None:
        for written in ("בשמחה. ", "בשמחה!", "בשמחה...", "בשמחה – ", "בשמחה,\n", "- בשמחה: "):
            with self.subTest(written):
                self.assertEqual(self.split(f"{written}מתי נוח?"), ["בשמחה,", "מתי נוח?"])

    def test_what_only_begins_like_an_opener_is_none(self) -> None:
        for text in ("בשמחה רבה, מתי?", "רק רגע אחד, מה השם?", "לא, בשמחה, אין בעיה."):
            with self.subTest(text):
                self.assertEqual(self.split(text), [text])

    def test_a_long_sentence_after_it_is_cut_as_a_first_one(self) -> None:
        long = "אפשר לקבוע תור למחר בבוקר, או ביום רביעי אחרי הצהריים בשעה שלוש."
        self.assertEqual(
            self.split("בשמחה, " + long), ["בשמחה,", *self.split(long)], "it is to come soon"
        )
        self.assertEqual(len(self.split(long)), 2)

    def test_where_it_is_cut_does_not_depend_on_the_pieces(self) -> None:
        for text in ("בשמחה... מתי נוח? מחר?", "רק רגע – בודקים. הנה, מצאתי.", "אוקיי", "כן, בטח."):
            whole = self.split(text)
            for size in (1, 2, 3, 5):
                pieces = [text[at : at + size] for at in range(0, len(text), size)]
                with self.subTest(text, size=size):
                    self.assertEqual(self.split(*pieces), whole)

    def test_an_unwanted_one_is_left_out(self) -> None:
        self.assertEqual(self.split("בשמחה, ", "מתי?", unwanted="בשמחה,"), ["מתי?"])
        self.assertEqual(self.split("אוקיי, מתי?", unwanted="בשמחה,"), ["אוקיי,", "מתי?"])
        self.assertEqual(
            self.split("בשמחה, בשמחה! אוקיי, מתי?", unwanted="בשמחה,"), ["אוקיי,", "מתי?"]
        )

    def test_an_answer_that_is_nothing_else_is_heard_all_the_same(self) -> None:
        self.assertEqual(self.split("בשמחה.", unwanted="בשמחה,"), ["בשמחה,"])
