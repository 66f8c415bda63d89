"""Three questions in words: what each place sets, and which place a profile stands on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import pairwise, product

from django.test import SimpleTestCase

from tests.tuning.test_knobs import decided, judged, over_the_agent, said
from tuning.simple import ANSWERS, INTERRUPTED, PLACES, QUESTIONS, THINKERS, Question
from tuning.turns.checks import CLIFF_MS
from tuning.turns.events import Event, Reply
from tuning.turns.knob import RULES, Value
from tuning.turns.profile import KNOB, SHIPPED, Profile, problems

WHOLE = {
    "fixed": asdict(Profile(**SHIPPED["balanced"])),
    "adaptive": asdict(Profile(**SHIPPED["adaptive"])),
}
NUMBERS = range(1, PLACES + 1)
TRIED: dict[tuple[str, str], list[list[Event]]] = {
    ("thinkers", "fixed"): [said(2500)],
    ("thinkers", "adaptive"): [judged(0.6), judged(0.2)],
    ("interrupted", "fixed"): [over_the_agent(ms) for ms in (220, 280, 380, 500)],
    ("interrupted", "adaptive"): [
        over_the_agent(ms, after_ms=after)
        for ms, after in product((220, 280, 380, 480), (300, 2000))
    ],
    ("answers", "fixed"): [said(300), said(1200)],
    ("answers", "adaptive"): [judged(0.99), judged(0.93)],
}
"""By question and rule: what callers do for whom its places differ."""


def combinations() -> Iterator[tuple[str, tuple[int, ...], dict[str, Value]]]:
    """Every answer to the three questions under each rule."""
    for rule in RULES:
        for numbers in product(NUMBERS, repeat=len(QUESTIONS)):
            knobs: dict[str, Value] = dict(WHOLE[rule])
            for question, number in zip(QUESTIONS, numbers, strict=True):
                knobs |= question.at(rule, number)
            yield rule, numbers, knobs


def at(question: Question, rule: str, number: int) -> Profile:
    return Profile(**WHOLE[rule] | question.at(rule, number))


class PlacesTests(SimpleTestCase):
    def test_every_combination_is_a_valid_profile_within_what_is_advised(self) -> None:
        count = 0
        for rule, numbers, knobs in combinations():
            count += 1
            with self.subTest(rule, numbers=numbers):
                Profile(**knobs)  # type: ignore[arg-type]
                warned = {name for problem in problems(knobs) for name in problem.knobs}
                jump = int(knobs["end_silence_long_ms"]) - int(knobs["end_silence_short_ms"])
                is_cliff = rule == "fixed" and jump > CLIFF_MS
                cliff = {"end_silence_long_ms", "short_utterance_ms"} if is_cliff else set()
                self.assertEqual(warned, cliff)
        self.assertEqual(count, 250)

    def test_every_combination_is_read_back(self) -> None:
        for rule, numbers, knobs in combinations():
            places = tuple(question.place_of(knobs) for question in QUESTIONS)
            with self.subTest(rule, numbers=numbers):
                self.assertEqual(tuple(place.number for place in places), numbers)
                self.assertFalse(any(place.is_between for place in places))

    def test_a_knob_moves_one_way_and_answers_one_question(self) -> None:
        for rule in RULES:
            names = [name for question in QUESTIONS for name in question.knobs[rule]]
            self.assertEqual(len(names), len(set(names)))
            for question in QUESTIONS:
                for name, values in question.knobs[rule].items():
                    with self.subTest(name, rule=rule):
                        self.assertEqual(len(values), PLACES)
                        self.assertIn(list(values), (sorted(values), sorted(values)[::-1]))
                        self.assertTrue(KNOB[name].acts_under(rule))
                        self.assertEqual(
                            [value % KNOB[name].step for value in values], [0] * PLACES
                        )

    def test_each_place_decides_otherwise_than_the_next(self) -> None:
        for question, rule in product(QUESTIONS, RULES):
            for numbers in pairwise(NUMBERS):
                one, other = (at(question, rule, number) for number in numbers)
                tried = TRIED[question.name, rule]
                with self.subTest(question.name, rule=rule, places=numbers):
                    self.assertTrue(any(decided(one, e) != decided(other, e) for e in tried))

    def test_more_is_later_for_who_thinks_and_sooner_for_short_answers(self) -> None:
        for rule in RULES:
            for question, is_later in ((THINKERS, True), (ANSWERS, False)):
                events = TRIED[question.name, rule][-1 if is_later else 0]
                moments = [self.replied_ms(at(question, rule, n), events) for n in NUMBERS]
                with self.subTest(question.name, rule=rule):
                    self.assertEqual(moments, sorted(set(moments), reverse=not is_later))

    def replied_ms(self, profile: Profile, events: list[Event]) -> int:
        return next(
            at_ms for at_ms, action in decided(profile, events) if isinstance(action, Reply)
        )


class PlaceOfTests(SimpleTestCase):
    def test_the_shipped_profiles_stand_on_a_place_of_each_question(self) -> None:
        expected = {
            "adaptive": [4, 4, 4],
            "brisk": [1, 3, 4],
            "balanced": [3, 3, 3],
            "unhurried": [5, 3, 1],
        }
        for name, numbers in expected.items():
            places = [each.place_of(asdict(Profile(**SHIPPED[name]))) for each in QUESTIONS]
            with self.subTest(name):
                self.assertEqual([place.at for place in places], numbers)

    def test_a_value_of_one_s_own_is_between_two_places(self) -> None:
        place = THINKERS.place_of(WHOLE["fixed"] | {"end_silence_long_ms": 1700})
        self.assertEqual((place.number, place.at, place.is_between), (3, 2.5, True))
        place = THINKERS.place_of(WHOLE["fixed"] | {"end_silence_long_ms": 2000})
        self.assertEqual((place.number, place.at), (3, 3.5))

    def test_what_falls_as_the_answer_rises_is_read_the_right_way(self) -> None:
        place = INTERRUPTED.place_of(WHOLE["fixed"] | {"barge_in_ms": 260})
        self.assertEqual((place.number, place.at), (3, 3.5))

    def test_what_lies_beyond_the_last_place_is_shown_before_it(self) -> None:
        place = THINKERS.place_of(WHOLE["fixed"] | {"end_silence_long_ms": 4000})
        self.assertEqual((place.number, place.at, place.is_between), (5, 4.5, True))
        place = ANSWERS.place_of(WHOLE["adaptive"] | {"finished_silence_ms": 1500})
        self.assertEqual((place.number, place.at), (1, 1.5))

    def test_a_knob_of_no_question_moves_none(self) -> None:
        for rule in RULES:
            before = [question.place_of(WHOLE[rule]) for question in QUESTIONS]
            other = WHOLE[rule] | {"vad_hangover_ms": 300, "max_call_s": 900, "no_input_ms": 5000}
            self.assertEqual([question.place_of(other) for question in QUESTIONS], before)
