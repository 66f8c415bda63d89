"""What the core counts of what it hears: whose voice it is, from when, and how far words reach."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ADAPTIVE, YES_NO, ScriptedCall, voice
from tuning.turns.events import JUDGED, Reply
from tuning.turns.heard import JUDGE_LATE_MS, LAG_MARGIN_MS
from tuning.turns.profile import Profile

SOUND = 0b1111
"""What every mode of the gate hears, and the model does not call speech."""


class JudgeTests(SimpleTestCase):
    def began_ms(self, sound_ms: int) -> int:
        """How long before the model's verdict the voice began, after so much sound."""
        call = ScriptedCall.listening(ADAPTIVE)
        call.feed(*voice(sound_ms, call.at_ms, SOUND))
        judged_ms = call.at_ms
        call.says("הגעתי לחיפה", 600)
        return judged_ms - call.wait_for(Reply).spoke_from_ms

    def test_a_voice_begins_a_little_before_the_verdict_that_it_is_one(self) -> None:
        for sound_ms, earlier_ms in ((0, 0), (40, 40), (60, 60), (400, JUDGE_LATE_MS)):
            with self.subTest(sound_ms=sound_ms):
                self.assertEqual(self.began_ms(sound_ms), earlier_ms)

    def test_sound_that_is_never_judged_speech_is_no_voice(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        self.assertEqual(call.feed(*voice(5000, call.at_ms, SOUND)), [])
        self.assertEqual(call.core.state, "listening")
        call = ScriptedCall.speaking(profile=ADAPTIVE)
        self.assertEqual(call.feed(*voice(5000, call.at_ms, SOUND)), [])

    def test_where_the_gate_is_the_judge_its_sound_is_the_voice(self) -> None:
        call = ScriptedCall.speaking()
        self.assertNotEqual(call.feed(*voice(400, call.at_ms, SOUND)), [])

    def test_a_verdict_without_sound_is_none(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.feed(*voice(2000, call.at_ms, JUDGED))
        self.assertEqual(call.core.state, "listening")


class CoverTests(SimpleTestCase):
    def waited_ms(self, profile: Profile, lag_ms: int, *, partial: bool = True) -> int:
        """After words that end 400 ms before the voice; and the transcriber says nothing more."""
        call = ScriptedCall.listening(profile)
        call.asks(YES_NO)
        call.voice(300 + lag_ms)
        call.words("כן", until_ms=call.at_ms - lag_ms, final=not partial)
        call.voice(400 - lag_ms)
        reply = call.wait_for(Reply)
        return call.at_ms - reply.spoke_until_ms

    def test_words_that_would_have_come_by_now_are_not_waited_for(self) -> None:
        """By how late this transcriber's partials have been."""
        for lag_ms in (220, 300, 380):
            with self.subTest(lag_ms=lag_ms):
                waited_ms = self.waited_ms(ADAPTIVE, lag_ms)
                self.assertTrue(0 <= waited_ms - lag_ms - LAG_MARGIN_MS < 20, waited_ms)

    def test_a_transcriber_without_partials_is_given_its_time(self) -> None:
        self.assertEqual(self.waited_ms(ADAPTIVE, 300, partial=False), 220 + 500 + 900)

    def test_the_fixed_rule_gives_it_its_time(self) -> None:
        self.assertEqual(self.waited_ms(Profile(), 300), 220 + 500 + 900)
