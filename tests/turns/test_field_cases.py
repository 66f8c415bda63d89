"""What went wrong on real calls, each once more, under the fixed rule and the adaptive one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.test import SimpleTestCase

from calls.language.hebrew import HEBREW
from tests.script import ADAPTIVE, YES_NO, ScriptedCall
from tuning.turns.completion import Asked, same_words
from tuning.turns.events import HangUp, Prompt, Reply, ReplyEnded, StopReply, Think
from tuning.turns.profile import SHIPPED, Profile

TRANSCRIBED_AFTER_MS = 400
"""A final, after the words it holds; a usual lag."""
NOISES = {4: "click", 95: "knock", 126: "cough"}
"""By length in ms."""


def under_both(test: Callable[[Any, Profile], None]) -> Callable[[Any], None]:
    """The test, under the fixed rule and under the adaptive one."""

    @wraps(test)
    def tested(self: SimpleTestCase) -> None:
        for name in ("balanced", "adaptive"):
            with self.subTest(name):
                test(self, Profile(**SHIPPED[name]))

    return tested


class FieldCases(SimpleTestCase):
    def says(self, call: ScriptedCall, text: str, ms: int) -> None:
        """With the final a usual time later."""
        call.voice(ms)
        until_ms = call.at_ms
        call.silence(TRANSCRIBED_AFTER_MS)
        call.words(text, until_ms=until_ms)

    def noise(self, call: ScriptedCall, ms: int) -> None:
        """So short a sound: every frame that it touches counts as voice."""
        call.voice(-(-ms // 20) * 20)


class ShortAnswerTests(FieldCases):
    @under_both
    def test_yes_no_and_a_city_of_a_moment_are_answered(self, profile: Profile) -> None:
        for text, ms in (("כן", 127), ("לא", 140), ("חיפה", 180), ("עכו", 127), ("אילת", 240)):
            for asked in (Asked(), YES_NO, Asked("phrase")):
                call = ScriptedCall.listening(profile)
                call.asks(asked)
                began_ms = call.at_ms
                self.says(call, text, ms)
                reply = call.wait_for(Reply)
                self.assertEqual((reply.text, reply.spoke_from_ms), (text, began_ms))

    @under_both
    def test_they_are_answered_right_after_the_question(self, profile: Profile) -> None:
        """Within the refractory time, and over the question's last word."""
        for overlap_ms in (0, 100):
            call = ScriptedCall.speaking(profile=profile)
            call.asks(YES_NO)
            call.voice(overlap_ms)
            call.reply_ends()
            self.says(call, "כן", 140)
            self.assertEqual(call.wait_for(Reply).text, "כן")

    @under_both
    def test_a_name_of_two_words_that_the_transcriber_doubts_is_answered_whole(
        self, profile: Profile
    ) -> None:
        call = ScriptedCall.listening(profile)
        call.asks(Asked("phrase"))
        call.voice(700)
        spoke_until_ms = call.at_ms
        call.words("דנה", final=False, stability=0.32)
        call.silence(200)
        call.words("דנה לוי", until_ms=spoke_until_ms, final=False, stability=0.32)
        call.silence(100)
        call.words("דנה לוי", until_ms=spoke_until_ms, stability=0.0)
        self.assertEqual(call.wait_for(Reply).text, "דנה לוי")
        self.assertEqual(call.of(Prompt)[1:], [])


class NoiseTests(FieldCases):
    @under_both
    def test_short_noises_begin_no_reply(self, profile: Profile) -> None:
        for ms, name in NOISES.items():
            call = ScriptedCall.listening(profile)
            for _time in range(2):
                self.noise(call, ms)
                call.silence(2600)
            with self.subTest(name):
                self.assertEqual(call.of(Reply, Think), [])
                self.assertEqual(call.core.turn, 0)

    @under_both
    def test_short_noises_stop_no_reply(self, profile: Profile) -> None:
        for ms, name in NOISES.items():
            call = ScriptedCall.speaking(profile=profile)
            for _time in range(5):
                self.noise(call, ms)
                call.silence(700)
            with self.subTest(name):
                self.assertEqual(call.core.state, "speaking")

    @under_both
    def test_a_noise_while_the_reply_is_prepared_loses_nothing_that_was_said(
        self, profile: Profile
    ) -> None:
        for ms, name in NOISES.items():
            call = ScriptedCall.answering("נסיעה לחיפה", profile)
            self.noise(call, ms)
            call.silence(4000)
            with self.subTest(name):
                self.assertEqual(call.core.state, "thinking")
                self.assertEqual(call.last(Reply).text, "נסיעה לחיפה")

    @under_both
    def test_noises_after_a_reply_begin_none(self, profile: Profile) -> None:
        for ms in NOISES:
            call = ScriptedCall.speaking(profile=profile)
            call.reply_ends()
            call.silence(300)
            self.noise(call, ms)
            call.silence(5000)
            self.assertEqual(call.core.turn, 1)


