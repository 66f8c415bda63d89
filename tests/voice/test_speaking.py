"""Replies made ahead of the decision, held back, and gone on with, as the caller hears them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import ClassVar

from calls.models import Call
from calls.services import By, HistoryLine, Message, Piece, ServiceFailed
from tests.fakes import FakeSpeaker, FakeTranscriber, FakeWriter, tuned
from tests.phone import PhoneCall, conversation_of, services
from tests.virtual_time import VirtualTimeTestCase
from tests.voice.test_conversation import LONG, RememberingWriter, publish
from tuning.turns.profile import SHIPPED, Profile

ADAPTIVE = SHIPPED["adaptive"] | {"vad": "webrtc", "filler_after_ms": 0, "no_input_ms": 0}
SLOW = {"sure_percent": 100, "middle_silence_ms": 4000, "end_silence_long_ms": 4000}
"""Nothing is decided sooner."""
HASTY = tuned(FakeTranscriber, delay_s=0.0)
"""Its words are there when the silence begins to be measured."""
QUICK = {"first_token_s": 0.01}


class ShortSighted(FakeTranscriber):
    """Hears the first utterance only."""

    delay_s = 0.0

    def push(self, audio: bytes, until_ms: int) -> None:
        if not self._count:
            super().push(audio, until_ms)


class NoteTaker(FakeWriter):
    """Takes a message before it answers."""

    first_token_s = 0.01

    async def write(
        self, history: Sequence[HistoryLine], *, with_verdict: bool = False
    ) -> AsyncGenerator[Piece, None]:
        if history:
            yield Message("דנה", "0501234567", "תור")
        yield self.greeting


class Failing(FakeWriter):
    """Fails when it is asked for the first answer."""

    asked: ClassVar[list[str]] = []

    async def write(
        self, history: Sequence[HistoryLine], *, with_verdict: bool = False
    ) -> AsyncGenerator[Piece, None]:
        if history:
            self.asked.append(history[-1].text)
            if len(self.asked) == 1:
                raise ServiceFailed("told to fail once")
        yield self.greeting


class Listening(FakeSpeaker):
    """Remembers when it was given which text."""

    given: ClassVar[list[str]] = []
    first_byte_s = 0.01

    async def speak(self, texts: AsyncIterator[str]) -> AsyncGenerator[str | bytes, None]:
        async for part in super().speak(self._noted(texts)):
            yield part

    async def _noted(self, texts: AsyncIterator[str]) -> AsyncIterator[str]:
        async for text in texts:
            self.given.append(text)
            yield text


def has_thought(call_sid: str = "CA1") -> bool:
    return bool(conversation_of(call_sid).replies.ahead)


class AheadTest(VirtualTimeTestCase):
    async def test_a_reply_made_ahead_goes_out_at_the_decision(self) -> None:
        RememberingWriter.asked.clear()
        await publish(Profile(**ADAPTIVE))
        quick = tuned(FakeSpeaker, first_byte_s=0.01)
        with services(HASTY, tuned(RememberingWriter, **QUICK), quick):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                sent = len(phone.sent)
                await phone.say("MMMMMMM___")
                await phone.until(has_thought)
                self.assertEqual(phone.sent[sent:], [], "nothing is heard before the decision")
                await phone.until(lambda: len(phone.sent) > sent)
                await phone.until_quiet()
            _greeting, turn = await phone.turns()
        self.assertEqual(len(RememberingWriter.asked), 2, "it was written once")
        self.assertEqual((turn.outcome, turn.is_prepared, turn.thought), ("completed", True, 1))
        self.assertEqual((turn.wasted_tokens, turn.wasted_characters), (0, 0))
        self.assertGreater(turn.ready_lead or 0, 0)
        self.assertLess(turn.asked_ms or 0, turn.decided_ms or 0)
        self.assertEqual(turn.answered, "בשמחה. מתי נוח?")
        self.assertEqual(sum(turn.wait_parts.values()), turn.policy_ms)

    async def test_words_that_go_on_make_it_forgotten_and_its_cost_known(self) -> None:
        RememberingWriter.asked.clear()
        await publish(Profile(**ADAPTIVE))
        quick = tuned(FakeSpeaker, first_byte_s=0.01)
        with services(HASTY, tuned(RememberingWriter, **QUICK), quick):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMMMM____")
                await phone.until(has_thought)
                await phone.say("_" * 2 + "MMMM")
                await phone.until_quiet()
                await phone.until(lambda: len(phone.events("mark")) > 3)
                await phone.until_quiet()
            _greeting, turn = await phone.turns()
        self.assertEqual(turn.said, "שלום אני רוצה לקבוע תור כן")
        self.assertEqual(turn.thought, 2)
        self.assertGreater(turn.wasted_tokens, 0)
        self.assertGreater(turn.wasted_characters, 0)

    async def test_nothing_is_done_for_a_reply_that_is_not_decided(self) -> None:
        await publish(Profile(**ADAPTIVE | SLOW))
        with services(HASTY, NoteTaker):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMMMM_____")
                await phone.until(has_thought)
                await phone.say("_____")
                self.assertTrue(has_thought(), "it waits to be wanted")
                self.assertEqual((await Call.objects.aget()).messages, [])
                await phone.until_quiet()
                await phone.until(lambda: not has_thought() and len(phone.events("mark")) > 3)
                await phone.until_quiet()
            call = await phone.ended()
        self.assertEqual([message["name"] for message in call.messages], ["דנה"])

    async def test_only_the_first_sentence_is_spoken_ahead(self) -> None:
        Listening.given.clear()
        await publish(Profile(**ADAPTIVE | SLOW))
        with services(HASTY, tuned(FakeWriter, **QUICK), Listening):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                Listening.given.clear()
                await phone.say("MMMMMMM_____")
                await phone.until(has_thought)
                await phone.say("_____")
                self.assertEqual((Listening.given, has_thought()), (["בשמחה."], True))
                await phone.until(lambda: len(Listening.given) == 2)
                await phone.until_quiet()

    async def test_one_that_fails_is_asked_for_again(self) -> None:
        Failing.asked.clear()
        await publish(Profile(**ADAPTIVE))
        with services(HASTY, Failing):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMMMM_____")
                await phone.until(lambda: len(Failing.asked) == 2)
                await phone.until_quiet()
            _greeting, turn = await phone.turns()
        self.assertEqual((turn.outcome, turn.failure), ("completed", ""))
        self.assertFalse(turn.is_prepared)


class ResumeTest(VirtualTimeTestCase):
    async def test_a_noise_stops_a_reply_which_goes_on_from_its_sentence(self) -> None:
        await publish(Profile(**ADAPTIVE | {"think_limit": 0}))
        with services(ShortSighted, tuned(FakeWriter, answer=LONG)):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMMMM____")
                await phone.until(lambda: conversation_of("CA1").turns.state == "speaking")
                await phone.say("_" * 16 + "MMM")
                await phone.until(lambda: phone.events("clear"))
                cut_at = len(phone.sent)
                await phone.until(lambda: conversation_of("CA1").turns.state == "speaking")
                await phone.until_quiet()
            call = await phone.ended()
            _greeting, turn = await phone.turns()
        self.assertEqual((turn.outcome, turn.resumed), ("completed", 1))
        self.assertEqual(turn.answered, "".join(LONG).strip())
        again = sum(
            len(b64decode(each["media"]["payload"]))
            for each in phone.sent[cut_at:]
            if each["event"] == "media"
        )
        self.assertGreater(again, 8 * FakeSpeaker.ms_per_character * len(LONG[0]))
        self.assertEqual(call.dismissed, {"no words": 1})

    async def test_a_caller_who_was_cut_in_on_is_answered_as_one(self) -> None:
        RememberingWriter.asked.clear()
        await publish(Profile(**ADAPTIVE | {"think_limit": 0}))
        with services(HASTY, tuned(RememberingWriter, answer=LONG)):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMMMM____")
                await phone.until(lambda: conversation_of("CA1").turns.state == "speaking")
                await phone.say("______MMMMMMM___")
                await phone.until(lambda: len(RememberingWriter.asked) == 3)
                await phone.until_quiet()
            turns = await phone.turns()
        self.assertEqual([turn.outcome for turn in turns], ["completed", "cut-in", "completed"])
        self.assertEqual(turns[2].said, "שלום אני רוצה לקבוע תור כן")
        self.assertEqual(RememberingWriter.asked[2][-1], HistoryLine(By.CALLER, turns[2].said))
        self.assertNotIn(HistoryLine(By.CALLER, turns[1].said), RememberingWriter.asked[2])
        self.assertGreater(turns[1].wasted_tokens, 0)


class LengthTest(VirtualTimeTestCase):
    async def test_a_long_reply_ends_after_a_sentence_and_its_length_is_kept(self) -> None:
        await publish(Profile(**ADAPTIVE | {"reply_limit_s": 1}))
        with services(HASTY, tuned(FakeWriter, answer=LONG)):
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMMMM____")
                await phone.until(lambda: len(phone.events("mark")) > 3)
                await phone.until_quiet()
            _greeting, turn = await phone.turns()
        self.assertTrue(turn.is_limited)
        self.assertLess(len(turn.answered), len("".join(LONG)))
        self.assertTrue(turn.answered.endswith("."))
        characters = sum(map(len, turn.answered.split(". ")))
        self.assertGreater(turn.spoken_ms, 0.8 * characters * FakeSpeaker.ms_per_character)
