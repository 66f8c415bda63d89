"""A line that is never silent: who has the floor there is told by words alone."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ADAPTIVE, ScriptedCall, adaptive
from tuning.turns.events import Dismiss, HangUp, Prompt, Recognise, Reply


def says(call: ScriptedCall, text: str) -> None:
    """For a second, transcribed while it is said."""
    call.voice(600)
    call.words(text.split()[0], final=False)
    call.says(text, 400)


class EndOfTurnTests(SimpleTestCase):
    def test_the_transcribers_end_of_the_words_ends_the_turn(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        began_ms = call.at_ms
        says(call, "נסיעה לחיפה")
        self.assertEqual(call.voice(1480), [])
        (reply,) = call.voice(20)
        assert isinstance(reply, Reply)
        self.assertEqual((reply.why, reply.parts), ("transcriber", {"transcript": 1500}))
        self.assertEqual((reply.spoke_from_ms, reply.spoke_until_ms), (began_ms, began_ms + 1000))

    def test_the_noise_that_goes_on_is_no_second_turn_and_withdraws_nothing(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        says(call, "נסיעה לחיפה")
        call.voice(3000)
        call.reply_begins()
        call.voice(5000)
        self.assertEqual(len(call.of(Reply)), 1)
        self.assertEqual(call.core.state, "speaking")

    def test_words_over_that_noise_take_the_floor(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        says(call, "נסיעה לחיפה")
        call.voice(2000)
        says(call, "בשעה שלוש")
        call.voice(2000)
        self.assertEqual(call.last(Reply).text, "נסיעה לחיפה בשעה שלוש")
        self.assertEqual(call.last(Reply).turn, 2)

    def test_an_open_segment_may_bring_more_words(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.voice(1000)
        call.words("נסיעה לחיפה", final=False)
        call.voice(4000)
        self.assertEqual(call.of(Reply), [])

    def test_a_transcriber_without_partials_says_nothing_by_its_silence(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.says("נסיעה לחיפה", 1000)
        call.voice(4000)
        self.assertEqual(call.of(Reply), [])

    def test_the_fixed_rule_waits_for_silence(self) -> None:
        call = ScriptedCall.listening()
        says(call, "נסיעה לחיפה")
        call.voice(4000)
        self.assertEqual(call.of(Reply), [])


class NobodySpeaksTests(SimpleTestCase):
    def test_nobody_is_left_in_silence_because_the_line_is_not_silent(self) -> None:
        call = ScriptedCall(ADAPTIVE)
        call.reply_is_heard()
        for name in ("no_input", "no_input", "no_input_goodbye"):
            began_ms = call.at_ms
            while call.last(Prompt).turn == call.core.turn and call.core.state != "thinking":
                call.voice(20)
            self.assertEqual(call.last(Prompt).name, name)
            self.assertLessEqual(call.at_ms - began_ms, 2 * ADAPTIVE.no_input_ms)
            call.voice(200)
            call.reply_begins()
            call.voice(6000)
            ended = call.reply_ends()
        self.assertEqual(ended, [HangUp("no input")])

    def test_that_noise_is_dismissed_by_name(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        began_ms = call.at_ms
        call.voice(ADAPTIVE.no_input_ms + 500)
        until_ms = began_ms + ADAPTIVE.no_input_ms
        self.assertEqual(call.of(Dismiss), [Dismiss(began_ms, until_ms, "no words")])

    def test_who_speaks_for_long_is_not_taken_for_noise(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        said = ""
        for _second in range(15):
            call.voice(1000)
            said = f"{said} ועוד".strip()
            call.words(said, final=False)
        self.assertEqual(call.of(Dismiss, Prompt)[1:], [])

    def test_where_words_come_only_after_the_speech_it_is_waited_for(self) -> None:
        call = ScriptedCall.listening(adaptive(streaming_stt=False))
        self.assertEqual(call.voice(15_000), [])
        self.assertEqual(call.wait_for(Recognise).until_ms - call.last(Recognise).from_ms, 15_000)
