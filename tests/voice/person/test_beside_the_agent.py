"""Whispers, what a person has the agent say, and what callers are told before anybody steps in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.test import TransactionTestCase, tag

from calls.language.hebrew import HEBREW
from calls.models import Call
from calls.services import By, HistoryLine, ServiceFailed
from calls.services.openai.writer import OpenAiWriter
from calls.services.receptionist.writer import Receptionist
from calls.telephony.phone_number import PhoneNumber
from tests.fakes import FakeSpeaker, FakeTranscriber, tuned
from tests.phone import PhoneCall, conversation_of, services
from tests.script import adaptive
from tests.servers.openai_answers import Answer
from tests.services.openai_turns import served
from tests.virtual_time import VirtualTimeTestCase
from tests.voice.person.calls import answered, greeted, heard_of, silent
from tests.voice.person.page import VOICE, Page
from tests.voice.test_conversation import RememberingWriter, publish
from tuning.turns.events import AskedToSay, Whispered

WHISPER = "להציע גם את יום שלישי"
NOTICE = "בשיחה הזאת ישתתף אדם מהצוות."


async def until(condition: Callable[[], bool], limit_s: float = 15) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.02)


async def journal_of(phone: PhoneCall) -> str:
    call = await phone.ended()
    return await sync_to_async(lambda: "".join(call.journal()))()


class Hoarse(FakeSpeaker):
    """Cannot say the notice."""

    async def speak(self, texts: AsyncIterator[str]) -> AsyncGenerator[str | bytes, None]:
        async for part in super().speak(texts):
            if part == NOTICE:
                raise ServiceFailed("hoarse")
            yield part


class WhisperTests(VirtualTimeTestCase):
    async def test_the_next_reply_is_told_of_it_and_none_after_that(self) -> None:
        async with greeted(answer=("טוב.",)) as phone, Page("dana") as page:
            for _turn in range(2):
                if not _turn:
                    await page.tell("whispered", text=WHISPER)
                asked = len(RememberingWriter.asked)
                await phone.say("MMMMM")
                await phone.until(lambda asked=asked: len(RememberingWriter.asked) > asked)
                await phone.until_quiet()
        whisper = HistoryLine(By.WHISPER, WHISPER)
        told = RememberingWriter.asked
        self.assertEqual(told[1][-2:-1], (whisper,))
        self.assertIs(told[1][-1].by, By.CALLER)
        self.assertNotIn(whisper, told[2])

    async def test_a_reply_that_is_made_ahead_is_made_anew(self) -> None:
        await publish(adaptive(end_silence_short_ms=1500, middle_silence_ms=1500))
        async with greeted(answer=("טוב.",)) as phone, Page("dana") as page:
            await phone.say("MMMMM")
            await phone.until(lambda: conversation_of("CA1").replies.ahead)
            asked = len(RememberingWriter.asked)
            await page.tell("whispered", text=WHISPER)
            await phone.until(lambda: len(RememberingWriter.asked) > asked)
            self.assertEqual(conversation_of("CA1").turns.turn, 0, "it is not decided yet")
            await phone.until_quiet()
        before, after = RememberingWriter.asked[asked - 1], RememberingWriter.asked[asked]
        whisper = HistoryLine(By.WHISPER, WHISPER)
        self.assertNotIn(whisper, before)
        self.assertIn(whisper, after)
        self.assertEqual(len(await phone.turns()), 2)

    async def test_a_whisper_to_a_reply_that_is_withdrawn_is_followed_in_the_next(self) -> None:
        async with greeted(first_token_s=1.0) as phone, Page("dana") as page:
            await page.tell("whispered", text=WHISPER)
            await phone.say("MMMMM")
            await phone.until(lambda: len(RememberingWriter.asked) == 2)
            await phone.say("MMMMMM_")
            await phone.until(lambda: len(RememberingWriter.asked) == 3)
        whisper = HistoryLine(By.WHISPER, WHISPER)
        self.assertEqual([whisper in told for told in RememberingWriter.asked], [False, True, True])

    async def test_who_can_follow_none_is_told_none(self) -> None:
        with services(writer=Receptionist):
            async with PhoneCall(speed=1) as phone, Page("dana") as page:
                await phone.until_quiet()
                await page.tell("whispered", text=WHISPER)
                await phone.say("_")
                self.assertFalse(conversation_of("CA1").takes_whispers)
        self.assertNotIn(Whispered.__name__, await journal_of(phone))

    async def test_words_without_end_are_cut(self) -> None:
        async with greeted(answer=("טוב.",)) as phone, Page("dana") as page:
            await page.tell("whispered", text="א" * 9000)
            await page.tell("whispered", text=" \n ")
            await phone.say("MMMMM")
            await phone.until(lambda: len(RememberingWriter.asked) == 2)
        whispers = [each for each in RememberingWriter.asked[1] if each.by is By.WHISPER]
        self.assertEqual([len(each.text) for each in whispers], [1000])


@tag("protocol")
class OpenAiWhisperTests(TransactionTestCase):
    async def test_a_whisper_stands_in_the_next_prompt_and_a_note_in_all_that_follow(self) -> None:
        hearing = tuned(FakeTranscriber, delay_s=0.01)
        texts = HEBREW.instructions
        with services(transcriber=hearing, writer=OpenAiWriter):
            async with served() as server:
                for word in ("תור", "כן", "בבוקר"):
                    server.answers[word] = Answer("בסדר.")
                async with PhoneCall() as phone, Page("dana") as page:
                    await phone.until_quiet()
                    await page.tell("whispered", text=WHISPER)
                    await self.next_turn(phone, lambda: len(server.requests))
                    async with silent(phone):
                        await page.take_over()
                        await page.tell("hand_back", note="סוכם על יום שני")
                        await page.until("over")
                    await phone.until_quiet()
                    for _turn in range(2):
                        await self.next_turn(phone, lambda: len(server.requests))
                await phone.ended()
        told = [
            [each["content"] for each in request["messages"] if each["role"] == "system"][1:]
            for request in server.requests
        ]
        note = texts.noted.format(text="סוכם על יום שני")
        self.assertEqual(told, [[texts.whispered.format(text=WHISPER)], [note], [note]])

    async def next_turn(self, phone: PhoneCall, requests: Callable[[], int]) -> None:
        before = requests()
        await phone.say("MMMMMMMM")
        await phone.until(lambda: requests() > before)
        await phone.until(lambda: conversation_of("CA1").replies.current is None)
        await phone.until_quiet()


class SayTests(VirtualTimeTestCase):
    async def test_it_is_said_in_the_agents_voice_now(self) -> None:
        async with answered() as phone, Page("dana") as page:
            sent, now_s = len(phone.sent), asyncio.get_running_loop().time()
            async with silent(phone):
                await page.tell("say", text="אנחנו סגורים ביום שישי")
                await until(lambda: conversation_of("CA1").turns.turn == 2)
            self.assertEqual(phone.sent[sent]["event"], "clear")
            self.assertLess(phone.sent_s[sent] - now_s, 0.1)
            await phone.until_quiet()
        turn = (await phone.turns())[-1]
        self.assertEqual((turn.why, turn.answered), ("asked to say", "אנחנו סגורים ביום שישי"))
        self.assertEqual((turn.outcome, turn.response_latency), ("completed", None))
        self.assertFalse((await phone.ended()).was_held)

    async def test_what_the_caller_was_saying_is_kept(self) -> None:
        async with greeted(answer=("טוב.",)) as phone, Page("dana") as page:
            await phone.say("MMMMM___")
            await page.tell("say", text="רגע")
            await phone.until(lambda: conversation_of("CA1").turns.turn == 2)
            await phone.until_quiet()
            history = conversation_of("CA1").replies.history
            self.assertEqual([line.by for line in history], [By.AGENT, By.CALLER, By.AGENT])
        turns = await phone.turns()
        self.assertEqual([turn.why for turn in turns[1:]], ["overheard", "asked to say"])

    async def test_while_a_person_speaks_nothing_is_said(self) -> None:
        async with (
            answered() as phone,
            Page("dana") as page,
            Page("ron") as other,
            silent(phone),
        ):
            await page.take_over()
            await other.tell("say", text="רגע")
            await page.speak(9)
        self.assertNotIn(AskedToSay.__name__, await journal_of(phone))


class NoticeTests(VirtualTimeTestCase):
    def setUp(self) -> None:
        super().setUp()
        PhoneNumber.objects.create(number="+97233333333", name="מרפאה", person_notice=NOTICE)

    async def test_a_person_who_takes_over_has_the_floor_once_the_caller_was_told(self) -> None:
        async with answered() as phone, Page("dana") as page, silent(phone):
            await page.tell("take_over")
            await until(lambda: conversation_of("CA1").turns.state == "speaking")
            self.assertEqual(page.got("granted"), [])
            self.assertEqual(page.call.holding.who, "dana")
            await page.until("granted")
            sent = len(phone.sent)
            await page.speak(9)
            self.assertEqual(heard_of(phone, sent), VOICE * 9)
            await page.tell("hand_back", note="")
            await page.until("over")
            await until(lambda: conversation_of("CA1").turns.is_listening)
            await page.take_over()  # the second time it has been said
        said = [turn for turn in await phone.turns() if turn.why == "notice"]
        self.assertEqual([turn.answered for turn in said], [NOTICE])

    async def test_a_notice_that_cannot_be_said_keeps_the_person_out(self) -> None:
        with services(speaker=Hoarse):
            async with PhoneCall(speed=1) as phone, Page("dana") as page:
                await phone.until_quiet()
                async with silent(phone):
                    await page.tell("take_over")
                    refused = await page.until("refused")
                self.assertIn("notice", refused["why"])
                self.assertEqual((page.call.holding.who, page.got("granted")), ("", []))
                await phone.until_quiet()
        call = await phone.ended()
        self.assertEqual((call.was_held, call.holds), (False, []))
        self.assertEqual((await phone.turns())[-1].prompt, "apology")

    async def test_who_listens_in_hears_nothing_before_the_caller_was_told(self) -> None:
        layer = get_channel_layer()
        async with answered() as phone, Page("dana") as page:
            await layer.group_add(f"sound.{page.pk}", page.channel)
            async with silent(phone):
                for _ask in range(3):
                    await page.tell("asked", listens=True, stops=False)
                    await asyncio.sleep(0.3)
                self.assertEqual(conversation_of("CA1").turns.turn, 1, "nobody is interrupted")
                self.assertEqual(page.told, [])
                await until(lambda: conversation_of("CA1").turns.turn == 2)
                await until(lambda: conversation_of("CA1").turns.is_noticed)
                await page.tell("asked", listens=True, stops=False)
                await asyncio.sleep(1)
            self.assertEqual({each["type"] for each in page.told}, {"call.sound"})
        said = [turn.answered for turn in await phone.turns() if turn.why == "notice"]
        self.assertEqual(said, [NOTICE])

    async def test_what_a_person_has_said_comes_after_the_notice(self) -> None:
        async with answered() as phone, Page("dana") as page, silent(phone):
            for text in ("רגע", "עוד רגע"):
                await page.tell("say", text=text)
                await until(lambda: conversation_of("CA1").turns.state == "thinking")
                await until(lambda: conversation_of("CA1").turns.is_listening)
        said = [turn.answered for turn in await phone.turns() if turn.why == "asked to say"]
        self.assertEqual(said, [f"{NOTICE} רגע", "עוד רגע"])


class NearSoundTests(VirtualTimeTestCase):
    async def test_while_a_person_speaks_the_callers_sound_comes_sooner(self) -> None:
        layer = get_channel_layer()
        async with answered() as phone, Page("dana") as page:
            await layer.group_add(f"sound.{page.pk}", page.channel)
            async with silent(phone):
                await page.tell("asked", listens=True, stops=False)
                await asyncio.sleep(2)
                far = [each["sound"] for each in page.told if each["type"] == "call.sound"]
                await page.take_over()
                page.told[:] = page.got("granted")
                await page.be_silent(2)
                near = [each["sound"] for each in page.told if each["type"] == "call.sound"]
        self.assertGreaterEqual(min(map(len, far)) / 16, 150)
        self.assertLessEqual(max(map(len, near[2:])) / 16, 80)
        self.assertTrue(await Call.objects.filter(was_held=True).aexists())
