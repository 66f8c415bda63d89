"""The silence that depends on what was said: what shortens it, what keeps it, and its parts."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ADAPTIVE, NOTHING, YES_NO, ScriptedCall, adaptive
from tuning.turns.completion import Asked
from tuning.turns.events import Asks, Prompt, Reply
from tuning.turns.knob import Value
from tuning.turns.profile import Profile

LONGEST_MS, SHORTEST_MS = 2600, 340
RANGE_MS = LONGEST_MS - SHORTEST_MS
STABLE_MS, CLOSED_MS = RANGE_MS * 30 // 100, RANGE_MS * 65 // 100
WISH_MS, DETAIL_MS = RANGE_MS * 40 // 100, RANGE_MS * 25 // 100
TELEPHONE = Asked("number")
DETAILED = "אני רוצה לקבוע תור לרופא עיניים ביום שלישי"


def answered(
    text: str, asked: Asked = NOTHING, profile: Profile = ADAPTIVE, spoke_ms: int = 1200
) -> tuple[Reply, int]:
    """The reply to these words, whose final comes at once, and the silence before it."""
    call = ScriptedCall.listening(profile)
    call.asks(asked)
    call.says(text, spoke_ms)
    reply = call.wait_for(Reply)
    return reply, call.at_ms - reply.spoke_until_ms


class PartsTests(SimpleTestCase):
    def assert_parts(
        self, text: str, parts: dict[str, int], asked: Asked = NOTHING, profile: Profile = ADAPTIVE
    ) -> Reply:
        reply, waited_ms = answered(text, asked, profile)
        self.assertEqual(reply.parts, {"longest": LONGEST_MS} | parts)
        self.assertTrue(0 <= waited_ms - sum(reply.parts.values()) < 20, waited_ms)
        return reply

    def test_words_that_stand_still_shorten_it(self) -> None:
        reply = self.assert_parts("אני גרה שם", {"stable": -STABLE_MS})
        self.assertEqual(reply.why, "finished words")

    def test_a_closed_sentence_shortens_it(self) -> None:
        self.assert_parts("הגעתי לחיפה.", {"closed": -CLOSED_MS, "stable": -STABLE_MS})

    def test_a_wish_shortens_it_and_a_detailed_one_more(self) -> None:
        self.assert_parts("רציתי מקרר", {"wish": -WISH_MS, "stable": -STABLE_MS})
        more = {"wish": -WISH_MS, "detail": -DETAIL_MS, "stable": -STABLE_MS}
        self.assert_parts(DETAILED, more)

    def test_an_answered_question_brings_the_shortest_silence(self) -> None:
        self.assert_parts("מחר", {"answered": -RANGE_MS}, Asked("phrase"))
        self.assert_parts("למכירות", {"answered": -RANGE_MS}, Asked("choice", ("מכירות",)))

    def test_all_evidence_together_goes_no_lower_than_the_shortest(self) -> None:
        profile = adaptive(weight_answered=80)
        parts = {"answered": -RANGE_MS * 80 // 100, "closed": -RANGE_MS * 20 // 100}
        self.assert_parts("כן.", parts, YES_NO, profile)

    def test_without_evidence_it_is_the_longest(self) -> None:
        reply = self.assert_parts("הגעתי לחיפה", {}, profile=adaptive(weight_stable=0))
        self.assertEqual(reply.why, "long silence")

    def test_a_dangling_end_takes_back_what_the_rest_has_earned(self) -> None:
        earned = {"wish": -WISH_MS, "stable": -STABLE_MS}
        reply = self.assert_parts("אני רוצה", earned | {"unfinished": WISH_MS + STABLE_MS})
        self.assertEqual(reply.why, "unfinished words")
        half = {"unfinished": (WISH_MS + STABLE_MS) // 2}
        self.assert_parts("אני רוצה", earned | half, profile=adaptive(weight_unfinished=50))

    def test_each_weight_is_the_share_of_the_range_that_it_takes(self) -> None:
        said = {
            "weight_answered": ("answered", "כן", YES_NO),
            "weight_closed": ("closed", "מתי אתם פותחים", NOTHING),
            "weight_wish": ("wish", "רציתי מקרר", NOTHING),
            "weight_detail": ("detail", DETAILED, NOTHING),
            "weight_stable": ("stable", "הגעתי לחיפה", NOTHING),
        }
        others: dict[str, Value] = dict.fromkeys(said, 0)
        for knob, (part, text, asked) in said.items():
            for weight in (0, 25, 50):
                profile = adaptive(**others | {knob: weight})
                shorter = {part: -RANGE_MS * weight // 100} if weight else {}
                with self.subTest(knob, weight=weight):
                    self.assert_parts(text, shorter, asked, profile)

    def test_a_partial_is_stable_once_it_has_stood_for_long_enough(self) -> None:
        call = ScriptedCall.listening(adaptive(weight_stable=100, stable_ms=200))
        call.voice(1200)
        spoke_until_ms = call.at_ms
        call.silence(300)
        call.words("הגעתי", until_ms=spoke_until_ms, final=False)
        call.silence(180)
        call.words("הגעתי לחיפה", until_ms=spoke_until_ms, final=False)
        changed_ms = call.at_ms
        self.assertEqual(call.wait_for(Reply).text, "הגעתי לחיפה")
        self.assertEqual(call.at_ms, changed_ms + 200)

    def test_the_silence_counts_from_the_speech_end_however_short_the_utterance(self) -> None:
        for spoke_ms in (80, 300, 1200, 5000):
            with self.subTest(spoke_ms=spoke_ms):
                self.assertEqual(answered("כן", YES_NO, spoke_ms=spoke_ms)[1], SHORTEST_MS)


class AnsweredTests(SimpleTestCase):
    def test_yes_and_no_are_answered_at_the_shortest_silence_only_where_they_answer(self) -> None:
        for text in ("כן", "לא"):
            for asked, at_most in ((YES_NO, True), (NOTHING, False), (TELEPHONE, False)):
                with self.subTest(text, asked=asked.kind):
                    self.assertEqual(answered(text, asked)[1] == SHORTEST_MS, at_most)

    def test_a_question_counts_until_something_else_is_said_by_the_agent(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.asks(YES_NO)
        call.says("כן", 400)
        call.wait_for(Reply)
        call.reply_is_heard()
        call.silence(2000)
        call.says("כן", 400)
        self.assertNotIn("answered", call.wait_for(Reply).parts)

    def test_a_question_of_an_earlier_turn_comes_too_late(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.says("שלום", 600)
        call.wait_for(Reply)
        call.reply_is_heard()
        call.silence(2000)
        call.feed(Asks(call.at_ms, 0, YES_NO))
        call.says("כן", 400)
        self.assertNotIn("answered", call.wait_for(Reply).parts)


class NumberTests(SimpleTestCase):
    def dictated(self, asked: Asked, pause_ms: int, *groups: str) -> ScriptedCall:
        """Group after group, each a partial of all so far, with pauses between."""
        call = ScriptedCall.listening(ADAPTIVE)
        call.asks(asked)
        for number in range(1, len(groups) + 1):
            call.voice(900)
            call.words(" ".join(groups[:number]), final=False)
            if number < len(groups):
                self.assertNotIn(Reply, map(type, call.silence(pause_ms)))
        return call

    def test_a_number_is_never_cut_between_its_groups(self) -> None:
        groups = ("אפס חמש שתיים", "שלוש ארבע חמש", "שש שבע", "שמונה תשע")
        for asked in (TELEPHONE, NOTHING):
            call = self.dictated(asked, 2400, *groups)
            spoke_until_ms = call.at_ms
            with self.subTest(asked.kind):
                self.assertEqual(call.wait_for(Reply).text, " ".join(groups))
                self.assertLess(call.at_ms - spoke_until_ms, 2000)

    def test_its_last_digit_is_answered_at_once_where_it_was_asked_for(self) -> None:
        for groups in (("05", "2", "123", "4567"), ("שלום המספר 03", "1234567")):
            call = self.dictated(TELEPHONE, 1500, *groups)
            spoke_until_ms = call.at_ms
            with self.subTest(groups):
                self.assertEqual(call.wait_for(Reply).why, "finished words")
                self.assertEqual(call.at_ms - spoke_until_ms, SHORTEST_MS)


class FloorTests(SimpleTestCase):
    def test_who_asks_for_a_moment_gets_more_than_the_longest_silence(self) -> None:
        for text in ("רגע", "כן, שנייה אחת", "רגע בבקשה"):
            reply, waited_ms = answered(text, YES_NO)
            with self.subTest(text):
                self.assertEqual(reply.why, "asked for time")
                self.assertEqual(reply.parts, {"longest": LONGEST_MS, "asked for time": 1500})
                self.assertEqual(waited_ms, LONGEST_MS + 1500)


class OwnPausesTests(SimpleTestCase):
    PATIENT = adaptive(weight_pauses=100)

    def halting(self, profile: Profile, pauses: int, pause_ms: int = 900) -> ScriptedCall:
        """Somebody who pauses so often in an utterance; it has been answered."""
        call = ScriptedCall.listening(profile)
        for number in range(pauses + 1):
            call.voice(500)
            call.words("אני גר " + "ליד " * number, final=False)
            if number < pauses:
                call.silence(pause_ms)
        call.words(call.wait_for(Reply).text)
        call.reply_is_heard()
        call.silence(2000)
        return call

    def waited_ms(self, call: ScriptedCall, text: str) -> int:
        call.says(text, 1000)
        spoke_until_ms = call.at_ms
        call.wait_for(Reply)
        return call.at_ms - spoke_until_ms

    def test_the_silence_does_not_go_below_the_callers_usual_pause(self) -> None:
        call = self.halting(self.PATIENT, pauses=3)
        self.assertEqual(self.waited_ms(call, "הגעתי לחיפה."), 900)
        reply = call.last(Reply)
        self.assertEqual(sum(reply.parts.values()), 900)
        self.assertEqual(reply.parts["own pauses"], 900 - (LONGEST_MS - CLOSED_MS - STABLE_MS))

    def test_a_pause_or_two_say_nothing_yet_and_gaps_of_articulation_never_do(self) -> None:
        for call in (self.halting(self.PATIENT, 2), self.halting(self.PATIENT, 9, pause_ms=180)):
            self.assertEqual(self.waited_ms(call, "הגעתי לחיפה."), 460)

    def test_a_full_answer_needs_no_pause(self) -> None:
        call = self.halting(self.PATIENT, pauses=3)
        call.asks(YES_NO)
        self.assertEqual(self.waited_ms(call, "כן"), SHORTEST_MS)

    def test_they_count_by_their_weight(self) -> None:
        for weight, waited_ms in ((0, 460), (50, 460), (80, 720), (150, 1360)):
            call = self.halting(adaptive(weight_pauses=weight), pauses=3)
            with self.subTest(weight=weight):
                self.assertEqual(self.waited_ms(call, "הגעתי לחיפה."), waited_ms)


class TranscriberTests(SimpleTestCase):
    def test_words_that_do_not_reach_the_speech_end_are_no_evidence(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.asks(YES_NO)
        call.says("כן", 400)
        call.voice(800)
        spoke_until_ms = call.at_ms
        reply = call.wait_for(Reply)
        self.assertEqual(call.at_ms - spoke_until_ms, 220 + 500 + 900)
        self.assertEqual((reply.text, reply.why), ("כן", "transcriber"))

    def test_words_that_come_late_are_judged_by_the_silence_already_heard(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.asks(YES_NO)
        call.voice(400)
        spoke_until_ms = call.at_ms
        call.silence(1000)
        call.words("כן", until_ms=spoke_until_ms)
        self.assertEqual(call.reply_to_words().why, "finished words")

    def test_without_any_words_the_caller_is_asked_again(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.voice(1200)
        spoke_until_ms = call.at_ms
        prompt = call.wait_for(Prompt)
        self.assertEqual((prompt.name, call.at_ms - spoke_until_ms), ("not_heard", 1620))
        self.assertEqual(prompt.parts, {"hangover": 220, "silence": 500})


class FixedTests(SimpleTestCase):
    def test_what_was_said_changes_nothing(self) -> None:
        for text in ("כן", "אני רוצה", "רגע", DETAILED, "אפס חמש שתיים"):
            for spoke_ms, silence_ms in ((1200, 500), (2600, 1800)):
                reply, waited_ms = answered(text, YES_NO, Profile(), spoke_ms)
                with self.subTest(text, spoke_ms=spoke_ms):
                    parts = {"minimum": 0, "hangover": 220, "silence": silence_ms}
                    self.assertEqual(reply.parts, parts)
                    self.assertEqual(waited_ms, 220 + silence_ms)

    def test_a_very_short_utterance_waits_for_the_minimum_too(self) -> None:
        reply, waited_ms = answered("כן", YES_NO, Profile(), spoke_ms=240)
        self.assertEqual(reply.parts, {"minimum": 360, "hangover": 220, "silence": 500})
        self.assertEqual((reply.why, waited_ms), ("short silence", 1080))
