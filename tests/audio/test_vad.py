"""Is this frame speech? Silence and hum are not; a spoken sentence is, and its end is found; and
the model that judges costs nothing in silence, and holds on lines that deceive the gate."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from django.test import SimpleTestCase

from calls.audio import riff
from calls.audio.codec import FRAME_BYTES, RATE, SILENCE_BYTE, Samples, resample, to_mulaw, to_pcm
from calls.audio.silero import Silero
from calls.audio.vad import MODES, USUAL_MODE, JudgedVad, Vad, WebRtcVad
from tuning.turns.events import JUDGED
from tuning.turns.profile import FRAME_MS, Profile

SETTLES_MS = 300
"""The detector learns a line's noise from its first frames, and may take those for speech."""
HANGS_ON_MS = 160
"""How long after real speech the detector may go on: 118 ms measured, 158 in the lax modes."""


def spoken(phonemes: str, *options: str) -> Samples:
    """What espeak-ng makes of phonemes, at 8 kHz."""
    return read_aloud(f"[[{phonemes}]]", *options)


def read_aloud(text: str, *options: str) -> Samples:
    """What it makes of plain text: without vowel marks it has sounds that are hardly a voice."""
    made = subprocess.run(
        ["espeak-ng", "-v", "he", *options, "--stdout", text],
        check=True,
        capture_output=True,
        timeout=30,
    ).stdout
    sound = riff.read(made)
    return resample(sound.samples, sound.rate)


def on_a_quiet_line(speech: Samples) -> Samples:
    """A second of a telephone's soft noise before and after."""
    noise = np.random.default_rng(1).normal(0, 8, len(speech) + 2 * RATE)
    noise[RATE : RATE + len(speech)] += speech * 0.5
    return noise.round().astype(np.int16)


def loud_ms(speech: Samples) -> tuple[int, int]:
    """The truth: from the first to the last sample within 36 dB of the loudest."""
    loud = np.flatnonzero(np.abs(speech.astype(int)) > np.abs(speech.astype(int)).max() / 64)
    return int(loud[0]) * 1000 // RATE, int(loud[-1]) * 1000 // RATE


def verdicts_of(vad: Vad, samples: Samples) -> list[int]:
    """The verdict on every whole frame."""
    mulaw = to_mulaw(samples)
    whole = len(mulaw) - len(mulaw) % FRAME_BYTES
    return [vad(mulaw[start : start + FRAME_BYTES]) for start in range(0, whole, FRAME_BYTES)]


def judged(samples: Samples) -> list[int]:
    """The verdict on every whole frame, of a detector that has settled."""
    verdicts = verdicts_of(WebRtcVad(), samples)
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


SENTENCE = "Sal'om, ani rots'e likb'oa t'or"


def noise(seconds: float, rms: float) -> Samples:
    """White: what webrtcvad takes for speech when it begins, or is loud."""
    made = np.random.default_rng(2).normal(0, rms, int(seconds * RATE))
    return np.clip(made.round(), -32768, 32767).astype(np.int16)


def tone(hertz: float, seconds: float = 2.0) -> Samples:
    at = np.arange(int(seconds * RATE))
    return (8000 * np.sin(2 * np.pi * hertz * at / RATE)).astype(np.int16)


def faint(speech: Samples, rms: float) -> Samples:
    """The speech at this level, in 16-bit steps, on a line that is as faint: a second on each side,
    and a hiss 20 dB below."""
    wave = np.zeros(len(speech) + 2 * RATE)
    wave[RATE : RATE + len(speech)] = speech * (rms / np.sqrt((speech.astype(float) ** 2).mean()))
    wave += np.random.default_rng(3).normal(0, rms / 10, len(wave))
    return wave.round().astype(np.int16)


def in_the_band(speech: Samples) -> Samples:
    """As loud as on a telephone, and without what that does not carry."""
    spectrum, hertz = np.fft.rfft(speech), np.fft.rfftfreq(len(speech), 1 / RATE)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    passed = np.fft.irfft(spectrum, len(speech))
    loud = passed * 5000 / np.sqrt((passed**2).mean())
    band: Samples = np.clip(loud, -32000, 32000).astype(np.int16)
    return band


def longest_gap_ms(heard: Sequence[int]) -> int:
    """Between the first and the last frame that was heard."""
    frames = [number for number, is_heard in enumerate(heard) if is_heard]
    return max(later - frame - 1 for frame, later in pairwise(frames)) * FRAME_MS


