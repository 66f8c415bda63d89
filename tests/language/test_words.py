"""Which words are answered: partials and finals, words that are late, and none at all."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ScriptedCall
from tuning.turns.events import Amend, Dismiss, Prompt, Reply, StopReply
from tuning.turns.profile import Profile

SHORT_MS, WAIT_MS = 220 + 500, 900


class TextTests(SimpleTestCase):
    def test_finals_and_the_partial_after_them_are_joined(self) -> None:
        call = ScriptedCall.listening()
        call.voice(600)
        call.words("אני רוצה")
        call.voice(600)
        call.words("לקבוע", final=False)
        call.words("לקבוע תור", final=False)
        self.assertEqual(call.wait_for(Reply).text, "אני רוצה לקבוע תור")

    def test_a_final_replaces_the_partial_of_its_segment(self) -> None:
        call = ScriptedCall.listening()
        call.voice(1200)
        call.words("שלוש", final=False)
        call.words("שלום")
        self.assertEqual(call.wait_for(Reply).text, "שלום")


class PartialTests(SimpleTestCase):
    def decided_after_ms(self, debounce_ms: int) -> int:
        """A partial comes with the silence nearly over; from then to the decision."""
        call = ScriptedCall.listening(Profile(stt_partial_debounce_ms=debounce_ms))
        call.voice(1200)
        spoke_until_ms = call.at_ms
        call.silence(SHORT_MS - 20)
        call.words("שלום", until_ms=spoke_until_ms, final=False)
        partial_ms = call.at_ms
        call.wait_for(Reply)
        return call.at_ms - partial_ms

    def test_a_partial_counts_once_it_has_stood_unchanged(self) -> None:
        self.assertEqual(self.decided_after_ms(0), 20)
        self.assertEqual(self.decided_after_ms(90), 100)
        self.assertEqual(self.decided_after_ms(200), 200)

    def test_a_partial_that_changes_starts_to_stand_anew(self) -> None:
        call = ScriptedCall.listening(Profile(stt_partial_debounce_ms=200))
        call.voice(1200)
        spoke_until_ms = call.at_ms
        call.silence(SHORT_MS - 20)
        call.words("של", until_ms=spoke_until_ms, final=False)
        call.silence(160)
        call.words("שלום", until_ms=spoke_until_ms, final=False)
        changed_ms = call.at_ms
        self.assertEqual(call.wait_for(Reply).text, "שלום")
        self.assertEqual(call.at_ms, changed_ms + 200)

    def test_the_same_partial_again_goes_on_standing(self) -> None:
        call = ScriptedCall.listening(Profile(stt_partial_debounce_ms=200))
        call.voice(1200)
        spoke_until_ms = call.at_ms
        call.silence(SHORT_MS - 20)
        call.words("שלום", until_ms=spoke_until_ms, final=False)
        first_ms = call.at_ms
        call.silence(160)
        call.words("שלום", until_ms=spoke_until_ms, final=False)
        call.wait_for(Reply)
        self.assertEqual(call.at_ms, first_ms + 200)

    def test_a_word_that_is_still_changing_is_not_acted_on(self) -> None:
        call = ScriptedCall.listening()
        call.voice(1200)
        spoke_until_ms = call.at_ms
        call.words("של", final=False)
        call.silence(SHORT_MS - 40)
        call.words("שלום", until_ms=spoke_until_ms, final=False)
        self.assertEqual(call.wait_for(Reply).text, "שלום")

    def test_a_final_counts_at_once(self) -> None:
        call = ScriptedCall.listening(Profile(stt_partial_debounce_ms=400))
        call.voice(1200)
        spoke_until_ms = call.at_ms
        call.silence(SHORT_MS + 100)
        call.words("שלום", until_ms=spoke_until_ms)
        self.assertEqual(call.reply_to_words().text, "שלום")


class ReachTests(SimpleTestCase):
    def test_words_that_do_not_reach_the_speech_end_are_waited_for(self) -> None:
        call = ScriptedCall.listening()
        call.voice(600)
        call.words("אני רוצה")
        call.voice(600)
        spoke_until_ms = call.at_ms
        self.assertEqual(call.silence(SHORT_MS + 400), [])
        call.words("תור", until_ms=spoke_until_ms)
        self.assertEqual(call.reply_to_words().text, "אני רוצה תור")

    def test_a_transcript_may_end_a_little_before_the_voice(self) -> None:
        """Detectors hang on for up to 160 ms, and transcribers' end times are coarse."""
        for short_by_ms, waited_ms in ((0, 0), (240, 0), (400, WAIT_MS)):
            call = ScriptedCall.listening()
            call.voice(1200)
            spoke_until_ms = call.at_ms
            call.words("שלום", until_ms=spoke_until_ms - short_by_ms)
            call.wait_for(Reply)
            with self.subTest(short_by_ms=short_by_ms):
                self.assertEqual(call.at_ms, spoke_until_ms + SHORT_MS + waited_ms)

    def test_after_the_wait_the_words_that_there_are_are_answered(self) -> None:
        call = ScriptedCall.listening()
        call.voice(600)
        call.words("אני רוצה")
        call.voice(600)
        spoke_until_ms = call.at_ms
        self.assertEqual(call.wait_for(Reply).text, "אני רוצה")
        self.assertEqual(call.at_ms, spoke_until_ms + SHORT_MS + WAIT_MS)

    def test_speech_during_the_wait_goes_on_with_the_utterance(self) -> None:
        call = ScriptedCall.listening()
        began_ms = call.at_ms
        call.voice(600)
        call.silence(SHORT_MS + 300)
        call.voice(600)
        call.words("אז מתי פתוח")
        reply = call.wait_for(Reply)
        self.assertEqual(reply.spoke_from_ms, began_ms)


