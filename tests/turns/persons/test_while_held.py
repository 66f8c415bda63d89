"""While a person has the floor: the core."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ADAPTIVE, ScriptedCall, adaptive
from tests.turns.persons.calls import (
    hand_back,
    held,
    keying,
    take_over,
    waiting,
)
from tuning.turns.events import (
    Amend,
    Dismiss,
    HangUp,
    Overhear,
    PersonSpoke,
    Pressed,
    Prompt,
    Recognise,
    Reply,
    TranscriberFailed,
)
from tuning.turns.profile import Profile


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
