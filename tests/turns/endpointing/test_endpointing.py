"""The silence that depends on what was said: what the judges and the rules make of it."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ADAPTIVE, NOTHING, YES_NO, ScriptedCall, adaptive
from tuning.turns.completion import Asked
from tuning.turns.endpointing import Opinion, Reading, examples
from tuning.turns.endpointing import adaptive as asked_silence
from tuning.turns.events import Prompt, Reply, Think
from tuning.turns.profile import Profile

SHORTEST_MS, MIDDLE_MS, LONGEST_MS, MORE_MS = 340, 1000, 2600, 1500
TELEPHONE = Asked("number")
SURE, UNSURE, CUT, UNJUDGED = Reading("", 0.92), Reading("", 0.5), Reading("", 0.49), Reading()
TOO_SHORT, ASKED_FOR_TIME = Reading("number", 1.0), Reading("asked for time", 1.0)


def answered(
    text: str,
    asked: Asked = NOTHING,
    profile: Profile = ADAPTIVE,
    spoke_ms: int = 1200,
    *,
    whole: float | None = 1.0,
    model: str = "none",
) -> tuple[Reply, int]:
    """The reply to these words, whose final comes at once, and the silence before it."""
    call = ScriptedCall.listening(profile)
    call.whole, call.model = whole, model
    call.asks(asked)
    call.says(text, spoke_ms)
    reply = call.wait_for(Reply)
    return reply, call.at_ms - reply.spoke_until_ms


class TableTests(SimpleTestCase):
    """The table at the head of endpointing.py, cell by cell."""

    def test_every_combination_of_judges(self) -> None:
        whole, none, cut = "whole", "none", "cut_short"
        table: dict[Reading, dict[str, int]] = {
            SURE: {whole: SHORTEST_MS, none: SHORTEST_MS, cut: MIDDLE_MS},
            UNSURE: {whole: SHORTEST_MS, none: MIDDLE_MS, cut: LONGEST_MS},
            UNJUDGED: {whole: MIDDLE_MS, none: MIDDLE_MS, cut: LONGEST_MS},
            CUT: {whole: MIDDLE_MS, none: LONGEST_MS, cut: LONGEST_MS},
            TOO_SHORT: {whole: MIDDLE_MS, none: LONGEST_MS, cut: LONGEST_MS},
            ASKED_FOR_TIME: {
                whole: LONGEST_MS,
                none: LONGEST_MS + MORE_MS,
                cut: LONGEST_MS + MORE_MS,
            },
        }
        for said, row in table.items():
            for verdict, asked_ms in (row | {"needs_time": LONGEST_MS + MORE_MS}).items():
                found = asked_silence(ADAPTIVE, said, Opinion(verdict))
                with self.subTest(said=said, verdict=verdict):
                    self.assertEqual(found.asked_ms, asked_ms)
                    self.assertEqual(sum(found.parts.values()), asked_ms)

    def test_no_verdict_of_the_model_makes_a_silence_shorter_than_both_judges_allow(self) -> None:
        for said in (CUT, TOO_SHORT, ASKED_FOR_TIME):
            found = asked_silence(ADAPTIVE, said, Opinion("whole"))
            self.assertGreaterEqual(found.asked_ms, MIDDLE_MS)

    def test_silences_out_of_order_are_put_in_order(self) -> None:
        odd = adaptive(finished_silence_ms=1200, middle_silence_ms=500, end_silence_long_ms=1000)
        for said in (SURE, UNSURE, CUT):
            self.assertEqual(asked_silence(odd, said, Opinion()).asked_ms, 1000)

    def test_the_examples_of_the_dashboard_are_cells_of_it(self) -> None:
        totals = [each.asked_ms for each in examples(ADAPTIVE).values()]
        extra = [LONGEST_MS + MORE_MS, 720]
        expected = [SHORTEST_MS, SHORTEST_MS, MIDDLE_MS, MIDDLE_MS, LONGEST_MS, *extra]
        self.assertEqual(totals, expected)


class PartsTests(SimpleTestCase):
    def test_each_judge_has_a_part_of_its_own(self) -> None:
        said = {
            (1.0, "none"): {"local: whole": SHORTEST_MS - LONGEST_MS},
            (0.6, "none"): {"local: not sure": MIDDLE_MS - LONGEST_MS},
            (0.2, "none"): {"local: cut short": 0},
            (None, "none"): {"local: none": MIDDLE_MS - LONGEST_MS},
            (1.0, "whole"): {"local: whole": SHORTEST_MS - LONGEST_MS, "model: whole": 0},
            (1.0, "cut_short"): {
                "local: whole": SHORTEST_MS - LONGEST_MS,
                "model: cut short": MIDDLE_MS - SHORTEST_MS,
            },
            (0.2, "whole"): {"local: cut short": 0, "model: whole": MIDDLE_MS - LONGEST_MS},
        }
        for (whole, model), parts in said.items():
            reply, waited_ms = answered("הגעתי לחיפה", whole=whole, model=model)
            with self.subTest(whole=whole, model=model):
                self.assertEqual(reply.parts, {"longest": LONGEST_MS} | parts)
                self.assertTrue(0 <= waited_ms - sum(parts.values()) - LONGEST_MS < 20)

    def test_a_rule_stands_in_the_local_judges_place(self) -> None:
        reply, waited_ms = answered("אפס חמש שתיים", TELEPHONE)
        self.assertEqual(reply.parts, {"longest": LONGEST_MS, "rule: number": 0})
        self.assertEqual((waited_ms, reply.why), (LONGEST_MS, "unfinished words"))

    def test_how_sure_it_must_be_is_a_knob(self) -> None:
        for percent, waited_ms in ((80, SHORTEST_MS), (81, MIDDLE_MS)):
            profile = adaptive(sure_percent=percent)
            self.assertEqual(answered("הגעתי", profile=profile, whole=0.8)[1], waited_ms)

    def test_a_partial_counts_once_it_has_stood_for_long_enough(self) -> None:
        call = ScriptedCall.listening(adaptive(stable_ms=200))
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

    def test_a_verdict_on_other_words_is_none_on_these(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.says("הגעתי", 1200)
        call.whole = None
        call.words("לחיפה")
        self.assertIn("local: none", call.wait_for(Reply).parts)


class VerdictTests(SimpleTestCase):
    """The model's verdict, which is on its way."""

    def asked(self, profile: Profile = ADAPTIVE, whole: float = 1.0) -> tuple[ScriptedCall, Think]:
        """The model has just been asked for a verdict."""
        call = ScriptedCall.listening(profile)
        call.whole, call.model = whole, ""
        call.says("הגעתי לחיפה", 1200)
        return call, call.wait_for(Think)

    def test_nothing_is_decided_before_it(self) -> None:
        call, thought = self.asked()
        self.assertTrue(thought.with_verdict)
        self.assertEqual(call.silence(900), [])
        (reply,) = call.feed(call.verdict(thought, "whole"))
        assert isinstance(reply, Reply)
        self.assertTrue(reply.prepared)
        self.assertEqual(reply.parts["model: whole"], 0)
        self.assertEqual(sum(reply.parts.values()), 960)

    def test_a_late_one_leaves_the_decision_to_the_local_judge(self) -> None:
        for wait_ms in (0, 400, 1000):
            call, _thought = self.asked(adaptive(verdict_wait_ms=wait_ms))
            asked_ms, spoke_until_ms = call.at_ms, call.at_ms - 60
            reply = call.wait_for(Reply)
            with self.subTest(wait_ms=wait_ms):
                waited_ms = call.at_ms - spoke_until_ms
                self.assertEqual(waited_ms, max(SHORTEST_MS, asked_ms + wait_ms - spoke_until_ms))
                self.assertTrue(reply.prepared)
                self.assertEqual(sum(reply.parts.values()), waited_ms)

    def test_one_that_comes_after_its_time_still_counts(self) -> None:
        call, thought = self.asked(whole=0.2)
        call.silence(1500)
        (reply,) = call.feed(call.verdict(thought, "whole"))
        self.assertIsInstance(reply, Reply)

    def test_who_is_cut_short_is_answered_after_the_longest_silence_by_a_reply_that_is_ready(
        self,
    ) -> None:
        for verdict, waited_ms in (
            ("cut_short", LONGEST_MS),
            ("needs_time", LONGEST_MS + MORE_MS),
        ):
            call, thought = self.asked(whole=0.2)
            spoke_until_ms = call.at_ms - 200
            call.feed(call.verdict(thought, verdict))
            again = call.wait_for(Think)
            with self.subTest(verdict):
                self.assertFalse(again.with_verdict)
                reply = call.wait_for(Reply)
                self.assertEqual(call.at_ms - spoke_until_ms, waited_ms)
                self.assertTrue(reply.prepared)

    def test_new_words_make_it_void(self) -> None:
        call, thought = self.asked()
        call.feed(call.verdict(thought, "cut_short"))
        call.says("אתמול בבוקר", 700)
        again = call.wait_for(Think)
        self.assertEqual(again.text, "הגעתי לחיפה אתמול בבוקר")
        call.feed(call.verdict(thought, "whole"))  # of the first, too late
        self.assertEqual(call.silence(500), [])
        (reply,) = call.feed(call.verdict(again, "whole"))
        assert isinstance(reply, Reply)
        self.assertEqual(reply.text, again.text)

    def test_it_does_not_open_the_floor_over_a_caller_who_is_speaking(self) -> None:
        call, thought = self.asked()
        call.voice(300)
        call.feed(call.verdict(thought, "whole"))
        call.voice(2000)
        self.assertEqual(call.of(Reply), [])

    def test_once_the_limit_is_spent_the_local_judge_decides_alone(self) -> None:
        call, thought = self.asked(adaptive(think_limit=1))
        call.feed(call.verdict(thought, "cut_short"))
        call.says("אתמול בבוקר", 700)
        reply = call.wait_for(Reply)
        self.assertEqual(len([each for each in call.of(Think) if each.with_verdict]), 1)
        self.assertNotIn("model: cut short", reply.parts)


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
                parts = {"longest": LONGEST_MS, "rule: asked for time": 0}
                self.assertEqual(reply.parts, parts | {"asked for time": MORE_MS})
                self.assertEqual(waited_ms, LONGEST_MS + MORE_MS)


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
        for text in ("כן", "אני רוצה", "רגע", "אפס חמש שתיים"):
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
