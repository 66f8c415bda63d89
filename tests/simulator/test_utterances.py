"""Callers' audio and its truth."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

from django.test import SimpleTestCase, override_settings

from calls.audio.codec import BYTES_PER_MS, level_db
from calls.language.hebrew import HEBREW
from calls.services import By, HistoryLine
from calls.services.receptionist.writer import dialogue
from calls.simulator import utterances


def span_ms(name: str) -> int:
    said = utterances.load(name)
    return said.speech_until_ms - said.speech_from_ms


class UtterancesTests(SimpleTestCase):
    def test_the_truth_lies_within_40_ms_of_the_ends_of_the_audio(self) -> None:
        for name in utterances.names():
            with self.subTest(name):
                said = utterances.load(name)
                self.assertTrue(said.text)
                if said.keys:
                    continue
                self.assertLessEqual(said.speech_from_ms, 40)
                self.assertLessEqual(len(said.audio) / BYTES_PER_MS - said.speech_until_ms, 40)
                self.assertGreater(level_db(said.audio), -35)

    def test_yes_and_no_are_as_short_as_people_say_them(self) -> None:
        for name in ("yes", "no"):
            self.assertIn(span_ms(name), range(290, 390), name)

    def test_the_smoke_utterance_lasts_1200_ms(self) -> None:
        self.assertAlmostEqual(span_ms("smoke"), 1200, delta=60)

    def test_pauses_are_as_long_as_listed(self) -> None:
        for name, pause_ms in (("book_after_a_pause", 400), ("long_pause", 1200)):
            audio = utterances.load(name).audio
            steps = [level_db(audio[at : at + 80]) for at in range(0, len(audio) - 79, 80)]
            loud = [index for index, level in enumerate(steps) if level > max(steps) - 35]
            gap = max(later - sooner - 1 for sooner, later in pairwise(loud))
            self.assertAlmostEqual(gap * 10, pause_ms, delta=20)

    def test_audio_is_made_once_and_kept(self) -> None:
        with tempfile.TemporaryDirectory() as folder, override_settings(VAR_DIR=Path(folder)):
            made = utterances.load("yes")
            [kept] = (Path(folder) / "utterances").iterdir()
            self.assertEqual(kept.read_bytes(), made.audio)
            kept.write_bytes(made.audio[:1600])
            self.assertEqual(utterances.load("yes").audio, made.audio[:1600])

    def test_every_conversation_says_what_is_expected_and_ends_in_goodbye(self) -> None:
        for name in utterances.conversations():
            history: list[HistoryLine] = []
            for said in utterances.conversation(name):
                with self.subTest(conversation=name, line=said.text):
                    phrases = dialogue(HEBREW).question(history).phrases
                    if phrases:
                        self.assertEqual(said.text in phrases, not said.outside)
                    history.append(HistoryLine(By.CALLER, said.keys.rstrip("#") or said.text))
            with self.subTest(conversation=name):
                self.assertTrue(dialogue(HEBREW).question(history).ends)

    def test_the_booking_has_a_short_answer_a_long_one_and_one_that_is_not_expected(self) -> None:
        said = utterances.conversation("booking")
        self.assertIn(len(said), range(5, 8))
        self.assertLess(min(span_ms(each.name) for each in said), 400)
        self.assertGreater(max(span_ms(each.name) for each in said), 2000)
        self.assertEqual(sum(each.outside for each in said), 1)
