"""A conversation from the first word to the record: outcomes, moments, history, knobs."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncGenerator, Sequence
from typing import ClassVar

from asgiref.sync import sync_to_async
from django.test import override_settings

from calls.models import Turn
from calls.services import By, HistoryLine, Piece
from calls.voice import prompts
from tests.fakes import FakeTranscriber, FakeWriter, tuned
from tests.phone import PhoneCall, conversation_of, services, transcriber_of
from tests.virtual_time import VirtualTimeTestCase
from tuning.models import TimingProfile, announce
from tuning.turns.profile import Profile

LONG = ("אפשר להגיע אלינו בכל יום בין תשע לחמש. ", "אנחנו ברחוב הרצל שלוש, קומה שנייה. ") * 2


class RememberingWriter(FakeWriter):
    """Keeps the histories that it was asked to answer."""

    asked: ClassVar[list[tuple[HistoryLine, ...]]] = []

    async def write(
        self, history: Sequence[HistoryLine], *, with_verdict: bool = False
    ) -> AsyncGenerator[Piece, None]:
        self.asked.append(tuple(history))
        async for piece in super().write(history):
            yield piece


async def publish(knobs: Profile) -> None:
    profile = await TimingProfile.objects.aget(is_default=True)
    await sync_to_async(profile.publish)(knobs, by=None, note="for a test")


class TurnTest(VirtualTimeTestCase):
    def assert_in_order(self, *moments: float | None) -> None:
        self.assertNotIn(None, moments)
        self.assertEqual(list(moments), sorted(m for m in moments if m is not None))

    async def test_a_turn_keeps_every_moment_in_order(self) -> None:
        # Its audio comes faster than a telephone's: words after 100 ms would be the last to come.
        with services(transcriber=tuned(FakeTranscriber, delay_s=0.0)):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM_______")
                await phone.until(lambda: len(phone.events("mark")) >= 7)
                await phone.until_quiet()
            call, turns = await phone.ended(), await phone.turns()
        greeting, turn = turns
        self.assertEqual((greeting.answered, greeting.speech_ended_ms), (FakeWriter.greeting, None))
        self.assertEqual(turn.said, FakeTranscriber.sayings[0])
        self.assertEqual((turn.why, turn.outcome), ("short silence", "completed"))
        self.assertEqual((turn.span_ms, turn.is_short), (500, True))
        self.assert_in_order(
            turn.speech_began_ms, turn.speech_ended_ms, turn.decided_ms, turn.asked_ms,
            turn.first_token_ms, turn.first_sentence_ms, turn.first_byte_ms, turn.first_audio_ms,
            turn.heard_ms, turn.ended_ms,
        )  # fmt: skip
        self.assertAlmostEqual(turn.llm_ttft or 0, 100, delta=0.1)
        self.assertAlmostEqual(turn.tts_ttfb or 0, 50, delta=0.1)
        # 100 ms short of the minimum, 220 of hangover, 500 of silence, 50 to 120 of delay
        self.assertTrue(870 <= turn.policy_ms <= 940)
        self.assertTrue(call.replays)
        self.assertEqual(turn.revision, call.revision)

    async def test_a_late_answer_comes_after_a_filler_that_counts_as_none(self) -> None:
        slow = tuned(FakeWriter, first_token_s=0.4, greeting="שלום")
        await publish(Profile(filler_after_ms=1000))  # 100 ms: the call is ten times as fast
        with services(transcriber=tuned(FakeTranscriber, delay_s=0.0), writer=slow):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM_______")
                await phone.until(lambda: conversation_of("CA1").replies.current is not None)
                await phone.until(lambda: conversation_of("CA1").replies.current is None)
            _greeting, turn = await phone.turns()
        self.assertEqual(turn.outcome, "completed")
        self.assertEqual(turn.answered, f"{prompts.text('moment')} בשמחה. מתי נוח?")
        assert turn.decided_ms
        assert turn.filled_ms
        assert turn.first_audio_ms
        self.assertLess(turn.filled_ms - turn.decided_ms, 300)
        self.assertGreater(turn.first_audio_ms - turn.decided_ms, 400)

    async def test_audio_goes_out_in_chunks_of_100_ms_with_a_mark_after_the_first(self) -> None:
        with services():
            async with PhoneCall() as phone:
                await phone.until_quiet()
        kinds = [message["event"] for message in phone.sent]
        self.assertEqual(kinds[:2], ["media", "mark"])
        self.assertEqual(kinds[-3:], ["media", "mark", "mark"])
        sizes = [len(b64decode(m["media"]["payload"])) for m in phone.events("media")]
        self.assertTrue(all(size >= 800 for size in sizes[:-1]))

    async def test_speech_over_the_agent_stops_it_and_history_keeps_what_was_heard(self) -> None:
        RememberingWriter.asked.clear()
        with services(writer=tuned(RememberingWriter, answer=LONG)):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM_______")
                await phone.until(lambda: len(phone.events("mark")) >= 4)
                await phone.say("_" * 16 + "MMMMM")
                await phone.until(lambda: phone.events("clear"))
                sent = len(phone.sent)
                await phone.say("_" * 5)
                self.assertEqual(phone.sent[sent:], [])
                await phone.until(lambda: len(RememberingWriter.asked) == 3)
            turns = await phone.turns()
        interrupted = turns[1]
        self.assertEqual(interrupted.outcome, "interrupted")
        self.assertTrue("".join(LONG).startswith(interrupted.answered[:20]))
        self.assertLess(len(interrupted.answered), len("".join(LONG)))
        self.assertIn(HistoryLine(By.AGENT, interrupted.answered), RememberingWriter.asked[2])
        self.assertTrue((await phone.ended()).replays)

    async def test_a_caller_who_resumes_before_the_reply_is_heard_is_answered_as_one(self) -> None:
        RememberingWriter.asked.clear()
        with services(writer=tuned(RememberingWriter, first_token_s=1.0)):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM")
                await phone.until(lambda: len(RememberingWriter.asked) == 2)
                await phone.say("MMMMMM_")
                await phone.until(lambda: len(RememberingWriter.asked) == 3)
                await phone.until_quiet()
            turns = await phone.turns()
        first, second = FakeTranscriber.sayings[:2]
        self.assertEqual([turn.outcome for turn in turns][:2], ["completed", "caller resumed"])
        self.assertEqual(turns[2].said, f"{first} {second}")
        self.assertEqual(
            RememberingWriter.asked[2][-1], HistoryLine(By.CALLER, f"{first} {second}")
        )
        self.assertNotIn(HistoryLine(By.CALLER, first), RememberingWriter.asked[2])

    async def test_hanging_up_before_the_reply_is_heard_leaves_a_turn_without_reply(self) -> None:
        with services(writer=tuned(FakeWriter, first_token_s=2.0)):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM")
                await phone.until(lambda: conversation_of("CA1").turns.turn == 1)
            turns = await phone.turns()
        self.assertEqual((turns[1].outcome, turns[1].answered), ("no reply", ""))

    async def test_asking_again_is_waited_for_as_an_answer_is(self) -> None:
        with services(transcriber=tuned(FakeTranscriber, delay_s=60.0)):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM" + "_" * 20)
                await phone.until(lambda: len(phone.events("mark")) > 3)
                await phone.until_quiet()
            turns = await phone.turns()
        turn = turns[1]
        self.assertEqual((turn.prompt, turn.span_ms, turn.is_short), ("not_heard", 500, True))
        # 100 ms short of the minimum, 220 of hangover, 500 of silence
        self.assertEqual(turn.policy_ms, 820)
        self.assert_in_order(
            turn.speech_began_ms, turn.speech_ended_ms, turn.decided_ms, turn.first_audio_ms
        )

    async def test_keyed_digits_are_answered(self) -> None:
        with services():
            async with PhoneCall() as phone:
                await phone.until_quiet()
                for digit in "0541#":
                    await phone.send(
                        {"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": digit}}
                    )
                await phone.until(lambda: len(phone.events("mark")) > 3)
                await phone.until_quiet()
            turns = await phone.turns()
        self.assertEqual((turns[1].said, turns[1].why), ("0541", "keypad"))

    @override_settings(PERSON_WAIT_S=0)
    async def test_three_failures_in_a_row_end_the_call_with_an_apology(self) -> None:
        with services(writer=tuned(FakeWriter, fails=True)):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                for _try in range(3):
                    await phone.say("_" * 13 + "MMMMM" + "_" * 8)
                    await phone.until_quiet()
                await phone.until(lambda: phone.close_code is not None)
            call, turns = await phone.ended(), await phone.turns()
        self.assertEqual(call.ended_why, "failed")
        self.assertEqual(
            [t.prompt for t in turns if t.prompt][1:], ["apology"] * 2 + ["apology_goodbye"]
        )

    async def test_the_likely_answers_reach_the_transcriber(self) -> None:
        with services():
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM_______")
                await phone.until(lambda: len(phone.events("mark")) > 3)
                transcriber = transcriber_of("CA1")
                self.assertEqual(transcriber.expected, FakeWriter.expects)


class KnobTest(VirtualTimeTestCase):
    async def wire_sizes(self, call_sid: str, knobs: Profile) -> set[int]:
        await publish(knobs)
        with services():
            async with PhoneCall(call_sid) as phone:
                await phone.until_quiet()
                transcriber = transcriber_of(call_sid)
                sizes = set(transcriber.messages)
        return sizes

    async def test_stt_batch_ms_is_the_audio_per_message_on_the_transcribers_wire(self) -> None:
        self.assertEqual(await self.wire_sizes("CA1", Profile(stt_batch_ms=60)), {480})
        self.assertEqual(await self.wire_sizes("CA2", Profile(stt_batch_ms=70)), {640})

    async def test_with_streaming_off_the_utterance_is_recognised_whole(self) -> None:
        await publish(Profile(streaming_stt=False))
        with services(transcriber=tuned(FakeTranscriber, delay_s=0.02)):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("_" * 12 + "MMMMM")
                await phone.until(lambda: len(phone.events("mark")) > 3)
                transcriber = transcriber_of("CA1")
                self.assertEqual(transcriber.messages, [])
            call, turns = await phone.ended(), await phone.turns()
        self.assertEqual(turns[1].said, FakeTranscriber.sayings[0])
        self.assertGreater(call.frames_dropped["outside any utterance"], 0)
        self.assertEqual(call.frames_in, call.frames_forwarded + sum(call.frames_dropped.values()))
        self.assertTrue(call.replays)

    async def test_a_published_revision_decides_the_very_next_turn(self) -> None:
        with services():
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("_" * 12 + "MMMMM____")
                await publish(Profile(end_silence_short_ms=200, end_silence_long_ms=400))
                await phone.say("___")
                await phone.until(lambda: len(phone.events("mark")) > 3)
            call, turns = await phone.ended(), await phone.turns()
            revision = await TimingProfile.objects.aget(is_default=True)
        newest = await sync_to_async(lambda: revision.newest)()
        self.assertEqual(call.revision, newest)
        self.assertEqual([turn.revision and turn.revision.number for turn in turns][:2], [1, 2])
        self.assertTrue(call.replays)

    async def test_a_lost_announcement_is_made_good_by_the_next_write(self) -> None:
        """A channel layer may drop a message: the recorder reads the newest revision each turn."""
        with services():
            async with PhoneCall() as phone:
                profile = await TimingProfile.objects.aget(is_default=True)
                newest = await sync_to_async(lambda: profile.newest)()
                unannounced = await profile.revisions.acreate(
                    number=2, knobs=newest.knobs, note="unannounced"
                )
                await phone.until_quiet()
                conversation = conversation_of("CA1")
                await phone.until(lambda: conversation.turns.revision == unannounced.pk)

    async def test_an_old_announcement_changes_nothing(self) -> None:
        with services():
            async with PhoneCall() as phone:
                await phone.until_quiet()
                profile = await TimingProfile.objects.aget(is_default=True)
                old = await sync_to_async(lambda: profile.newest)()
                await publish(Profile(barge_in_ms=400))
                await phone.say("_")
                await sync_to_async(announce)(old)
                await phone.say("__")
                conversation = conversation_of("CA1")
                self.assertEqual(conversation.turns.profile.barge_in_ms, 400)
                await asyncio.sleep(0)
        self.assertEqual(await Turn.objects.acount(), 1)
