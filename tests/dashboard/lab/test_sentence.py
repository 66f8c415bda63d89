"""What a replay found, in words of both languages, each number in a direction of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from django.test import SimpleTestCase
from django.utils.html import strip_tags
from django.utils.translation import override

from calls.lab.comparison import Comparison, Estimate, Figure, Side
from dashboard.lab.sentence import between, sentence, unknown

SINCE, UNTIL = datetime(2026, 11, 18, 9, tzinfo=UTC), datetime(2026, 11, 24, 9, tzinfo=UTC)
THREE_MORE = Estimate(3, 0.6, 6.8)


def found(
    by_ms: float | None = -140, more: Estimate | None = THREE_MORE, *, unsaid: int = 0
) -> Comparison:
    side = Side(turns=1840, cut_ins=38, dropped=0, stopped=0, unseen=0)
    difference = None if by_ms is None else Estimate(by_ms, by_ms - 20, by_ms + 20)
    figures = {
        "cut_ins": Figure(Estimate(0.021, 0.015, 0.028), Estimate(0.026, 0.019, 0.034)),
        "p50_long": Figure(difference=difference),
        "p50_short": Figure(),
    }
    return Comparison(212, side, side, unsaid, figures, more)


def said(comparison: Comparison, language: str = "en", until: datetime | None = UNTIL) -> str:
    with override(language):
        return strip_tags(sentence(comparison, "r7", SINCE, until))


class SentenceTests(SimpleTestCase):
    def test_it_says_what_would_have_been(self) -> None:
        self.assertEqual(
            said(found()),
            "On 212 calls of 18–24 November, the answers under r7 would have been heard 140 ms "
            "sooner at the median after long utterances. It would have cut in 3 more times (from "
            "2.1 % to 2.6 % of turns; between 0 and 7 more).",
        )

    def test_it_says_so_in_hebrew(self) -> None:
        self.assertEqual(
            said(found(), "he"),
            "ב־212 שיחות, 18–24 בנובמבר: לפי r7, התשובות אחרי אמירות ארוכות היו נשמעות 140 "
            "אלפיות שנייה מוקדם יותר (חציון). היו נוספות 3 קטיעות (מ־2.1 % ל־2.6 % מהתורות; בין "
            "0 ל־7 יותר).",
        )

    def test_each_number_has_a_direction_of_its_own(self) -> None:
        with override("he"):
            text = sentence(found(), "r7", SINCE, UNTIL)
        self.assertIn('<bdi dir="ltr">140</bdi>', text)
        self.assertIn('<bdi dir="ltr">2.6 %</bdi>', text)

    def test_what_a_candidate_is_called_is_escaped(self) -> None:
        self.assertIn("&lt;b&gt;", sentence(found(), "<b>", SINCE, UNTIL))

    def test_fewer_and_later(self) -> None:
        text = said(found(80, Estimate(-1, -4.2, -0.1)))
        self.assertIn("80 ms later", text)
        self.assertIn("cut in once less", text)
        self.assertIn("between 0 and 5 fewer", text)

    def test_as_before(self) -> None:
        text = said(found(4, Estimate(0, -1.3, 1.2)))
        self.assertIn("as soon as they were", text)
        self.assertIn("as often as it did", text)
        self.assertIn("between 2 fewer and 2 more", text)

    def test_short_utterances_speak_where_there_are_too_few_long_ones(self) -> None:
        few = found(None)
        short = Figure(difference=Estimate(-60, -80, -40))
        text = said(replace(few, figures=few.figures | {"p50_short": short}))
        self.assertIn("60 ms sooner at the median after short utterances", text)

    def test_waits_may_be_too_few_to_compare(self) -> None:
        self.assertIn("too few answers can be compared", said(found(None)))

    def test_too_few_calls_give_no_number(self) -> None:
        self.assertEqual(said(found(more=None)), "212 calls are too few to say; 30 are needed.")

    def test_days_of_two_months_and_a_single_day(self) -> None:
        december = datetime(2026, 12, 2, 9, tzinfo=UTC)
        self.assertIn("18 November – 2 December", said(found(), until=december))
        self.assertIn("of 18 November,", said(found(), until=SINCE))

    def test_what_is_unknown_is_said(self) -> None:
        with override("en"):
            self.assertEqual(unknown(found()), "")
            self.assertIn("of 12 turns", strip_tags(unknown(found(unsaid=12))))

    def test_an_interval_is_never_told_narrower_than_it_is(self) -> None:
        with override("en"):
            for given, told in (
                (Estimate(2, 0.9, 3.1), "between 0 and 4 more"),
                (Estimate(-2, -3.1, -0.9), "between 0 and 4 fewer"),
                (Estimate(0, -0.2, 0.2), "between 1 fewer and 1 more"),
            ):
                self.assertEqual(strip_tags(between(given)), told)
