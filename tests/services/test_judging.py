"""Labelled lines, which of them are asked about, and what is counted; no server."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from calls.services import By, HistoryLine, ServiceFailed
from calls.services.judging import Judged, Line, Malformed, Tokens, judge_lines, read_lines, spread
from calls.services.known import KnownPassage
from calls.services.tools import ToolCall
from calls.services.verdicts import Verdict
from calls.simulator.table import width
from calls.simulator.verdict_tables import Prices, as_json, tables
from tests.fuzzing import examples

WHOLE, CUT_SHORT, NEEDS_TIME = Verdict.WHOLE, Verdict.CUT_SHORT, Verdict.NEEDS_TIME
LABELLED = settings.BASE_DIR / "bench" / "verdicts" / "lines.txt"


def line(text: str, truth: Verdict = WHOLE, business: str = "garage") -> Line:
    return Line(business, "מתי נוח?", text, truth)


class FileTests(SimpleTestCase):
    def read(self, text: str) -> list[Line]:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(text)
            file.flush()
            return read_lines(Path(file.name))

    def test_a_row_is_a_business_a_question_the_callers_words_and_the_truth(self) -> None:
        (only,) = self.read('# of mine\n\ngarage: "מתי?" או: מחר? = ביום = ◐\n')
        self.assertEqual(only, Line("garage", '"מתי?" או: מחר?', "ביום", CUT_SHORT))

    def test_a_row_that_is_none_is_named_with_its_number(self) -> None:
        for row, reason in (
            ("garage: מתי? = ביום", ":2: not `business: question"),
            ("מתי? = ביום = ◐", ":2: not `business: question"),
            ("garage: = ביום = ◐", ":2: not `business: question"),
            ("garage: מתי? = ביום = x", ":2: the verdict must be one of ● ◐ ○"),
        ):
            with self.assertRaisesRegex(Malformed, reason):
                self.read(f"# of mine\n{row}\n")

    def test_the_shipped_lines_are_many_of_many_businesses_and_all_different(self) -> None:
        lines = read_lines(LABELLED)
        self.assertGreaterEqual(len(lines), 300)
        self.assertGreaterEqual(len({each.business for each in lines}), 25)
        self.assertEqual(len({(each.question, each.text) for each in lines}), len(lines))
        for truth in Verdict:
            self.assertGreaterEqual(sum(each.truth is truth for each in lines), 50)


class SpreadTests(SimpleTestCase):
    @examples(200)
    @given(st.lists(st.sampled_from("abcd"), max_size=20), st.integers(1, 25))
    def test_every_business_has_its_part_and_the_order_stays(
        self, businesses: list[str], most: int
    ) -> None:
        lines = [line(f"{number}", business=each) for number, each in enumerate(businesses)]
        chosen = spread(lines, most)
        self.assertEqual(len(chosen), min(most, len(lines)))
        places = [int(each.text) for each in chosen]
        self.assertEqual(places, sorted(set(places)))
        parts, all_of = Counter(each.business for each in chosen), Counter(businesses)
        for one in all_of:
            for other in all_of:
                is_all_there = parts[one] == all_of[one]
                self.assertTrue(is_all_there or parts[other] <= parts[one] + 1)

    def test_a_few_are_not_all_the_first_of_their_business(self) -> None:
        chosen = spread(read_lines(LABELLED), 64)
        self.assertEqual({each.truth for each in chosen}, set(Verdict))


class Oracle:
    """A judge that answers as it is told, by the caller's words."""

    model, server = "oracle", ""

    def __init__(self, **answers: Sequence[str | ToolCall | Tokens] | ServiceFailed) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.under_way = self.most_under_way = 0

    async def warm_up(self) -> None:
        pass

    async def answer(
        self, history: Sequence[HistoryLine], found: Sequence[KnownPassage] | None = None
    ) -> AsyncGenerator[str | ToolCall | Tokens, None]:
        question, words = history
        assert (question.by, words.by) == (By.AGENT, By.CALLER)
        self.asked.append(words.text)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
            answer = self.answers[words.text]
            if isinstance(answer, ServiceFailed):
                raise answer
            for part in answer:
                yield part
        finally:
            self.under_way -= 1

    async def aclose(self) -> None:
        pass


