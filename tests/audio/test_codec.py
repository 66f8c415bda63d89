"""G.711 as ITU-T tabulates it, loudness, and resampling that keeps what is heard."""

from __future__ import annotations

import numpy as np
from django.test import SimpleTestCase

from calls.audio.codec import (
    CHUNK_BYTES,
    FRAME_BYTES,
    RATE,
    SILENCE_BYTE,
    Samples,
    chunks,
    level_db,
    resample,
    to_mulaw,
    to_pcm,
)

DECODED = {
    **{0xFF: 0, 0x7F: 0, 0xFE: 8, 0x7E: -8, 0xF0: 120, 0x70: -120, 0xEF: 132, 0xE0: 372},
    **{0xD0: 876, 0xC0: 1884, 0xB0: 3900, 0xA0: 7932, 0x90: 15996, 0x80: 32124, 0x00: -32124},
}
"""Codes and their 16-bit values: the ends of the segments in ITU-T G.711, table 2, times four."""


def tone(hz: float, rate: int, seconds: float = 0.5, amplitude: int = 10_000) -> Samples:
    times = np.arange(int(rate * seconds)) / rate
    return np.round(amplitude * np.sin(2 * np.pi * hz * times)).astype(np.int16)


def loudest_hz(samples: Samples, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


def loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(float) ** 2)))


class MulawTests(SimpleTestCase):
    def test_codes_decode_to_the_values_of_the_standard(self) -> None:
        for code, value in DECODED.items():
            with self.subTest(code=hex(code)):
                self.assertEqual(int(to_pcm(bytes([code]))[0]), value)

    def test_values_encode_to_the_codes_of_the_standard(self) -> None:
        for value, code in ((0, 0xFF), (8, 0xFE), (-8, 0x7E), (132, 0xEF), (32124, 0x80)):
            with self.subTest(value=value):
                encoded = to_mulaw(np.array([value], np.int16))[0]
                self.assertEqual(to_pcm(bytes([encoded])), to_pcm(bytes([code])))

    def test_every_code_survives_the_way_there_and_back(self) -> None:
        every = bytes(range(256))
        np.testing.assert_array_equal(to_pcm(to_mulaw(to_pcm(every))), to_pcm(every))

    def test_the_loudest_samples_are_clipped_and_do_not_wrap(self) -> None:
        encoded = to_mulaw(np.array([32767, -32768], np.int16))
        self.assertEqual(list(to_pcm(encoded)), [32124, -32124])

    def test_the_error_stays_within_half_a_step(self) -> None:
        """13 significant bits near silence, and never worse than 1 in 30."""
        samples = np.arange(-32000, 32001, 7).astype(np.int16)
        errors = np.abs(to_pcm(to_mulaw(samples)).astype(int) - samples)
        self.assertTrue(np.all(errors <= np.maximum(4, np.abs(samples.astype(int)) / 30 + 4)))

    def test_silence_is_0xff_and_not_0x00(self) -> None:
        self.assertEqual(int(to_pcm(SILENCE_BYTE)[0]), 0)
        self.assertEqual(level_db(SILENCE_BYTE * FRAME_BYTES), -100)
        self.assertGreater(level_db(b"\x00" * FRAME_BYTES), -1)


class LevelTests(SimpleTestCase):
    def test_a_full_tone_is_3_db_below_full_scale(self) -> None:
        self.assertEqual(level_db(to_mulaw(tone(400, RATE, amplitude=32_000))), -3)

    def test_a_tenth_of_the_amplitude_is_20_db_less(self) -> None:
        self.assertEqual(level_db(to_mulaw(tone(400, RATE, amplitude=3_200))), -23)

    def test_no_audio_is_silent(self) -> None:
        self.assertEqual(level_db(b""), -100)


class ResampleTests(SimpleTestCase):
    def test_a_tone_keeps_its_pitch_loudness_and_length(self) -> None:
        for rate in (16_000, 22_050, 24_000, 44_100, 48_000):
            original = tone(440, rate)
            with self.subTest(rate=rate):
                resampled = resample(original, rate)
                self.assertEqual(resampled.dtype, np.int16)
                self.assertEqual(len(resampled), round(len(original) * RATE / rate))
                self.assertAlmostEqual(loudest_hz(resampled, RATE), 440, delta=2)
                self.assertAlmostEqual(loudness(resampled), loudness(original), delta=50)

    def test_up_and_down_again_gives_the_same_tone(self) -> None:
        original = tone(1000, RATE)
        again = resample(resample(original, RATE, 16_000), 16_000)
        middle = slice(200, -200)
        np.testing.assert_allclose(again[middle], original[middle], atol=5)

    def test_what_the_lower_rate_cannot_hold_does_not_fold_back(self) -> None:
        self.assertLess(loudness(resample(tone(5000, 16_000), 16_000)), 100)

    def test_loud_audio_is_clipped_and_does_not_wrap(self) -> None:
        square = np.where(tone(440, 16_000) >= 0, 32_767, -32_768).astype(np.int16)
        steps = np.abs(np.diff(resample(square, 16_000).astype(int)))
        self.assertLess(int(np.count_nonzero(steps > 60_000)), 1 + 2 * 440)

    def test_the_same_rate_and_no_audio_are_left_alone(self) -> None:
        original = tone(440, RATE)
        np.testing.assert_array_equal(resample(original, RATE), original)
        self.assertEqual(len(resample(np.array([], np.int16), 16_000)), 0)


class ChunkTests(SimpleTestCase):
    def test_audio_goes_out_in_whole_chunks_and_a_rest(self) -> None:
        audio = bytes(range(256)) * 10
        parts = list(chunks(audio))
        self.assertEqual(b"".join(parts), audio)
        self.assertEqual([len(part) for part in parts], [CHUNK_BYTES, CHUNK_BYTES, 960])
        self.assertEqual(list(chunks(b"")), [])
