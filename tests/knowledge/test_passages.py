"""How a text is cut."""

from __future__ import annotations

import time

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

    def test_what_closes_a_heading_is_no_part_of_it_however_long_the_line_is(self) -> None:
        for line, heading in (("# שעות ##", "שעות"), ("## שעות  ", "שעות"), ("# א # ב", "א # ב")):
            self.assertEqual(cut(f"{line}\nסגור."), [Cut(heading, "סגור.")])
        began_s = time.process_time()
        for gap in (" ", " #", "#"):
            cut(f"# א{gap * 100_000}ב\nסגור.")
        self.assertLess(time.process_time() - began_s, 2.0)

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
