"""A knob's value from the environment: read in its own unit, and refused with what is allowed."""

from __future__ import annotations

from dataclasses import replace

from django.test import SimpleTestCase

from tuning.turns.profile import DEFAULT, KNOB, KNOBS, SHIPPED, Profile


class EnvironmentTests(SimpleTestCase):
    def test_the_names_of_the_field_are_kept(self) -> None:
        environ = {
            "MIN_UTT_SEC": "0.8",
            "VAD_HANGOVER_MS": "300",
            "REPLY_REFRACTORY_MS": "1500",
            "RESP_MIN_DELAY_MS": "60",
            "RESP_MAX_DELAY_MS": "200",
            "STT_BATCH_MS": "70",
            "STT_PARTIAL_DEBOUNCE_MS": "100",
            "ENABLE_STREAMING_STT": "false",
        }
        self.assertEqual(
            Profile.from_environ(environ),
            replace(
                Profile(**SHIPPED[DEFAULT]),
                min_utterance_ms=800,
                vad_hangover_ms=300,
                reply_refractory_ms=1500,
                response_delay_min_ms=60,
                response_delay_max_ms=200,
                stt_batch_ms=70,
                stt_partial_debounce_ms=100,
                streaming_stt=False,
            ),
        )

    def test_nothing_set_means_the_shipped_values(self) -> None:
        shipped = Profile(**SHIPPED[DEFAULT])
        self.assertEqual(Profile.from_environ({}), shipped)
        self.assertEqual(Profile.from_environ({"MIN_UTT_SEC": " ", "PATH": "/bin"}), shipped)

    def test_every_knob_can_be_set(self) -> None:
        for knob in KNOBS:
            default = knob.default
            is_plain = isinstance(default, str) or knob.is_switch
            raw = str(default if is_plain else int(default) / knob.environ_scale)
            with self.subTest(knob.environ):
                self.assertEqual(knob.from_environ(raw), knob.default)

    def test_a_wrong_value_is_refused_with_its_name_value_and_range(self) -> None:
        wrong = {
            "MIN_UTT_SEC": ("600", ("0.15", "1.5")),
            "VAD_HANGOVER_MS": ("soon", ("60", "600")),
            "REPLY_REFRACTORY_MS": ("-1", ("300", "3000")),
            "STT_BATCH_MS": ("nan", ("20", "200")),
            "ENABLE_STREAMING_STT": ("maybe", ("true", "false")),
        }
        for name, (value, allowed) in wrong.items():
            with self.subTest(name), self.assertRaises(ValueError) as refused:
                Profile.from_environ({name: value})
            for part in (name, value, *allowed):
                self.assertIn(part, str(refused.exception))

    def test_values_that_contradict_each_other_are_refused_too(self) -> None:
        with self.assertRaisesRegex(ValueError, "response_delay_min_ms"):
            Profile.from_environ({"RESP_MIN_DELAY_MS": "200", "RESP_MAX_DELAY_MS": "100"})

    def test_a_switch_is_written_in_several_ways(self) -> None:
        knob = KNOB["streaming_stt"]
        for raw, value in (("1", True), ("Yes", True), ("on", True), ("0", False), ("OFF", False)):
            self.assertIs(knob.from_environ(raw), value)
