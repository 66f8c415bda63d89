"""The record again, decided as it was."""

from __future__ import annotations

from django.test import SimpleTestCase

from calls.language.language import words_of
from tests.script import ScriptedCall
from tuning.turns.events import Prompt, Reply
from tuning.turns.profile import SHIPPED, Profile
from tuning.turns.replay import decide, recorded

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
