"""The field's measures, on calls written by hand; times are milliseconds since the call began."""

from __future__ import annotations

from django.test import SimpleTestCase

from bench.field_scores import Heard, Turn, eva, latency_score, stretches, tau_voice
from calls.simulator.earpiece import Sound

GREETING = Sound(0, 1000)
LINE = Turn(2000, 4000)


def call(*agent: Sound, turns: tuple[Turn, ...] = (LINE,)) -> Heard:
    return Heard(turns, (GREETING, *agent))


class StretchTests(SimpleTestCase):
    def test_words_are_one_stretch_and_a_pause_ends_it(self) -> None:
        sounds = [Sound(0, 100), Sound(399, 500), Sound(800, 900)]
        self.assertEqual(stretches(sounds), [Sound(0, 500), Sound(800, 900)])


class TauVoiceTests(SimpleTestCase):
    def test_response_is_the_mean_from_the_end_of_each_turn(self) -> None:
        later = Turn(8000, 9000)
        scores = tau_voice([call(Sound(5000, 7000), Sound(9600, 9900), turns=(LINE, later))])
        self.assertEqual((scores.response_ms, scores.turns), ([1000, 600], 2))
        self.assertEqual(scores.agent_interruptions, 0)

    def test_a_turn_that_the_caller_follows_up_had_no_response(self) -> None:
        scores = tau_voice([call(Sound(9600, 9900), turns=(LINE, Turn(8000, 9000)))])
        self.assertEqual((scores.response_ms, scores.turns), ([600], 2))

    def test_the_last_turn_of_a_call_counts_only_with_a_response(self) -> None:
        self.assertEqual(tau_voice([call()]).turns, 0)

    def test_an_agent_that_begins_within_a_turn_interrupts_each_time(self) -> None:
        scores = tau_voice([call(Sound(2500, 2700), Sound(3300, 3500), Sound(4500, 6000))])
        self.assertEqual((scores.agent_interruptions, scores.turns), (2, 1))
        self.assertEqual(scores.response_ms, [500])

    def test_a_turn_that_ends_under_the_agent_waits_for_nothing(self) -> None:
        scores = tau_voice([call(Sound(3000, 6000))])
        self.assertEqual((scores.agent_interruptions, scores.turns), (1, 0))

    def test_an_agent_yields_within_two_seconds_or_not_at_all(self) -> None:
        for stops_ms, expected in ((2200, [200]), (3999, [1999]), (4000, [])):
            with self.subTest(stops_ms):
                scores = tau_voice([call(Sound(1500, stops_ms), Sound(5000, 6000))])
                self.assertEqual(scores.yield_ms, expected)
                self.assertEqual(scores.caller_interruptions, 1)

    def test_a_backchannel_is_talked_through_for_a_second(self) -> None:
        nod = Turn(6000, 6300, is_backchannel=True)
        for stops_ms, expected in ((6999, 0), (7000, 1)):
            with self.subTest(stops_ms):
                scores = tau_voice([call(Sound(5000, stops_ms), turns=(LINE, nod))])
                self.assertEqual((scores.talked_through, scores.backchannels), (expected, 1))
                self.assertEqual((scores.turns, scores.caller_interruptions), (1, 0))

    def test_a_backchannel_into_silence_is_not_counted(self) -> None:
        nod = Turn(6000, 6300, is_backchannel=True)
        self.assertEqual(tau_voice([call(turns=(LINE, nod))]).backchannels, 0)

    def test_calls_are_pooled(self) -> None:
        scores = tau_voice([call(Sound(5000, 6000)), call(Sound(4500, 6000))])
        self.assertEqual((scores.response_ms, scores.turns), ([1000, 500], 2))


class EvaTests(SimpleTestCase):
    def score(self, *agent: Sound, turns: tuple[Turn, ...] = (LINE,)) -> float:
        scored = eva([call(*agent, turns=turns)]).turn_taking
        assert scored is not None
        return scored

    def test_its_table_of_latencies(self) -> None:
        for ms, expected in (
            (-500, 0), (0, 0.5), (200, 0.7), (500, 1), (2000, 1), (2750, 0.5), (3000, 1 / 3),
            (3500, 0), (9000, 0),
        ):  # fmt: skip
            with self.subTest(ms):
                self.assertAlmostEqual(latency_score(ms), expected)

    def test_its_table_of_overlaps(self) -> None:
        for overlap_ms, expected in ((500, 0.375), (1000, 0.25), (2000, 0)):
            with self.subTest(overlap_ms):
                until_ms = LINE.until_ms
                self.assertAlmostEqual(self.score(Sound(until_ms - overlap_ms, 5000)), expected)

    def test_its_table_of_interruptions(self) -> None:
        once, twice = Sound(2300, 2310), Sound(2800, 2810)
        settled = Sound(4600, 5000)
        self.assertAlmostEqual(self.score(once, settled), 0.5 * (1 - 10 / 2000))
        self.assertAlmostEqual(self.score(once, twice, settled), 0.25)
        self.assertEqual(self.score(once, twice, Sound(3300, 3310), settled), 0)

    def test_a_brief_interruption_and_then_a_long_silence(self) -> None:
        self.assertAlmostEqual(self.score(Sound(2300, 2310), Sound(7250, 8000)), 1 / 6)

    def test_its_table_of_yields(self) -> None:
        for stops_ms, expected in ((2600, 0.7), (3000, 0.5), (4000, 0)):
            with self.subTest(stops_ms):
                heard = (Sound(1500, stops_ms), Sound(9000, 9500))
                self.assertAlmostEqual(self.score(*heard), expected)

    def test_who_interrupts_and_is_interrupted_gets_the_worse_score(self) -> None:
        heard = (Sound(1500, 2200), Sound(3000, 3500), Sound(4600, 5000))
        self.assertAlmostEqual(self.score(*heard), 0.375)

    def test_a_line_without_an_answer_counts_only_at_the_end(self) -> None:
        later = Turn(8000, 9000)
        self.assertEqual(self.score(Sound(9600, 9900), turns=(LINE, later)), 1)
        self.assertEqual(self.score(Sound(5000, 6000), turns=(LINE, later)), 0)

    def test_a_backchannel_is_no_turn(self) -> None:
        nod = Turn(6000, 6300, is_backchannel=True)
        self.assertEqual(self.score(Sound(5000, 8000), turns=(LINE, nod)), 1)

    def test_a_run_is_the_mean_of_its_calls(self) -> None:
        later = Turn(8000, 9000)
        both = call(Sound(5000, 6000), Sound(9600, 9900), turns=(LINE, later))
        scores = eva([both, call()])
        self.assertEqual((scores.turn_taking, scores.turns, scores.calls), (0.5, 2, 2))

    def test_nothing_heard_is_no_score(self) -> None:
        self.assertIsNone(eva([]).turn_taking)
