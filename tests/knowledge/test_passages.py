"""How a text is cut."""

from __future__ import annotations

from django.test import SimpleTestCase

from calls.knowledge.passages import LONGEST, Cut, cut


class CutTests(SimpleTestCase):
    def test_a_paragraph_is_a_passage_under_its_headings(self) -> None:
        text = (
            "פתיחה.\n\n# מרפאה\n## שעות\nבשישי\nסגור.\n\nבשבת גם.\n"
            "## מחירים #\n\nזול.\n# מוסך\nיקר."
        )
        self.assertEqual(
            cut(text),
            [
                Cut("", "פתיחה."),
                Cut("מרפאה · שעות", "בשישי סגור."),
                Cut("מרפאה · שעות", "בשבת גם."),
                Cut("מרפאה · מחירים", "זול."),
                Cut("מוסך", "יקר."),
            ],
        )

    def test_an_underlined_line_is_a_heading(self) -> None:
        self.assertEqual(cut("שעות\n===\nסגור."), [Cut("שעות", "סגור.")])
        self.assertEqual(cut("מחיר\r\n---\r\nזול."), [Cut("מחיר", "זול.")])

    def test_the_lines_of_a_list_stay_lines(self) -> None:
        self.assertEqual(cut("- ראשון\n- שני"), [Cut("", "- ראשון\n- שני")])

    def test_what_is_too_long_is_cut_between_sentences_and_nothing_is_lost(self) -> None:
        for text in (
            "משפט של כמה מילים. " * 100,
            "מילה " * 500,
            "א" * 2000,
            "- שורה ברשימה\n" * 200,
        ):
            cuts = cut(text)
            self.assertGreater(len(cuts), 1)
            self.assertLessEqual(max(len(each.words) for each in cuts), LONGEST)
            kept = "".join("".join(each.words for each in cuts).split())
            self.assertEqual(kept, "".join(text.split()))
        self.assertTrue(all(each.words.endswith(".") for each in cut("משפט של כמה מילים. " * 100)))

    def test_of_nothing_there_are_none(self) -> None:
        self.assertEqual(cut(" \n\n# רק כותרת\n"), [])
