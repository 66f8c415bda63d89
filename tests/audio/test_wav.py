"""A caller's words from files of every usual kind."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path

import numpy as np
from django.test import SimpleTestCase
from numpy.typing import NDArray

from calls.audio.codec import BYTES_PER_MS, to_mulaw
from calls.audio.riff import FLOAT, MULAW, PCM, Unreadable
from calls.simulator.own_words import utterance


def speech(rate: int) -> NDArray[np.float64]:
    """0.3 s of silence, 0.5 s of tone, 0.4 s of silence."""
    at = np.arange(round(1.2 * rate)) / rate
    return np.where((at >= 0.3) & (at < 0.8), 0.4 * np.sin(2 * np.pi * 440 * at), 0.0)


def wav(data: bytes, rate: int, kind: int, bits: int, channels: int = 1, size: int = -1) -> bytes:
    block = channels * bits // 8
    layout = struct.pack("<HHIIHH", kind, channels, rate, rate * block, block, bits)
    if kind == 0xFFFE:
        layout += struct.pack("<HHIH14s", 22, bits, 0, PCM, b"\0" * 14)
    size = len(data) if size < 0 else size
    chunks = b"fmt " + struct.pack("<I", len(layout)) + layout
    chunks += b"LIST" + struct.pack("<I", 3) + b"odd\0"
    chunks += b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


def bits24(samples: NDArray[np.float64]) -> bytes:
    whole = (samples * 2**31).astype("<i4").view(np.uint8).reshape(-1, 4)
    return whole[:, 1:].tobytes()


class WavTests(SimpleTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "mine.wav"

    def assert_speech_found(self, content: bytes) -> None:
        self.file.write_bytes(content)
        words = utterance(self.file)
        self.assertAlmostEqual(len(words.audio) / BYTES_PER_MS, 1200, delta=2)
        self.assertAlmostEqual(words.speech_from_ms, 300, delta=10)
        self.assertAlmostEqual(words.speech_until_ms, 800, delta=10)
        self.assertEqual((words.name, words.text), ("mine", "mine.wav"))

    def test_every_kind_of_samples_is_read(self) -> None:
        at_8k, at_44k = speech(8000), speech(44100)
        kinds = {
            "8 bits": wav((at_8k * 127 + 128).astype(np.uint8).tobytes(), 8000, PCM, 8),
            "16 bits": wav((at_44k * 32767).astype("<i2").tobytes(), 44100, PCM, 16),
            "24 bits": wav(bits24(at_44k), 44100, PCM, 24),
            "24 bits, extensible": wav(bits24(at_44k), 44100, 0xFFFE, 24),
            "32 bits": wav((at_8k * (2**31 - 1)).astype("<i4").tobytes(), 8000, PCM, 32),
            "float": wav(speech(48000).astype("<f4").tobytes(), 48000, FLOAT, 32),
            "mu-law": wav(to_mulaw((at_8k * 32767).astype(np.int16)), 8000, MULAW, 8),
        }
        for name, content in kinds.items():
            with self.subTest(name):
                self.assert_speech_found(content)

    def test_stereo_is_mixed_down(self) -> None:
        one = (speech(16000) * 32767).astype("<i2")
        both = np.stack([one, np.zeros_like(one)], axis=1)
        self.assert_speech_found(wav(both.tobytes(), 16000, PCM, 16, channels=2))

    def test_the_unknown_size_of_a_stream_means_to_the_end(self) -> None:
        data = (speech(8000) * 32767).astype("<i2").tobytes()
        for size in (0, 0x7FFFF000, 0xFFFFFFFF):
            self.assert_speech_found(wav(data, 8000, PCM, 16, size=size))

    def test_what_cannot_be_read_says_why(self) -> None:
        loud = (speech(8000) * 32767).astype("<i2").tobytes()
        wrong = {
            "not a WAV file": b"ID3" + loud,
            "cut off": b"RIFF\0\0\0\0WAVEfmt \x04\0\0\0\1\0\1\0data\4\0\0\0\0\0\0\0",
            "without sound": wav(b"", 8000, PCM, 16),
            "silent": wav(b"\0\0" * 8000, 8000, PCM, 16),
            "kind 6": wav(loud, 8000, 6, 8),
            "no sense": wav(loud, 0, PCM, 16),
            "longer than": wav(loud * 300, 8000, PCM, 16),
        }
        for reason, content in wrong.items():
            with self.subTest(reason):
                self.file.write_bytes(content)
                with self.assertRaisesMessage(Unreadable, reason):
                    utterance(self.file)

    def test_a_file_that_is_not_there_says_so(self) -> None:
        with self.assertRaisesMessage(Unreadable, "No such file"):
            utterance(self.file)