class NoWordsTests(SimpleTestCase):
    def test_speech_without_words_is_asked_again(self) -> None:
        call = ScriptedCall.listening()
        spoke_from_ms = call.at_ms
        call.voice(1200)
        spoke_until_ms = call.at_ms
        parts = {"minimum": 0, "hangover": 220, "silence": 500}
        asked = Prompt(1, "not_heard", "not heard", spoke_from_ms, spoke_until_ms, parts)
        self.assertEqual(call.wait_for(Prompt), asked)
        self.assertEqual(call.at_ms, spoke_until_ms + SHORT_MS + WAIT_MS)

    def unheard(self, call: ScriptedCall, ms: int = 1200) -> list[type]:
        before = len(call.decided)
        call.voice(ms)
        call.silence(4000)
        return [type(action) for action in call.actions[before:]]

    def test_it_asks_once_and_then_listens_on(self) -> None:
        call = ScriptedCall.listening()
        self.assertEqual(self.unheard(call), [Prompt])
        call.reply_is_heard()
        call.silence(2000)
        began_ms = call.at_ms
        self.assertEqual(self.unheard(call), [Dismiss])
        self.assertEqual(call.actions[-1], Dismiss(began_ms, began_ms + 1200, why="no words"))
        self.assertEqual(self.unheard(call), [Dismiss])

    def test_words_in_between_let_it_ask_again(self) -> None:
        call = ScriptedCall.listening()
        self.assertEqual(self.unheard(call), [Prompt])
        call.reply_is_heard()
        call.silence(2000)
        call.says("שלום", 1000)
        call.wait_for(Reply)
        call.reply_is_heard()
        call.silence(2000)
        self.assertEqual(self.unheard(call), [Prompt])

    def test_a_short_noise_is_counted_and_opens_no_turn(self) -> None:
        call = ScriptedCall.listening()
        began_ms = call.at_ms
        self.assertEqual(self.unheard(call, 140), [Dismiss])
        self.assertEqual(call.actions[-1], Dismiss(began_ms, began_ms + 140, why="noise"))
        self.assertEqual(call.core.turn, 0)

    def test_speech_of_150_ms_is_not_taken_for_noise(self) -> None:
        self.assertEqual(self.unheard(ScriptedCall.listening(), 160), [Prompt])

    def test_a_noise_with_a_word_is_answered(self) -> None:
        call = ScriptedCall.listening()
        call.voice(120)
        call.silence(1000)
        call.words("כן", until_ms=call.at_ms - 1000)
        self.assertEqual(call.wait_for(Reply).text, "כן")

    def test_noise_does_not_use_up_the_question(self) -> None:
        call = ScriptedCall.listening()
        self.assertEqual(self.unheard(call, 100), [Dismiss])
        self.assertEqual(self.unheard(call), [Prompt])

    def test_speech_after_a_noise_is_answered_as_ever(self) -> None:
        call = ScriptedCall.listening()
        self.unheard(call, 100)
        began_ms = call.at_ms
        call.says("שלום", 1000)
        self.assertEqual(call.wait_for(Reply).spoke_from_ms, began_ms)


