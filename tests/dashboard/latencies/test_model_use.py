"""Requests and tokens a turn on the latency page."""

from __future__ import annotations

import re
from html import unescape

from django.utils.html import strip_tags

from tests.dashboard.call_rows import a_call, a_turn
from tests.dashboard.latencies.test_latency_pages import LatencyPagesTestCase


class ModelUseTests(LatencyPagesTestCase):
    def told(self, language: str = "en") -> str:
        """The words of the section, spaces as they read."""
        page = self.page(language=language)
        section = page[page.index('aria-labelledby="model-use-title"') :].split("</section>")[0]
        return re.sub(r"\s+", " ", unescape(strip_tags(section.partition(">")[2])))

    def some_turns(self, calls: int = 10) -> None:
        """In each call a turn of one request, one of four, and one without a model."""
        for number in range(1, calls + 1):
            call = a_call(number)
            a_turn(call, 1, requests=1, tokens=30)
            a_turn(call, 2, requests=4, tokens=30, wasted_tokens=20)
            a_turn(call, 3, tokens=700, wasted_tokens=700)

    def test_requests_and_tokens_are_those_of_turns_that_asked_a_model(self) -> None:
        self.some_turns()
        told = self.told()
        for words in (
            "20 turns, 10 calls",
            "Requests a turn 2.50",
            "Turns with more than 3 requests 50.0 % 10 of 20",
            "Tokens a turn 40",
            "Tokens in vain 25.0 % 200 of 800",
        ):
            self.assertIn(words, told)
        self.assertIn("פניות לתור 2.50", self.told("he"))

    def test_of_few_turns_there_are_no_figures(self) -> None:
        self.some_turns(9)
        told = self.told()
        self.assertIn("not enough turns", told)
        self.assertIn("needs 6 turns from 10 calls", told)
        self.assertNotIn("Requests a turn", told)

    def test_without_a_model_it_says_so(self) -> None:
        a_turn(a_call(1), tokens=30)
        told = self.told()
        self.assertIn("No language model was asked in these turns.", told)
        self.assertNotIn("not enough turns", told)

    def test_a_model_that_answered_nothing_made_no_tokens_in_vain(self) -> None:
        for number in range(1, 11):
            a_turn(a_call(number), requests=1)
        self.assertIn("Tokens in vain – 0 of 0", self.told())
