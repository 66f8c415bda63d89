"""A line that is never silent: who has the floor there is told by words alone."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ADAPTIVE, ScriptedCall
from tuning.events import Reply


class EndOfTurnTests(SimpleTestCase):
    def test_the_transcribers_end_of_the_words_ends_the_turn(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        began_ms = call.at_ms
        call.says("נסיעה לחיפה", 1000)
        self.assertEqual(call.voice(1480), [])
        (reply,) = call.voice(20)
        assert isinstance(reply, Reply)
        self.assertEqual((reply.why, reply.parts), ("transcriber", {"transcript": 1500}))
        self.assertEqual((reply.spoke_from_ms, reply.spoke_until_ms), (began_ms, began_ms + 1000))

    def test_the_noise_that_goes_on_is_no_second_turn_and_withdraws_nothing(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.says("נסיעה לחיפה", 1000)
        call.voice(3000)
        call.reply_begins()
        call.voice(5000)
        self.assertEqual(len(call.of(Reply)), 1)
        self.assertEqual(call.core.state, "speaking")

    def test_words_over_that_noise_take_the_floor(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.says("נסיעה לחיפה", 1000)
        call.voice(2000)
        call.says("בשעה שלוש", 800)
        call.voice(2000)
        self.assertEqual(call.last(Reply).text, "נסיעה לחיפה בשעה שלוש")
        self.assertEqual(call.last(Reply).turn, 2)

    def test_an_open_segment_may_bring_more_words(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.voice(1000)
        call.words("נסיעה לחיפה", final=False)
        call.voice(4000)
        self.assertEqual(call.of(Reply), [])

    def test_the_fixed_rule_waits_for_silence(self) -> None:
        call = ScriptedCall.listening()
        call.says("נסיעה לחיפה", 1000)
        call.voice(4000)
        self.assertEqual(call.of(Reply), [])
