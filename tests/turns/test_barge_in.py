"""Who has the floor? The caller resumes, interrupts, coughs, or says a word over the agent."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ScriptedCall
from tuning.turns.events import Action, Dismiss, HangUp, Prompt, Reply, StopReply
from tuning.turns.profile import Profile


class BargeInTests(SimpleTestCase):
    def test_enough_voice_over_the_agent_stops_it(self) -> None:
        call = ScriptedCall.speaking()
        self.assertEqual(call.voice(280), [])
        self.assertEqual(call.voice(20), [StopReply(1, "barge-in")])

    def test_a_reply_is_stopped_once(self) -> None:
        call = ScriptedCall.speaking()
        self.assertEqual(call.voice(3000), [StopReply(1, "barge-in")])

    def test_a_cough_does_not_stop_it(self) -> None:
        call = ScriptedCall.speaking()
        self.assertEqual(call.voice(280) + call.silence(300), [])
        self.assertEqual(call.voice(280) + call.silence(300), [])

    def test_voice_adds_up_over_gaps_shorter_than_the_hangover(self) -> None:
        call = ScriptedCall.speaking()
        self.assertEqual(call.voice(200) + call.silence(200) + call.voice(80), [])
        self.assertEqual(call.voice(20), [StopReply(1, "barge-in")])

    def test_the_hangover_decides_which_gap_ends_a_stretch(self) -> None:
        for hangover_ms, stopped in ((100, []), (400, [StopReply(1, "barge-in")])):
            call = ScriptedCall.speaking(profile=Profile(vad_hangover_ms=hangover_ms))
            with self.subTest(hangover_ms=hangover_ms):
                self.assertEqual(call.voice(200) + call.silence(200) + call.voice(200), stopped)

    def test_a_crackling_line_never_stops_it(self) -> None:
        call = ScriptedCall.speaking()
        followed: list[Action] = []
        for _click in range(50):
            followed += call.voice(40) + call.silence(60)
        self.assertEqual(followed, [])

    def test_the_interruption_is_the_next_utterance_from_its_first_voice(self) -> None:
        call = ScriptedCall.speaking("מה השעות")
        began_ms = call.at_ms
        call.says("רגע, ומה המחיר", 1200)
        reply = call.wait_for(Reply)
        self.assertEqual((reply.turn, reply.text), (2, "רגע, ומה המחיר"))
        self.assertEqual((reply.spoke_from_ms, reply.spoke_until_ms), (began_ms, began_ms + 1200))

    def test_words_heard_before_the_reply_stops_belong_to_the_interruption(self) -> None:
        call = ScriptedCall.speaking()
        call.voice(240)
        call.words("רגע", final=False)
        call.voice(400)
        call.words("רגע אחד")
        self.assertEqual(call.wait_for(Reply).text, "רגע אחד")

    def test_a_report_of_the_stopped_reply_is_too_late(self) -> None:
        """Twilio reports cleared marks as played, after the caller has taken the floor."""
        call = ScriptedCall.speaking()
        call.voice(300)
        state = call.core.state
        self.assertEqual(call.reply_ends(1), [])
        self.assertEqual(call.core.state, state)

    def test_there_is_no_refractory_time_after_a_barge_in(self) -> None:
        call = ScriptedCall.speaking()
        call.says("רגע", 400)
        call.reply_ends(1)
        call.wait_for(Reply)
        self.assertEqual(call.core.turn, 2)

    def test_a_prompt_can_be_interrupted_too(self) -> None:
        call = ScriptedCall.listening()
        call.voice(1000)
        call.wait_for(Prompt)
        call.reply_begins()
        call.silence(400)
        self.assertEqual(call.voice(300), [StopReply(1, "barge-in")])

    def test_a_farewell_that_is_interrupted_is_withdrawn(self) -> None:
        call = ScriptedCall.speaking()
        call.says("רגע, עוד משהו", 800)
        self.assertEqual(call.reply_ends(1, farewell=True), [])
        call.wait_for(Reply)
        self.assertNotIn(HangUp, map(type, call.actions))


class SpokenOverTests(SimpleTestCase):
    def test_a_word_of_agreement_over_the_agent_opens_no_turn(self) -> None:
        call = ScriptedCall.speaking()
        began_ms = call.at_ms
        call.says("אהה", 200)
        call.silence(1500)
        call.reply_ends()
        call.silence(5000)
        self.assertEqual(call.core.turn, 1)
        self.assertIn(Dismiss(began_ms, began_ms + 200, why="spoken over"), call.actions)

    def test_a_dismissed_word_is_not_part_of_the_next_utterance(self) -> None:
        call = ScriptedCall.speaking()
        call.says("אהה", 200)
        call.silence(1500)
        call.reply_ends()
        call.silence(3000)
        call.says("תודה", 600)
        self.assertEqual(call.wait_for(Reply).text, "תודה")

    def test_the_late_final_of_a_dismissed_word_eats_nothing_of_the_next_utterance(self) -> None:
        call = ScriptedCall.speaking()
        call.voice(200)
        said_ms = call.at_ms
        call.words("אהה", final=False)
        call.silence(700)
        self.assertEqual(call.words("אהה", until_ms=said_ms), [])
        call.silence(800)
        call.reply_ends()
        call.silence(3000)
        call.says("תודה", 600)
        self.assertEqual(call.wait_for(Reply).text, "תודה")

    def test_a_word_over_the_very_end_of_a_reply_is_answered(self) -> None:
        call = ScriptedCall.speaking()
        began_ms = call.at_ms
        call.says("כן", 280)
        call.silence(300)
        call.reply_ends()
        reply = call.wait_for(Reply)
        self.assertEqual((reply.text, reply.spoke_from_ms), ("כן", began_ms))

    def test_a_noise_over_the_very_end_of_a_reply_is_counted(self) -> None:
        call = ScriptedCall.speaking()
        began_ms = call.at_ms
        call.voice(200)
        call.silence(300)
        call.reply_ends()
        call.silence(5000)
        self.assertEqual(call.actions[-1], Dismiss(began_ms, began_ms + 200, "after a reply"))
        self.assertEqual(call.core.turn, 1)

    def test_voice_that_goes_on_past_the_reply_counts_from_its_beginning(self) -> None:
        call = ScriptedCall.speaking()
        began_ms = call.at_ms
        call.voice(200)
        call.reply_ends()
        call.voice(400)
        call.words("ומה המחיר")
        reply = call.wait_for(Reply)
        self.assertEqual((reply.text, reply.spoke_from_ms), ("ומה המחיר", began_ms))


class CallerResumedTests(SimpleTestCase):
    def test_a_caller_who_goes_on_before_the_reply_is_heard_keeps_the_floor(self) -> None:
        call = ScriptedCall.answering("אני רוצה")
        call.silence(200)
        self.assertEqual(call.voice(280), [])
        self.assertEqual(call.voice(20), [StopReply(1, "caller resumed")])

    def test_voice_that_begins_on_the_frame_of_the_decision_is_counted_whole(self) -> None:
        call = ScriptedCall.listening()
        call.says("אני רוצה", 1200)
        call.silence(700)
        (reply,) = call.voice(280)
        self.assertIsInstance(reply, Reply)
        self.assertEqual(call.voice(20), [StopReply(1, "caller resumed")])

    def test_what_was_said_before_is_kept_and_joined(self) -> None:
        call = ScriptedCall.answering("אני רוצה")
        call.silence(200)
        call.says("לקבוע תור", 900)
        spoke_until_ms = call.at_ms
        reply = call.wait_for(Reply)
        self.assertEqual((reply.turn, reply.text), (2, "אני רוצה לקבוע תור"))
        self.assertEqual(reply.spoke_until_ms, spoke_until_ms)

    def test_resuming_again_and_again_loses_nothing(self) -> None:
        call = ScriptedCall.listening()
        for words in ("אני", "רוצה", "לקבוע", "תור"):
            call.says(words, 500)
            call.wait_for(Reply)
            call.silence(100)
        self.assertEqual(call.actions[-1], call.last(Reply))
        self.assertEqual(call.last(Reply).text, "אני רוצה לקבוע תור")

    def test_a_cough_while_the_reply_is_prepared_changes_nothing(self) -> None:
        call = ScriptedCall.answering()
        self.assertEqual(call.voice(200) + call.silence(600), [])
        self.assertEqual(call.core.state, "thinking")

    def test_words_of_an_answered_turn_are_not_repeated_after_a_barge_in(self) -> None:
        """The reply was being heard: its words were answered."""
        call = ScriptedCall.speaking("מה השעות")
        call.says("ומה המחיר", 900)
        self.assertEqual(call.wait_for(Reply).text, "ומה המחיר")

    def test_a_late_beginning_of_the_withdrawn_reply_is_ignored(self) -> None:
        call = ScriptedCall.answering()
        call.voice(300)
        self.assertEqual(call.reply_begins(1), [])
        self.assertNotEqual(call.core.state, "speaking")
