"""Recorded calls under other knobs: each turn in its own surroundings, and what nobody can say."""

from __future__ import annotations

from dataclasses import asdict, replace

from django.test import SimpleTestCase

from calls.language.language import words_of
from tests.random_calls import random_call
from tests.recordings.calls import CALLS
from tests.script import ADAPTIVE, ScriptedCall, adaptive
from tuning.lab.tried import (
    CALL_ENDED,
    NEVER_JUDGED,
    NO_MODEL,
    NOT_STREAMED,
    REACTION,
    CallTried,
    Timing,
)
from tuning.lab.trying import tried
from tuning.turns import journal
from tuning.turns.endpointing import CUT_SHORT, WHOLE
from tuning.turns.events import (
    JUDGED,
    CallBegan,
    Heard,
    JudgedByModel,
    JudgedLocally,
    Prompt,
    Reply,
    Retuned,
)
from tuning.turns.knob import Value
from tuning.turns.profile import Profile

BALANCED = Profile()
"""720 ms after anything shorter than two seconds."""
QUICK = Timing(makes_ms=40, heard_after_ms=0, latency_ms=None)


def fixed(**knobs: Value) -> Profile:
    return Profile(**asdict(BALANCED) | knobs)


HASTY = fixed(vad_hangover_ms=100, end_silence_short_ms=200)
"""300 ms."""
UNHURRIED = fixed(vad_hangover_ms=300, end_silence_short_ms=1000)
"""1,300 ms."""


def under(call: ScriptedCall, profile: Profile | None, **timings: Timing) -> CallTried:
    """timings: of turn 1 as t1, and so on."""
    known = {int(name[1:]): timing for name, timing in timings.items()}
    (found,) = tried(call.entries, [profile], words_of, known)
    return found


def answered(call: ScriptedCall, heard_after_ms: int = 600) -> None:
    call.wait_for(Reply)
    call.silence(heard_after_ms)
    call.reply_is_heard(2000)
    call.silence(1500)


def a_call(pause_ms: int = 500) -> ScriptedCall:
    """Two turns; in the first the caller stops to think."""
    call = ScriptedCall.listening(BALANCED)
    call.says("אני רוצה לדעת", 700)
    call.silence(pause_ms)
    call.says("מתי אתם פתוחים", 700)
    answered(call)
    call.says("תודה", 600)
    answered(call)
    return call


class AsItWasTests(SimpleTestCase):
    def test_under_their_own_knobs_calls_are_as_they_were(self) -> None:
        for call in CALLS:
            entries = list(journal.read(call.recorded().journal))
            if any(isinstance(each, Retuned) for each in entries):
                continue
            own = next(each.profile for each in entries if isinstance(each, CallBegan))
            was, now = tried(entries, [None, own], words_of, {})
            with self.subTest(call.path):
                self.assertEqual(now, was)

    def test_of_a_call_that_persons_step_in_to_only_the_agents_turns_are_known(self) -> None:
        for seed in range(30):
            entries = random_call(seed, persons=True).entries
            agents = {each.turn for each in entries if isinstance(each, Reply | Prompt)}
            for found in tried(entries, [None, HASTY, UNHURRIED], words_of, {}):
                known = {turn.turn for turn in found.turns if not turn.unknown}
                with self.subTest(seed):
                    self.assertLessEqual(known, agents)

    def test_a_retuned_call_is_tried_on_the_candidate_throughout(self) -> None:
        call = ScriptedCall.listening(BALANCED)
        call.retune(HASTY)
        call.says("שלום", 1000)
        answered(call)
        (was,), (now,) = under(call, None).turns, under(call, UNHURRIED).turns
        self.assertEqual(was.decided_ms - was.spoke_until_ms, 300)
        self.assertEqual(now.decided_ms - now.spoke_until_ms, 1300)

    def test_what_was_measured_is_kept(self) -> None:
        timing = Timing(makes_ms=500, heard_after_ms=80, latency_ms=1234.5)
        first, _second = under(a_call(), None, t1=timing).turns
        self.assertEqual(first.latency_ms, 1234.5)


