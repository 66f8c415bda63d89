"""A profile's form under each rule: the rule first, then what acts under it, by its name there."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import Any

from django.test import TestCase

from dashboard.profiles.knob_sums import changes
from tests.dashboard.operators import a_person
from tuning.models import Draft, TimingProfile
from tuning.turns.profile import KNOB, KNOBS, SHIPPED, Profile

ROW = re.compile(r'<div class="knob"(?P<attributes>[^>]*)>(?P<inside>.*?)<p class="help', re.S)
BY_LENGTH, BY_WORDS = Profile(**SHIPPED["balanced"]), Profile(**SHIPPED["adaptive"])


class RuleTestCase(TestCase):
    def setUp(self) -> None:
        self.person = a_person("admin")
        self.client.force_login(self.person)

    def address(self, name: str, language: str = "en") -> str:
        return f"/{language}/profiles/{TimingProfile.objects.get(name=name).pk}/"

    def page(self, name: str, language: str = "en") -> str:
        return self.client.get(self.address(name, language)).content.decode()

    def form(self, values: Profile, **changed: Any) -> dict[str, Any]:
        whole = asdict(values) | {"note": "try it", "based_on": 1} | changed
        return {name: value for name, value in whole.items() if value is not False}

    def rows(self, page: str) -> dict[str, tuple[bool, str]]:
        """By knob: whether it is hidden, and the texts of its label that are shown."""
        found = {}
        for row in ROW.finditer(page):
            inside = row["inside"]
            (name,) = re.findall(r"<code[^>]*>(\w+)</code>", inside)
            (label,) = re.findall(r"<label[^>]*>(.*?)</label>", inside, re.S)
            shown = re.sub(r"<span[^>]* hidden>.*?</span>", "", label, flags=re.S)
            is_hidden = "hidden" in row["attributes"]
            found[name] = is_hidden, re.sub(r"<[^>]+>", "", shown).strip()
        return found


class FormTests(RuleTestCase):
    def test_the_rule_stands_first(self) -> None:
        rows = self.rows(self.page("adaptive"))
        self.assertEqual(next(iter(rows)), "endpointing")
        self.assertEqual(list(rows), [knob.name for knob in KNOBS])

    def test_what_moves_nothing_under_the_rule_is_hidden(self) -> None:
        for name in ("balanced", "adaptive"):
            rule = Profile(**SHIPPED[name]).endpointing
            hidden = {
                name
                for name, (is_hidden, _label) in self.rows(self.page(name)).items()
                if is_hidden
            }
            with self.subTest(name):
                self.assertEqual(hidden, {k.name for k in KNOBS if not k.acts_under(rule)})

    def test_a_knob_goes_by_its_name_under_the_rule(self) -> None:
        for language in ("he", "en"):
            for name in ("balanced", "adaptive"):
                rule = Profile(**SHIPPED[name]).endpointing
                rows = self.rows(self.page(name, language))
                for knob in KNOBS:
                    if knob.acts_under(rule):
                        with self.subTest(knob.name, profile=name, language=language):
                            label = knob.under(rule).label.in_language(language)
                            self.assertEqual(rows[knob.name], (False, label))

    def test_the_rule_of_a_draft_decides_what_is_shown(self) -> None:
        profile = TimingProfile.objects.get(name="balanced")
        knobs = asdict(replace(BY_LENGTH, endpointing="adaptive"))
        Draft.objects.create(
            profile=profile, user=self.person, knobs=knobs, based_on=profile.newest
        )
        rows = self.rows(self.page("balanced"))
        self.assertEqual(rows["end_silence_long_ms"], (False, "Longest silence"))
        self.assertTrue(rows["min_utterance_ms"][0])

    def test_a_hidden_value_is_published_with_the_others(self) -> None:
        self.client.post(self.address("adaptive"), self.form(BY_WORDS, min_utterance_ms=350))
        newest = TimingProfile.objects.get(name="adaptive").newest
        self.assertEqual(newest.values, replace(BY_WORDS, min_utterance_ms=350))

    def test_a_hidden_value_that_is_refused_is_shown(self) -> None:
        wrong = self.form(BY_WORDS, min_utterance_ms=9000)
        answer = self.client.post(self.address("adaptive"), wrong)
        self.assertEqual(answer.status_code, 422)
        self.assertEqual(
            self.rows(answer.content.decode())["min_utterance_ms"], (False, "Minimum utterance")
        )

    def test_the_sum_says_what_is_waited_while_words_are_missing(self) -> None:
        answer = self.client.post(
            f"{self.address('adaptive')}check/", self.form(BY_WORDS, end_silence_short_ms=600)
        )
        self.assertContains(answer, "words are missing")
        self.assertContains(answer, "820 ms")


class ChangesTests(RuleTestCase):
    def test_a_change_goes_by_the_knob_s_name_under_the_later_rule(self) -> None:
        later = replace(BY_WORDS, end_silence_long_ms=2400)
        (change,) = changes(BY_WORDS, later)
        self.assertEqual((change.label.en, change.moves), ("Longest silence", True))
        by_name = {change.knob.name: change for change in changes(later, BY_LENGTH)}
        long = by_name["end_silence_long_ms"]
        self.assertEqual(long.label, KNOB["end_silence_long_ms"].under("fixed").label)

    def test_what_moves_nothing_comes_last_and_says_so(self) -> None:
        later = replace(BY_WORDS, min_utterance_ms=350, resume_ms=120)
        self.assertEqual(
            [(change.knob.name, change.moves) for change in changes(BY_WORDS, later)],
            [("resume_ms", True), ("min_utterance_ms", False)],
        )
        profile = TimingProfile.objects.get(name="adaptive")
        profile.publish(later, by=None, note="try")
        self.assertEqual(self.page("adaptive").count("no effect under this rule"), 1)

    def test_what_differs_is_named_by_the_rule_on_the_page_of_differences(self) -> None:
        profile = TimingProfile.objects.get(name="adaptive")
        later = replace(BY_WORDS, end_silence_long_ms=2400, min_utterance_ms=350)
        profile.publish(later, by=None, note="try")
        page = self.client.get(f"{self.address('adaptive')}diff/").content.decode()
        self.assertIn("Longest silence", page)
        self.assertEqual(page.count("no effect under this rule"), 1)

    def test_a_preset_shows_what_acts_alone(self) -> None:
        for name, expected in (("adaptive", 0), ("balanced", 1)):
            page = self.client.get(f"{self.address(name)}?preset=syllables").content.decode()
            notice = page[page.index("preset-title") : page.index('class="editor')]
            self.assertEqual(notice.count("debounce"), expected, name)
