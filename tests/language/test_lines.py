"""Callers' lines: what a row means, what is wrong with one, and the lines that the judge learns."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from django.conf import settings
from django.test import SimpleTestCase

from calls.language.completion.lines import Line, Malformed, by_business, parsed, read_lines

FOLDER: Path = settings.BASE_DIR / "bench" / "lines"


class RowTests(SimpleTestCase):
    def places(self, row: str) -> list[tuple[str, str]]:
        (line,) = parsed(row, "lines.txt")
        return [(place.text, place.kind) for place in line.places]

    def test_what_stands_before_a_sign_is_judged_and_so_is_the_whole_line(self) -> None:
        self.assertEqual(
            self.places("במה אפשר לעזור? = אני | רוצה תור ~ לרופא ○ עור"),
            [
                ("אני", "cut_short"),
                ("אני רוצה תור", "open"),
                ("אני רוצה תור לרופא", "needs_time"),
                ("אני רוצה תור לרופא עור", "whole"),
            ],
        )

    def test_a_line_that_ends_in_a_request_for_time_is_not_whole(self) -> None:
        self.assertEqual(self.places("מה המספר? = רגע ○"), [("רגע", "needs_time")])

    def test_each_place_knows_what_was_asked(self) -> None:
        (line,) = parsed("שלום. מה השם? = דנה ~ לוי", "lines.txt")
        self.assertEqual({place.question for place in line.places}, {"שלום. מה השם?"})
        self.assertEqual(line.text, "דנה לוי")

    def test_blank_rows_and_remarks_say_nothing(self) -> None:
        (line,) = parsed("\ufeff# A garage.\n\nמה השם? = דנה\n", "lines.txt")
        self.assertEqual(line.where, "lines.txt:3")


class MalformedTests(SimpleTestCase):
    def test_what_is_wrong_is_said_with_its_row_and_what_to_do(self) -> None:
        for row, said in {
            "מה השם": "no ' = ': write",
            "מה השם? = דנה = לוי": "two ' = '",
            "מה השם? = | דנה": "no words before the first sign",
            "מה השם? = ○": "no words before the first sign",
            "מה השם? = דנה| לוי": "'דנה|': put a space on both sides",
            "מה השם? = דנה ~": "ends with '~': write what comes after it",
        }.items():
            with self.subTest(row), self.assertRaises(Malformed) as raised:
                parsed(f"# A garage.\n{row}", "garage/details.txt")
            self.assertIn(f"garage/details.txt:2: {said}", f"{raised.exception}")

    def test_a_file_in_another_encoding_says_so(self) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "lines.txt"
            path.write_bytes("מה השם? = דנה".encode("cp1255"))
            with self.assertRaisesMessage(Malformed, "save it as UTF-8"):
                read_lines(path)


class CorpusTests(SimpleTestCase):
    """bench/lines/README.md says what these lines are."""

    businesses: ClassVar[dict[str, list[Line]]]
    lines: ClassVar[list[Line]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.businesses = by_business(FOLDER)
        cls.lines = [line for lines in cls.businesses.values() for line in lines]

    def test_there_are_enough_of_them(self) -> None:
        self.assertGreaterEqual(len(self.businesses), 30)
        self.assertGreaterEqual(len(self.lines), 4000)
        for business, lines in self.businesses.items():
            with self.subTest(business):
                self.assertGreaterEqual(len(lines), 140)

    def test_no_two_share_more_than_three_trigrams_in_five(self) -> None:
        alike = [f"{one.where} is too like {other.where}" for one, other in _alike(self.lines)]
        self.assertEqual(alike, [])


def _alike(lines: list[Line]) -> list[tuple[Line, Line]]:
    """Pairs that share over 60 % of the word trigrams of the shorter; a line of three words, which
    has one, may be found within another."""
    before: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    grams = [set(zip(line.words, line.words[1:], line.words[2:], strict=False)) for line in lines]
    found = []
    for at, own in enumerate(grams):
        shared = Counter(other for gram in own for other in before[gram])
        for other, count in shared.items():
            if len(own) > 1 and count > 0.6 * min(len(own), len(grams[other])):
                found.append((lines[at], lines[other]))
        for gram in own:
            before[gram].append(at)
    return found
