"""What of a reply was heard, deadlines, and the count of frames: the driver's pure parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from django.test import SimpleTestCase

from calls.services import ServiceLate
from calls.services.deadlines import within
from calls.telephony.carrier import Media
from calls.voice.audio_in import AudioIn
from calls.voice.clock import CallClock
from calls.voice.playout import Playout
from tests.fakes import HUSH, FakeTranscriber
from tuning.turns.profile import Profile


class PlayoutTest(SimpleTestCase):
    def setUp(self) -> None:
        self.playout = Playout(3)
        for text, audio_ms in (("אחת שתיים.", 1000), ("שלוש ארבע חמש שש.", 2000)):
            self.playout.begin_sentence(text)
            self.playout.add(b"\xff" * 8 * audio_ms)

    def test_nothing_counts_as_heard_before_its_first_mark(self) -> None:
        self.assertEqual(self.playout.heard_text(5000), "")

    def test_an_interrupted_sentence_is_heard_by_the_share_that_was_played(self) -> None:
        self.playout.heard_at_ms = 500
        self.assertEqual(self.playout.heard_text(1000), "אחת")
        self.assertEqual(self.playout.heard_text(1600), "אחת שתיים.")
        self.assertEqual(self.playout.heard_text(2600), "אחת שתיים. שלוש ארבע")
        self.assertEqual(self.playout.heard_text(9999), self.playout.text)

    def test_a_sentence_without_audio_was_not_heard(self) -> None:
        self.playout.heard_at_ms = 0
        self.playout.begin_sentence("שבע.")
        self.assertNotIn("שבע", self.playout.heard_text(9999))

    def test_marks_are_those_of_what_plays_now(self) -> None:
        marks = [self.playout.next_mark(), self.playout.end_mark]
        self.assertTrue(all(map(self.playout.owns, marks)))
        self.assertFalse(self.playout.owns("somebody else's"))
        self.playout.hold(0)
        self.assertFalse(any(map(self.playout.owns, marks)))

    def test_a_reply_goes_on_from_the_sentence_that_was_cut(self) -> None:
        self.playout.send(400, 3000)
        self.playout.begin_heard(500)
        self.playout.hold(2000)
        self.assertEqual(self.playout.heard_text(9999), "אחת שתיים. שלוש")
        self.assertEqual([each.text for each in self.playout.sentences], ["שלוש ארבע חמש שש."])
        self.playout.release(4000)
        self.assertEqual(self.playout.heard_text(5100), "אחת שתיים. שלוש ארבע")
        self.assertEqual(self.playout.heard_text(9999), self.playout.text)
        self.assertEqual(self.playout.spoken_ms(9999), 1500 + 2000)

    def test_what_is_held_was_not_heard(self) -> None:
        ahead = Playout(4, is_held=True)
        ahead.begin_sentence("אחת.")
        ahead.add(b"\xff" * 800)
        self.assertEqual(ahead.heard_text(5000), "")
        self.assertEqual(ahead.spoken_ms(5000), 0)


class DeadlineTest(SimpleTestCase):
    async def parts(self, *delays_s: float) -> AsyncGenerator[float, None]:
        for delay_s in delays_s:
            await asyncio.sleep(delay_s)
            yield delay_s

    async def test_parts_in_time_pass(self) -> None:
        parts = within(self.parts(0, 0.01), first_s=1, next_s=1, what="it")
        self.assertEqual([part async for part in parts], [0, 0.01])

    async def test_a_late_first_or_later_part_is_named(self) -> None:
        for delays_s in ((1.0,), (0, 1.0)):
            with self.assertRaisesRegex(ServiceLate, "it was silent for 0.05 s"):
                async for _part in within(
                    self.parts(*delays_s), first_s=0.05, next_s=0.05, what="it"
                ):
                    pass


class AudioInTest(SimpleTestCase):
    def hear(self, audio_in: AudioIn, *media: Media, profile: Profile | None = None) -> None:
        for each in media:
            for at_ms, frame in audio_in.frames(each):
                audio_in.forward(at_ms, frame, profile or Profile())

    def assert_balanced(self, audio_in: AudioIn) -> None:
        self.assertEqual(audio_in.frames_in, audio_in.forwarded + sum(audio_in.dropped.values()))

    def test_the_clock_stands_at_the_end_of_the_frame(self) -> None:
        frames = list(AudioIn(FakeTranscriber(), CallClock(float)).frames(Media(100, HUSH * 2)))
        self.assertEqual([at_ms for at_ms, _frame in frames], [120, 140])

    def test_frames_are_counted_whatever_becomes_of_them(self) -> None:
        audio_in = AudioIn(FakeTranscriber(), CallClock(float))
        self.hear(
            audio_in,
            Media(0, HUSH),
            Media(20, HUSH, is_inbound=False),
            Media(0, HUSH),
            Media(99_000, HUSH),
        )
        self.assertEqual(
            audio_in.dropped,
            {"not the caller's track": 1, "timestamp out of order": 2, "not yet sent": 1},
        )
        self.assert_balanced(audio_in)
        audio_in.flush()
        self.assertEqual(audio_in.forwarded, 1)
        self.assert_balanced(audio_in)

    def test_what_the_transcribers_full_queue_loses_is_counted(self) -> None:
        transcriber = FakeTranscriber()
        audio_in = AudioIn(transcriber, CallClock(float))
        self.hear(audio_in, Media(0, HUSH * 6))
        transcriber.dropped_frames = 3
        self.assertEqual((audio_in.forwarded, audio_in.dropped), (3, {"transcriber queue full": 3}))
        self.assert_balanced(audio_in)

    def test_speech_before_all_that_is_remembered_is_dated_before_it(self) -> None:
        walls_s = iter([0.0, *(1 + 0.02 * number for number in range(1500))])
        clock = CallClock(lambda: next(walls_s))
        for number in range(1500):
            clock.advance(20 * (number + 1))
        self.assertAlmostEqual(clock.wall_of(30_000), 30_980)
        self.assertAlmostEqual(clock.wall_of(2000), 2980)

    def test_switching_streaming_on_sends_the_utterance_so_far(self) -> None:
        transcriber = FakeTranscriber()
        audio_in = AudioIn(transcriber, CallClock(float))
        self.hear(audio_in, Media(0, HUSH * 10), profile=Profile(streaming_stt=False))
        self.hear(audio_in, Media(200, HUSH * 1))
        self.assertEqual(transcriber.messages, [160 * 11])
        self.assert_balanced(audio_in)

    def test_whole_recognition_gets_the_utterance_with_its_pre_roll(self) -> None:
        audio_in = AudioIn(FakeTranscriber(), CallClock(float))
        seconds = (Media(at_ms, HUSH * 50) for at_ms in (0, 1000))
        self.hear(audio_in, *seconds, profile=Profile(streaming_stt=False))
        audio = audio_in.utterance(1000, 1400)
        self.assertEqual(len(audio) // 8, 300 + 400 + 300)
        audio_in.recognised(1400)
        self.assertEqual(audio_in.dropped["outside any utterance"], 35)
        self.assert_balanced(audio_in)
