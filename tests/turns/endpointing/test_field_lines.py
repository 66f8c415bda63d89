"""A very quiet line and one that is overdriven, from the audio to the reply."""

from __future__ import annotations

import numpy as np
from django.test import SimpleTestCase
from numpy.typing import NDArray

from calls.audio.codec import BYTES_PER_MS, FRAME_BYTES, RATE, level_db, to_mulaw, to_pcm
from calls.audio.vad import JudgedVad
from calls.services.espeak.speaker import KEPT_SILENCE_MS, synthesise
from tests.script import ScriptedCall
from tuning.turns.completion import Asked
from tuning.turns.events import Heard, Reply
from tuning.turns.profile import FRAME_MS, SHIPPED, Profile

Wave = NDArray[np.float64]
SENTENCE = "שלום, אני רוצה לקבוע תור ביום שלישי"
FAINT_RMS, OVERDRIVEN = 12, 8
SETTLES_MS, QUIET_MS = 300, 1000
"""Before the call listens its detector learns the line's noise; and then nothing is said yet."""
HANGS_ON_MS, LATE_MS = 160, 150
"""How long after real speech, and after its beginning, a detector may be."""


def spoken(text: str) -> Wave:
    """Without the silence that is left around it."""
    kept = KEPT_SILENCE_MS * BYTES_PER_MS
    return to_pcm(synthesise(text)[kept:-kept]).astype(np.float64)


def on_a_line(speech: Wave, hiss: float) -> bytes:
    """The speech on a line with noise of its own, before it and for three seconds after it."""
    before = (SETTLES_MS + QUIET_MS) * BYTES_PER_MS
    line = np.random.default_rng(4).normal(0, hiss, before + len(speech) + 3 * RATE)
    line[before : before + len(speech)] += speech
    return to_mulaw(np.clip(line.round(), -32768, 32767).astype(np.int16))


class LineTests(SimpleTestCase):
    def assert_answered(self, text: str, speech: Wave, hiss: float) -> None:
        line, spoken_ms = on_a_line(speech, hiss), len(speech) // BYTES_PER_MS
        frames = [line[at : at + FRAME_BYTES] for at in range(0, len(line), FRAME_BYTES)]
        settling, heard = frames[: SETTLES_MS // FRAME_MS], frames[SETTLES_MS // FRAME_MS : -1]
        for name in ("balanced", "adaptive"):
            vad, call = JudgedVad(), ScriptedCall.listening(Profile(**SHIPPED[name]))
            call.asks(Asked("phrase"))
            began_ms = call.at_ms + QUIET_MS
            for frame in settling:
                vad(frame)
            for frame in heard:
                call.feed(Heard(call.at_ms + FRAME_MS, vad(frame), level_db(frame)))
                if call.at_ms == (began_ms + spoken_ms + 300) // FRAME_MS * FRAME_MS:
                    call.words(text, until_ms=began_ms + spoken_ms)
            with self.subTest(text, profile=name):
                (reply,) = call.of(Reply)
                self.assertEqual(reply.text, text)
                self.assertLessEqual(abs(reply.spoke_from_ms - began_ms), LATE_MS)
                hangs_on_ms = reply.spoke_until_ms - began_ms - spoken_ms
                self.assertLessEqual(abs(hangs_on_ms), HANGS_ON_MS)

    def test_a_very_quiet_caller_is_answered(self) -> None:
        for text in (SENTENCE, "חיפה"):
            speech = spoken(text)
            faint = speech * (FAINT_RMS / np.sqrt((speech**2).mean()))
            self.assert_answered(text, faint, hiss=FAINT_RMS / 10)

    def test_a_caller_who_overdrives_the_line_is_answered(self) -> None:
        for text in (SENTENCE, "כן"):
            loud = spoken(text) * OVERDRIVEN
            self.assertGreater((abs(loud) > 32767).mean(), 0.02)
            self.assert_answered(text, loud, hiss=8)
