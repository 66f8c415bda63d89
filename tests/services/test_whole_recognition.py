"""Streaming is off: the utterance is recognised whole at its end, and its words decide."""

from __future__ import annotations

from django.test import SimpleTestCase, tag

from tests.script import ScriptedCall
from tuning.turns.events import Prompt, Recognise, StopReply
from tuning.turns.profile import Profile

SHORT_MS = 220 + 500


@tag("protocol")
class WholeRecognitionTests(SimpleTestCase):
    WHOLE = Profile(streaming_stt=False)

    def test_the_utterance_is_recognised_whole_at_its_end(self) -> None:
        call = ScriptedCall.listening(self.WHOLE)
        began_ms = call.at_ms
        call.voice(1200)
        recognise = call.wait_for(Recognise)
        self.assertEqual(call.at_ms, began_ms + 1200 + SHORT_MS)
        self.assertEqual(recognise.turn, 1)
        self.assertLessEqual(recognise.from_ms, began_ms)
        self.assertGreaterEqual(recognise.until_ms, began_ms + 1200)

    def test_it_is_recognised_once_and_its_words_decide(self) -> None:
        call = ScriptedCall.listening(self.WHOLE)
        call.voice(1200)
        spoke_until_ms = call.at_ms
        recognise = call.wait_for(Recognise)
        self.assertEqual(call.silence(300), [])
        call.words("שלום", until_ms=spoke_until_ms)
        reply = call.reply_to_words()
        self.assertEqual((reply.turn, reply.text), (recognise.turn, "שלום"))

    def test_without_words_it_asks_again_as_ever(self) -> None:
        call = ScriptedCall.listening(self.WHOLE)
        call.voice(1200)
        call.wait_for(Recognise)
        self.assertEqual(call.wait_for(Prompt).name, "not_heard")

    def test_a_caller_who_goes_on_is_recognised_again(self) -> None:
        call = ScriptedCall.listening(self.WHOLE)
        began_ms = call.at_ms
        call.voice(800)
        call.wait_for(Recognise)
        call.silence(200)
        call.voice(800)
        spoke_until_ms = call.at_ms
        again = call.wait_for(Recognise)
        self.assertEqual(again.from_ms, began_ms)
        self.assertGreaterEqual(again.until_ms, spoke_until_ms)

    def test_words_that_are_known_are_not_recognised_again(self) -> None:
        call = ScriptedCall.listening(self.WHOLE)
        call.voice(800)
        first_until_ms = call.at_ms
        call.wait_for(Recognise)
        call.voice(200)
        call.words("אני רוצה", until_ms=first_until_ms)
        call.voice(800)
        spoke_until_ms = call.at_ms
        self.assertGreaterEqual(call.wait_for(Recognise).from_ms, first_until_ms)
        call.words("לקבוע תור", until_ms=spoke_until_ms)
        self.assertEqual(call.reply_to_words().text, "אני רוצה לקבוע תור")

    def test_a_caller_who_resumes_after_the_decision_is_recognised_from_there_on(self) -> None:
        call = ScriptedCall.listening(self.WHOLE)
        call.voice(800)
        first_until_ms = call.at_ms
        call.wait_for(Recognise)
        call.words("אני רוצה", until_ms=first_until_ms)
        call.reply_to_words()
        call.voice(800)
        self.assertGreaterEqual(call.wait_for(Recognise).from_ms, first_until_ms)

    def test_streaming_never_asks_for_a_whole_recognition(self) -> None:
        call = ScriptedCall.listening()
        call.voice(1200)
        call.silence(5000)
        self.assertFalse([each for each in call.actions if isinstance(each, Recognise | StopReply)])
