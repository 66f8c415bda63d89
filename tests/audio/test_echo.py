"""The agent's own voice, returned by a speakerphone, is told from a person's."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from django.test import SimpleTestCase

from calls.audio.codec import FRAME_BYTES, SILENCE_BYTE, level_db, to_mulaw, to_pcm
from calls.audio.echo import LONGEST_LAG_MS, Echo, Floats
from calls.services.espeak.speaker import synthesise
from tuning.turns.heard import ECHO_PERCENT

LOUD_DB = -45


def in_a_room(audio: bytes, lag_ms: int, fainter_db: float) -> Floats:
    """Late, fainter, with a few reflections, and a line's noise."""
    drawn = np.random.default_rng(3)
    response = np.zeros(400)
    response[[0, 40, 95, 170, 300]] = 1, 0.5, -0.35, 0.25, 0.15
    sound = np.convolve(to_pcm(audio).astype(np.float64), response)[: len(audio)]
    late = np.concatenate([np.zeros(lag_ms * 8), sound / 10 ** (fainter_db / 20)])
    return np.asarray(late + drawn.normal(0, 60, len(late)))


def on_the_line(sound: Floats) -> bytes:
    return to_mulaw(np.clip(sound, -32000, 32000).astype(np.int16))


def judged(played: bytes, caller: bytes, from_ms: int = 200) -> list[int]:
    """The verdicts on the caller's loud frames, while this is played from the beginning."""
    echo, verdicts = Echo(), []
    echo.speak(0, played)
    for begin in range(0, len(caller) - FRAME_BYTES + 1, FRAME_BYTES):
        frame, at_ms = caller[begin : begin + FRAME_BYTES], begin // 8 + 20
        echo.hear(at_ms, frame)
        if level_db(frame) > LOUD_DB and at_ms > from_ms:
            verdicts.append(echo.percent())
    return verdicts


class EchoTests(SimpleTestCase):
    agent: ClassVar[bytes]
    person: ClassVar[bytes]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        spoken = "אפשר להגיע אלינו בכל יום בין תשע לחמש"
        cls.agent = synthesise(spoken, voice="he+f2", speed=160)
        cls.person = synthesise("לא, רגע, התכוונתי ליום אחר", voice="he+m2", speed=165)

    def test_an_echo_is_known_however_late_and_faint(self) -> None:
        for lag_ms in (60, 150, 300, 500):
            for fainter_db in (6, 12, 20):
                heard = on_the_line(in_a_room(self.agent, lag_ms, fainter_db))
                verdicts = judged(self.agent, heard, lag_ms + 200)
                with self.subTest(lag_ms=lag_ms, fainter_db=fainter_db):
                    known = sum(percent >= ECHO_PERCENT for percent in verdicts)
                    self.assertGreater(known / len(verdicts), 0.9)

    def test_a_person_is_no_echo(self) -> None:
        self.assertLess(max(judged(self.agent, self.person)), ECHO_PERCENT)

    def test_a_person_over_an_echo_is_a_person(self) -> None:
        both = in_a_room(self.agent, 150, 12)[: len(self.person)] + to_pcm(self.person)
        verdicts = judged(self.agent, on_the_line(both), 350)
        known = sum(percent >= ECHO_PERCENT for percent in verdicts)
        self.assertLess(known / len(verdicts), 0.2)

    def test_where_nothing_is_played_there_is_no_echo(self) -> None:
        self.assertEqual(set(judged(b"", self.person)), {0})

    def test_what_was_stopped_is_not_played(self) -> None:
        echo = Echo()
        echo.speak(0, self.agent)
        echo.fall_silent(0)
        for begin in range(0, 8000, FRAME_BYTES):
            echo.hear(begin // 8 + 20, self.agent[begin : begin + FRAME_BYTES])
        self.assertEqual(echo.percent(), 0)

    def test_how_it_was_cut_into_messages_changes_nothing(self) -> None:
        whole, parts = Echo(), Echo()
        whole.speak(0, self.agent)
        for begin in range(0, len(self.agent), 800):
            parts.speak(begin // 8, self.agent[begin : begin + 800])
        for begin in range(0, 8000, FRAME_BYTES):
            for echo in (whole, parts):
                echo.hear(begin // 8 + 20, self.agent[begin : begin + FRAME_BYTES])
        self.assertEqual(whole.percent(), parts.percent())
        self.assertGreater(whole.percent(), 95)

    def test_what_was_played_long_ago_is_forgotten_though_nobody_speaks(self) -> None:
        echo = Echo()
        for second in range(60):
            echo.speak(second * 1000, SILENCE_BYTE * 8000)
        for at_ms in range(20, 60_001, 20):
            echo.hear(at_ms, SILENCE_BYTE * FRAME_BYTES)
        self.assertLessEqual(len(echo._played), 1 + LONGEST_LAG_MS // 1000 + 1)
