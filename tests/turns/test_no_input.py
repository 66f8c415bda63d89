"""Never dead air: a filler before a late reply, and questions to a caller who says nothing."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.random_calls import random_call
from tests.script import ADAPTIVE, ScriptedCall, adaptive
from tuning.turns.events import Dismiss, Fill, HangUp, Pressed, Prompt, Reply, StopReply
from tuning.turns.profile import Profile

NO_INPUT_MS = 9000
FILLED_MS, SOON_MS = 960, 300
"""From the decision; the first on the frame after filler_after_ms."""


def alone(profile: Profile = ADAPTIVE) -> ScriptedCall:
    """The greeting has just been heard to its end."""
    call = ScriptedCall(profile)
    call.reply_is_heard(lasting_ms=600)
    return call


def asked_again(call: ScriptedCall, after_ms: int = NO_INPUT_MS) -> Prompt:
    """The next question to who says nothing, heard to its end; it comes after just so long."""
    since_ms = call.at_ms
    prompt = call.wait_for(Prompt)
    if call.at_ms - since_ms != after_ms:
        raise AssertionError(f"{prompt} after {call.at_ms - since_ms} ms")
    call.reply_is_heard(lasting_ms=1200)
    return prompt


class NoInputTests(SimpleTestCase):
    def test_two_questions_then_goodbye_and_the_call_ends(self) -> None:
        call = alone()
        names = [asked_again(call).name for _time in range(3)]
        self.assertEqual(names, ["no_input", "no_input", "no_input_goodbye"])
        self.assertEqual(call.actions[-1], HangUp("no input"))
        self.assertEqual([each.why for each in call.of(Prompt)][1:], ["no input"] * 3)

    def test_each_is_a_turn_of_its_own(self) -> None:
        call = alone()
        self.assertEqual([asked_again(call).turn for _time in range(2)], [1, 2])

    def test_any_answer_starts_the_count_again(self) -> None:
        call = alone()
        for _time in range(3):
            self.assertEqual(asked_again(call).name, "no_input")
            self.assertEqual(asked_again(call).name, "no_input")
            call.silence(300)
            call.says("כן, אני כאן", 900)
            call.wait_for(Reply)
            call.reply_is_heard()
        self.assertNotIn(HangUp, map(type, call.actions))

    def test_who_speaks_is_not_asked_whether_they_are_there(self) -> None:
        call = alone()
        call.silence(NO_INPUT_MS - 200)
        call.says("נסיעה", 3000)
        self.assertEqual(call.wait_for(Reply).text, "נסיעה")

    def test_the_keys_are_an_answer_too(self) -> None:
        call = alone()
        asked_again(call)
        call.feed(Pressed(call.at_ms, "1"))
        call.wait_for(Reply)
        call.reply_is_heard()
        names = [asked_again(call).name for _time in range(3)]
        self.assertEqual(names, ["no_input", "no_input", "no_input_goodbye"])

    def test_who_answers_the_goodbye_is_heard(self) -> None:
        call = alone()
        asked_again(call)
        asked_again(call)
        call.wait_for(Prompt)
        call.reply_begins()
        call.silence(300)
        call.says("רגע אני כאן", 900)
        self.assertEqual(call.wait_for(Reply).text, "רגע אני כאן")
        self.assertEqual(call.reply_ends(3), [])
        call.reply_is_heard()
        self.assertEqual(asked_again(call).name, "no_input")

    def test_a_noise_over_the_goodbye_keeps_nobody(self) -> None:
        call = alone()
        asked_again(call)
        asked_again(call)
        call.wait_for(Prompt)
        call.reply_begins()
        call.silence(600)
        call.voice(300)
        call.silence(1500)
        self.assertEqual(call.reply_ends(), [HangUp("no input")])

    def test_noises_are_no_answer(self) -> None:
        call = alone()
        began_ms = call.at_ms
        for _time in range(4):
            call.silence(1900)
            call.voice(100)
        prompt = call.wait_for(Prompt)
        self.assertEqual((prompt.name, call.at_ms >= began_ms + NO_INPUT_MS), ("no_input", True))
        self.assertLess(call.at_ms - began_ms, NO_INPUT_MS + 2000)

    def test_who_was_stopped_counts_from_when_they_fell_silent(self) -> None:
        """The agent speaks for long, is stopped by a noise, and nothing more comes."""
        call = ScriptedCall.speaking(profile=adaptive(false_interruption_ms=0))
        call.silence(12_000)
        call.voice(300)
        self.assertEqual(call.wait_for(Prompt).name, "not_heard")
        call.reply_begins()
        call.silence(1500)
        self.assertEqual(call.voice(300), [StopReply(2, "barge-in")])
        stopped_ms = call.at_ms
        prompt = call.wait_for(Prompt, within_ms=15_000)
        self.assertEqual(prompt.name, "no_input")
        self.assertGreaterEqual(call.at_ms - stopped_ms, NO_INPUT_MS)

    def test_a_greeting_withdrawn_by_a_noise_leaves_nobody_in_silence(self) -> None:
        call = ScriptedCall(ADAPTIVE)
        self.assertEqual(call.voice(126), [])
        for ms in (200, 400, 3000):
            call = ScriptedCall(ADAPTIVE)
            call.silence(100)
            call.voice(ms)
            self.assertEqual(call.core.state, "listening")
            with self.subTest(ms=ms):
                self.assertIn(call.wait_for(Prompt).name, {"not_heard", "no_input"})

    def test_nobody_is_asked_where_the_knob_is_0(self) -> None:
        call = alone(adaptive(no_input_ms=0))
        self.assertEqual(call.silence(60_000), [])


class FillerTests(SimpleTestCase):
    def turn_taking(self, call: ScriptedCall, ms: int) -> list[int]:
        """One more turn, whose reply is heard after so long; when it was filled, if it was."""
        call.says("נסיעה לחיפה", 900)
        call.wait_for(Reply)
        decided_ms = call.at_ms
        before = len(call.decided)
        call.silence(ms)
        call.reply_is_heard()
        call.silence(1500)
        filled = [at for at, each in call.decided[before:] if isinstance(each, Fill)]
        return [at_ms - decided_ms for at_ms in filled]

    def test_a_late_reply_is_filled_once(self) -> None:
        for profile in (ADAPTIVE, Profile()):
            call = ScriptedCall.listening(profile)
            self.assertEqual(self.turn_taking(call, 6000), [FILLED_MS])

    def test_a_reply_in_time_is_not_filled(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        self.assertEqual(self.turn_taking(call, FILLED_MS - 20), [])

    def test_a_reply_that_will_be_late_as_the_others_were_is_filled_soon(self) -> None:
        call = ScriptedCall.listening(adaptive(filler_after_ms=4000))
        self.assertEqual([self.turn_taking(call, 1300) for _time in range(3)], [[]] * 3)
        call.retune(adaptive(filler_after_ms=700))
        self.assertEqual(self.turn_taking(call, 1300), [SOON_MS])

    def test_one_slow_reply_predicts_nothing(self) -> None:
        call = ScriptedCall.listening(adaptive(filler_after_ms=4000))
        self.turn_taking(call, 3000)
        call.retune(adaptive(filler_after_ms=700))
        self.assertEqual(self.turn_taking(call, 3000), [700])

    def test_replies_that_had_to_be_filled_predict_the_next(self) -> None:
        """But not for ever: how late a reply would have been is not known once it was filled."""
        call = ScriptedCall.listening(ADAPTIVE)
        filled = [self.turn_taking(call, 3000) for _time in range(4)]
        self.assertEqual(filled, [[FILLED_MS], [FILLED_MS], [SOON_MS], [FILLED_MS]])

    def test_replies_that_are_in_time_again_are_filled_no_more(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        filled = [self.turn_taking(call, ms) for ms in (3000, 3000, 3000, 600, 600, 600)]
        self.assertEqual(filled[2:], [[SOON_MS], [], [], []])

    def test_the_newest_replies_count(self) -> None:
        call = ScriptedCall.listening(adaptive(filler_after_ms=4000))
        for ms in (2000, 2000, 2000, 300, 300, 300, 300):
            self.turn_taking(call, ms)
        call.retune(adaptive(filler_after_ms=700))
        self.assertEqual(self.turn_taking(call, 3000), [700])

    def test_nothing_is_filled_over_the_caller_or_where_the_knob_is_0(self) -> None:
        call = ScriptedCall.answering("שלום", adaptive(resume_ms=2000))
        call.silence(600)
        self.assertNotIn(Fill, map(type, call.voice(1200)))
        call = ScriptedCall.listening(adaptive(filler_after_ms=0))
        self.assertEqual(self.turn_taking(call, 6000), [])

    def test_a_prompt_is_not_filled(self) -> None:
        call = alone()
        call.wait_for(Prompt)
        self.assertEqual(call.silence(5000), [])


class NotHeardTests(SimpleTestCase):
    def test_speech_without_words_is_asked_about_once(self) -> None:
        for profile in (ADAPTIVE, Profile()):
            call = ScriptedCall.listening(profile)
            call.voice(900)
            self.assertEqual(call.wait_for(Prompt).name, "not_heard")
            call.reply_is_heard()
            call.silence(1500)
            call.voice(900)
            self.assertEqual(call.wait_for(Dismiss).why, "no words")

    def test_after_words_were_heard_it_may_be_asked_again(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        for _time in range(2):
            call.voice(900)
            self.assertEqual(call.wait_for(Prompt).name, "not_heard")
            call.reply_is_heard()
            call.silence(1500)
            call.says("נסיעה לחיפה", 900)
            call.wait_for(Reply)
            call.reply_is_heard()
            call.silence(1500)


class AnyCallTests(SimpleTestCase):
    def test_no_call_is_ever_left_in_silence(self) -> None:
        """Whatever has happened, the agent speaks, asks, or hangs up; its replies are heard."""
        for seed in range(100):
            call = random_call(seed)
            alone_ms = longest_ms = 0
            while not call.of(HangUp) and call.at_ms < 300_000:
                if call.core.state == "thinking":
                    call.reply_begins()
                elif call.core.state == "speaking":
                    call.silence(1000)
                    call.reply_ends()
                before = len(call.actions)
                call.silence(100)
                alone_ms = 0 if len(call.actions) > before else alone_ms + 100
                longest_ms = max(longest_ms, alone_ms)
            with self.subTest(seed=seed):
                self.assertEqual([type(each) for each in call.of(HangUp)], [HangUp])
                self.assertLessEqual(longest_ms, NO_INPUT_MS + 3000)