class SoonerTests(SimpleTestCase):
    def test_who_goes_on_before_the_answer_is_heard_is_not_cut_in_on(self) -> None:
        """It takes 900 ms until it could be heard: the pause is over before."""
        now = under(a_call(), HASTY)
        self.assertEqual([each.is_cut_in for each in now.turns], [False, False])
        self.assertEqual(now.turns[0].said, "אני רוצה לדעת מתי אתם פתוחים")

    def test_who_goes_on_into_the_answer_is_cut_in_on(self) -> None:
        first, second, third = under(a_call(), HASTY, t1=QUICK).turns
        self.assertTrue(first.is_cut_in)
        self.assertEqual(first.said, "אני רוצה לדעת")
        self.assertEqual(first.decided_ms, first.spoke_until_ms + 300)
        self.assertEqual(second.said, "אני רוצה לדעת מתי אתם פתוחים")
        self.assertEqual((second.is_cut_in, third.is_cut_in), (False, False))

    def test_who_spoke_into_the_recorded_answer_speaks_into_one_that_comes_sooner(self) -> None:
        """Although that one has been heard for longer than a cut-in takes by then."""
        call = ScriptedCall.listening(BALANCED)
        call.says("אני רוצה לדעת משהו על התור", 2400)
        call.wait_for(Reply)
        call.reply_begins()
        call.silence(700)
        call.says("מתי אתם פתוחים", 900)
        answered(call)
        was, now = (under(call, each, t1=QUICK) for each in (None, fixed(end_silence_long_ms=800)))
        self.assertEqual([each.is_cut_in for each in was.turns], [True, False])
        self.assertEqual([each.is_cut_in for each in now.turns], [True, False])
        self.assertEqual((was.stopped, now.stopped), (0, 0))

    def test_an_answer_comes_sooner_by_as_much_as_the_decision(self) -> None:
        timing = Timing(makes_ms=500, heard_after_ms=80, latency_ms=1300)
        was, now = (under(a_call(), each, t2=timing).turns[-1] for each in (None, HASTY))
        self.assertEqual(was.latency_ms, 1300)
        self.assertEqual(now.latency_ms, 1300 - (720 - 300))

    def test_a_turn_that_is_decided_otherwise_does_not_falsify_the_next(self) -> None:
        was, now = (under(a_call(), each, t1=QUICK).turns[-1] for each in (None, HASTY))
        self.assertEqual((was.said, was.spoke_until_ms), (now.said, now.spoke_until_ms))


class LaterTests(SimpleTestCase):
    def test_a_longer_wait_is_assumed_and_marked(self) -> None:
        was, now = (under(a_call(), each).turns[0] for each in (None, UNHURRIED))
        self.assertEqual(now.decided_ms - was.decided_ms, 1300 - 720)
        self.assertEqual((was.is_unseen, now.is_unseen), (False, False))
        self.assertTrue(under(a_call(), fixed(end_silence_short_ms=1400)).turns[0].is_unseen)

    def test_who_was_cut_in_on_is_saved(self) -> None:
        call = ScriptedCall.listening(BALANCED)
        call.says("אני רוצה לדעת", 700)
        call.wait_for(Reply)
        call.reply_begins()
        call.silence(100)
        call.says("מתי אתם פתוחים", 700)
        answered(call)
        was, now = under(call, None).turns, under(call, UNHURRIED).turns
        self.assertEqual([each.is_cut_in for each in was], [True, False])
        self.assertEqual([each.is_cut_in for each in now], [False])
        self.assertEqual(now[0].said, "אני רוצה לדעת מתי אתם פתוחים")

    def test_a_sound_over_the_recorded_answer_leaves_it_unknown(self) -> None:
        call = ScriptedCall.listening(BALANCED)
        call.says("מה השעות", 700)
        call.wait_for(Reply)
        call.reply_begins()
        call.voice(200)
        call.silence(3000)
        (now,) = under(call, UNHURRIED).turns
        self.assertEqual((now.unknown, now.latency_ms), (REACTION, None))

    def test_what_counts_as_speech_over_it_does_and_a_click_does_not(self) -> None:
        for voice_ms, unknown in ((40, ""), (80, REACTION)):
            call = ScriptedCall.listening(BALANCED)
            call.says("מה השעות", 700)
            call.wait_for(Reply)
            call.reply_begins()
            call.voice(voice_ms)
            call.silence(3000)
            (now,) = under(call, UNHURRIED).turns
            self.assertEqual(now.unknown, unknown, voice_ms)

    def test_a_call_that_ended_before_leaves_it_unknown(self) -> None:
        call = ScriptedCall.listening(BALANCED)
        call.says("מה השעות", 700)
        call.wait_for(Reply)
        (now,) = under(call, UNHURRIED).turns
        self.assertEqual(now.unknown, CALL_ENDED)

    def test_a_turn_to_whose_end_the_record_never_came_is_unknown(self) -> None:
        """Whoever is not answered says it again: what they say hangs on what was done."""
        call = ScriptedCall.listening(BALANCED)
        call.says("מה השעות", 700)
        call.silence(400)
        (now,) = under(call, HASTY).turns
        self.assertEqual((now.unknown, now.latency_ms), (CALL_ENDED, None))
        self.assertEqual(under(call, None).turns, [])