class JudgedVadTests(SimpleTestCase):
    def assert_hears(self, samples: Samples, speech: Samples, late_ms: int = 150) -> None:
        """Speech that began after a second: by the model and by the shipped mode, and no other."""
        shipped = JUDGED | 1 << Profile().vad_aggressiveness
        verdicts = verdicts_of(JudgedVad(), samples)
        heard = [n * FRAME_MS for n, each in enumerate(verdicts) if each & shipped == shipped]
        began_ms, ended_ms = (1000 + ms for ms in loud_ms(speech))
        self.assertLessEqual(abs(heard[0] - began_ms), late_ms)
        self.assertLessEqual(abs(heard[-1] + FRAME_MS - ended_ms), HANGS_ON_MS)
        self.assertGreater(len(heard) * FRAME_MS, 0.8 * (ended_ms - began_ms))

    def test_silence_costs_no_run_of_the_model(self) -> None:
        vad = JudgedVad()
        self.assertEqual(set(verdicts_of(vad, np.zeros(2 * RATE, np.int16))), {0})
        self.assertEqual(vad.windows, 0)

    def test_the_model_runs_no_longer_than_the_gate_is_open(self) -> None:
        vad = JudgedVad()
        verdicts = verdicts_of(vad, on_a_quiet_line(spoken(SENTENCE)))
        open_ms = sum(verdict > 0 for verdict in verdicts) * FRAME_MS
        self.assertGreater(vad.windows, 0)
        self.assertLessEqual(vad.windows * 32, open_ms)

    def test_a_spoken_sentence_is_speech_to_the_model(self) -> None:
        for options in ((), ("-v", "he+f2"), ("-v", "he+m3", "-s", "190")):
            speech = spoken(SENTENCE, *options)
            with self.subTest(options):
                self.assert_hears(on_a_quiet_line(speech), speech)

    def test_a_very_quiet_caller_is_heard_from_the_first_word(self) -> None:
        speech = spoken(SENTENCE)
        self.assert_hears(faint(speech, 12), speech)

    def test_a_caller_who_overdrives_the_line_is_heard(self) -> None:
        speech = spoken(SENTENCE)
        loud = np.clip(on_a_quiet_line(speech).astype(int) * 8, -32768, 32767).astype(np.int16)
        self.assert_hears(loud, speech)

    def test_tones_and_noise_pass_the_gate_but_are_no_speech_to_the_model(self) -> None:
        sounds = {f"{hertz} Hz": tone(hertz) for hertz in (425, 1000, 1400)}
        sounds["two tones"] = tone(770) // 2 + tone(1336) // 2
        sounds |= {f"noise of {rms}": noise(3, rms) for rms in (300, 3000)}
        sounds["noise that begins"] = np.concatenate([np.zeros(RATE, np.int16), noise(2, 1500)])
        passed = 0
        for name, sound in sounds.items():
            verdicts = verdicts_of(JudgedVad(), sound)
            passed += sum(verdict > 0 for verdict in verdicts)
            with self.subTest(name):
                self.assertEqual(sum(verdict & JUDGED for verdict in verdicts), 0)
        self.assertGreater(passed, 100)

    def test_noise_that_stops_and_begins_again_is_still_no_speech(self) -> None:
        gap = np.zeros(RATE // 2, np.int16)
        sound = np.concatenate([noise(1, 2000), gap, noise(1, 2000), gap, tone(425)])
        self.assertFalse([v for v in verdicts_of(JudgedVad(), sound) if v & JUDGED])

    def test_on_a_quiet_line_the_gate_holds_a_voice_that_the_model_loses(self) -> None:
        text = "אני רוצה לברר מה קורה עם ההזמנה שלי שהייתה אמורה להגיע כבר ביום ראשון"
        line = on_a_quiet_line(in_the_band(read_aloud(text, "-s", "175")))
        model, mulaw = Silero(), to_mulaw(line)
        verdicts = verdicts_of(JudgedVad(), line)[RATE // FRAME_BYTES :]
        gate = [verdict >> USUAL_MODE & 1 for verdict in verdicts]
        alone = []
        for number, is_sound in enumerate(gate, start=RATE // FRAME_BYTES):
            frame = mulaw[number * FRAME_BYTES : (number + 1) * FRAME_BYTES]
            alone.append(is_sound and model.hear(to_pcm(frame)))
        held = [
            is_sound and verdict & JUDGED for is_sound, verdict in zip(gate, verdicts, strict=True)
        ]
        self.assertGreaterEqual(longest_gap_ms(alone), longest_gap_ms(gate) + 100)
        self.assertEqual(longest_gap_ms(held), longest_gap_ms(gate))

    def test_on_a_noisy_line_the_gate_holds_nothing(self) -> None:
        speech = spoken(SENTENCE)
        line = noise(len(speech) / RATE + 7, 2000).astype(int)
        line[4 * RATE : 4 * RATE + len(speech)] += speech // 2
        verdicts = verdicts_of(JudgedVad(), np.clip(line, -32768, 32767).astype(np.int16))
        after = verdicts[(4000 + loud_ms(speech)[1] + 300) // FRAME_MS :]
        self.assertTrue(all(verdict >> USUAL_MODE & 1 for verdict in after), "the gate is shut")
        self.assertFalse([verdict for verdict in after if verdict & JUDGED])
        self.assertGreater(sum(verdict & JUDGED > 0 for verdict in verdicts), 40)

    def test_a_fresh_detector_judges_the_same_audio_alike_whatever_others_heard(self) -> None:
        speech = on_a_quiet_line(spoken(SENTENCE))
        once = verdicts_of(JudgedVad(), speech)
        one, other = JudgedVad(), JudgedVad()
        mulaw, another = to_mulaw(speech), to_mulaw(noise(len(speech) / RATE, 2000))
        together = []
        for start in range(0, len(once) * FRAME_BYTES, FRAME_BYTES):
            together.append(one(mulaw[start : start + FRAME_BYTES]))
            other(another[start : start + FRAME_BYTES])
        self.assertEqual(together, once)

    def test_a_line_of_usual_level_keeps_the_verdicts_of_webrtcvad(self) -> None:
        speech = on_a_quiet_line(spoken(SENTENCE))
        modes = [verdict & ~JUDGED for verdict in verdicts_of(JudgedVad(), speech)]
        self.assertEqual(modes, verdicts_of(WebRtcVad(), speech))

    def test_a_frame_of_another_length_is_refused(self) -> None:
        for length in (0, 80, 320):
            with self.subTest(length), self.assertRaisesRegex(ValueError, str(length)):
                JudgedVad()(SILENCE_BYTE * length)