class LateWordsTests(SimpleTestCase):
    def test_the_last_words_of_an_answered_turn_amend_it(self) -> None:
        call = ScriptedCall.listening()
        call.voice(1200)
        spoke_until_ms = call.at_ms
        call.words("אני רוצה לקבוע", final=False)
        call.wait_for(Reply)
        call.silence(200)
        self.assertEqual(
            call.words("אני רוצה לקבוע תור", until_ms=spoke_until_ms),
            [Amend(1, "אני רוצה לקבוע תור")],
        )

    def test_a_late_partial_amends_nothing(self) -> None:
        call = ScriptedCall.listening()
        call.voice(1200)
        spoke_until_ms = call.at_ms
        call.words("אני רוצה", final=False)
        call.wait_for(Reply)
        self.assertEqual(call.words("אני רוצה תור", until_ms=spoke_until_ms, final=False), [])

    def test_late_words_are_not_answered_again(self) -> None:
        call = ScriptedCall.listening()
        call.voice(1200)
        spoke_until_ms = call.at_ms
        call.words("אני רוצה לקבוע", final=False)
        call.wait_for(Reply)
        call.reply_begins()
        call.silence(300)
        call.words("אני רוצה לקבוע תור", until_ms=spoke_until_ms)
        call.silence(700)
        call.reply_ends()
        self.assertEqual(call.silence(4000), [])
        call.says("מחר", 800)
        self.assertEqual(call.wait_for(Reply).text, "מחר")

    def test_words_that_come_before_the_question_is_heard_are_answered_instead(self) -> None:
        call = ScriptedCall.listening()
        call.voice(1200)
        spoke_until_ms = call.at_ms
        call.wait_for(Prompt)
        call.silence(100)
        call.words("שלום", until_ms=spoke_until_ms)
        self.assertIn(StopReply(1, "caller resumed"), call.actions)
        reply = call.reply_to_words()
        self.assertEqual((reply.text, reply.spoke_until_ms), ("שלום", spoke_until_ms))

    def test_words_of_an_unheard_utterance_join_what_the_caller_says_meanwhile(self) -> None:
        call = ScriptedCall.listening()
        began_ms = call.at_ms
        call.voice(1200)
        first_until_ms = call.at_ms
        call.wait_for(Prompt)
        call.reply_begins()
        call.silence(200)
        call.voice(900)
        spoke_until_ms = call.at_ms
        call.silence(200)
        call.words("אני רוצה", until_ms=first_until_ms)
        self.assertEqual(call.silence(100), [])
        call.words("לקבוע תור", until_ms=spoke_until_ms)
        reply = call.wait_for(Reply)
        self.assertEqual(reply.text, "אני רוצה לקבוע תור")
        self.assertEqual((reply.spoke_from_ms, reply.spoke_until_ms), (began_ms, spoke_until_ms))
