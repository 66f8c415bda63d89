"""A person takes over a call and hands it back: the core."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ADAPTIVE, ScriptedCall
from tests.turns.persons.calls import (
    NOTICE,
    STATES,
    ask_to_say,
    ending,
    hand_back,
    held,
    over,
    take_over,
)
from tuning.turns.events import (
    AskedToSay,
    Dismiss,
    Forget,
    HandedBack,
    HandOver,
    HangUp,
    ListenedIn,
    Overhear,
    PersonSpoke,
    Prompt,
    Refuse,
    Reply,
    StopReply,
    Think,
    TookOver,
    Whispered,
)


class TakingOverTests(SimpleTestCase):
    def test_from_every_state_the_agent_is_silent_at_once_and_the_person_has_the_floor(
        self,
    ) -> None:
        for name, (make, has_reply) in STATES.items():
            with self.subTest(name):
                call = make()
                turn = call.core.turn
                actions = [each for each in take_over(call) if not isinstance(each, Forget)]
                stops = [StopReply(turn, "taken over")] if has_reply else []
                self.assertEqual(actions, [*stops, HandOver(turn + 1, "dana")])
                self.assertEqual(call.core.state, "person")

    def test_last_words_are_not_taken_over(self) -> None:
        call = ending()
        self.assertEqual(take_over(call), [Refuse("dana", "last words")])
        self.assertEqual(ask_to_say(call), [])
        call.reply_begins()
        self.assertEqual(call.reply_ends(), [HangUp("failed")])

    def test_a_farewell_is_taken_over_and_the_call_goes_on(self) -> None:
        call = ScriptedCall.speaking()
        take_over(call)
        call.reply_ends(1, farewell=True)
        self.assertEqual(call.core.state, "person")

    def test_when_the_call_is_over_nothing_happens(self) -> None:
        call = over()
        for event in (
            TookOver(call.at_ms, "dana"),
            HandedBack(call.at_ms, "dana", "lost"),
            AskedToSay(call.at_ms, "dana", "רגע"),
            Whispered(call.at_ms, "dana", "רגע"),
            ListenedIn(call.at_ms, "dana", NOTICE),
            PersonSpoke(call.at_ms, "רגע"),
        ):
            self.assertEqual(call.feed(event), [])

    def test_a_reply_that_is_made_ahead_is_forgotten(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.says("אני רוצה לקבוע תור", 900)
        call.wait_for(Think)
        self.assertEqual(take_over(call)[0], Forget(1))

    def test_while_a_person_has_the_floor_another_gets_nothing(self) -> None:
        call = held()
        self.assertEqual(take_over(call, who="ron"), [])
        self.assertEqual(ask_to_say(call), [])
        self.assertEqual(call.feed(HandedBack(call.at_ms, "ron", "handed back")), [])
        self.assertEqual(call.core.state, "person")


class HandingBackTests(SimpleTestCase):
    def test_the_agent_says_that_it_is_there_and_listens(self) -> None:
        for why, name in (("handed back", "handed_back"), ("lost", "person_lost")):
            call = held()
            self.assertEqual(hand_back(call, why), [Prompt(2, name, why)])
            call.reply_is_heard()
            call.says("שלום", 1200)
            self.assertEqual(call.wait_for(Reply).turn, 3)

    def test_what_the_caller_has_just_said_is_overheard_before_that(self) -> None:
        call = held()
        call.says("תודה", 600)
        overheard, prompt = hand_back(call)
        assert isinstance(overheard, Overhear)
        self.assertEqual((overheard.turn, overheard.text), (2, "תודה"))
        self.assertEqual(prompt, Prompt(3, "handed_back", "handed back"))
        call.reply_is_heard()
        call.silence(1000)
        self.assertEqual(call.of(Reply), [])

    def test_voice_that_has_no_words_yet_is_dismissed(self) -> None:
        call = held()
        call.voice(300)
        dismissed, _prompt = hand_back(call)
        self.assertIsInstance(dismissed, Dismiss)

    def test_who_does_not_hold_hands_nothing_back(self) -> None:
        for name, (make, _has_reply) in STATES.items():
            with self.subTest(name):
                self.assertEqual(hand_back(make()), [])

    def test_a_caller_who_speaks_over_the_prompt_has_the_floor(self) -> None:
        call = held()
        hand_back(call)
        call.reply_begins()
        call.silence(1600)
        call.says("עוד דבר", 900)
        self.assertEqual(call.wait_for(Reply).text, "עוד דבר")