class SentencesTests(FieldCases):
    @under_both
    def test_a_second_sentence_while_the_first_one_is_still_being_transcribed(
        self, profile: Profile
    ) -> None:
        call = ScriptedCall.listening(profile)
        began_ms = call.at_ms
        call.voice(900)
        first_until_ms = call.at_ms
        call.silence(300)
        call.voice(200)
        call.words("שלום לכם", until_ms=first_until_ms)
        call.voice(700)
        spoke_until_ms = call.at_ms
        call.silence(300)
        call.words("נסיעה לחיפה בבקשה", until_ms=spoke_until_ms)
        reply = call.wait_for(Reply)
        self.assertEqual(reply.text, "שלום לכם נסיעה לחיפה בבקשה")
        self.assertEqual((reply.spoke_from_ms, reply.spoke_until_ms), (began_ms, spoke_until_ms))
        self.assertEqual(len(call.of(Reply)), 1)

    @under_both
    def test_a_first_final_that_comes_with_the_decision_is_answered_with_the_second_sentence(
        self, profile: Profile
    ) -> None:
        """The caller goes on just as the reply to the first sentence is decided."""
        call = ScriptedCall.listening(profile)
        call.voice(900)
        call.words("נסיעה לחיפה", final=False)
        reply = call.wait_for(Reply)
        call.voice(100)
        call.words("נסיעה לחיפה", until_ms=reply.spoke_until_ms)
        call.voice(500)
        call.words("מחר בבוקר")
        self.assertEqual(call.wait_for(Reply).text, "נסיעה לחיפה מחר בבוקר")

    @under_both
    def test_hebrew_with_english_brand_words(self, profile: Profile) -> None:
        said = (
            ("יש לי iPhone 15 של Apple והמסך נשבר", "יש לי iphone 15 של apple והמסך נשבר"),
            ("אפשר לשלם ב-Google Pay", "אפשר לשלם ב Google pay?"),
            ("WhatsApp", "Whatsapp."),
        )
        for partial, final in said:
            call = ScriptedCall.listening(profile)
            call.voice(1600)
            spoke_until_ms = call.at_ms
            call.words(partial, final=False)
            call.silence(400)
            call.words(final, until_ms=spoke_until_ms)
            call.silence(3000)
            (reply,) = call.of(Reply)
            self.assertTrue(same_words(reply.text, final, HEBREW.words))
            self.assertEqual(reply.prepared, profile.endpointing == "adaptive")
            self.assertEqual(len(call.of(Think)), reply.prepared)

    @under_both
    def test_a_telephone_number_in_groups_is_one_utterance(self, profile: Profile) -> None:
        groups = ("אפס חמש ארבע", "שבע שבע שתיים", "אחת אפס", "תשע שלוש")
        call = ScriptedCall.listening(profile)
        call.asks(Asked("number"))
        for group in groups:
            call.hear("______MMMMMMMMM")
            call.words(group)
        self.assertEqual(call.wait_for(Reply).text, " ".join(groups))
        self.assertEqual(len(call.of(Reply)), 1)


class OverTheAgentTests(FieldCases):
    @under_both
    def test_what_is_said_through_the_greeting_is_kept_and_answered(self, profile: Profile) -> None:
        for after_ms in (0, 200, 1500):
            call = ScriptedCall(profile)
            call.silence(300)
            call.reply_begins()
            call.silence(after_ms)
            began_ms = call.at_ms
            call.voice(700)
            call.words("שלום", until_ms=call.at_ms - 300, final=False)
            call.voice(700)
            spoke_until_ms = call.at_ms
            call.silence(TRANSCRIBED_AFTER_MS)
            call.words("שלום אני רוצה נסיעה לחיפה", until_ms=spoke_until_ms)
            reply = call.wait_for(Reply)
            with self.subTest(after_ms=after_ms):
                self.assertEqual(reply.text, "שלום אני רוצה נסיעה לחיפה")
                self.assertEqual(reply.spoke_from_ms, began_ms)
                self.assertEqual(call.of(StopReply)[-1], StopReply(0, "barge-in"))

    @under_both
    def test_what_is_said_before_the_greeting_is_heard_is_answered_too(
        self, profile: Profile
    ) -> None:
        call = ScriptedCall(profile)
        self.says(call, "הלו שלום", 600)
        self.assertEqual(call.wait_for(Reply).text, "הלו שלום")

    @under_both
    def test_a_correction_while_the_agent_reads_back_a_wrong_city(self, profile: Profile) -> None:
        for text, ms in (("לא חיפה", 700), ("לא", 320), ("לא לא, אמרתי חיפה", 1400)):
            call = ScriptedCall.speaking("נסיעה ליפו", profile)
            call.asks(YES_NO)
            began_ms = call.at_ms
            call.voice(300)
            call.words(text.split()[0], final=False)
            call.voice(ms - 300)
            self.assertEqual(call.of(StopReply)[-1], StopReply(1, "barge-in"))
            spoke_until_ms = call.at_ms
            call.silence(300)
            call.words(text, until_ms=spoke_until_ms)
            reply = call.wait_for(Reply)
            self.assertEqual((reply.text, reply.spoke_from_ms), (text, began_ms))

    @under_both
    def test_an_interruption_of_the_goodbye_keeps_the_call(self, profile: Profile) -> None:
        call = ScriptedCall.speaking("תודה ביי", profile)
        call.voice(300)
        call.words("רגע", final=False)
        call.voice(300)
        call.feed(ReplyEnded(call.at_ms, 1, farewell=True))
        call.words("רגע, יש לי עוד שאלה")
        self.assertEqual(call.wait_for(Reply).text, "רגע, יש לי עוד שאלה")
        self.assertEqual(call.of(HangUp), [])

    def test_a_goodbye_held_for_a_noise_ends_the_call_when_it_has_been_heard(self) -> None:
        call = ScriptedCall.speaking("תודה ביי", ADAPTIVE)
        call.voice(300)
        call.feed(ReplyEnded(call.at_ms, 1, farewell=True))
        self.assertEqual(call.of(HangUp), [])
        call.silence(1600)
        self.assertEqual(call.core.state, "speaking")
        self.assertEqual(call.reply_ends(farewell=True), [HangUp("goodbye")])
