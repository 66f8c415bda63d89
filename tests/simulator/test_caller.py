"""The caller who follows a conversation: when they speak, and what they note. No real time."""

from __future__ import annotations

from dataclasses import dataclass

from django.test import SimpleTestCase

from calls.audio.codec import BYTES_PER_MS, SILENCE_BYTE
from calls.simulator.caller import (
    NO_ANSWER_MS,
    QUIET_MS,
    SILENT_FRAME,
    Caller,
    Key,
    Press,
    Say,
    StaySilent,
    Step,
)
from calls.simulator.earpiece import Earpiece, Sound
from tests.agent import tone


@dataclass(frozen=True)
class Words:
    """100 ms of silence, speech, 100 ms of silence."""

    name: str
    speech_until_ms: int
    speech_from_ms: int = 100

    @property
    def text(self) -> str:
        return self.name

    @property
    def audio(self) -> bytes:
        hush = SILENCE_BYTE * 100 * BYTES_PER_MS
        return hush + tone(self.speech_until_ms - self.speech_from_ms) + hush


class Telephone:
    """Asks the caller for frames; the agent's audio is played at the times given."""

    def __init__(self, *steps: Step, greeting_ms: int = 400, awaits_greeting: bool = True) -> None:
        self.caller = Caller(steps, awaits_greeting=awaits_greeting)
        self._frames = self.caller.frames()
        self.audio = b""
        self.keys: list[tuple[int, str]] = []
        self.is_over = False
        if greeting_ms:
            self.agent_says(greeting_ms)

    def agent_says(self, ms: int, *, after_ms: int = 0) -> None:
        self.caller.ear.play(self.caller.now_ms + after_ms, tone(ms))

    def run(self, ms: int = 60_000) -> None:
        """Until so much time has passed, or the caller hangs up."""
        until_ms = self.caller.now_ms + ms
        while self.caller.now_ms < until_ms:
            item = next(self._frames, None)
            if item is None:
                self.is_over = True
                return
            if isinstance(item, Key):
                self.keys.append((self.caller.now_ms, item.digit))
            else:
                self.audio += item

    def run_until_said(self) -> None:
        """Until the caller has said one more line."""
        before = len(self.caller._lines)
        while len(self.caller._lines) == before:
            self.run(20)
        while self.caller.now_ms < self.caller._lines[-1].ended_ms:
            self.run(20)


class SpeakingTests(SimpleTestCase):
    def test_the_caller_waits_for_the_greeting_and_for_quiet_after_it(self) -> None:
        phone = Telephone(Say(Words("שלום", 500)))
        phone.run_until_said()
        began_ms = phone.caller.lines()[0].started_ms - 100
        self.assertGreaterEqual(began_ms, 400 + QUIET_MS[0])
        self.assertLessEqual(began_ms, 400 + QUIET_MS[1] + 20)

    def test_the_same_seed_waits_the_same(self) -> None:
        begun = []
        for _time in range(2):
            phone = Telephone(Say(Words("שלום", 500)))
            phone.run_until_said()
            begun.append(phone.caller.lines()[0].started_ms)
        self.assertEqual(*begun)

    def test_without_a_greeting_the_caller_gives_up_waiting_and_speaks(self) -> None:
        phone = Telephone(Say(Words("שלום", 500)), greeting_ms=0)
        phone.run_until_said()
        self.assertGreaterEqual(phone.caller.lines()[0].started_ms, NO_ANSWER_MS)

    def test_who_expects_no_greeting_speaks_first(self) -> None:
        phone = Telephone(Say(Words("שלום", 500)), greeting_ms=0, awaits_greeting=False)
        phone.run_until_said()
        self.assertLess(phone.caller.lines()[0].started_ms, 1100)

    def test_every_frame_is_whole_and_the_words_are_in_them(self) -> None:
        words = Words("שלום", 515)
        phone = Telephone(Say(words))
        phone.run_until_said()
        phone.run(100)
        self.assertEqual(len(phone.audio), (phone.caller.now_ms + 20) * BYTES_PER_MS)
        self.assertIn(words.audio, phone.audio)

    def test_the_next_line_waits_until_the_answer_has_been_played_out(self) -> None:
        phone = Telephone(Say(Words("ראשון", 500)), Say(Words("שני", 500)))
        phone.run_until_said()
        phone.agent_says(3000, after_ms=800)
        phone.run_until_said()
        first, second = phone.caller.lines()
        self.assertGreater(second.started_ms, first.ended_ms + 3800 + QUIET_MS[0])

    def test_the_end_of_the_conversation_hangs_up_after_the_last_answer(self) -> None:
        phone = Telephone(Say(Words("תודה", 500)))
        phone.run_until_said()
        phone.agent_says(600, after_ms=700)
        phone.run()
        self.assertTrue(phone.is_over)
        self.assertGreater(phone.caller.now_ms, phone.caller.ear.ends_ms)

    def test_keys_are_pressed_one_after_another(self) -> None:
        phone = Telephone(Press("054#"))
        phone.run(5000)
        self.assertEqual("".join(digit for _at, digit in phone.keys), "054#")
        self.assertEqual(len({at_ms for at_ms, _digit in phone.keys}), 4)
        (line,) = phone.caller.lines()
        self.assertTrue(line.is_keyed)
        self.assertEqual(line.ended_ms, phone.keys[-1][0])

    def test_waiting_is_silence(self) -> None:
        phone = Telephone(StaySilent(1000), awaits_greeting=False, greeting_ms=0)
        phone.run(1000)
        self.assertEqual(phone.audio, SILENT_FRAME * 50)


