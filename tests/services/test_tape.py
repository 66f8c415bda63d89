"""The tape that a new stream hears again, and the clock of what a stream was sent."""

from __future__ import annotations

from django.test import SimpleTestCase

from calls.audio.codec import BYTES_PER_MS
from calls.services.tape import LONGEST_MS, MESSAGE_BYTES, StreamClock, Tape
from tests.servers.hearing import silence, spoken

BATCH_MS = 60
WORD = spoken("כן")[: 240 * BYTES_PER_MS]


class TapeTests(SimpleTestCase):
    def setUp(self) -> None:
        self.tape, self.now_ms = Tape(), 0

    def push(self, audio: bytes) -> None:
        for begin in range(0, len(audio), BATCH_MS * BYTES_PER_MS):
            part = audio[begin : begin + BATCH_MS * BYTES_PER_MS]
            self.now_ms += len(part) // BYTES_PER_MS
            self.tape.push(part, self.now_ms)

    def take(self) -> bytes:
        """All that a stream takes now."""
        taken = b""
        while stretch := self.tape.take():
            taken += stretch.audio
        return taken

    def test_a_new_stream_hears_again_what_no_final_has_covered(self) -> None:
        self.push(WORD)
        self.assertEqual(self.take(), WORD)
        self.assertEqual(self.take(), b"")
        self.push(WORD)
        self.tape.rewind()
        self.assertEqual(self.take(), WORD + WORD)

    def test_a_final_that_ends_within_a_message_leaves_its_rest(self) -> None:
        self.push(WORD)
        self.take()
        self.tape.settle(100)
        self.tape.rewind()
        self.assertEqual(self.take(), WORD[100 * BYTES_PER_MS :])

    def test_sound_just_after_a_final_belongs_to_it_and_later_sound_does_not(self) -> None:
        self.push(WORD + silence(60))
        self.take()
        self.tape.settle(200)
        self.assertFalse(self.tape.has_speech)
        self.push(silence(240) + WORD)
        self.assertTrue(self.tape.has_speech)

    def test_of_a_silence_only_the_end_is_kept(self) -> None:
        self.push(silence(6000) + WORD)
        self.take()
        self.tape.rewind()
        self.assertEqual(self.take(), silence(2040) + WORD)
        self.assertEqual(self.tape.dropped_frames, 0, "it was heard once")

    def test_when_it_is_full_the_oldest_goes_and_is_counted(self) -> None:
        self.push(silence(900) + WORD + silence(LONGEST_MS - len(WORD) // BYTES_PER_MS))
        self.assertEqual(self.tape.dropped_frames, 900 // 20)
        self.assertEqual(self.take()[: len(WORD)], WORD)

    def test_a_long_stretch_is_parted_into_messages_that_vendors_take(self) -> None:
        self.tape.push(silence(2000), 5000)
        stretches = []
        while stretch := self.tape.take():
            stretches.append(stretch)
        self.assertEqual([each.until_ms for each in stretches], [3800, 4600, 5000])
        self.assertLessEqual(max(len(each.audio) for each in stretches), MESSAGE_BYTES)


class StreamClockTests(SimpleTestCase):
    def setUp(self) -> None:
        self.clock = StreamClock()

    def test_a_stream_that_was_opened_late_tells_the_time_of_the_call(self) -> None:
        self.clock.sent(60, until_ms=10_060)
        self.clock.sent(60, until_ms=10_120)
        self.assertEqual(self.clock.caller_ms(100), 10_100)

    def test_frames_that_the_line_lost_move_no_word(self) -> None:
        self.clock.sent(60, until_ms=60)
        self.clock.sent(60, until_ms=2120)
        self.assertEqual(self.clock.caller_ms(60), 2060)
        self.assertEqual(self.clock.caller_ms(40), 40)
        self.assertEqual(self.clock.caller_ms(100), 2100)

    def test_a_moment_in_inserted_silence_is_the_end_of_what_was_said_before(self) -> None:
        self.clock.sent(60, until_ms=60)
        self.clock.sent_silence(1000)
        self.clock.sent(60, until_ms=120)
        self.assertEqual(self.clock.caller_ms(500), 60)
        self.assertEqual(self.clock.caller_ms(1080), 80)

    def test_nothing_is_ever_later_than_what_was_sent(self) -> None:
        self.clock.sent(60, until_ms=60)
        self.assertEqual(self.clock.caller_ms(5000), 60)

    def test_words_out_of_inserted_silence_alone_are_before_everything(self) -> None:
        self.clock.sent_silence(1000)
        self.assertEqual(self.clock.caller_ms(500), -1)
