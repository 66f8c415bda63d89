"""What the model is told: the same head in every request, and no more history than is bounded."""

from __future__ import annotations

import re
from datetime import datetime

from django.test import SimpleTestCase

from calls.language.hebrew import HEBREW
from calls.services import HistoryLine, Message, instructions
from calls.services.instructions import MOST_BYTES, MOST_LINES, messages, recent, system

TEXTS = HEBREW.instructions


def caller(text: str) -> HistoryLine:
    return HistoryLine(True, text)


def agent(text: str) -> HistoryLine:
    return HistoryLine(False, text)


def lines(count: int, text: str = "שורה") -> list[HistoryLine]:
    return [HistoryLine(number % 2 == 1, f"{text} {number}") for number in range(count)]


class HeadTest(SimpleTestCase):
    def test_requests_of_different_calls_begin_with_the_same_bytes(self) -> None:
        one = messages(TEXTS, "מרפאת אלון", [caller("שלום")])
        other = messages(TEXTS, "מרפאת אלון", lines(9), ["בשיחה הזאת נשמרה הודעה."])
        self.assertTrue(other[0]["content"].startswith(one[0]["content"]))
        self.assertEqual(one, messages(TEXTS, "מרפאת אלון", [caller("שלום")]))

    def test_the_rules_come_before_what_belongs_to_one_business(self) -> None:
        for business in ("מרפאת אלון", "מוסך ברק"):
            self.assertTrue(system(TEXTS, business).startswith(TEXTS.rules))
            self.assertIn(business, system(TEXTS, business))

    def test_without_a_business_of_its_own_it_is_a_desk_that_knows_nothing(self) -> None:
        self.assertIn(TEXTS.business, system(TEXTS, ""))

    def test_what_was_kept_is_told_last(self) -> None:
        note = instructions.note_of(TEXTS, Message("דנה", "0541234567", "לחזור אליי"))
        told = system(TEXTS, "מרפאת אלון", [note])
        self.assertRegex(told.splitlines()[-1], "דנה.*0541234567.*לחזור אליי")

    def test_no_instruction_and_no_phrase_addresses_a_man_or_a_woman(self) -> None:
        gendered = re.compile(r"\b(?:אתה|את ה?מתקשר|תגיד|תגידי|רוצה|צריך|צריכה|יכול|יכולה)\b")
        for text in (
            TEXTS.rules, TEXTS.business, TEXTS.greeting, TEXTS.tools["say_goodbye"].says,
            TEXTS.patience, TEXTS.tools["take_message"].says, TEXTS.kept, TEXTS.not_kept,
            TEXTS.not_yet, TEXTS.nothing_came, TEXTS.not_done,
            TEXTS.enough,
        ):  # fmt: skip
            self.assertIsNone(gendered.search(text), text)


class HistoryTest(SimpleTestCase):
    def test_the_two_sides_take_turns_even_if_one_spoke_twice(self) -> None:
        history = [
            agent("שלום"),
            caller("רציתי"),
            caller("לקבוע תור"),
            agent("לאיזה"),
            caller("ביום"),
        ]
        told = messages(TEXTS, "", history)[1:]
        self.assertEqual(
            [(each["role"], each["content"]) for each in told],
            [
                ("assistant", "שלום"),
                ("user", "רציתי לקבוע תור"),
                ("assistant", "לאיזה"),
                ("user", "ביום"),
            ],
        )

    def test_an_interrupted_answer_is_told_as_far_as_it_was_heard(self) -> None:
        told = messages(
            TEXTS, "", [caller("מתי פתוח"), agent("אנחנו פתוחים בימים"), caller("ובשישי?")]
        )
        self.assertEqual(told[2]["content"], "אנחנו פתוחים בימים")

    def test_a_long_call_is_told_from_its_last_lines(self) -> None:
        for count in range(1, 200):
            kept = recent(history := lines(count))
            self.assertLessEqual(len(kept), MOST_LINES)
            self.assertGreaterEqual(len(kept), min(count, MOST_LINES - 9))
            self.assertEqual(kept, history[-len(kept) :])

    def test_its_beginning_moves_seldom_so_that_the_cache_knows_it(self) -> None:
        beginnings = {recent(lines(count))[0] for count in range(1, 101)}
        self.assertEqual(len(beginnings), 1 + (100 - MOST_LINES) // 10)

    def test_long_lines_are_bounded_in_bytes_but_the_last_is_always_told(self) -> None:
        long = recent(lines(40, "מילה " * 100))
        self.assertLessEqual(sum(len(line.text.encode()) for line in long), MOST_BYTES)
        self.assertEqual(recent([caller("א" * MOST_BYTES)] * 3), [caller("א" * MOST_BYTES)])


class MomentTests(SimpleTestCase):
    def test_the_model_is_told_when_the_call_began_after_all_that_never_changes(self) -> None:
        at = datetime(2026, 11, 23, 14, 5)
        told = system(TEXTS, instructions.with_moment(TEXTS, "מרפאת אלון", at))
        self.assertTrue(told.startswith(TEXTS.rules))
        self.assertTrue(told.endswith("השיחה התחילה ביום שני, 23 בנובמבר 2026, בשעה 14:05."))
        saturday = instructions.with_moment(TEXTS, "", datetime(2026, 11, 28, 9, 0))
        self.assertIn(TEXTS.business, saturday)
        self.assertIn("ביום שבת, 28 בנובמבר", saturday)