class MeasuringTests(SimpleTestCase):
    def test_voice_to_voice_is_from_the_last_sample_to_the_first_audible_one(self) -> None:
        phone = Telephone(Say(Words("שלום", 500)))
        phone.run_until_said()
        ended_ms = phone.caller.lines()[0].ended_ms
        phone.caller.ear.play(ended_ms + 700, SILENCE_BYTE * 50 * BYTES_PER_MS + tone(400))
        phone.run()
        (line,) = phone.caller.lines()
        self.assertAlmostEqual(line.voice_to_voice_ms or 0, 750, delta=1)
        self.assertTrue(line.answered)
        self.assertFalse(line.cut_in)
        self.assertIsNone(line.barge_stop_ms)

    def test_an_agent_that_begins_during_a_line_cuts_in(self) -> None:
        phone = Telephone(Say(Words("משפט ארוך", 2000)))
        phone.run_until_said()
        ended_ms = phone.caller.lines()[0].ended_ms
        phone.caller.ear.play(ended_ms - 300, tone(900))
        phone.run()
        (line,) = phone.caller.lines()
        self.assertTrue(line.cut_in)
        self.assertTrue(line.answered)
        self.assertIsNone(line.voice_to_voice_ms)

    def test_a_line_without_an_answer_is_not_answered(self) -> None:
        phone = Telephone(Say(Words("שלום", 500)))
        phone.run()
        (line,) = phone.caller.lines()
        self.assertFalse(line.answered)
        self.assertIsNone(line.voice_to_voice_ms)
        self.assertTrue(phone.is_over)

    def test_barging_in_waits_for_the_agent_and_measures_its_stop(self) -> None:
        phone = Telephone(Say(Words("שאלה", 500)), Say(Words("רגע", 900), barge_in_after_ms=1000))
        phone.run_until_said()
        reply_ms = phone.caller.now_ms + 600
        phone.caller.ear.play(reply_ms, tone(5000))
        phone.run(1620)  # until the caller begins to speak over it
        began_ms = phone.caller._lines[1].started_ms
        self.assertAlmostEqual(began_ms - 100, reply_ms + 1000, delta=20)
        phone.run(int(began_ms + 380 - phone.caller.now_ms))
        phone.caller.ear.clear(began_ms + 380)
        phone.caller.ear.play(began_ms + 2000, tone(500))
        phone.run()
        _question, barged = phone.caller.lines()
        self.assertAlmostEqual(barged.barge_stop_ms or 0, 380, delta=1)
        self.assertFalse(barged.cut_in)
        self.assertAlmostEqual(barged.voice_to_voice_ms or 0, 1200, delta=1)

    def test_a_pause_between_the_agents_words_is_not_its_stop(self) -> None:
        ear = Earpiece()
        ear.play(0, tone(500) + SILENCE_BYTE * 200 * BYTES_PER_MS + tone(500))
        ear.play(2000, tone(500))
        self.assertAlmostEqual(ear.silent_from(300) or 0, 1200, delta=1)
        self.assertAlmostEqual(ear.silent_from(600) or 0, 1200, delta=1)
        self.assertIsNone(ear.silent_from(1700))


class EarpieceTests(SimpleTestCase):
    def test_audio_waits_behind_what_is_still_to_be_played(self) -> None:
        ear = Earpiece()
        ear.play(100, tone(100))
        ear.play(120, tone(100))
        self.assertEqual(ear.ends_ms, 300)
        (sound,) = ear.sounds
        self.assertAlmostEqual(sound.from_ms, 100, delta=1)
        self.assertAlmostEqual(sound.until_ms, 300, delta=1)

    def test_clear_cuts_what_is_playing_and_drops_the_rest(self) -> None:
        ear = Earpiece()
        ear.play(0, tone(100) + SILENCE_BYTE * 800 + tone(100))
        ear.clear(60)
        self.assertEqual(ear.ends_ms, 60)
        self.assertEqual([sound.until_ms for sound in ear.sounds], [60])

    def test_silence_is_not_heard(self) -> None:
        ear = Earpiece()
        ear.play(0, SILENCE_BYTE * 1600)
        ear.play(500, b"\x7f" * 40)
        self.assertEqual(ear.sounds, [])
        self.assertEqual(ear.ends_ms, 505)

    def test_what_began_in_a_time_is_found(self) -> None:
        ear = Earpiece(sounds=[Sound(0, 10), Sound(100, 110), Sound(200, 210)])
        self.assertEqual(ear.begun_since(100, 200), [Sound(100, 110)])
