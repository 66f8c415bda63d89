"""Digits pressed on the telephone: `#` ends them, or three seconds without another."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ScriptedCall
from tuning.turns.events import Action, Amend, Dismiss, Pressed, Reply, StopReply


def press(call: ScriptedCall, digits: str, apart_ms: int = 300) -> list[Action]:
    followed: list[Action] = []
    for digit in digits:
        followed += call.feed(Pressed(call.at_ms, digit)) + call.silence(apart_ms)
    return followed


class KeypadTests(SimpleTestCase):
    def test_a_hash_ends_the_digits(self) -> None:
        call = ScriptedCall.listening()
        (action,) = press(call, "0541234567#")
        reply = call.last(Reply)
        self.assertEqual(action, reply)
        self.assertEqual((reply.turn, reply.text, reply.why), (1, "0541234567", "keypad"))

    def test_a_hash_alone_is_an_answer(self) -> None:
        call = ScriptedCall.listening()
        press(call, "#")
        self.assertEqual(call.last(Reply).text, "#")

    def test_a_keyed_reply_knows_when_the_keys_were_pressed(self) -> None:
        for digits in ("12#", "#"):
            call = ScriptedCall.listening()
            began_ms = call.at_ms
            press(call, digits)
            reply = call.last(Reply)
            with self.subTest(digits):
                times = (reply.spoke_from_ms, reply.spoke_until_ms)
                self.assertEqual(times, (began_ms, began_ms + 300 * (len(digits) - 1)))

    def test_a_star_is_a_digit_like_any_other(self) -> None:
        call = ScriptedCall.listening()
        press(call, "*1#")
        self.assertEqual(call.last(Reply).text, "*1")

    def test_three_seconds_without_another_digit_end_them_too(self) -> None:
        call = ScriptedCall.listening()
        press(call, "12", apart_ms=2000)
        call.feed(Pressed(call.at_ms, "3"))
        pressed_ms = call.at_ms
        reply = call.wait_for(Reply)
        self.assertEqual((reply.text, reply.why), ("123", "keypad"))
        self.assertEqual(call.at_ms, pressed_ms + 3000)

    def test_pressing_stops_the_agent(self) -> None:
        for call in (ScriptedCall.speaking(), ScriptedCall.answering()):
            with self.subTest(call.core.state):
                self.assertEqual(press(call, "1"), [StopReply(1, "keypad")])
                reply = call.wait_for(Reply)
                self.assertEqual((reply.turn, reply.text), (2, "1"))

    def test_the_next_digits_begin_anew(self) -> None:
        call = ScriptedCall.listening()
        press(call, "12#")
        call.reply_is_heard()
        press(call, "34#")
        self.assertEqual(call.last(Reply).text, "34")

    def test_digits_pressed_after_each_other_answer_a_question_in_the_refractory_time(self) -> None:
        call = ScriptedCall.speaking()
        call.reply_ends()
        press(call, "7#")
        self.assertEqual(call.last(Reply).text, "7")

    def test_speech_after_the_digits_is_an_utterance_of_its_own(self) -> None:
        call = ScriptedCall.listening()
        press(call, "12#")
        call.reply_is_heard()
        call.silence(2000)
        call.says("תודה", 800)
        self.assertEqual(call.wait_for(Reply).text, "תודה")

    def test_what_is_said_before_and_while_keying_is_answered_with_the_digits(self) -> None:
        call = ScriptedCall.listening()
        call.says("המספר שלי", 800)
        press(call, "12")
        call.says("רגע", 400)
        press(call, "3#")
        self.assertEqual(call.last(Reply).text, "המספר שלי רגע 123")

    def test_a_hash_ends_what_is_being_said(self) -> None:
        call = ScriptedCall.listening()
        call.says("תור למחר", 800)
        press(call, "#")
        self.assertEqual(call.last(Reply).text, "תור למחר")

    def test_voice_while_keying_ends_no_turn_however_long_the_silence_after_it(self) -> None:
        call = ScriptedCall.listening()
        press(call, "12", apart_ms=100)
        self.assertEqual(call.says("רגע", 400) + call.silence(2000), [])

    def test_voice_without_words_while_keying_is_dismissed(self) -> None:
        call = ScriptedCall.listening()
        press(call, "1")
        began_ms = call.at_ms
        call.voice(200)
        unused = Dismiss(began_ms, call.at_ms, "spoken over")
        self.assertEqual(press(call, "#"), [unused, call.last(Reply)])

    def test_words_that_come_after_the_hash_amend_the_record(self) -> None:
        call = ScriptedCall.listening()
        call.voice(800)
        said_ms = call.at_ms
        press(call, "12#")
        self.assertEqual(call.words("המספר", until_ms=said_ms), [Amend(1, "12 המספר")])

    def test_a_partial_while_pressing_eats_nothing_of_the_next_utterance(self) -> None:
        call = ScriptedCall.listening()
        call.voice(200)
        said_ms = call.at_ms
        call.words("אפס", final=False)
        press(call, "05#")
        self.assertEqual(call.last(Reply).text, "05 אפס")
        self.assertEqual(call.words("אפס", until_ms=said_ms), [])
        call.reply_is_heard()
        call.silence(2000)
        call.says("תודה", 800)
        self.assertEqual(call.wait_for(Reply).text, "תודה")

    def test_the_keys_own_tones_open_no_turn_and_stop_no_answer(self) -> None:
        """The tone of `#`, and the hand that goes on holding it, are heard as voice."""
        call = ScriptedCall.listening()
        for digit in "12#":
            call.feed(Pressed(call.at_ms, digit))
            call.voice(400)
        self.assertEqual(
            [action.why for action in call.actions if isinstance(action, Reply)], ["keypad"]
        )
        self.assertEqual(call.silence(400), [])
        self.assertEqual(call.core.state, "thinking")

    def test_a_caller_who_speaks_on_after_keying_is_heard(self) -> None:
        call = ScriptedCall.listening()
        press(call, "12#", apart_ms=200)
        self.assertEqual(call.voice(800), [StopReply(1, "caller resumed")])
