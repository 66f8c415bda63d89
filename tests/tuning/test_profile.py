"""The knobs: where they act, their ranges, what they refuse together, the environment."""

from __future__ import annotations

from dataclasses import asdict

from django.test import SimpleTestCase

from tuning.turns.knob import RULES, Text, Value
from tuning.turns.profile import (
    GROUPS,
    KNOB,
    KNOBS,
    Profile,
    ProfileError,
    problems,
)


def found(**changed: Value) -> list[tuple[tuple[str, ...], bool]]:
    return [(each.knobs, each.is_error) for each in problems(asdict(Profile()) | changed)]


def tuned(**changed: Value) -> Profile:
    return Profile(**asdict(Profile()) | changed)


class DeclarationTests(SimpleTestCase):
    def test_the_shipped_values_are_those_of_the_issue(self) -> None:
        expected = {
            "min_speech_ms": 60, "min_utterance_ms": 600, "vad_hangover_ms": 220,
            "end_silence_short_ms": 500, "short_utterance_ms": 2000, "end_silence_long_ms": 1800,
            "transcript_wait_ms": 900, "reply_refractory_ms": 1100, "barge_in_ms": 300,
            "response_delay_min_ms": 50, "response_delay_max_ms": 120, "streaming_stt": True,
            "stt_batch_ms": 60, "stt_partial_debounce_ms": 90,
        }  # fmt: skip
        values = asdict(Profile())
        self.assertEqual({name: values[name] for name in expected}, expected)

    def test_every_knob_is_explained_in_both_languages(self) -> None:
        for knob in KNOBS:
            with self.subTest(knob.name):
                self.assertIn(knob.group, GROUPS)
                for meaning in knob.meanings.values():
                    for text in (meaning.label, meaning.help):
                        self.assertRegex(text.he, "[א-ת]")
                        self.assertRegex(text.en, "[a-z]")
                        self.assertNotRegex(text.en, "[א-ת]")

    def test_a_text_is_said_in_the_language_of_the_page(self) -> None:
        text = Text("שתיקה", "silence")
        self.assertEqual((text.in_language("he"), text.in_language("en-gb")), ("שתיקה", "silence"))

    def test_the_rule_is_chosen_first(self) -> None:
        self.assertEqual(KNOBS[0].name, "endpointing")
        self.assertEqual(next(iter(GROUPS)), KNOBS[0].group)
        self.assertEqual(tuple(KNOBS[0].choices), RULES)

    def test_each_knob_says_once_under_which_rule_it_acts(self) -> None:
        acting = {rule: {knob.name for knob in KNOBS if knob.acts_under(rule)} for rule in RULES}
        self.assertEqual(
            acting["fixed"] - acting["adaptive"], {"min_utterance_ms", "stt_partial_debounce_ms"}
        )
        self.assertEqual(
            acting["adaptive"] - acting["fixed"],
            {"sure_percent", "stable_ms", "asked_for_time_ms", "verdict_wait_ms"}
            | {"finished_silence_ms", "middle_silence_ms"},
        )

    def test_what_acts_otherwise_under_a_rule_has_another_name_there(self) -> None:
        named = {
            "end_silence_short_ms": ("שתיקה כשחסרות מילים", "Silence while words are missing"),
            "short_utterance_ms": ("קצרה או ארוכה בנתונים", "Short or long in the figures"),
            "end_silence_long_ms": ("השתיקה הארוכה ביותר", "Longest silence"),
        }
        for name, (he, en) in named.items():
            with self.subTest(name):
                fixed, adaptive = KNOB[name].under("fixed"), KNOB[name].under("adaptive")
                self.assertEqual(adaptive.label, Text(he, en))
                self.assertNotEqual(fixed.label, adaptive.label)
                self.assertNotEqual(fixed.help, adaptive.help)
        self.assertNotIn("in every answer", KNOB["vad_hangover_ms"].under("adaptive").help.en)

    def test_every_default_is_advised_and_every_advised_value_allowed(self) -> None:
        for knob in KNOBS:
            if not isinstance(knob.default, int):
                continue
            with self.subTest(knob.name):
                (soft_low, soft_high), (low, high) = knob.soft, knob.hard
                self.assertLessEqual(low, soft_low)
                self.assertLessEqual(soft_low, knob.default)
                self.assertLessEqual(knob.default, soft_high)
                self.assertLessEqual(soft_high, high)

    def test_no_two_knobs_share_an_environment_name(self) -> None:
        self.assertEqual(len({knob.environ for knob in KNOBS}), len(KNOBS))


