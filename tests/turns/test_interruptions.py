"""Interruptions that are really interruptions: what stops the agent, for good or for a while."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ADAPTIVE, YES_NO, ScriptedCall, adaptive
from tuning.turns.completion import Asked
from tuning.turns.events import Dismiss, Pressed, Prompt, Reply, ReplyFailed, Resume, StopReply
from tuning.turns.heard import ECHO_PERCENT
from tuning.turns.profile import Profile

STOPPED, HELD = StopReply(1, "barge-in"), StopReply(1, "barge-in", may_resume=True)
BARGE_IN_MS, RESUME_MS, FALSE_MS, PROTECT_MS = 200, 100, 1500, 500


def speaking(profile: Profile = ADAPTIVE, asked: Asked | None = None) -> ScriptedCall:
    """The caller has been hearing a reply for a while; perhaps it asks something."""
    call = ScriptedCall.speaking(profile=profile)
    if asked:
        call.asks(asked)
    return call


def greeting() -> ScriptedCall:
    """The first moment of the greeting is being heard."""
    call = ScriptedCall(ADAPTIVE)
    call.silence(200)
    call.reply_begins()
    return call


class BackchannelTests(SimpleTestCase):
    def test_a_backchannel_known_in_time_does_not_even_stop_the_agent(self) -> None:
        for text in ("אהה", "כן כן", "הבנתי", "אה אוקיי", "נכון, בסדר"):
            call = speaking()
            call.voice(160)
            followed = call.words(text, final=False) + call.voice(600) + call.silence(480)
            with self.subTest(text):
                self.assertEqual(followed, [])
                self.assertEqual(call.core.state, "speaking")

    def test_one_known_later_lets_it_go_on(self) -> None:
        call = speaking()
        began_ms = call.at_ms
        self.assertEqual(call.voice(400), [HELD])
        call.words("כן כן", final=False)
        went_on = [Dismiss(began_ms, began_ms + 400, "backchannel"), Resume(1, "backchannel")]
        self.assertEqual(call.silence(ADAPTIVE.vad_hangover_ms - 20), [])
        self.assertEqual(call.silence(20), went_on)
        self.assertEqual(call.core.state, "speaking")
        self.assertEqual(call.silence(2000), [])

    def test_it_is_no_part_of_what_is_said_next(self) -> None:
        call = speaking()
        call.voice(400)
        call.words("כן כן", final=False)
        call.silence(800)
        call.words("כן כן", until_ms=call.at_ms - 800)
        call.silence(600)
        call.reply_ends()
        call.silence(1500)
        call.says("נסיעה לחיפה", 900)
        self.assertEqual(call.wait_for(Reply).text, "נסיעה לחיפה")

    def test_more_than_a_backchannel_is_an_interruption(self) -> None:
        for text in ("כן אבל", "כן כן כן כן", "אוקיי מה המחיר"):
            call = speaking()
            call.voice(100)
            call.words(text, final=False)
            with self.subTest(text):
                self.assertEqual(call.silence(20), [STOPPED])

    def test_after_a_question_yes_is_an_answer(self) -> None:
        call = speaking(asked=YES_NO)
        began_ms = call.at_ms
        self.assertEqual(call.voice(240), [HELD])
        call.words("כן")
        self.assertEqual(call.silence(20), [STOPPED])
        reply = call.wait_for(Reply)
        self.assertEqual((reply.text, reply.spoke_from_ms), ("כן", began_ms))
        self.assertEqual(call.at_ms - reply.spoke_until_ms, ADAPTIVE.finished_silence_ms)

    def test_a_word_of_thinking_is_no_answer_to_a_question(self) -> None:
        call = speaking(asked=YES_NO)
        call.voice(240)
        call.words("אממ")
        self.assertEqual(call.silence(220)[-1], Resume(1, "backchannel"))


class FalseInterruptionTests(SimpleTestCase):
    def test_a_cough_shorter_than_the_patience_stops_nothing(self) -> None:
        call = speaking()
        began_ms = call.at_ms
        self.assertEqual(call.voice(BARGE_IN_MS - 20) + call.silence(500), [])
        gone = Dismiss(began_ms, began_ms + BARGE_IN_MS - 20, "spoken over")
        self.assertEqual(call.silence(20), [gone])

    def test_voice_that_brings_no_word_stops_it_for_a_while(self) -> None:
        call = speaking()
        began_ms = call.at_ms
        self.assertEqual(call.voice(300), [HELD])
        self.assertEqual(call.silence(FALSE_MS - 20), [])
        went_on = [Dismiss(began_ms, began_ms + 300, "no words"), Resume(1, "no words")]
        self.assertEqual(call.silence(20), went_on)

    def test_words_stop_it_at_once_and_for_good(self) -> None:
        call = speaking()
        call.voice(60)
        call.words("די", final=False)
        self.assertEqual(call.silence(20), [STOPPED])
        call.silence(160)
        self.assertEqual(call.of(Resume), [])

    def test_words_that_follow_the_voice_make_it_an_interruption(self) -> None:
        call = speaking()
        began_ms = call.at_ms
        call.voice(600)
        call.silence(400)
        call.words("מה המחיר", until_ms=began_ms + 600)
        self.assertEqual(call.silence(20), [STOPPED])
        reply = call.wait_for(Reply)
        self.assertEqual((reply.turn, reply.text), (2, "מה המחיר"))
        self.assertEqual((reply.spoke_from_ms, reply.spoke_until_ms), (began_ms, began_ms + 600))

    def test_a_reply_that_went_on_once_is_stopped_by_words_alone(self) -> None:
        call = speaking()
        call.voice(300)
        call.silence(FALSE_MS)
        self.assertNotIn(StopReply, map(type, call.voice(2000) + call.silence(1000)))
        call.voice(100)
        call.words("מה המחיר", final=False)
        self.assertEqual(call.voice(20), [STOPPED])

    def test_sound_without_words_does_not_silence_the_agent_for_ever(self) -> None:
        call = speaking()
        self.assertEqual(call.voice(2 * FALSE_MS), [HELD])
        self.assertEqual(call.voice(BARGE_IN_MS)[-1], Resume(1, "no words"))
        self.assertEqual(call.voice(10_000), [])

    def test_the_reply_that_went_on_is_heard_to_its_end(self) -> None:
        call = speaking()
        call.voice(300)
        call.silence(FALSE_MS + 500)
        call.reply_ends()
        self.assertEqual(call.core.state, "refractory")

    def test_without_it_voice_stops_the_agent_for_good(self) -> None:
        call = speaking(adaptive(false_interruption_ms=0))
        self.assertEqual(call.voice(300), [STOPPED])

    def test_a_reply_that_fails_while_it_is_held_does_not_go_on(self) -> None:
        call = speaking()
        call.voice(300)
        self.assertEqual(call.feed(ReplyFailed(call.at_ms, 1, "refused")), [])
        self.assertEqual(call.wait_for(Prompt).name, "not_heard")
        self.assertEqual(call.of(Resume), [])

    def test_a_key_ends_what_was_held(self) -> None:
        call = speaking()
        call.voice(300)
        call.feed(Pressed(call.at_ms, "5"))
        self.assertNotIn(Resume, map(type, call.silence(2000)))
        self.assertEqual(call.wait_for(Reply).text, "5")


class ProtectionTests(SimpleTestCase):
    def test_the_first_moments_of_a_greeting_are_kept_from_voice_without_words(self) -> None:
        call = greeting()
        self.assertEqual(call.voice(PROTECT_MS - 20), [])
        self.assertEqual(call.voice(40), [StopReply(0, "barge-in", may_resume=True)])

    def test_they_are_never_kept_from_words(self) -> None:
        call = greeting()
        call.voice(100)
        call.words("הלו", final=False)
        self.assertEqual(call.voice(20), [StopReply(0, "barge-in")])

    def test_a_backchannel_is_no_reason_there_either(self) -> None:
        call = greeting()
        call.voice(100)
        call.words("כן", final=False)
        self.assertEqual(call.voice(300) + call.silence(400), [])


class CutInTests(SimpleTestCase):
    def cut_in(self, after_ms: int) -> ScriptedCall:
        """The caller goes on so long after the reply to their first words began."""
        call = ScriptedCall.answering("אני צריך", ADAPTIVE)
        call.reply_begins()
        call.silence(after_ms)
        return call

    def test_a_caller_who_resumes_was_cut_in_on_and_both_utterances_are_one(self) -> None:
        call = self.cut_in(400)
        first = call.last(Reply)
        self.assertEqual(call.voice(600), [StopReply(1, "cut-in", may_resume=True)])
        call.words("תור לרופא עיניים")
        self.assertEqual(call.silence(20), [StopReply(1, "cut-in")])
        reply = call.wait_for(Reply)
        self.assertEqual((reply.turn, reply.text), (2, "אני צריך תור לרופא עיניים"))
        self.assertEqual(reply.spoke_from_ms, first.spoke_from_ms)

    def test_words_of_the_first_utterance_that_came_late_are_in_it(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.voice(900)
        call.words("אני רוצה נסיעה", final=False)
        call.wait_for(Reply)
        call.reply_begins()
        call.words("אני רוצה נסיעה מחר", until_ms=call.last(Reply).spoke_until_ms)
        call.silence(200)
        call.says("לחיפה", 600)
        self.assertEqual(call.wait_for(Reply).text, "אני רוצה נסיעה מחר לחיפה")

    def test_after_a_second_and_a_half_it_is_an_interruption(self) -> None:
        call = self.cut_in(1500)
        self.assertEqual(call.voice(600), [HELD])
        call.words("מה המחיר")
        self.assertEqual(call.wait_for(Reply).text, "מה המחיר")

    def test_a_noise_then_cuts_nothing(self) -> None:
        call = self.cut_in(700)
        call.voice(300)
        self.assertEqual(call.silence(FALSE_MS)[-1], Resume(1, "no words"))


class PatienceTests(SimpleTestCase):
    def test_thinking_and_speaking_have_patience_of_their_own(self) -> None:
        call = ScriptedCall.answering("שלום", ADAPTIVE)
        self.assertEqual(call.voice(RESUME_MS - 20), [])
        self.assertEqual(call.voice(20), [StopReply(1, "caller resumed")])
        call = speaking(adaptive(resume_ms=600))
        self.assertEqual(call.voice(BARGE_IN_MS), [HELD])
        call = ScriptedCall.answering("שלום", adaptive(barge_in_ms=600))
        self.assertEqual(call.voice(RESUME_MS), [StopReply(1, "caller resumed")])

    def test_a_reply_withdrawn_for_a_noise_is_withdrawn_once(self) -> None:
        call = ScriptedCall.answering("שלום", ADAPTIVE)
        self.assertEqual(call.voice(126), [StopReply(1, "caller resumed")])
        reply = call.wait_for(Reply)
        self.assertEqual((reply.turn, reply.text), (2, "שלום"))
        self.assertEqual(call.voice(400) + call.silence(300), [])
        call.voice(200)
        call.words("עוד משהו", final=False)
        self.assertEqual(call.voice(20), [StopReply(2, "caller resumed")])
        self.assertEqual(call.wait_for(Reply).text, "שלום עוד משהו")


class EchoTests(SimpleTestCase):
    def test_the_agents_own_voice_is_no_interruption(self) -> None:
        call = speaking()
        self.assertEqual(call.voice(5000, echo=ECHO_PERCENT), [])
        self.assertEqual(call.voice(300, echo=ECHO_PERCENT - 1), [HELD])

    def test_a_caller_over_the_echo_is_heard(self) -> None:
        call = speaking()
        call.voice(2000, echo=90)
        self.assertEqual(call.voice(BARGE_IN_MS), [HELD])

    def test_an_echo_ends_no_turn_and_begins_none(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        self.assertEqual(call.voice(3000, echo=100) + call.silence(2000), [])


class PrecedenceTests(SimpleTestCase):
    """Resume, protection, backchannel, barge-in, end of turn."""

    def test_resuming_is_before_protection(self) -> None:
        call = ScriptedCall.answering("אני צריך", ADAPTIVE)
        call.reply_begins()
        self.assertEqual(call.voice(300), [StopReply(1, "cut-in", may_resume=True)])
        self.assertEqual(greeting().voice(300), [])

    def test_protection_is_before_backchannels_and_interruptions(self) -> None:
        self.assertEqual(greeting().voice(BARGE_IN_MS + 100), [])

    def test_a_backchannel_is_before_an_interruption_however_long_it_lasts(self) -> None:
        call = speaking()
        call.voice(100)
        call.words("אההה", final=False)
        self.assertEqual(call.voice(3000), [])

    def test_an_interruption_is_before_the_end_of_the_turn(self) -> None:
        call = speaking(asked=YES_NO)
        call.says("לא", 240)
        call.wait_for(Reply)
        self.assertEqual(
            [type(each) for each in call.of(StopReply, Reply)][-2:], [StopReply, Reply]
        )
