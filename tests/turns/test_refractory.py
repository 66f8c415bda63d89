"""Just after a reply has been heard: beware of echo and noise, and lose nothing that is said."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ScriptedCall
from tuning.turns.events import Dismiss, Prompt, Reply
from tuning.turns.profile import Profile


def after_a_reply(profile: Profile | None = None) -> ScriptedCall:
    """The reply of turn 1 has just been heard to its end."""
    call = ScriptedCall.speaking(profile=profile)
    call.silence(1000)
    call.reply_ends()
    return call


class RefractoryTests(SimpleTestCase):
    def test_short_voice_without_a_word_opens_no_turn(self) -> None:
        call = after_a_reply()
        call.silence(300)
        began_ms = call.at_ms
        call.voice(280)
        call.silence(5000)
        self.assertEqual(call.core.turn, 1)
        self.assertEqual(call.actions[-1], Dismiss(began_ms, began_ms + 280, "after a reply"))

    def test_the_same_voice_after_the_refractory_time_is_asked_about(self) -> None:
        call = after_a_reply()
        call.silence(1200)
        call.voice(280)
        self.assertEqual(call.wait_for(Prompt).name, "not_heard")

    def test_voice_as_long_as_a_barge_in_opens_a_turn_from_its_beginning(self) -> None:
        call = after_a_reply()
        call.silence(300)
        began_ms = call.at_ms
        call.voice(300)
        self.assertEqual(call.wait_for(Prompt).name, "not_heard")
        call = after_a_reply()
        call.silence(300)
        call.says("מה המחיר", 900)
        self.assertEqual(call.wait_for(Reply).spoke_from_ms, began_ms)

    def test_a_word_opens_a_turn_dated_back_to_its_voice(self) -> None:
        call = after_a_reply()
        call.silence(100)
        began_ms = call.at_ms
        call.says("כן", 200)
        reply = call.wait_for(Reply)
        self.assertEqual((reply.turn, reply.text), (2, "כן"))
        self.assertEqual((reply.spoke_from_ms, reply.spoke_until_ms), (began_ms, began_ms + 200))
        self.assertEqual(call.at_ms, began_ms + 600 + 220 + 500)

    def test_a_word_of_a_partial_is_enough(self) -> None:
        call = after_a_reply()
        call.silence(100)
        call.voice(200)
        call.words("כן", final=False)
        self.assertEqual(call.wait_for(Reply).text, "כן")

    def test_a_word_may_come_long_after_its_voice(self) -> None:
        """Also after the refractory time: nothing said meanwhile is lost."""
        for late_ms in (500, 1000, 1400):
            call = after_a_reply()
            call.silence(100)
            began_ms = call.at_ms
            call.voice(280)
            spoke_until_ms = call.at_ms
            call.silence(late_ms)
            call.words("כן", until_ms=spoke_until_ms)
            with self.subTest(late_ms=late_ms):
                reply = call.wait_for(Reply)
                self.assertEqual((reply.text, reply.spoke_from_ms), ("כן", began_ms))

    def test_voice_still_going_on_when_the_time_is_over_opens_a_turn(self) -> None:
        call = after_a_reply()
        call.silence(1000)
        began_ms = call.at_ms
        call.voice(200)
        self.assertEqual(call.wait_for(Prompt).name, "not_heard")
        call = after_a_reply()
        call.silence(1000)
        call.says("כן", 200)
        self.assertEqual(call.wait_for(Reply).spoke_from_ms, began_ms)

    def test_a_noise_is_not_the_beginning_of_later_speech(self) -> None:
        call = after_a_reply()
        call.silence(100)
        call.voice(100)
        call.silence(4000)
        began_ms = call.at_ms
        call.says("מה המחיר", 900)
        self.assertEqual(call.wait_for(Reply).spoke_from_ms, began_ms)

    def test_noise_and_then_a_word_is_one_stretch_of_voice(self) -> None:
        call = after_a_reply()
        call.silence(100)
        began_ms = call.at_ms
        call.voice(160)
        call.silence(300)
        call.says("כן", 200)
        reply = call.wait_for(Reply)
        self.assertEqual(reply.text, "כן")
        self.assertIn(reply.spoke_from_ms, (began_ms, began_ms + 460))

    def test_a_click_is_not_even_counted(self) -> None:
        call = after_a_reply()
        self.assertEqual(call.silence(100) + call.voice(40) + call.silence(5000), [])

    def test_the_time_runs_after_the_greeting_too(self) -> None:
        call = ScriptedCall()
        call.reply_is_heard()
        call.silence(200)
        call.voice(200)
        call.silence(5000)
        self.assertEqual(call.core.turn, 0)
        self.assertIsInstance(call.actions[-1], Dismiss)

    def test_the_caller_may_answer_the_greeting_at_once(self) -> None:
        call = ScriptedCall()
        call.reply_is_heard()
        call.says("שלום, מה השעות", 1400)
        reply = call.wait_for(Reply)
        self.assertEqual((reply.turn, reply.text), (1, "שלום, מה השעות"))

    def test_new_knobs_change_a_refractory_time_under_way(self) -> None:
        call = after_a_reply()
        call.silence(400)
        call.retune(Profile(reply_refractory_ms=400))
        call.silence(20)
        self.assertEqual(call.core.state, "listening")
