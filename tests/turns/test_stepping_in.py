"""A person listens, whispers, has the agent say something, takes over and hands back: the core."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from django.test import SimpleTestCase

from calls.language.language import words_of
from tests.random_calls import random_call
from tests.script import ADAPTIVE, ScriptedCall, adaptive
from tuning.turns import journal
from tuning.turns.events import (
    Action,
    Amend,
    AskedToSay,
    Dismiss,
    Event,
    Fill,
    Forget,
    HandedBack,
    HandOver,
    HangUp,
    ListenedIn,
    Overhear,
    PersonSpoke,
    Pressed,
    Prompt,
    Recognise,
    Refuse,
    Reply,
    ReplyFailed,
    ReplyLate,
    Resume,
    Say,
    StopReply,
    Think,
    TookOver,
    TranscriberFailed,
    Whispered,
)
from tuning.turns.profile import Profile
from tuning.turns.replay import decide, recorded

NOTICE = "אדם מהצוות נכנס לשיחה."


def take_over(call: ScriptedCall, notice: str = "", who: str = "dana") -> list[Action]:
    return call.feed(TookOver(call.at_ms, who, notice))


def hand_back(call: ScriptedCall, why: str = "handed back", note: str = "") -> list[Action]:
    return call.feed(HandedBack(call.at_ms, "dana", why, note))


def ask_to_say(call: ScriptedCall, text: str = "רגע", notice: str = "") -> list[Action]:
    return call.feed(AskedToSay(call.at_ms, "ron", text, notice))


def held(profile: Profile | None = None) -> ScriptedCall:
    """A person has the floor, as turn 1."""
    call = ScriptedCall.listening(profile)
    take_over(call)
    return call


def greeting() -> ScriptedCall:
    call = ScriptedCall()
    call.reply_begins()
    return call


def waiting() -> ScriptedCall:
    """The caller has said something, and may go on."""
    call = ScriptedCall.listening(ADAPTIVE)
    call.says("אני רוצה", 800)
    return call


def stopped_by_voice() -> ScriptedCall:
    call = ScriptedCall.speaking(profile=ADAPTIVE)
    call.voice(500)
    return call


def keying() -> ScriptedCall:
    call = ScriptedCall.listening()
    call.feed(Pressed(call.at_ms, "1"))
    return call


def ending() -> ScriptedCall:
    """Last words are being said."""
    call = ScriptedCall.listening()
    call.feed(TranscriberFailed(call.at_ms, "refused"))
    return call


def over() -> ScriptedCall:
    call = ending()
    call.reply_is_heard()
    return call


def noticing() -> ScriptedCall:
    call = ScriptedCall.listening()
    take_over(call, NOTICE)
    return call


STATES: dict[str, tuple[Callable[[], ScriptedCall], bool]] = {
    "greeting": (greeting, True),
    "listening": (ScriptedCall.listening, False),
    "waiting": (waiting, False),
    "thinking": (ScriptedCall.answering, True),
    "speaking": (ScriptedCall.speaking, True),
    "held": (stopped_by_voice, True),
    "keying": (keying, False),
}
"""From which a person can take over, and whether there is a reply to be stopped."""


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


class WhileHeldTests(SimpleTestCase):
    def test_the_agent_neither_speaks_nor_prepares_to_however_long_it_lasts(self) -> None:
        for profile in (Profile(no_input_ms=2000), adaptive(no_input_ms=2000, max_call_s=60)):
            call = held(profile)
            before = len(call.actions)
            call.silence(90_000)
            call.says("מה השעות", 900)
            call.silence(3000)
            kinds = {type(each) for each in call.actions[before:]}
            self.assertEqual(kinds, {Overhear})

    def test_the_callers_words_are_overheard_once_they_have_finished(self) -> None:
        for profile in (Profile(), ADAPTIVE):
            call = held(profile)
            began_ms = call.at_ms
            call.says("יש לי שאלה", 900)
            until_ms = call.at_ms
            found = call.wait_for(Overhear)
            self.assertEqual(
                found, Overhear(2, "יש לי שאלה", found.spoke_from_ms, found.spoke_until_ms)
            )
            self.assertGreaterEqual(found.spoke_from_ms, began_ms)
            self.assertLessEqual(found.spoke_until_ms, until_ms)
            asked_ms = call.knobs.vad_hangover_ms + call.knobs.end_silence_short_ms
            self.assertGreaterEqual(call.at_ms - until_ms, asked_ms)

    def test_a_sentence_with_a_breath_in_it_is_one(self) -> None:
        call = held()
        call.voice(900)
        call.silence(300)
        call.says("יש לי שאלה על החשבון", 900)
        call.wait_for(Overhear)
        self.assertEqual([each.text for each in call.of(Overhear)], ["יש לי שאלה על החשבון"])

    def test_what_the_caller_was_saying_goes_to_the_person(self) -> None:
        call = waiting()
        take_over(call)
        call.says("לקבוע תור", 700)
        self.assertEqual(call.wait_for(Overhear).text, "אני רוצה לקבוע תור")

    def test_a_late_correction_is_of_the_turn_that_has_the_words(self) -> None:
        call = held()
        call.voice(900)
        reached_ms = call.at_ms
        call.words("יש לי שאלה", final=False)
        call.wait_for(Overhear)
        self.assertEqual(
            call.words("יש לי שאלה קטנה", until_ms=reached_ms), [Amend(2, "יש לי שאלה קטנה")]
        )

    def test_a_correction_of_what_was_answered_before_keeps_its_turn(self) -> None:
        call = ScriptedCall.listening(ADAPTIVE)
        call.voice(900)
        reached_ms = call.at_ms
        call.words("שלום", final=False)
        call.wait_for(Reply)
        take_over(call)
        self.assertEqual(call.words("שלום רב", until_ms=reached_ms), [Amend(1, "שלום רב")])

    def test_voice_without_words_is_dismissed(self) -> None:
        call = held()
        call.voice(600)
        self.assertEqual(call.wait_for(Dismiss).why, "no words")
        self.assertEqual(call.of(Prompt)[1:], [])

    def test_without_streaming_the_words_are_asked_for(self) -> None:
        call = held(Profile(streaming_stt=False))
        call.voice(900)
        asked = call.wait_for(Recognise)
        call.words("יש לי שאלה", until_ms=asked.until_ms)
        self.assertEqual(call.wait_for(Overhear).text, "יש לי שאלה")

    def test_keys_are_overheard_like_words(self) -> None:
        call = held()
        for digit in "12":
            self.assertEqual(call.feed(Pressed(call.at_ms, digit)), [])
        (found,) = call.feed(Pressed(call.at_ms, "#"))
        self.assertEqual(found, Overhear(2, "12", call.at_ms, call.at_ms))
        call.feed(Pressed(call.at_ms, "5"))
        self.assertEqual(call.wait_for(Overhear).text, "5")

    def test_keys_that_were_begun_before_are_not_lost(self) -> None:
        call = keying()
        take_over(call)
        self.assertEqual(call.wait_for(Overhear).text, "1")

    def test_a_dead_line_still_ends_the_call(self) -> None:
        call = held()
        self.assertEqual(call.line_stalls(31)[-1], HangUp("line stalled"))

    def test_the_persons_time_does_not_count_towards_the_longest_call(self) -> None:
        call = held(Profile(max_call_s=60, no_input_ms=0))
        call.silence(100_000)
        hand_back(call)
        call.reply_is_heard()
        call.silence(40_000)
        self.assertEqual([each.name for each in call.of(Prompt)], ["greeting", "handed_back"])
        self.assertEqual(call.wait_for(Prompt, 20_000).name, "time_up")

    def test_without_a_transcriber_the_person_goes_on_and_the_agent_cannot(self) -> None:
        call = held()
        self.assertEqual(call.feed(TranscriberFailed(call.at_ms, "refused")), [])
        self.assertEqual(call.core.state, "person")
        (prompt,) = hand_back(call)
        self.assertEqual(prompt, Prompt(2, "apology_goodbye", "transcriber failed"))

    def test_the_persons_own_words_decide_nothing(self) -> None:
        call = held()
        self.assertEqual(call.feed(PersonSpoke(call.at_ms, "שלום")), [])


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


class AnyCallTests(SimpleTestCase):
    """Whatever happens, in any order."""

    calls: ClassVar[list[ScriptedCall]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.calls = [random_call(seed, persons=True) for seed in range(150)]

    def test_a_call_replays_from_its_journal_to_itself(self) -> None:
        for call in self.calls:
            entries = list(journal.read(map(journal.dump, call.entries)))
            self.assertEqual(decide(entries, words_of), recorded(entries))

    def test_while_a_person_has_the_floor_the_agent_is_silent(self) -> None:
        silent, has_floor = 0, False
        for call in self.calls:
            has_floor = False
            for entry in call.entries:
                match entry:
                    case HandOver():
                        has_floor = True
                    case HandedBack(who="dana"):
                        has_floor = False
                    case Reply() | Prompt() | Say() | Resume() | Fill() | Think():
                        self.assertFalse(has_floor, entry)
                    case Overhear():
                        silent += has_floor
        self.assertGreater(silent, 50)

    def test_turns_are_numbered_in_order(self) -> None:
        for call in self.calls:
            kinds = Reply | Prompt | Say | HandOver | Overhear
            turns = [each.turn for each in call.actions if isinstance(each, kinds)]
            self.assertEqual(turns, list(range(len(turns))))

    def test_nobody_gets_the_floor_before_the_caller_was_told(self) -> None:
        given = 0
        for call in self.calls:
            asked: Event | None = None
            told = False
            for entry in call.entries:
                match entry:
                    case TookOver():
                        asked = entry if asked is None else asked
                    case HandOver():
                        given += 1
                        assert isinstance(asked, TookOver)
                        self.assertTrue(told or not asked.notice or self.was_told(call))
                        asked = None
                    case Refuse() | HandedBack():
                        asked = None
                    case Say(why="notice"):
                        told = True
        self.assertGreater(given, 100)

    def was_told(self, call: ScriptedCall) -> bool:
        return any(NOTICE_WORDS in each.text for each in call.of(Say))


NOTICE_WORDS = "אדם מהצוות שומע את השיחה."
"""As of random_calls."""
