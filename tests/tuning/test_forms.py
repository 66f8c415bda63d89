"""The profile form: made from the knobs, refusing and warning where they say so."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.test import SimpleTestCase
from django.utils import translation

from tuning.forms import NumberInput, ProfileForm
from tuning.turns.profile import KNOBS, Profile


def form(language: str = "en", **changed: Any) -> ProfileForm:
    data = asdict(Profile()) | {"note": "try it", "based_on": 1} | changed
    sent = {name: value for name, value in data.items() if value is not False}
    with translation.override(language):
        made = ProfileForm(sent, published=Profile(), based_on=1)
        made.full_clean()
    return made


class ProfileFormTests(SimpleTestCase):
    def test_every_knob_has_a_field_in_its_group(self) -> None:
        shown = [knob.name for _title, knobs in form().groups() for knob, *_rest in knobs]
        self.assertCountEqual(shown, [knob.name for knob in KNOBS])

    def test_the_published_values_are_accepted_as_they_are(self) -> None:
        made = form()
        self.assertTrue(made.is_valid(), made.errors)
        self.assertEqual(made.knobs, Profile())

    def test_the_values_come_back_as_a_profile(self) -> None:
        made = form(vad_hangover_ms=160, streaming_stt=False)
        self.assertEqual(made.knobs, Profile(vad_hangover_ms=160, streaming_stt=False))

    def test_labels_and_help_are_in_the_language_of_the_page(self) -> None:
        for language, label in (("he", "השהיית סוף דיבור"), ("en", "VAD hangover")):
            with self.subTest(language=language):
                self.assertEqual(form(language).fields["vad_hangover_ms"].label, label)

    def test_a_value_outside_the_hard_range_is_refused_at_its_field(self) -> None:
        made = form(vad_hangover_ms=700)
        self.assertFalse(made.is_valid())
        self.assertIsNone(made.knobs)
        self.assertEqual(list(made.errors), ["vad_hangover_ms"])
        self.assertIn("600", made.errors["vad_hangover_ms"][0])

    def test_a_value_outside_the_soft_range_only_warns(self) -> None:
        made = form(vad_hangover_ms=400)
        self.assertTrue(made.is_valid())
        self.assertIn("320", made.warnings["vad_hangover_ms"][0])

    def test_a_contradiction_is_attached_to_both_fields(self) -> None:
        made = form(end_silence_short_ms=900, end_silence_long_ms=800)
        self.assertCountEqual(made.errors, ["end_silence_short_ms", "end_silence_long_ms"])

    def test_a_problem_is_worded_in_the_language_of_the_page(self) -> None:
        self.assertIn("חייב להיות", form("he", vad_hangover_ms=700).errors["vad_hangover_ms"][0])

    def test_a_value_that_is_no_number_is_refused_and_the_others_are_still_checked(self) -> None:
        made = form(vad_hangover_ms="abc", barge_in_ms=5000)
        self.assertCountEqual(made.errors, ["vad_hangover_ms", "barge_in_ms"])

    def test_a_contradiction_is_told_beside_a_value_out_of_range(self) -> None:
        made = form(vad_hangover_ms=700, end_silence_short_ms=900, end_silence_long_ms=800)
        refused = ["vad_hangover_ms", "end_silence_short_ms", "end_silence_long_ms"]
        self.assertCountEqual(made.errors, refused)

    def test_the_note_is_mandatory_but_the_knobs_are_known_without_it(self) -> None:
        made = form(note="")
        self.assertFalse(made.is_valid())
        self.assertEqual(list(made.errors), ["note"])
        self.assertEqual(made.knobs, Profile())

    def test_the_browser_knows_the_hard_range_and_the_step(self) -> None:
        html = str(form()["vad_hangover_ms"])
        for attribute in ('min="60"', 'max="600"', 'step="20"'):
            self.assertIn(attribute, html)


class NumberInputTests(SimpleTestCase):
    def test_it_writes_what_djangos_own_writes(self) -> None:
        attrs: dict[str, Any] = {"min": 0, "max": 1000, "required": True, "disabled": False}
        attrs["data-published"] = '<"&'
        for value in (None, "", 0, 1500, '"><b>'):
            with self.subTest(value):
                own = NumberInput().render("a_knob", value, attrs)
                self.assertEqual(own, forms.NumberInput().render("a_knob", value, attrs).strip())