class RangeTests(SimpleTestCase):
    def test_a_value_outside_the_hard_range_is_refused(self) -> None:
        for knob in KNOBS:
            if not knob.is_number:
                continue
            for value in (knob.hard[0] - knob.step, knob.hard[1] + knob.step):
                with self.subTest(knob.name, value=value):
                    self.assertEqual(found(**{knob.name: value})[0], ((knob.name,), True))
                    with self.assertRaises(ProfileError) as refused:
                        tuned(**{knob.name: value})
                    for part in (knob.name, value, *knob.hard):
                        self.assertIn(str(part), str(refused.exception))

    def test_a_value_outside_the_soft_range_is_a_warning(self) -> None:
        self.assertIn((("barge_in_ms",), False), found(barge_in_ms=1000))
        self.assertEqual(Profile(barge_in_ms=1000).barge_in_ms, 1000)

    def test_both_texts_of_a_problem_name_the_value_and_the_range(self) -> None:
        (problem, *_others) = problems(asdict(Profile()) | {"barge_in_ms": 5000})
        for text in (problem.text.he, problem.text.en):
            for part in ("5000", "60", "2000"):
                self.assertIn(part, text)

    def test_what_is_counted_in_frames_goes_by_whole_ones(self) -> None:
        counted = {knob.name for knob in KNOBS if knob.in_frames and knob.step == 20}
        self.assertEqual(counted, {"vad_hangover_ms", "min_speech_ms", "barge_in_ms", "resume_ms"})


MIDDLE_BEYOND = {
    "middle_silence_ms": 1400,
    "finished_silence_ms": 340,
    "end_silence_long_ms": 1200,
}


