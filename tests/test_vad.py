"""Is this frame speech? Silence and hum are not; a spoken sentence is, and its end is found."""

from __future__ import annotations

import io
import subprocess
import wave

import numpy as np
from django.test import SimpleTestCase

from calls.audio import FRAME_BYTES, RATE, SILENCE_BYTE, Samples, resample, to_mulaw
from calls.vad import MODES, WebRtcVad
from tuning.profile import FRAME_MS, Profile

SETTLES_MS = 300
"""The detector learns a line's noise from its first frames, and may take those for speech."""
HANGS_ON_MS = 160
"""How long after real speech the detector may go on: 118 ms measured, 158 in the lax modes."""


def spoken(phonemes: str, *options: str) -> Samples:
    """What espeak-ng makes of phonemes, at 8 kHz."""
    made = subprocess.run(
        ["espeak-ng", "-v", "he", *options, "--stdout", f"[[{phonemes}]]"],
        check=True,
        capture_output=True,
        timeout=30,
    ).stdout
    with wave.open(io.BytesIO(made)) as audio:
        rate, samples = audio.getframerate(), audio.readframes(10**7)
    return resample(np.frombuffer(samples, np.int16), rate)


def on_a_quiet_line(speech: Samples) -> Samples:
    """A second of a telephone's soft noise before and after."""
    noise = np.random.default_rng(1).normal(0, 8, len(speech) + 2 * RATE)
    noise[RATE : RATE + len(speech)] += speech * 0.5
    return noise.round().astype(np.int16)


def loud_ms(speech: Samples) -> tuple[int, int]:
    """The truth: from the first to the last sample within 36 dB of the loudest."""
    loud = np.flatnonzero(np.abs(speech.astype(int)) > np.abs(speech.astype(int)).max() / 64)
    return int(loud[0]) * 1000 // RATE, int(loud[-1]) * 1000 // RATE


def judged(samples: Samples) -> list[int]:
    """The verdict on every whole frame, of a detector that has settled."""
    vad, mulaw = WebRtcVad(), to_mulaw(samples)
    whole = len(mulaw) - len(mulaw) % FRAME_BYTES
    verdicts = [vad(mulaw[start : start + FRAME_BYTES]) for start in range(0, whole, FRAME_BYTES)]
    return [0] * (SETTLES_MS // FRAME_MS) + verdicts[SETTLES_MS // FRAME_MS :]


class VadTests(SimpleTestCase):
    def test_silence_and_soft_noise_are_not_speech(self) -> None:
        self.assertEqual(set(judged(np.zeros(RATE, np.int16))), {0})
        shipped = 1 << Profile().vad_aggressiveness
        self.assertFalse([v for v in judged(on_a_quiet_line(np.zeros(1, np.int16))) if v & shipped])

    def test_a_spoken_sentence_is_speech_from_its_beginning_to_its_end(self) -> None:
        sentences = {
            "Sal'om, ani rots'e likb'oa t'or": (),
            "k'en": ("-s", "150"),
            "mat'ay atem ptux'im?": ("-p", "70", "-s", "190"),
        }
        for phonemes, options in sentences.items():
            speech = spoken(phonemes, *options)
            began_ms, ended_ms = loud_ms(speech)
            verdicts = judged(on_a_quiet_line(speech))
            for mode in MODES:
                voiced = [n for n, verdict in enumerate(verdicts) if verdict >> mode & 1]
                with self.subTest(phonemes, mode=mode):
                    onset_ms = voiced[0] * FRAME_MS - 1000 - began_ms
                    offset_ms = (voiced[-1] + 1) * FRAME_MS - 1000 - ended_ms
                    self.assertLessEqual(abs(onset_ms), 100)
                    self.assertLessEqual(offset_ms, HANGS_ON_MS)
                    self.assertGreaterEqual(offset_ms, -60)

    def test_a_stricter_mode_hears_no_more_speech(self) -> None:
        verdicts = judged(on_a_quiet_line(spoken("Sal'om, ani rots'e likb'oa t'or")))
        counts = [sum(verdict >> mode & 1 for verdict in verdicts) for mode in MODES]
        self.assertEqual(counts, sorted(counts, reverse=True))

    def test_each_call_has_a_detector_of_its_own(self) -> None:
        speech = on_a_quiet_line(spoken("Sal'om"))
        once = judged(speech)
        self.assertEqual(judged(speech), once)

    def test_a_frame_of_another_length_is_refused(self) -> None:
        for length in (0, 80, 320):
            with self.subTest(length), self.assertRaisesRegex(ValueError, str(length)):
                WebRtcVad()(SILENCE_BYTE * length)