class VerdictTests(SimpleTestCase):
    def judged_call(self, verdict: str) -> ScriptedCall:
        call = ScriptedCall.listening(ADAPTIVE)
        call.model = verdict
        call.says("אני רוצה לקבוע תור", 1200)
        answered(call)
        return call

    def test_the_recorded_verdict_counts_under_the_candidate(self) -> None:
        call = self.judged_call(CUT_SHORT)
        (was,), (now,) = (
            under(call, each).turns for each in (None, adaptive(middle_silence_ms=1500))
        )
        self.assertEqual((was.asked_ms, now.asked_ms), (1000, 1500))

    def test_words_that_the_model_was_never_asked_of_are_unknown(self) -> None:
        call = self.judged_call(WHOLE)
        call.entries = [each for each in call.entries if not isinstance(each, JudgedByModel)]
        (alone,) = under(call, ADAPTIVE).turns
        self.assertEqual(alone.unknown, "")
        call = a_call()
        (found,) = tried(call.entries, [ADAPTIVE], words_of, {}, has_verdicts=True)
        self.assertEqual({each.unknown for each in found.turns}, {NEVER_JUDGED})

    def test_the_local_judge_is_asked_where_the_record_has_not_asked_it(self) -> None:
        asked = []

        def judge(question: str, words: str) -> JudgedLocally:
            asked.append((question, words))
            return JudgedLocally(0, words, 0.99, 0.01, 0.0, "test")

        timings = {1: replace(QUICK, answered="מתשע. מתי נוח?")}
        (found,) = tried(a_call().entries, [ADAPTIVE], words_of, timings, judge=judge)
        self.assertIn(("מתשע. מתי נוח?", "תודה"), asked)
        self.assertEqual(found.turns[-1].asked_ms, ADAPTIVE.finished_silence_ms)


class LackingTests(SimpleTestCase):
    def test_without_the_models_ear_its_detector_is_unknown(self) -> None:
        call = a_call()
        call.entries = [
            replace(each, speech=each.speech & ~JUDGED) if isinstance(each, Heard) else each
            for each in call.entries
        ]
        found = under(call, fixed(vad="silero"))
        self.assertEqual([each.unknown for each in found.turns], [NO_MODEL, NO_MODEL])
        self.assertEqual({each.unknown for each in under(call, HASTY).turns}, {""})

    def test_without_streaming_words_come_when_asked_for(self) -> None:
        call = a_call()
        call.entries = [
            replace(each, profile=fixed(streaming_stt=False))
            if isinstance(each, CallBegan)
            else each
            for each in call.entries
        ]
        self.assertEqual({each.unknown for each in under(call, HASTY).turns}, {NOT_STREAMED})
        self.assertEqual({each.unknown for each in under(call, None).turns}, {""})


class OtherKnobTests(SimpleTestCase):
    def test_a_sound_that_would_have_stopped_the_reply_is_counted(self) -> None:
        call = ScriptedCall.speaking()
        call.voice(200)
        call.silence(2000)
        call.reply_ends()
        call.silence(500)
        was, now = under(call, None), under(call, fixed(barge_in_ms=100))
        self.assertEqual((was.stopped, now.stopped), (0, 1))

    def test_a_short_answer_that_would_have_been_dropped_is_counted(self) -> None:
        """It comes in the refractory time, where only a long sound opens a turn."""
        call = ScriptedCall.speaking(profile=BALANCED)
        call.silence(2000)
        call.reply_ends()
        call.silence(600)
        call.voice(260)
        call.silence(4000)
        was, now = under(call, fixed(reply_refractory_ms=400)), under(call, None)
        self.assertEqual((was.dropped, now.dropped), (0, 1))
