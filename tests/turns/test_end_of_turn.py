"""When has the caller finished? Speech, clicks, the silence after a short and a long utterance."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ScriptedCall, voice
from tuning.turns.events import Action, Reply
from tuning.turns.profile import SHIPPED, Profile

SHORT_MS, LONG_MS = 220 + 500, 220 + 1800
"""The silence that the shipped knobs ask for, hangover included."""


class SilenceTests(SimpleTestCase):
    def waited_ms(self, spoke_ms: int, profile: Profile | None = None) -> int:
        """From the last voice to the decision, the transcript being there at once."""
        call = ScriptedCall.listening(profile)
        call.says("שלום וברכה", spoke_ms)
        reply = call.wait_for(Reply)
        return call.at_ms - reply.spoke_until_ms

    def test_a_short_utterance_is_answered_after_the_short_silence(self) -> None:
        self.assertEqual(self.waited_ms(1200), SHORT_MS)

    def test_a_long_utterance_is_answered_after_the_long_silence(self) -> None:
        self.assertEqual(self.waited_ms(3000), LONG_MS)

    def test_an_utterance_of_exactly_the_boundary_is_long(self) -> None:
        self.assertEqual(self.waited_ms(1980), SHORT_MS)
        self.assertEqual(self.waited_ms(2000), LONG_MS)

    def test_a_very_short_utterance_waits_a_little_longer(self) -> None:
        """The silence is counted from min_utterance_ms after speech began."""
        self.assertEqual(self.waited_ms(300), 300 + SHORT_MS)
        self.assertEqual(self.waited_ms(600), SHORT_MS)

    def test_a_yes_of_any_length_is_answered(self) -> None:
        for spoke_ms in (60, 140, 160, 280, 300, 380):
            with self.subTest(spoke_ms=spoke_ms):
                self.assertEqual(self.waited_ms(spoke_ms), 600 - spoke_ms + SHORT_MS)

    def test_the_shipped_profiles_wait_as_they_promise(self) -> None:
        expected = {"balanced": (720, 2020), "unhurried": (1300, 3300), "brisk": (620, 1420)}
        for name, (short_ms, long_ms) in expected.items():
            profile = Profile(**SHIPPED[name])
            with self.subTest(name):
                self.assertEqual(self.waited_ms(1200, profile), short_ms)
                self.assertEqual(self.waited_ms(2600, profile), long_ms)

    def test_the_wait_is_the_one_that_the_profile_page_adds_up(self) -> None:
        for spoke_ms in (300, 1200, 2600):
            parts = Profile().wait_parts_ms(spoke_ms)
            promised_ms = parts["minimum"] + parts["hangover"] + parts["silence"]
            self.assertEqual(self.waited_ms(spoke_ms), promised_ms)


class DecisionTests(SimpleTestCase):
    def reply(self, *marks: str) -> Reply:
        call = ScriptedCall.listening()
        for stretch in marks:
            call.hear(stretch)
        call.words("שלום")
        return call.wait_for(Reply)

    def test_the_decision_names_the_rule_that_fired(self) -> None:
        self.assertEqual(self.reply("MMMM").why, "short silence")
        self.assertEqual(self.reply("M" * 25).why, "long silence")

    def test_words_that_come_after_the_silence_are_what_was_waited_for(self) -> None:
        call = ScriptedCall.listening()
        call.voice(1200)
        call.silence(SHORT_MS + 100)
        call.words("שלום", until_ms=call.at_ms - SHORT_MS)
        self.assertEqual(call.wait_for(Reply).why, "transcriber")

    def test_words_that_may_still_change_are_answered_when_no_others_came(self) -> None:
        call = ScriptedCall.listening(Profile(stt_partial_debounce_ms=400))
        call.voice(1200)
        call.silence(200)
        call.words("שלום", until_ms=call.at_ms - 600, final=False)
        self.assertEqual(call.wait_for(Reply).why, "transcriber")

    def test_a_reply_knows_when_the_caller_spoke(self) -> None:
        call = ScriptedCall.listening()
        call.hear("___")
        began_ms = call.at_ms
        call.hear("MMMM_MMM")
        call.words("שלום")
        reply = call.wait_for(Reply)
        self.assertEqual((reply.spoke_from_ms, reply.spoke_until_ms), (began_ms, began_ms + 800))

    def test_a_pause_for_thought_is_waited_for(self) -> None:
        call = ScriptedCall.listening()
        call.hear("MMMMMM")
        call.words("רציתי לדעת")
        self.assertEqual(call.hear("______MMMM"), [])
        call.words("מתי פתוח")
        self.assertEqual(call.wait_for(Reply).text, "רציתי לדעת מתי פתוח")

    def test_the_span_includes_the_pauses(self) -> None:
        """1.2 s + 0.4 s + 0.5 s is an utterance of 2.1 s: a long one."""
        self.assertEqual(self.reply("M" * 12, "____", "M" * 5).why, "long silence")

    def test_one_utterance_is_decided_once(self) -> None:
        call = ScriptedCall.listening()
        call.says("שלום", 1000)
        call.wait_for(Reply)
        self.assertNotIn(Reply, map(type, call.silence(20_000)))


class ClickTests(SimpleTestCase):
    def test_a_click_does_not_restart_the_silence(self) -> None:
        call = ScriptedCall.listening()
        call.says("שלום", 1200)
        spoke_until_ms = call.at_ms
        call.silence(300)
        call.voice(40)
        reply = call.wait_for(Reply)
        self.assertEqual(reply.spoke_until_ms, spoke_until_ms)
        self.assertEqual(call.at_ms, spoke_until_ms + SHORT_MS)

    def test_clicks_all_along_do_not_hold_the_decision_back(self) -> None:
        call = ScriptedCall.listening()
        call.says("שלום", 1200)
        spoke_until_ms = call.at_ms
        while not call.silence(60) + call.voice(40):
            self.assertLess(call.at_ms, spoke_until_ms + 2 * SHORT_MS)
        self.assertLessEqual(call.at_ms, spoke_until_ms + SHORT_MS + 100)

    def test_a_click_does_not_make_an_utterance_long(self) -> None:
        """1.7 s of speech, and a click 0.6 s later."""
        call = ScriptedCall.listening()
        call.says("שלום", 1700)
        call.silence(600)
        call.voice(40)
        self.assertEqual(call.wait_for(Reply).why, "short silence")

    def test_clicks_on_a_quiet_line_open_no_turn(self) -> None:
        call = ScriptedCall.listening()
        followed: list[Action] = []
        for _click in range(50):
            followed += call.voice(40) + call.silence(100)
        self.assertEqual(followed + call.silence(5000), [])

    def test_speech_is_dated_back_to_its_first_voice(self) -> None:
        call = ScriptedCall.listening()
        began_ms = call.at_ms
        call.voice(60)
        call.words("כן")
        self.assertEqual(call.wait_for(Reply).spoke_from_ms, began_ms)

    def test_a_click_before_speech_is_not_its_beginning(self) -> None:
        call = ScriptedCall.listening()
        call.voice(40)
        call.silence(100)
        began_ms = call.at_ms
        call.says("שלום", 800)
        self.assertEqual(call.wait_for(Reply).spoke_from_ms, began_ms)

    def test_voice_of_exactly_the_minimum_restarts_the_silence(self) -> None:
        call = ScriptedCall.listening()
        call.says("שלום", 1200)
        call.silence(300)
        call.voice(60)
        spoke_until_ms = call.at_ms
        call.words("טוב")
        self.assertEqual(call.wait_for(Reply).spoke_until_ms, spoke_until_ms)


class AggressivenessTests(SimpleTestCase):
    def test_a_frame_is_voice_when_the_chosen_aggressiveness_calls_it_so(self) -> None:
        """0b0111: modes 0, 1 and 2 hear speech; mode 3 does not."""
        for aggressiveness, is_answered in ((0, True), (1, True), (2, True), (3, False)):
            call = ScriptedCall.listening(Profile(vad_aggressiveness=aggressiveness))
            followed = call.feed(*voice(1000, call.at_ms, 0b0111))
            followed += call.silence(4000)
            with self.subTest(aggressiveness=aggressiveness):
                self.assertEqual(bool(followed), is_answered)
