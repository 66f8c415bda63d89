"""Pauses of recorded callers, and what other silences would have cost."""

from __future__ import annotations

import numpy as np
from django.test import SimpleTestCase

from calls.measures.latency import MIN_CALLS
from calls.measures.tradeoff import Watched, curve
from tests.script import ScriptedCall
from tuning.lab.pauses import TurnPauses, dropped_short, pauses
from tuning.turns.events import Dismiss, Reply, StopReply
from tuning.turns.profile import SHIPPED, Profile

FIXED = Profile(**SHIPPED["balanced"])
CALLS, TURNS_A_CALL = 60, 8


def watched(waited_ms: float, seed: int = 1) -> list[Watched]:
    """Callers of whom a known share goes on after pauses of known length, under one silence."""
    draw = np.random.default_rng(seed)
    turns = []
    for call in range(CALLS):
        for _turn in range(TURNS_A_CALL):
            pause_ms = draw.uniform(0, 2000) if draw.random() < 0.4 else None
            is_cut_in = pause_ms is not None and pause_ms > waited_ms
            turns.append(Watched(call, waited_ms, pause_ms, is_cut_in))
    return turns


class CurveTests(SimpleTestCase):
    def test_it_finds_the_share_of_turns_that_a_shorter_wait_would_cut(self) -> None:
        found = curve(watched(1800))
        for wait_ms in (500, 1000, 1500):
            point = found.at(wait_ms)
            assert point is not None
            truth = 0.4 * (2000 - wait_ms) / 2000
            with self.subTest(wait_ms=wait_ms):
                self.assertLess(abs(point.rate - truth), 0.05)
                self.assertTrue(point.low <= point.rate <= point.high)

    def test_nothing_is_said_beyond_the_longest_silence_that_was_watched(self) -> None:
        found = curve(watched(1000))
        self.assertLessEqual(found.until_ms, 1000)
        self.assertIsNone(found.at(1500))

    def test_turns_that_were_watched_for_different_times_agree_with_the_truth(self) -> None:
        mixed = watched(600, seed=2) + [
            Watched(turn.call + CALLS, turn.waited_ms, turn.pause_ms, turn.is_cut_in)
            for turn in watched(1800, seed=3)
        ]
        point = curve(mixed).at(500)
        assert point is not None
        # Half of the callers were cut in on after 600 ms; the others show how long pauses are.
        self.assertLess(abs(point.rate - 0.3), 0.06)

    def test_few_calls_say_nothing(self) -> None:
        few = [turn for turn in watched(1800) if turn.call < MIN_CALLS[95] - 1]
        self.assertEqual(curve(few).points, ())
        self.assertEqual(curve(few).turns, len(few))


class JournalTests(SimpleTestCase):
    def turn_of(self, marks: str) -> TurnPauses:
        """The pauses of the one turn that a caller makes who sounds like this."""
        call = ScriptedCall.listening(FIXED)
        call.hear(marks)
        call.words("אני צריך תור")
        call.wait_for(Reply)
        return pauses(call.entries)[1]

    def test_a_pause_inside_an_utterance_is_its_turn_s(self) -> None:
        self.assertEqual(self.turn_of("MMMMMMMM___MMMMMM"), TurnPauses(short_ms=300))

    def test_a_pause_in_a_long_utterance_stands_apart(self) -> None:
        marks = "M" * 24 + "_" * 7 + "M" * 6 + "_" * 3 + "M" * 4
        self.assertEqual(self.turn_of(marks), TurnPauses(long_ms=700))

    def test_whoever_goes_on_after_the_decision_paused_up_to_there(self) -> None:
        call = ScriptedCall.answering(profile=FIXED)
        waited_ms = call.at_ms - call.last(Reply).spoke_until_ms
        call.silence(200)
        call.voice(600)
        self.assertEqual(call.last(StopReply).why, "caller resumed")
        self.assertEqual(pauses(call.entries)[1].short_ms, waited_ms + 200)

    def test_whoever_interrupts_an_answer_had_finished(self) -> None:
        call = ScriptedCall.speaking(profile=FIXED)
        call.voice(900)
        call.words("לא לא, אני רוצה לבטל")
        self.assertEqual(call.last(StopReply).why, "barge-in")
        self.assertEqual(pauses(call.entries)[1], TurnPauses())

    def test_speech_as_long_as_a_yes_that_brought_no_turn_is_counted(self) -> None:
        entries = [
            Dismiss(1000, 1380, "no words"),
            Dismiss(3000, 3100, "noise"),
            Dismiss(5000, 5380, "backchannel"),
            Dismiss(7000, 8200, "no words"),
        ]
        self.assertEqual(dropped_short(entries), 1)
