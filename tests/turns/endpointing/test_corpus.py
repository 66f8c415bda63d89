"""The corpus of bench/turns: two halves apart, the same bytes twice, and a truth that holds."""

from __future__ import annotations

import logging
from collections import Counter
from functools import cache
from itertools import pairwise

import numpy as np
from django.test import SimpleTestCase

from bench.corpus import (
    HALVES,
    OVER_AGENT,
    SHORTEST_PAUSE_MS,
    CallerCall,
    CallerTurn,
    calls,
    complete_share,
    lists,
)
from bench.corpus_audio import background, cough, on_the_line, rms, silence
from calls.audio.codec import BYTES_PER_MS, FRAME_BYTES, to_mulaw, to_pcm
from calls.language.hebrew import HEBREW
from calls.services.espeak.speaker import STEP_MS, speech_bounds
from tuning.turns.completion import Asked, must_go_on

LEAD_MS = 40
TRUTH_MS = 100
"""A phrase's faint last sound is speech by its own loudest step, and not always by the turn's."""
SHARED = {"כן", "לא"}
SOUNDS = ("cough", "background")
LONG = ("sentence", "story", "number", "trailing")


LEXICON = logging.getLogger("calls.language.hebrew.lexicon")


def setUpModule() -> None:
    # Callers say what no lexicon holds; each such word would be a line of warning.
    LEXICON.setLevel(logging.ERROR)


def tearDownModule() -> None:
    LEXICON.setLevel(logging.NOTSET)


@cache
def made(half: str) -> list[CallerCall]:
    return calls(half)


def turns(*kinds: str, half: str = "") -> list[CallerTurn]:
    halves = (half,) if half else HALVES
    every = [turn for each in halves for call in made(each) for turn in call.turns]
    return [turn for turn in every if not kinds or turn.kind in kinds]


def spoken_for_ms(turn: CallerTurn) -> int:
    return turn.speech_ends_ms - turn.words[0].from_ms


def texts(half: str) -> set[str]:
    said = {turn.text for turn in turns(half=half) if turn.text}
    return said | set(lists()[half]["background"])


class HalvesTests(SimpleTestCase):
    def test_the_halves_share_no_text_but_yes_and_no(self) -> None:
        self.assertEqual(texts("weights") & texts("unseen"), SHARED)

    def test_the_halves_share_no_voice_speed_pitch_line_or_length_of_noise(self) -> None:
        one, other = (lists()[half] for half in HALVES)
        for each in ("voices", "speeds", "pitches", "lines", "noises_ms", "groupings"):
            with self.subTest(each):
                self.assertFalse(set(one[each]) & set(other[each]))
        around = set(one["around"] + other["around"])
        self.assertFalse(around & {*one["voices"], *other["voices"]})
        self.assertEqual(len(around), 2)

    def test_half_and_seed_determine_every_byte(self) -> None:
        self.assertEqual(calls("weights"), made("weights"))


class CountTests(SimpleTestCase):
    def test_every_kind_comes_as_often_as_the_list_says(self) -> None:
        for half in HALVES:
            counted = Counter(turn.kind for turn in turns(half=half))
            self.assertEqual(counted, lists()["counts"])

    def test_every_figure_has_72_turns_in_each_half(self) -> None:
        for half in HALVES:
            not_the_floor = [turn for turn in turns(half=half) if not turn.takes_floor]
            long = [turn for turn in turns(*LONG, half=half) if spoken_for_ms(turn) >= 2000]
            for figure in (turns("yes_no", half=half), turns("short", half=half), long):
                self.assertGreaterEqual(len(figure), 72)
            self.assertGreaterEqual(len(not_the_floor), 72)

    def test_a_call_has_five_to_eight_turns_and_half_of_the_calls_are_clean(self) -> None:
        for half in HALVES:
            self.assertTrue(all(5 <= len(call.turns) <= 8 for call in made(half)))
            clean = sum(call.line == "clean" for call in made(half))
            self.assertAlmostEqual(clean / len(made(half)), 0.5, delta=0.05)

    def test_a_third_of_the_thinking_pauses_come_after_words_that_could_be_all(self) -> None:
        for half in HALVES:
            self.assertAlmostEqual(complete_share(half), 1 / 3, delta=0.05)

    def test_some_must_go_on_are_as_short_as_those_that_the_field_lost(self) -> None:
        for half in HALVES:
            lengths = [spoken_for_ms(turn) for turn in turns("yes_no", half=half)]
            self.assertGreaterEqual(sum(120 <= length <= 240 for length in lengths), 5)

    def test_most_short_must_go_on_last_from_600_ms_to_2_s(self) -> None:
        lengths = [spoken_for_ms(turn) for turn in turns("short")]
        self.assertGreater(sum(600 < length < 2000 for length in lengths), 0.8 * len(lengths))


