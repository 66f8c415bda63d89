"""The verdict that a model writes first: however it is written or cut up, it is never spoken."""

from __future__ import annotations

import itertools

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from calls.services.verdicts import Verdict, VerdictReader, read
from tests.fuzzing import examples

MARKERS = "●◐○"
MANY = 400
WHOLE, CUT_SHORT, NEEDS_TIME = Verdict.WHOLE, Verdict.CUT_SHORT, Verdict.NEEDS_TIME
answers = st.text(st.sampled_from([*MARKERS, *" \nאבג.5\u200f\ufe0f", "…"]), max_size=24)


@st.composite
def cut(draw: st.DrawFn) -> tuple[str, list[str]]:
    """An answer, and the same in pieces."""
    answer = draw(answers)
    places = draw(st.lists(st.integers(0, len(answer)), max_size=8).map(sorted))
    bounds = [0, *places, len(answer)]
    return answer, [answer[begin:end] for begin, end in itertools.pairwise(bounds)]


class AnswerTests(SimpleTestCase):
    def assert_read(self, answer: str, verdict: Verdict, text: str) -> None:
        self.assertEqual(read([answer]), (verdict, text), answer)
        self.assertEqual(read(answer), (verdict, text), f"{answer}, letter by letter")

    def test_the_verdict_comes_first_and_then_the_answer(self) -> None:
        self.assert_read("● לאיזה יום?", WHOLE, "לאיזה יום?")
        self.assert_read("●לאיזה יום?", WHOLE, "לאיזה יום?")
        self.assert_read("◐", CUT_SHORT, "")
        self.assert_read("○", NEEDS_TIME, "")

    def test_spaces_and_signs_of_direction_around_it_are_not_text(self) -> None:
        self.assert_read(" \n\u200f●\ufe0f\n לאיזה יום?", WHOLE, "לאיזה יום?")
        self.assert_read("\ufeff ◐ \n", CUT_SHORT, "")

    def test_an_answer_without_a_marker_is_an_answer(self) -> None:
        self.assert_read("לאיזה יום?", WHOLE, "לאיזה יום?")
        self.assert_read("", WHOLE, "")
        self.assert_read("  ", WHOLE, "")

    def test_a_bare_marker_is_a_verdict_without_an_answer(self) -> None:
        self.assert_read(" ● ", WHOLE, "")

    def test_of_several_markers_the_first_counts_and_none_is_said(self) -> None:
        self.assert_read("●● בשמחה", WHOLE, "בשמחה")
        self.assert_read("● ◐ בשמחה", WHOLE, "בשמחה")
        self.assert_read("◐●", CUT_SHORT, "")

    def test_a_marker_in_the_middle_or_at_the_end_is_dropped(self) -> None:
        self.assert_read("בשמחה,● לאיזה יום?○", WHOLE, "בשמחה, לאיזה יום?")

    def test_nothing_is_said_to_a_caller_who_is_to_be_waited_for(self) -> None:
        self.assert_read("◐ לאיזה יום?", CUT_SHORT, "")
        self.assert_read("○ בבקשה.", NEEDS_TIME, "")


class ReaderTests(SimpleTestCase):
    def test_the_verdict_is_told_at_once(self) -> None:
        reader = VerdictReader()
        self.assertEqual(list(reader.read(" ")), [])
        self.assertEqual(list(reader.read("●")), [WHOLE])
        self.assertEqual(list(reader.read(" בש")), ["בש"])
        self.assertEqual(list(reader.end()), [])

    def test_what_has_no_text_has_a_verdict_in_the_end(self) -> None:
        reader = VerdictReader()
        self.assertEqual(list(reader.end()), [WHOLE])
        self.assertFalse(reader.is_given)

    def test_it_knows_who_gave_the_verdict_and_who_went_on_after_it(self) -> None:
        for answer, is_given, goes_on in (
            ("● כן", True, False),
            ("כן", False, False),
            ("◐", True, False),
            ("◐ ● כן", True, True),
        ):
            reader = VerdictReader()
            list(reader.read(answer))
            self.assertEqual((reader.is_given, reader.goes_on), (is_given, goes_on), answer)


class PropertyTests(SimpleTestCase):
    @examples(MANY)
    @given(cut())
    def test_the_pieces_change_nothing(self, given_cut: tuple[str, list[str]]) -> None:
        answer, pieces = given_cut
        self.assertEqual(read(pieces), read([answer]))

    @examples(MANY)
    @given(st.lists(answers | st.text(max_size=5), max_size=9))
    def test_the_verdict_is_first_and_once_and_no_marker_is_in_the_text(
        self, pieces: list[str]
    ) -> None:
        reader = VerdictReader()
        found = [part for piece in pieces for part in reader.read(piece)] + [*reader.end()]
        self.assertIsInstance(found[0], Verdict)
        texts = [part for part in found[1:] if isinstance(part, str)]
        self.assertEqual(len(texts), len(found) - 1)
        self.assertFalse(set(MARKERS) & set("".join(texts)))
        self.assertNotIn("", texts)

    @examples(MANY)
    @given(answers.filter(lambda text: not set(text) & set(MARKERS + "\ufe0f")))
    def test_a_text_without_markers_is_said_as_it_is(self, text: str) -> None:
        self.assertEqual(read([text]), (WHOLE, text.lstrip(" \n\u200f")))
