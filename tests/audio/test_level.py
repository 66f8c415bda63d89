"""A faint caller is raised to a usual level; noise, and a line that is loud enough, are not."""

from __future__ import annotations

import numpy as np
from django.test import SimpleTestCase

from calls.audio.codec import FRAME_BYTES, SILENCE_BYTE, level_db, to_mulaw, to_pcm
from calls.audio.level import MEMORY_FRAMES, MOST_DOUBLINGS, USUAL_DB, SpeechLevel

_rng = np.random.default_rng(1)


def frame(rms: float) -> bytes:
    """20 ms of a sound of this level, in 16-bit steps."""
    return to_mulaw(np.clip(_rng.normal(0, rms, FRAME_BYTES), -32000, 32000).astype(np.int16))


def heard(*levels_rms: float) -> SpeechLevel:
    """What follows from speech at these levels, frame by frame."""
    level = SpeechLevel()
    for rms in levels_rms:
        level.hear(frame(rms))
    return level


class LevelTests(SimpleTestCase):
    def test_nothing_is_raised_before_there_was_speech(self) -> None:
        level = SpeechLevel()
        self.assertFalse(level.is_known)
        for rms in (1, 12, 300):
            sound = frame(rms)
            self.assertEqual(level.raised(sound).tolist(), to_pcm(sound).tolist())

    def test_speech_of_every_faint_level_comes_to_within_6_db_of_the_usual(self) -> None:
        for rms in (12, 30, 100, 300, 700, 1500):
            level = heard(*[rms] * 10)
            raised = level.raised(frame(rms))
            with self.subTest(rms):
                raised_db = level_db(to_mulaw(raised))
                self.assertLessEqual(abs(raised_db - (USUAL_DB - 3)), 5)

    def test_usual_and_loud_speech_is_left_as_it_is(self) -> None:
        for rms in (1700, 5000, 12000):
            level, sound = heard(*[rms] * 10), frame(rms)
            with self.subTest(rms):
                self.assertEqual(level.doublings, 0)
                self.assertEqual(level.raised(sound).tolist(), to_pcm(sound).tolist())

    def test_the_hiss_between_a_faint_callers_words_is_not_raised(self) -> None:
        level, hiss = heard(*[100] * 10), frame(8)
        self.assertGreater(level.doublings, 2)
        self.assertEqual(level.raised(hiss).tolist(), to_pcm(hiss).tolist())

    def test_the_first_frame_counts_at_once_and_later_ones_slowly(self) -> None:
        level = heard(50)
        at_once = level.doublings
        self.assertGreater(at_once, 4)
        for _each in range(2 * MEMORY_FRAMES):
            level.hear(frame(50))
        self.assertEqual(level.doublings, at_once)
        level.hear(frame(10))
        self.assertEqual(level.doublings, at_once)

    def test_a_caller_who_speaks_up_is_followed_within_a_second(self) -> None:
        level = heard(*[50] * MEMORY_FRAMES)
        for _each in range(MEMORY_FRAMES):
            level.hear(frame(2000))
        self.assertEqual(level.doublings, 0)

    def test_no_sound_is_raised_without_limit_or_wraps_around(self) -> None:
        level = heard(*[4] * 10)
        self.assertEqual(level.doublings, MOST_DOUBLINGS)
        shout = np.array([-32000, -20000, 20000, 32000] * 40, np.int16)
        raised = level.raised(to_mulaw(shout))
        self.assertEqual((np.sign(raised) == np.sign(shout)).all(), True)
        self.assertEqual({int(each) for each in raised}, {-32768, 32767})

    def test_digital_silence_tells_nothing(self) -> None:
        level = SpeechLevel()
        level.hear(SILENCE_BYTE * FRAME_BYTES)
        self.assertEqual(level.doublings, 0)

    def test_before_any_speech_the_loudest_frame_so_far_is_the_guess(self) -> None:
        level = SpeechLevel()
        first, louder = level_db(to_mulaw(level.guessed(frame(12)))), frame(100)
        self.assertLessEqual(abs(first - (USUAL_DB - 3)), 5)
        level.guessed(louder)
        hiss = level.guessed(frame(12))
        self.assertLess(level_db(to_mulaw(hiss)), first - 12)
        self.assertEqual(level.doublings, 0)

    def test_a_level_that_may_not_raise_never_does(self) -> None:
        level = SpeechLevel(most_doublings=0)
        level.hear(frame(12))
        self.assertEqual(level.doublings, 0)

    def test_who_is_far_softer_is_somebody_else_and_moves_no_level(self) -> None:
        level = heard(*[2000] * 10)
        self.assertFalse(level.hear(frame(200)))
        self.assertTrue(level.hear(frame(1000)))
        self.assertEqual(level.doublings, 0)

    def test_a_caller_who_goes_on_more_softly_is_heard_again_after_a_while(self) -> None:
        level = heard(*[2000] * 10)
        refused = 0
        while not level.hear(frame(250)):
            refused += 1
            self.assertLess(refused, 500, "18 dB softer, of which 15 pass: a dB a second")
        self.assertGreater(refused, 50)
