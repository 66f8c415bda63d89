"""The three questions of a profile's page, and all knobs behind one link."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from django.test import TestCase

from tests.dashboard.operators import a_person
from tuning.models import Draft, TimingProfile
from tuning.simple import QUESTIONS, THINKERS
from tuning.turns.knob import RULES
from tuning.turns.profile import KNOB, KNOBS, Profile

QUESTION = re.compile(r'<div class="question".*?</details>', re.S)
SLIDER = re.compile(r'<input type="range" id="place_(\w+)"[^>]* step="([\d.]+)" value="([\d.]+)"')


class QuestionsTestCase(TestCase):
    def setUp(self) -> None:
        self.person = a_person("admin")
        self.client.force_login(self.person)
        self.profile = TimingProfile.objects.get(name="balanced")
        self.address = f"/en/profiles/{self.profile.pk}/"

    def page(self, query: str = "", language: str = "en") -> str:
        return self.client.get(f"/{language}/profiles/{self.profile.pk}/{query}").content.decode()

    def publish(self, **knobs: Any) -> None:
        self.profile.publish(Profile(**knobs), by=None, note="try")

    def sent(self, **changed: Any) -> dict[str, Any]:
        whole = asdict(Profile()) | {"note": "try it", "based_on": 1} | changed
        return {name: value for name, value in whole.items() if value is not False}

    def shows_all(self, page: str) -> bool:
        (hidden,) = re.findall(r'<div id="all-knobs" class="all-knobs"( hidden)?>', page)
        is_open = f'aria-expanded="{"false" if hidden else "true"}"'
        self.assertIn(is_open, page[page.index('id="all-link"') :][:200])
        return not hidden


class QuestionsTests(QuestionsTestCase):
    def test_each_question_stands_where_the_knobs_do(self) -> None:
        sliders = SLIDER.findall(self.page())
        self.assertEqual(sliders, [(each.name, "1", "3") for each in QUESTIONS])

    def test_a_value_of_one_s_own_is_shown_between_two_places(self) -> None:
        self.publish(end_silence_long_ms=1600)
        page = self.page()
        self.assertEqual(SLIDER.findall(page)[0], ("thinkers", "0.5", "2.5"))
        self.assertIn("between two places, nearest: briefly", page)

    def test_opening_the_page_changes_nothing(self) -> None:
        self.publish(end_silence_long_ms=1600)
        self.page()
        self.page("?all=1")
        self.assertFalse(Draft.objects.exists())
        self.assertEqual(self.profile.newest.number, 2)

    def test_a_question_says_in_both_languages_what_it_sets_and_what_it_costs(self) -> None:
        for language in ("he", "en"):
            page = self.page(language=language)
            for question, text in zip(QUESTIONS, QUESTION.findall(page), strict=True):
                said = [question.text, question.trade, *question.places]
                said += [KNOB[name].under("fixed").label for name in question.knobs["fixed"]]
                for each in said:
                    with self.subTest(question.name, language=language):
                        self.assertIn(each.in_language(language)[:20], text)

    def test_every_place_is_told_in_exact_numbers_under_both_rules(self) -> None:
        text = QUESTION.findall(self.page())[0]
        for rule in RULES:
            for values in THINKERS.knobs[rule].values():
                for value in values:
                    self.assertIn(f'<bdi dir="ltr">{value:,} ms</bdi>', text)
        self.assertRegex(text, r'data-value-of="end_silence_long_ms"[^>]*>1,800 ms</bdi>')

    def test_the_questions_follow_the_draft_and_its_rule(self) -> None:
        knobs = {"endpointing": "adaptive", "end_silence_long_ms": 3000}
        Draft.keep(self.profile, self.person, knobs, based_on=1, version="")
        page = self.page()
        self.assertIn('<span data-rules="adaptive">by what was said</span>', page)
        self.assertRegex(QUESTION.findall(page)[0], r'data-rules="fixed" hidden')

    def test_what_is_risky_about_an_answer_is_said_beside_the_questions(self) -> None:
        answer = self.client.post(
            f"{self.address}check/", self.sent(end_silence_long_ms=3000, end_silence_short_ms=350)
        )
        warned = answer.content.decode().partition('id="warned"')[2].partition("</div>")[0]
        self.assertIn("the wait jumps by", warned)
        self.assertEqual(warned.count('class="problem'), 1)

    def test_whoever_may_only_look_sees_the_questions_too(self) -> None:
        self.client.force_login(a_person("viewer", "viewer"))
        self.assertEqual(len(SLIDER.findall(self.page())), len(QUESTIONS))


class AllKnobsTests(QuestionsTestCase):
    def test_all_knobs_are_behind_a_link_and_kept_in_the_address(self) -> None:
        self.assertFalse(self.shows_all(self.page()))
        self.assertTrue(self.shows_all(self.page("?all=1")))

    def test_what_was_chosen_is_remembered_on_this_device(self) -> None:
        self.page("?all=1")
        self.assertTrue(self.shows_all(self.page()))
        self.page("?all=0")
        self.assertFalse(self.shows_all(self.page()))

    def test_a_hidden_knob_is_published_with_the_others(self) -> None:
        self.client.post(self.address, self.sent(end_silence_long_ms=2400, max_call_s=900))
        newest = self.profile.newest.values
        self.assertEqual((newest.end_silence_long_ms, newest.max_call_s), (2400, 900))

    def test_a_refused_value_opens_them(self) -> None:
        answer = self.client.post(self.address, self.sent(max_call_s=9))
        self.assertEqual(answer.status_code, 422)
        self.assertTrue(self.shows_all(answer.content.decode()))

    def test_a_missing_note_does_not(self) -> None:
        answer = self.client.post(self.address, self.sent(note="", max_call_s=900))
        self.assertEqual(answer.status_code, 422)
        self.assertFalse(self.shows_all(answer.content.decode()))

    def test_a_draft_on_which_no_call_may_run_opens_them(self) -> None:
        Draft.objects.create(
            profile=self.profile,
            user=self.person,
            knobs={"max_call_s": 9},
            based_on=self.profile.newest,
        )
        self.assertTrue(self.shows_all(self.page()))

    def test_a_knob_can_be_found_by_its_name_and_by_its_words_in_both_languages(self) -> None:
        page = self.page("?all=1", "he")
        for knob in KNOBS:
            found = page.partition(f'data-words="{knob.name} ')[2].partition('"')[0]
            with self.subTest(knob.name):
                for meaning in knob.meanings.values():
                    self.assertIn(meaning.label.he[:6], found)
                    self.assertIn(meaning.label.en[:6], found)
