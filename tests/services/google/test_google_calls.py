"""Whole calls on the media socket, heard by the real Google client against the local server."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async
from django.test import TransactionTestCase, override_settings, tag

from calls.audio.codec import FRAME_BYTES
from calls.models import Turn
from calls.services import NO_NUMBER, By, CalledNumber, HistoryLine
from calls.services.google.speech import GoogleLimits, GoogleTranscriber
from tests.fakes import FakeWriter
from tests.phone import PhoneCall, conversation_of, services
from tests.servers.hearing import spoken
from tests.services.google_calls import google
from tuning.models import TimingProfile
from tuning.turns.profile import Profile

SPEED = 4


class HastyTranscriber(GoogleTranscriber):
    """Gives a silent stream up as much earlier as these calls are faster."""

    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        super().__init__(called, GoogleLimits(dead_s=3 / SPEED))


async def play(phone: PhoneCall, audio: bytes) -> None:
    """In frames, at the call's speed."""
    loop = asyncio.get_running_loop()
    due_s = loop.time()
    for begin in range(0, len(audio), FRAME_BYTES):
        await phone.frame(audio[begin : begin + FRAME_BYTES])
        due_s += 0.02 / SPEED
        await asyncio.sleep(max(0.0, due_s - loop.time()))


async def answered(audio: bytes, call_sid: str = "CA1") -> Turn:
    """The turn of a call in which this is said after the greeting."""
    async with PhoneCall(call_sid, speed=SPEED) as phone:
        await phone.until_quiet()
        await phone.say("_" * 12)  # the refractory time
        await play(phone, audio)
        await phone.until(lambda: conversation_of(call_sid).turns.turn == 1)
        await phone.until_quiet()
    return (await phone.turns())[1]


@tag("protocol")
class CallTests(TransactionTestCase):
    """The call passes SPEED times as fast as a telephone's, and so do the server's delays."""

    def setUp(self) -> None:
        served_by = services(transcriber=HastyTranscriber)
        served_by.__enter__()
        self.addCleanup(served_by.__exit__, None, None, None)

    async def test_a_final_that_comes_after_the_decision_corrects_its_turn(self) -> None:
        corrected = HistoryLine(By.CALLER, "שלום אני רוצה לקבוע תור")
        async with google(partial_delay_s=0.06, final_delay_s=0.6) as server:
            server.book.script = [corrected.text]
            async with PhoneCall(speed=SPEED) as phone:
                await phone.until_quiet()
                await phone.say("MMMMMMMMM")
                await phone.until(lambda: conversation_of("CA1").turns.turn == 1)
                said = conversation_of("CA1").replies.history[-1].text
                await phone.until_quiet()
                await phone.until(lambda: corrected in conversation_of("CA1").replies.history)
            turn = (await phone.turns())[1]
        self.assertEqual(said, "שלום אני רוצה לקבוע", "what was known at the decision")
        self.assertEqual(turn.said, corrected.text)
        self.assertGreater(turn.transcribed_ms or 0, turn.decided_ms or 0)
        self.assertEqual(turn.answered, "".join(FakeWriter.answer))

    async def test_a_short_word_of_which_google_is_unsure_is_answered(self) -> None:
        for model in ("chirp_3", "command_and_search"):
            with self.subTest(model):
                given = {"confidence": 0.01, "partial_delay_s": 0.06, "final_delay_s": 0.07}
                async with google(model=model, **given):
                    turn = await answered(spoken("כן"), call_sid=model)
                self.assertEqual((turn.said, turn.outcome), ("כן", "completed"))

    async def test_without_streaming_each_utterance_is_recognised_once_at_its_end(self) -> None:
        profile = await TimingProfile.objects.aget(is_default=True)
        knobs = Profile(streaming_stt=False)
        await sync_to_async(profile.publish)(knobs, by=None, note="for a test")
        async with google(final_delay_s=0.07) as server:
            turn = await answered(spoken("לא ביום שלישי"))
        self.assertEqual((turn.said, turn.why), ("לא ביום שלישי", "transcriber"))
        self.assertEqual((server.streams, len(server.wholes)), ([], 1))

    async def test_the_turn_says_that_a_dead_stream_was_replaced(self) -> None:
        text = " ".join(["אני רוצה לקבוע תור לרופא ביום שלישי בבוקר"] * 2)
        async with google(hangs=1, partial_delay_s=0.06, final_delay_s=0.07) as server:
            turn = await answered(spoken(text))
        self.assertEqual(len(server.streams), 2)
        self.assertEqual((turn.said, turn.transcriber_replaced), (text, 1))
        self.assertEqual(turn.frames_dropped, 0)

    async def test_the_turn_says_how_much_audio_the_transcriber_never_got(self) -> None:
        async with google():
            with override_settings(GOOGLE_SPEECH_ENDPOINT="127.0.0.1:1"):
                async with PhoneCall(speed=50) as phone:
                    await phone.until_quiet()
                    with self.assertLogs("calls.services.resumable_stt", "WARNING"):
                        await phone.say("_" * 320 + "MMMMMMMM")
                        await phone.until(lambda: conversation_of("CA1").turns.turn == 1)
                    await phone.until_quiet()
                call, turns = await phone.ended(), await phone.turns()
        self.assertEqual(turns[1].prompt, "not_heard")
        self.assertGreater(turns[1].frames_dropped, 50)
        self.assertEqual(call.frames_in, call.frames_forwarded + sum(call.frames_dropped.values()))