class CrossCheckTests(SimpleTestCase):
    def test_knobs_that_contradict_each_other_are_refused(self) -> None:
        contradictions: list[dict[str, int]] = [
            {"end_silence_short_ms": 900, "end_silence_long_ms": 800},
            {"response_delay_min_ms": 200, "response_delay_max_ms": 100},
            {"reply_refractory_ms": 300, "response_delay_max_ms": 150},
            {"vad_hangover_ms": 230},
            {"min_speech_ms": 50},
            {"barge_in_ms": 310},
            {"resume_ms": 310},
        ]
        for changed in contradictions:
            with self.subTest(changed):
                knobs, is_error = found(**changed)[0]
                self.assertTrue(is_error)
                self.assertLessEqual(set(changed), set(knobs))
                with self.assertRaises(ProfileError):
                    tuned(**changed)

    def test_the_limits_of_the_cross_checks_are_allowed(self) -> None:
        Profile(end_silence_short_ms=800, end_silence_long_ms=800)
        Profile(response_delay_min_ms=100, response_delay_max_ms=100)
        Profile(reply_refractory_ms=320, response_delay_max_ms=120)

    def test_risky_combinations_are_warned_about(self) -> None:
        cliff = (("end_silence_long_ms", "short_utterance_ms"), False)
        self.assertIn(cliff, found(end_silence_long_ms=2600))
        self.assertNotIn(cliff, found(end_silence_long_ms=2500))
        self.assertIn((("stt_partial_debounce_ms", "stt_batch_ms"), False), found(stt_batch_ms=100))

    def test_the_checks_know_the_rule(self) -> None:
        """What is no boundary, no silence after a short utterance, or not shown is not told."""
        under_fixed = {
            "the cliff": {"end_silence_long_ms": 2600},
            "short above long": {
                "end_silence_short_ms": 900,
                "end_silence_long_ms": 800,
                "middle_silence_ms": 800,
            },
            "the debounce": {"stt_partial_debounce_ms": 60, "stt_batch_ms": 100},
            "an unadvised minimum": {"min_utterance_ms": 1200},
        }
        for what, changed in under_fixed.items():
            with self.subTest(what):
                self.assertTrue(found(**changed))
                self.assertEqual(found(endpointing="adaptive", **changed), [])
        under_adaptive = {
            "shortest above longest": {"finished_silence_ms": 500, "end_silence_long_ms": 400},
            "a middle beyond the longest": MIDDLE_BEYOND,
            "an unadvised certainty": {"sure_percent": 60},
        }
        for what, changed in under_adaptive.items():
            with self.subTest(what):
                both = {"end_silence_short_ms": 350, **changed}
                told = (tuple(changed), False)
                self.assertNotIn(told, found(**both))
                self.assertIn(told, found(endpointing="adaptive", **both))

    def test_a_value_that_no_call_may_run_on_is_refused_under_every_rule(self) -> None:
        for rule in RULES:
            for name in ("min_utterance_ms", "sure_percent"):
                wrong: dict[str, Value] = {"endpointing": rule, name: 5000}
                self.assertEqual(found(**wrong), [((name,), True)])

    def test_a_problem_calls_a_knob_what_it_is_called_under_the_rule(self) -> None:
        for rule, name in (("fixed", "after a short utterance"), ("adaptive", "words are missing")):
            values = asdict(Profile()) | {"endpointing": rule, "end_silence_short_ms": 1400}
            self.assertIn(name, problems(values)[0].text.en)

    def test_a_refused_value_hides_no_contradiction_of_others(self) -> None:
        contradiction = (("response_delay_min_ms", "response_delay_max_ms"), True)
        changed = {"response_delay_min_ms": 200, "response_delay_max_ms": 100, "barge_in_ms": 5000}
        self.assertEqual(found(**changed)[:2], [(("barge_in_ms",), True), contradiction])

    def test_a_refused_value_contradicts_no_other(self) -> None:
        only, *others = found(end_silence_short_ms=90_000)
        self.assertEqual(only, (("end_silence_short_ms",), True))
        self.assertNotIn(True, [is_error for _knobs, is_error in others])

    def test_on_the_pages_knobs_go_by_their_labels(self) -> None:
        changes: list[dict[str, int]] = [
            {knob.name: knob.hard[1] + 1} for knob in KNOBS if knob.is_number
        ]
        changes += [
            {"end_silence_short_ms": 900, "end_silence_long_ms": 800},
            {"response_delay_min_ms": 200, "response_delay_max_ms": 100},
            {"reply_refractory_ms": 300, "response_delay_max_ms": 150},
            {"vad_hangover_ms": 230, "stt_batch_ms": 100},
        ]
        for changed in changes:
            for problem in problems(asdict(Profile()) | changed):
                with self.subTest(problem.text.en):
                    for text in (problem.text.he, problem.text.en):
                        self.assertNotIn("_", text)

    def test_errors_come_before_warnings(self) -> None:
        are_errors = [is_error for _knobs, is_error in found(vad_hangover_ms=230, max_call_s=60)]
        self.assertEqual(are_errors, sorted(are_errors, reverse=True))


class SumTests(SimpleTestCase):
    def test_the_knobs_add_up_as_the_issue_says(self) -> None:
        profile = Profile()
        self.assertEqual(profile.end_silence_ms(1999), 720)
        self.assertEqual(profile.end_silence_ms(2000), 2020)
        self.assertEqual(
            profile.wait_parts_ms(340),
            {"minimum": 260, "hangover": 220, "silence": 500, "delay": 85},
        )
        self.assertEqual(
            profile.wait_parts_ms(4000),
            {"minimum": 0, "hangover": 220, "silence": 1800, "delay": 85},
        )
