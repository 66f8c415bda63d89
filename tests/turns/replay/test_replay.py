"""The record again, and the same caller under other knobs: honest up to where they part."""

from __future__ import annotations

from time import process_time

from django.test import SimpleTestCase

from calls.language.language import words_of
from tests.script import ScriptedCall, frames
from tuning.turns.events import CallBegan, Heard, Prompt, Reply, StopReply
from tuning.turns.profile import SHIPPED, Profile
from tuning.turns.replay import decide, imagine, recorded

HASTY = Profile(end_silence_short_ms=200, vad_hangover_ms=140)
UNHURRIED = Profile(**SHIPPED["unhurried"])


def a_call(profile: Profile | None = None) -> ScriptedCall:
    """Two turns; in the first the caller stops for 500 ms to think."""
    call = ScriptedCall.listening(profile)
    call.says("אני רוצה לדעת", 700)
    call.silence(500)
    call.says("מתי אתם פתוחים", 700)
    call.wait_for(Reply)
    call.silence(600)
    call.reply_is_heard(2000)
    call.silence(1500)
    call.says("תודה", 600)
    call.wait_for(Reply)
    call.silence(600)
    call.reply_is_heard(1500)
    call.silence(3000)
    return call


class DecideTests(SimpleTestCase):
    def test_a_record_is_decided_again_as_it_was(self) -> None:
        call = a_call()
        self.assertEqual(decide(call.entries, words_of), call.decided)
        self.assertEqual(recorded(call.entries), call.decided)
        self.assertEqual([type(action) for action in call.actions], [Prompt, Reply, Reply])

    def test_the_actions_in_the_record_do_not_matter(self) -> None:
        call = a_call()
        events = [entry for entry in call.entries if not isinstance(entry, Reply | Prompt)]
        self.assertEqual(decide(events, words_of), call.decided)

    def test_a_retuned_call_is_decided_under_the_knobs_of_each_moment(self) -> None:
        call = ScriptedCall.listening()
        for profile in (HASTY, UNHURRIED):
            call.retune(profile)
            call.says("שלום", 1000)
            call.wait_for(Reply)
            call.reply_is_heard()
            call.silence(3000)
        self.assertEqual(decide(call.entries, words_of), call.decided)


class ImagineTests(SimpleTestCase):
    def test_the_same_knobs_never_part_from_the_record(self) -> None:
        comparison = imagine(a_call().entries, Profile(), words_of)
        self.assertEqual(comparison.imagined, comparison.recorded)
        self.assertIsNone(comparison.parted_ms)

    def test_the_same_knobs_do_not_part_where_a_reply_was_interrupted(self) -> None:
        call = ScriptedCall.listening()
        call.says("מה השעות", 900)
        call.wait_for(Reply)
        call.silence(500)
        call.reply_begins()
        call.silence(6000)
        call.says("רגע, ומה המחיר", 900)
        call.wait_for(Reply)
        call.silence(500)
        call.reply_is_heard(1000)
        call.silence(2000)
        self.assertIn(StopReply(1, "barge-in"), call.actions)
        self.assertIsNone(imagine(call.entries, Profile(), words_of).parted_ms)

    def test_the_same_knobs_do_not_part_where_the_caller_resumed(self) -> None:
        call = ScriptedCall.listening()
        call.says("אני רוצה", 900)
        call.wait_for(Reply)
        call.silence(900)
        call.says("לקבוע תור", 900)
        call.wait_for(Reply)
        call.reply_is_heard(1000)
        call.silence(2000)
        self.assertIn(StopReply(1, "caller resumed"), call.actions)
        self.assertIsNone(imagine(call.entries, Profile(), words_of).parted_ms)

    def test_hasty_knobs_would_have_cut_the_caller_off(self) -> None:
        call = a_call()
        comparison = imagine(call.entries, HASTY, words_of)
        decided_ms, reply = next(
            (at_ms, action) for at_ms, action in comparison.imagined if isinstance(action, Reply)
        )
        self.assertEqual(reply.text, "אני רוצה לדעת")
        self.assertEqual(decided_ms, reply.spoke_until_ms + 140 + 200)
        self.assertEqual(comparison.parted_ms, decided_ms)

    def test_patient_knobs_answer_later(self) -> None:
        comparison = imagine(a_call().entries, UNHURRIED, words_of)
        was_ms, now_ms = (
            next(at_ms for at_ms, action in each if isinstance(action, Reply))
            for each in (comparison.recorded, comparison.imagined)
        )
        self.assertEqual(now_ms - was_ms, (300 + 1000) - (220 + 500))
        self.assertEqual(comparison.parted_ms, was_ms)

    def test_an_imagined_call_is_run_on_the_candidate_throughout(self) -> None:
        """Also where the record was retuned."""
        call = ScriptedCall.listening()
        call.retune(HASTY)
        call.says("שלום", 1000)
        spoke_until_ms = call.at_ms
        call.wait_for(Reply)
        call.silence(3000)
        decided_ms, _reply = imagine(call.entries, UNHURRIED, words_of).imagined[-1]
        self.assertEqual(decided_ms, spoke_until_ms + 300 + 1000)

    def test_ten_minutes_are_imagined_in_a_moment(self) -> None:
        began = CallBegan(0, revision=1, profile=Profile(), seed=1)
        entries: list[CallBegan | Heard] = [began, *frames("__MMMM____" * 590)]
        started = process_time()
        imagine(entries, HASTY, words_of)
        self.assertLess(process_time() - started, 3)
