"""Ready before the decision: replies begun on words that may be all, kept, or forgotten."""

from __future__ import annotations

from random import Random

from django.test import SimpleTestCase

from calls.language.hebrew import HEBREW
from tests.random_calls import random_call
from tests.script import ADAPTIVE, YES_NO, ScriptedCall, adaptive
from tuning.turns.completion import same_words
from tuning.turns.endpointing import VERDICTS
from tuning.turns.events import (
    Action,
    Forget,
    HangUp,
    Pressed,
    Prompt,
    Reply,
    Resume,
    StopReply,
    Think,
    TranscriberFailed,
)
from tuning.turns.preemptive import LATER_MS, SOON_MS
from tuning.turns.profile import Profile


def thinking(text: str = "הגעתי לחיפה", profile: Profile = ADAPTIVE) -> ScriptedCall:
    """A reply to this partial has been begun, while the silence is still being measured."""
    call = ScriptedCall.listening(profile)
    call.voice(1200)
    call.words(text, final=False)
    call.wait_for(Think)
    return call


class ThinkTests(SimpleTestCase):
    def test_a_reply_is_begun_while_the_silence_is_measured(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.voice(1200)
        spoke_until_ms = call.at_ms
        call.words("הגעתי לחיפה", final=False)
        self.assertEqual(call.wait_for(Think), Think(1, "הגעתי לחיפה", with_verdict=True))
        self.assertEqual(call.at_ms, spoke_until_ms + SOON_MS)
        self.assertEqual(call.core.turn, 0)

    def test_a_partial_that_comes_later_begins_it_at_once(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.voice(1200)
        spoke_until_ms = call.at_ms
        call.silence(600)
        call.words("הגעתי לחיפה", until_ms=spoke_until_ms, final=False)
        self.assertEqual(call.silence(20), [Think(1, "הגעתי לחיפה", with_verdict=True)])

    def test_words_that_do_not_reach_the_speech_end_begin_none(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.says("הגעתי לחיפה", 600)
        call.voice(800)
        self.assertEqual(call.silence(1600), [])

    def test_words_that_the_local_judge_finds_cut_short_begin_it_later(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.whole = 0.2
        call.says("הגעתי", 1200)
        spoke_until_ms = call.at_ms
        call.wait_for(Think)
        self.assertEqual(call.at_ms, spoke_until_ms + LATER_MS)

    def test_after_words_that_must_go_on_it_is_begun_once_without_a_verdict(self) -> None:
        for text in ("אפס חמש שתיים", "זה אממ", "רגע"):
            call = ScriptedCall.listening(ADAPTIVE)
            call.says(text, 1200)
            reply = call.wait_for(Reply)
            with self.subTest(text):
                self.assertEqual(call.of(Think, Forget), [Think(1, text)])
                self.assertTrue(reply.prepared)

    def test_nothing_is_begun_where_the_limit_is_0(self) -> None:
        for profile in (adaptive(think_limit=0), Profile()):
            call = ScriptedCall.listening(profile)
            call.says("הגעתי לחיפה", 1200)
            call.wait_for(Reply)
            self.assertEqual(call.of(Think, Forget), [])

    def test_at_most_so_many_are_begun_in_a_turn(self) -> None:
        for limit in (1, 2, 3):
            call = ScriptedCall.listening(adaptive(think_limit=limit))
            call.whole = 0.6
            said = ""
            for word in ("הגעתי", "לחיפה", "אתמול", "בבוקר", "ברכבת"):
                said = f"{said} {word}".strip()
                call.voice(500)
                call.words(said, final=False)
                call.silence(400)
            call.wait_for(Reply)
            with self.subTest(limit=limit):
                self.assertEqual(len(call.of(Think)), limit)
                self.assertEqual(len(call.of(Forget)), limit)
                self.assertFalse(call.last(Reply).prepared)

    def test_the_next_turn_may_think_again(self) -> None:
        call = thinking(profile=adaptive(think_limit=1))
        call.words("הגעתי לחיפה", until_ms=call.at_ms - SOON_MS)
        call.wait_for(Reply)
        call.reply_is_heard()
        call.silence(2000)
        call.says("תור לרופא", 900)
        self.assertEqual(call.wait_for(Think), Think(2, "תור לרופא", with_verdict=True))


class KeptTests(SimpleTestCase):
    def test_the_decision_releases_what_was_prepared(self) -> None:
        call = thinking()
        reply = call.wait_for(Reply)
        self.assertEqual((reply.turn, reply.text, reply.prepared), (1, "הגעתי לחיפה", True))
        self.assertEqual(call.of(Forget), [])

    def test_words_that_mean_the_same_keep_it(self) -> None:
        for final in ("הגעתי לחיפה.", "אה הגעתי, לחיפה", "הִגַּעְתִּי לְחֵיפָה"):
            call = thinking()
            spoke_until_ms = call.at_ms - SOON_MS
            call.words(final, until_ms=spoke_until_ms)
            reply = call.wait_for(Reply)
            with self.subTest(final):
                self.assertEqual((reply.text, reply.prepared), (final, True))
                self.assertEqual(len(call.of(Think, Forget)), 1)

    def test_a_cough_after_it_was_begun_keeps_it(self) -> None:
        call = thinking()
        call.voice(126)
        self.assertTrue(call.wait_for(Reply).prepared)
        self.assertEqual(len(call.of(Think, Forget)), 1)

    def test_a_hash_alone_releases_it(self) -> None:
        call = thinking()
        (reply,) = call.feed(Pressed(call.at_ms, "#"))
        self.assertIsInstance(reply, Reply)
        self.assertTrue(call.last(Reply).prepared)


class ForgottenTests(SimpleTestCase):
    def test_other_words_end_it_and_begin_another(self) -> None:
        call = thinking()
        spoke_until_ms = call.at_ms - SOON_MS
        call.words("הגעתי לחיפה מחר", until_ms=spoke_until_ms, final=False)
        self.assertEqual(
            call.silence(20), [Forget(1), Think(1, "הגעתי לחיפה מחר", with_verdict=True)]
        )
        self.assertTrue(call.wait_for(Reply).prepared)

    def test_a_decision_on_other_words_ends_it_first(self) -> None:
        call = thinking(profile=adaptive(think_limit=1))
        call.asks(YES_NO)
        call.words("לא", until_ms=call.at_ms - SOON_MS)
        call.wait_for(Reply)
        forgotten, reply = call.actions[-2:]
        self.assertEqual(forgotten, Forget(1))
        self.assertFalse(call.last(Reply).prepared)
        self.assertEqual(reply, call.last(Reply))

    def test_digits_end_it(self) -> None:
        call = thinking()
        call.feed(Pressed(call.at_ms, "5"))
        call.wait_for(Reply)
        self.assertEqual(call.actions[-2:], [Forget(1), call.last(Reply)])
        self.assertFalse(call.last(Reply).prepared)

    def test_words_taken_back_by_the_transcriber_end_it_with_their_voice(self) -> None:
        call = ScriptedCall.speaking(profile=ADAPTIVE)
        call.voice(120)
        call.words("אהה", final=False)
        call.silence(1500)
        call.reply_ends()
        call.silence(2000)
        call.voice(120)
        call.words("אהה שלום", final=False)
        self.assertEqual(call.wait_for(Think).text, "שלום")
        call.words("אהה", until_ms=call.at_ms - SOON_MS)
        before = len(call.actions)
        call.silence(3000)
        self.assertEqual(
            [type(each).__name__ for each in call.actions[before:]], ["Forget", "Dismiss"]
        )

    def test_a_prompt_ends_it(self) -> None:
        call = thinking()
        failed = call.feed(TranscriberFailed(call.at_ms, "no more"))
        self.assertEqual([type(each) for each in failed], [Forget, Prompt])
        call = ScriptedCall.listening(adaptive(max_call_s=30))
        call.whole = 0.6
        call.silence(30_000 - call.at_ms - 1600)
        call.says("הגעתי לחיפה", 1200)
        call.silence(400)
        self.assertEqual([type(each) for each in call.actions[-3:]], [Think, Forget, Prompt])


class ProtocolTests(SimpleTestCase):
    """What holds for any call at all."""

    calls: list[list[Action]]
    """What each of some random ones decided; the number is its seed."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.calls = [random_call(seed).actions for seed in range(150)]

    def test_every_thought_is_released_or_forgotten_once_before_the_next_turn(self) -> None:
        thoughts = released = 0
        for seed, actions in enumerate(self.calls):
            pending: Think | None = None
            attempts: dict[int, int] = {}
            thoughts += len([each for each in actions if isinstance(each, Think)])
            with self.subTest(seed=seed):
                for action in actions:
                    match action:
                        case Think():
                            self.assertIsNone(pending)
                            pending = action
                            judged = action.with_verdict
                            attempts[action.turn] = attempts.get(action.turn, 0) + judged
                        case Forget():
                            self.assertEqual(pending and pending.turn, action.turn)
                            pending = None
                        case Reply(prepared=True):
                            assert pending
                            self.assertEqual(pending.turn, action.turn)
                            self.assertTrue(same_words(pending.text, action.text, HEBREW.words))
                            pending, released = None, released + 1
                        case Reply() | Prompt():
                            self.assertIsNone(pending)
                self.assertLessEqual(max(attempts.values(), default=0), 1 + seed % 3)
        self.assertGreater(released, 100)
        self.assertGreater(thoughts, released + 100)

    def test_turns_are_numbered_on_and_only_what_was_stopped_for_a_while_resumes(self) -> None:
        resumed = 0
        for seed, actions in enumerate(self.calls):
            turn, stopped = -1, False
            with self.subTest(seed=seed):
                for action in actions:
                    match action:
                        case Reply() | Prompt():
                            self.assertEqual(action.turn, turn + 1)
                            turn, stopped = action.turn, False
                        case StopReply():
                            self.assertEqual(action.turn, turn)
                            stopped = action.may_resume
                        case Resume():
                            self.assertTrue(stopped)
                            self.assertEqual(action.turn, turn)
                            stopped, resumed = False, resumed + 1
        self.assertGreater(resumed, 20)

    def test_no_caller_is_left_in_silence_or_answered_twice(self) -> None:
        """Whatever the judges say, in any order, and however late: all that was said is answered,
        once, within the longest silence and the time that was asked for."""
        pieces = ("נסיעה", "לחיפה", "רגע", "מחר", "אה", "בבוקר", "אפס חמש")
        longest_ms = ADAPTIVE.end_silence_long_ms + ADAPTIVE.asked_for_time_ms
        for seed in range(300):
            chance = Random(seed)
            call = ScriptedCall.listening(adaptive(think_limit=seed % 4))
            call.model = ""
            said = ""
            for _piece in range(chance.randrange(1, 5)):
                call.whole = chance.choice((None, 0.0, 0.4, 0.6, 0.95))
                call.voice(chance.choice((300, 900)))
                said = f"{said} {chance.choice(pieces)}".strip()
                call.words(said, final=False)
                for _moment in range(chance.randrange(1, 8)):
                    call.silence(chance.choice((40, 200, 600)))
                    if (thoughts := call.of(Think)) and chance.random() < 0.5:
                        late = chance.choice(thoughts[-2:])
                        call.feed(call.verdict(late, chance.choice(VERDICTS)))
            call.silence(longest_ms + 100)
            stopped = {each.turn for each in call.of(StopReply)}
            answers = [each.text for each in call.of(Reply) if each.turn not in stopped]
            with self.subTest(seed=seed):
                self.assertEqual(answers, [said])

    def test_nothing_follows_a_hang_up(self) -> None:
        for actions in self.calls:
            ends = [number for number, each in enumerate(actions) if isinstance(each, HangUp)]
            self.assertIn(ends, ([], [len(actions) - 1]))