class TruthTests(SimpleTestCase):
    def test_words_come_in_order_and_the_last_one_ends_the_turn(self) -> None:
        for turn in turns():
            if turn.words:
                self.assertTrue(all(word.from_ms < word.until_ms for word in turn.words))
                for one, other in pairwise(turn.words):
                    self.assertLessEqual(one.until_ms, other.from_ms)
                self.assertEqual(turn.words[-1].until_ms, turn.speech_ends_ms)
                self.assertEqual(turn.text, " ".join(word.text for word in turn.words))

    def test_a_turn_begins_at_its_first_sound(self) -> None:
        self.assertLessEqual(max(t.words[0].from_ms for t in turns() if t.words), LEAD_MS)

    def test_audio_comes_in_whole_frames_and_reaches_to_the_end_of_speech(self) -> None:
        for call in (each for half in HALVES for each in made(half)):
            self.assertEqual(len(call.noise) % FRAME_BYTES, 0)
            for turn in call.turns:
                self.assertEqual(len(turn.audio) % FRAME_BYTES, 0)
                self.assertGreaterEqual(len(turn.audio), turn.speech_ends_ms * BYTES_PER_MS)

    def test_pauses_are_what_lies_between_words(self) -> None:
        for turn in turns():
            between = [(one.until_ms, other.from_ms) for one, other in pairwise(turn.words)]
            self.assertEqual([each for each in between if each[0] != each[1]], list(turn.pauses))
            for begin_ms, end_ms in turn.pauses:
                self.assertGreaterEqual(end_ms - begin_ms, SHORTEST_PAUSE_MS)

    def test_clean_audio_is_silent_in_pauses_and_nowhere_else_for_long(self) -> None:
        for turn in clean_turns():
            self.assertEqual(len(silences(turn)), len(turn.pauses), turn.text)
            for heard, true in zip(silences(turn), turn.pauses, strict=True):
                self.assertLessEqual(abs(heard[0] - true[0]), TRUTH_MS)
                self.assertLessEqual(abs(heard[1] - true[1]), TRUTH_MS)

    def test_clean_speech_ends_where_the_truth_says(self) -> None:
        for turn in clean_turns():
            ends_ms = speech_bounds(to_pcm(turn.audio))[1]
            self.assertLessEqual(abs(ends_ms - turn.speech_ends_ms), TRUTH_MS, turn.text)

    def test_only_words_take_the_floor_and_sounds_have_none(self) -> None:
        for turn in turns():
            self.assertEqual(turn.takes_floor, turn.kind not in (*SOUNDS, "backchannel"))
            self.assertEqual(not turn.words, turn.kind in SOUNDS)

    def test_only_what_is_said_over_the_agent_says_when(self) -> None:
        for turn in turns():
            if turn.kind not in OVER_AGENT:
                self.assertIsNone(turn.over_agent_ms)
            elif turn.kind not in SOUNDS:
                self.assertIsNotNone(turn.over_agent_ms)

    def test_numbers_and_choices_answer_what_was_asked(self) -> None:
        for turn in turns("number"):
            self.assertEqual(must_go_on(turn.text, turn.asked, HEBREW.words), "", turn.text)
        chosen = [turn for turn in turns("short") if turn.asked.kind == "choice"]
        self.assertTrue(chosen)
        for turn in chosen:
            self.assertTrue(any(phrase in turn.text for phrase in turn.asked.phrases), turn.text)
        self.assertEqual({turn.asked for turn in turns("yes_no")}, {Asked("yes_no")})


class SoundTests(SimpleTestCase):
    def test_noise_is_as_far_below_the_speech_as_its_line_says(self) -> None:
        for call in made("weights"):
            if call.line != "clean":
                wanted_db = float(call.line.split()[1])
                noise = rms(to_pcm(call.noise).astype(np.float64))
                speech = rms(voiced(call))
                self.assertAlmostEqual(20 * np.log10(speech / noise), wanted_db, delta=1.5)

    def test_a_cough_lasts_as_long_as_asked_and_is_as_loud_as_a_voice(self) -> None:
        for length_ms in (4, 95, 400):
            burst = cough(length_ms, np.random.default_rng(1))
            self.assertEqual(len(burst), length_ms * BYTES_PER_MS)
            self.assertAlmostEqual(float(np.abs(burst).max()), 16_000, delta=1)

    def test_a_line_goes_on_where_its_loop_ends(self) -> None:
        noise = background("pink", (), np.random.default_rng(1)) * 1000
        heard = on_the_line(silence(len(noise) // BYTES_PER_MS * 2), noise)
        self.assertEqual(heard, to_mulaw(noise.astype(np.int16)) * 2)

    def test_a_line_that_nobody_knows_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            background("music", (), np.random.default_rng(1))


def clean_turns() -> list[CallerTurn]:
    clean = [call for half in HALVES for call in made(half) if call.line == "clean"]
    return [turn for call in clean for turn in call.turns if turn.words]


def silences(turn: CallerTurn) -> list[tuple[int, int]]:
    """Silences of about 200 ms and more between sounds, judged as speech_bounds judges."""
    step = STEP_MS * BYTES_PER_MS
    steps = to_pcm(turn.audio).astype(np.float64).reshape(-1, step)
    power = (steps**2).mean(axis=1)
    loud = np.flatnonzero(power > power.max() / 10**3.5)
    gaps = [(int(one + 1) * STEP_MS, int(other) * STEP_MS) for one, other in pairwise(loud)]
    return [(begin, end) for begin, end in gaps if end - begin >= SHORTEST_PAUSE_MS - STEP_MS]


def voiced(call: CallerCall) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    parts = [
        to_pcm(turn.audio)[word.from_ms * BYTES_PER_MS : word.until_ms * BYTES_PER_MS]
        for turn in call.turns
        for word in turn.words
    ]
    return np.concatenate(parts).astype(np.float64)