class JudgingTests(SimpleTestCase):
    async def judged(self, judge: Oracle, *texts: str) -> list[Judged]:
        return await judge_lines(judge, [line(text) for text in texts], at_once=2)

    async def test_what_each_answer_says_is_kept_in_the_order_of_the_lines(self) -> None:
        judge = Oracle(
            a=("●", " כן", Tokens(100, 50, 4)),
            b=(" ", "◐"),
            c=("כן",),
            d=(ToolCall(), Tokens(100, 0, 9)),
            e=("○", " רגע"),
        )
        a, b, c, d, e = await self.judged(judge, *"abcde")
        self.assertTrue(a.is_right and a.is_given and a.ms is not None)
        self.assertEqual(a.tokens, Tokens(100, 50, 4))
        self.assertEqual((b.verdict, b.is_right), (CUT_SHORT, False))
        for each in (c, d):
            self.assertEqual((each.verdict, each.is_given, each.ms), (WHOLE, False, None))
        self.assertEqual((e.verdict, e.goes_on), (NEEDS_TIME, True))

    async def test_a_failure_is_its_own_lines_unless_it_is_the_first(self) -> None:
        judge = Oracle(a=("●",), b=ServiceFailed("busy"), c=("●",))
        found = await self.judged(judge, "a", "b", "c")
        self.assertEqual([each.failure for each in found], ["", "busy", ""])
        with self.assertRaisesMessage(ServiceFailed, "busy"):
            await self.judged(judge, "b", "a")
        self.assertEqual(judge.asked[-1], "b")

    async def test_no_more_are_under_way_than_are_allowed(self) -> None:
        judge, done = Oracle(a=("●",)), list[int]()
        await judge_lines(judge, [line("a")] * 7, 2, done.append)
        self.assertEqual(judge.most_under_way, 2)
        self.assertEqual(done, [1, 2, 3, 4, 5, 6, 7])


class TableTests(SimpleTestCase):
    JUDGED = (
        Judged(line("כן"), WHOLE, True, ms=400, tokens=Tokens(1000, 800, 20)),
        Judged(line("ביום", CUT_SHORT), CUT_SHORT, True, ms=500, tokens=Tokens(1000, 900, 2)),
        Judged(line("ואז", CUT_SHORT, "hotel"), WHOLE, True, ms=600, tokens=Tokens(1000, 0, 30)),
        Judged(line("רגע", NEEDS_TIME, "hotel"), WHOLE, tokens=Tokens(1000, 0, 30)),
        Judged(line("שנייה", NEEDS_TIME, "hotel"), CUT_SHORT, True, goes_on=True, ms=500),
        Judged(line("לא", business="hotel"), failure="busy"),
    )

    def rows(self, prices: Prices | None = None, cells: int = 100) -> list[str]:
        return tables(self.JUDGED, prices, cells).splitlines()

    def test_shares_have_their_denominators_and_intervals(self) -> None:
        text = "\n".join(self.rows())
        self.assertRegex(text, r"hotel +3 +0 +3 +0.0% +0.0% to 56.1%")
        self.assertRegex(text, r"◐ cut short +2 +1 +1 +50.0% +9.5% to 90.5%")
        self.assertRegex(text, r"all +5 +2 +3 +40.0% +11.8% to 76.9%")

    def test_the_confusion_tells_who_gave_no_marker_or_no_answer(self) -> None:
        text = "\n".join(self.rows())
        self.assertRegex(text, r"● whole +1 +0 +0 +0 +1\n")
        self.assertRegex(text, r"○ needs time +0 +1 +0 +1 +0\n")

    def test_time_tokens_and_what_was_amiss_are_told(self) -> None:
        text = "\n".join(self.rows(Prices(1.0, 10.0, 0.5)))
        self.assertIn("p50 500 ms, p95 585 ms (4 answers)", text)
        self.assertIn("1000 in (42% of them cached), 20.5 out (4 answers)", text)
        self.assertRegex(text, r"cost +0.0040 in all, 0.9925 a thousand lines")
        self.assertRegex(text, r"no marker +1 answers; a call takes each as ●")
        self.assertRegex(text, r"went on +1 answers after ◐ or ○")
        self.assertRegex(text, r"no answer +1 times: busy")

    def test_without_prices_there_is_no_cost_and_without_usage_no_tokens(self) -> None:
        self.assertNotIn("cost", "\n".join(self.rows()))
        text = tables([Judged(line("כן"), WHOLE, True, ms=1)], Prices(1, 1), 100)
        self.assertIn("the server does not tell", text)

    def test_the_wrong_lines_are_shown_and_fit_the_terminal(self) -> None:
        rows = self.rows(cells=70)
        self.assertIn("3 wrong:", rows)
        self.assertEqual(sum("ואז" in row for row in rows), 1)
        self.assertLessEqual(max(width(row) for row in rows if "hotel" in row), 70)

    def test_programs_are_given_every_line(self) -> None:
        given = as_json(self.JUDGED, None)
        self.assertEqual((given["right"], given["answered"], given["cost"]), (2, 5, None))
        self.assertEqual(len(given["lines"]), len(self.JUDGED))
        self.assertEqual(given["lines"][-1]["failure"], "busy")
        self.assertEqual(given["lines"][1]["verdict"], "◐")
