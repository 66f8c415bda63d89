"""What a person whispers, has the agent say, and what callers are told before: the core."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ScriptedCall, adaptive
from tests.turns.persons.calls import (
    NOTICE,
    STATES,
    ask_to_say,
    hand_back,
    keying,
    noticing,
    take_over,
    waiting,
)
from tuning.turns.events import (
    Dismiss,
    Forget,
    HandOver,
    ListenedIn,
    Overhear,
    Pressed,
    Prompt,
    Refuse,
    Reply,
    ReplyFailed,
    ReplyLate,
    Say,
    StopReply,
    Think,
    TranscriberFailed,
    Whispered,
)


class SayingTests(SimpleTestCase):
    def test_from_every_state_it_is_said_now(self) -> None:
        for name, (make, has_reply) in STATES.items():
            with self.subTest(name):
                call = make()
                turn = call.core.turn
                actions = [each for each in ask_to_say(call) if not isinstance(each, Forget)]
                if has_reply:
                    self.assertEqual(actions.pop(0), StopReply(turn, "asked to say"))
                said = actions.pop()
                self.assertEqual(said, Say(call.core.turn, "רגע", "asked to say"))
                self.assertLessEqual({type(each) for each in actions}, {Overhear, Dismiss})

    def test_what_was_said_or_keyed_before_is_a_turn_of_its_own(self) -> None:
        for make, text in ((waiting, "אני רוצה"), (keying, "1")):
            call = make()
            ask_to_say(call)
            self.assertEqual([each.text for each in call.of(Overhear)], [text])

    def test_a_caller_who_still_speaks_does_not_keep_it_from_being_heard(self) -> None:
        call = waiting()
        ask_to_say(call)
        turn = call.core.turn
        self.assertEqual(call.voice(900), [])
        self.assertEqual(call.core.turn, turn)

    def test_once_it_is_heard_it_is_interrupted_as_any_reply(self) -> None:
        call = ScriptedCall.listening()
        ask_to_say(call)
        call.reply_begins()
        call.silence(1600)
        call.says("רגע רגע", 900)
        self.assertEqual(call.of(StopReply), [StopReply(1, "barge-in")])

    def test_one_that_fails_brings_an_apology(self) -> None:
        call = ScriptedCall.listening()
        ask_to_say(call)
        actions = call.feed(ReplyFailed(call.at_ms, 1, "refused"))
        self.assertEqual(actions[-1], Prompt(2, "apology", "reply failed"))


class WhisperTests(SimpleTestCase):
    def test_a_reply_that_is_made_ahead_is_made_anew(self) -> None:
        call = ScriptedCall.listening(adaptive(think_limit=1, middle_silence_ms=1500))
        call.whole = 0.6
        call.says("אני רוצה לקבוע תור", 900)
        first = call.wait_for(Think)
        self.assertEqual(call.feed(Whispered(call.at_ms, "ron", "בקצרה")), [Forget(1)])
        self.assertEqual(call.wait_for(Think), first)
        self.assertTrue(call.wait_for(Reply).prepared)

    def test_it_stops_nothing_that_is_said(self) -> None:
        for name, (make, _has_reply) in STATES.items():
            with self.subTest(name):
                call = make()
                actions = call.feed(Whispered(call.at_ms, "ron", "בקצרה"))
                self.assertLessEqual({type(each) for each in actions}, {Forget})


class NoticeTests(SimpleTestCase):
    def test_who_takes_over_waits_until_the_caller_has_heard_it(self) -> None:
        for name, (make, _has_reply) in STATES.items():
            with self.subTest(name):
                call = make()
                said = take_over(call, NOTICE)[-1]
                self.assertEqual(said, Say(call.core.turn, NOTICE, "notice"))
                self.assertEqual(call.reply_is_heard()[-1], HandOver(call.core.turn, "dana"))
                self.assertTrue(call.core.is_noticed)

    def test_it_is_said_once_in_a_call(self) -> None:
        call = noticing()
        call.reply_is_heard()
        hand_back(call)
        call.reply_is_heard()
        self.assertEqual(take_over(call, NOTICE), [HandOver(call.core.turn, "dana")])
        hand_back(call)
        self.assertEqual(call.feed(ListenedIn(call.at_ms, "ron", NOTICE)), [])
        call.reply_is_heard()
        call.silence(500)
        self.assertEqual(len(call.of(Say)), 1)

    def test_nothing_of_the_callers_stops_it_and_nothing_is_lost(self) -> None:
        call = noticing()
        call.reply_begins()
        call.says("מה זה צריך להיות", 1500)
        self.assertEqual(call.feed(Pressed(call.at_ms, "5")), [])
        self.assertEqual(call.of(StopReply, Reply), [])
        call.reply_ends()
        self.assertEqual(call.wait_for(Overhear).text, "מה זה צריך להיות 5")

    def test_if_it_cannot_be_said_the_person_does_not_get_the_floor(self) -> None:
        for kind in (ReplyFailed, ReplyLate):
            call = noticing()
            actions = call.feed(kind(call.at_ms, 1, "refused"))
            self.assertEqual(actions[1:2], [Refuse("dana", "notice failed")])
            self.assertEqual(actions[-1], Prompt(2, "apology", "reply failed"))
            self.assertFalse(call.core.is_noticed)
            self.assertNotEqual(take_over(call), [], "they may try again")

    def test_who_hands_back_meanwhile_has_never_had_the_floor(self) -> None:
        call = noticing()
        self.assertEqual(hand_back(call), [])
        call.reply_is_heard()
        self.assertEqual(call.core.state, "refractory")
        self.assertEqual(call.of(HandOver), [])

    def test_without_a_transcriber_the_person_gets_the_floor_or_the_call_ends(self) -> None:
        call = noticing()
        self.assertEqual(call.feed(TranscriberFailed(call.at_ms, "refused")), [])
        self.assertEqual(call.reply_is_heard(), [HandOver(2, "dana")])
        for leave in (hand_back, lambda call: call.feed(ReplyFailed(call.at_ms, 1, "late"))):
            call = noticing()
            call.feed(TranscriberFailed(call.at_ms, "refused"))
            self.assertEqual(leave(call)[-1], Prompt(2, "apology_goodbye", "transcriber failed"))

    def test_for_a_listener_it_comes_as_soon_as_nobody_speaks(self) -> None:
        call = ScriptedCall.speaking()
        self.assertEqual(call.feed(ListenedIn(call.at_ms, "ron", NOTICE)), [])
        call.silence(500)
        self.assertEqual(call.of(Say), [])
        call.reply_ends()
        self.assertEqual(call.silence(20), [Say(2, NOTICE, "notice")])
        self.assertFalse(call.core.is_noticed)
        call.reply_is_heard()
        self.assertTrue(call.core.is_noticed)

    def test_one_for_a_listener_that_fails_is_not_tried_again_by_itself(self) -> None:
        call = ScriptedCall.listening()
        call.feed(ListenedIn(call.at_ms, "ron", NOTICE))
        call.wait_for(Say)
        self.assertEqual(call.feed(ReplyFailed(call.at_ms, 1, "refused")), [StopReply(1, "failed")])
        call.silence(2000)
        self.assertEqual(len(call.of(Say)), 1)
        call.feed(ListenedIn(call.at_ms, "ron", NOTICE))
        self.assertEqual(call.wait_for(Say).turn, 2)

    def test_keys_over_one_for_a_listener_are_answered(self) -> None:
        call = ScriptedCall.listening()
        call.feed(ListenedIn(call.at_ms, "ron", NOTICE))
        call.wait_for(Say)
        call.reply_begins()
        call.feed(Pressed(call.at_ms, "1"))
        call.reply_ends()
        call.feed(Pressed(call.at_ms, "2"))
        self.assertEqual(call.wait_for(Reply).text, "12")

    def test_what_a_person_has_said_comes_after_it(self) -> None:
        call = ScriptedCall.listening()
        self.assertEqual(ask_to_say(call, "רגע", NOTICE), [Say(1, f"{NOTICE} רגע", "asked to say")])
        call.reply_is_heard()
        self.assertEqual(ask_to_say(call, "רגע", NOTICE), [Say(2, "רגע", "asked to say")])
