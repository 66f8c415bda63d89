"""What ships: the profiles and the presets, and that nobody is warned of them."""

from __future__ import annotations

from dataclasses import asdict

from django.test import SimpleTestCase

from tuning.presets import PRESETS
from tuning.turns.profile import SHIPPED, Profile, problems


class ShippedTests(SimpleTestCase):
    def test_the_shipped_profiles_are_what_they_promise(self) -> None:
        self.assertEqual(list(SHIPPED), ["balanced", "unhurried", "brisk", "adaptive"])
        self.assertEqual(Profile(**SHIPPED["balanced"]), Profile())
        unhurried = Profile(**SHIPPED["unhurried"])
        self.assertEqual(unhurried.min_utterance_ms, 800)
        self.assertEqual(unhurried.end_silence_ms(1000), 1300)
        self.assertEqual(unhurried.end_silence_ms(3000), 3300)
        self.assertEqual(unhurried.reply_refractory_ms, 1500)
        self.assertEqual((unhurried.stt_batch_ms, unhurried.stt_partial_debounce_ms), (70, 100))
        brisk = Profile(**SHIPPED["brisk"])
        self.assertEqual((brisk.end_silence_ms(1000), brisk.end_silence_ms(3000)), (620, 1420))
        self.assertEqual(brisk.reply_refractory_ms, 900)

    def test_nothing_that_ships_is_called_unadvised(self) -> None:
        for name, changed in SHIPPED.items():
            whole = asdict(Profile(**changed))
            with self.subTest(name):
                self.assertEqual([each.text.en for each in problems(whole)], [])
            for preset in PRESETS.values():
                with self.subTest(name, preset=preset.name):
                    told = [each.text.en for each in problems(preset.on(whole))]
                    self.assertEqual(told, [])


class PresetTests(SimpleTestCase):
    def test_a_preset_changes_only_what_acts(self) -> None:
        whole = asdict(Profile(**SHIPPED["adaptive"]))
        changed = PRESETS["syllables"].on(whole)
        self.assertEqual(changed["stt_partial_debounce_ms"], whole["stt_partial_debounce_ms"])
        self.assertEqual((changed["stt_batch_ms"], changed["vad_hangover_ms"]), (70, 260))
        balanced = PRESETS["syllables"].on(asdict(Profile()))
        self.assertEqual(balanced["stt_partial_debounce_ms"], 100)

    def test_a_preset_that_changes_the_rule_leaves_the_other_s_values(self) -> None:
        own = asdict(Profile(**SHIPPED["adaptive"])) | {"sure_percent": 85}
        balanced = PRESETS["balanced"].on(own)
        self.assertEqual((balanced["endpointing"], balanced["sure_percent"]), ("fixed", 85))
