"""Whole calls to a number that knows something: what is told, what is kept, how long it took."""

from __future__ import annotations

from asgiref.sync import async_to_sync, sync_to_async
from django.test import TestCase, TransactionTestCase, tag

from calls.knowledge import in_call
from calls.knowledge.in_call import knowledge_of
from calls.knowledge.known_text import KnownAnswer, KnownText
from calls.models import Call, Turn
from calls.services.openai.writer import OpenAiWriter
from calls.services.receptionist.writer import Receptionist
from calls.telephony.phone_number import PhoneNumber
from tests.fakes import FakeTranscriber, tuned
from tests.knowledge.asked import BUSINESSES, a_number
from tests.phone import PhoneCall, services
from tests.services.openai_turns import served

DIALLED = "+97233333333"
"""By tests.phone."""


def a_dentist() -> PhoneNumber:
    number = PhoneNumber.objects.create(number=DIALLED, name="מרפאה")
    text = next(path for path in BUSINESSES if path.stem == "dentist").read_text("utf-8")
    for name in ("אתר", "נהלים"):  # more than is told whole
        KnownText(number=number, name=name, text=text).save()
    KnownAnswer(number=number, questions="יש אצלכם מעלית", answer="יש מעלית, ליד הכניסה.").save()
    return number


class KnowledgeTests(TestCase):
    def test_little_is_told_whole_and_much_is_found(self) -> None:
        number = a_number()
        KnownText(number=number, name="א", text="בשישי סגור.").save()
        KnownAnswer(number=number, questions="יש חנייה\nאיפה חונים", answer="בחצר.").save()
        knowledge = knowledge_of(number.pk)
        self.assertEqual(knowledge.told, "בשישי סגור.\n\nיש חנייה / איפה חונים\nבחצר.")
        asked = [(each.wording, each.answer) for each in knowledge.questions]
        self.assertEqual(asked, [("יש חנייה", "בחצר."), ("איפה חונים", "בחצר.")])
        self.assertIsNone(knowledge.search)
        KnownText(number=number, name="ב", text="מילה " * in_call.SMALL).save()
        knowledge = knowledge_of(number.pk)
        self.assertEqual((knowledge.told, len(knowledge.questions)), ("", 2))
        self.assertIsNotNone(knowledge.search)

    def test_a_number_that_knows_nothing_changes_nothing(self) -> None:
        number = a_number()
        Call.ring("CA1", "+972501234567", number.number)
        call = Call.objects.get()
        begun = Call.begin("CA1", "MZ1", call.token)
        assert begun is not None
        self.assertEqual(begun.as_called, number.as_called())


class CallTests(TransactionTestCase):
    def setUp(self) -> None:
        a_dentist()

    def turn(self, said: str, writer: type) -> Turn:
        """That answers it."""

        async def call() -> Turn:
            hearing = tuned(FakeTranscriber, sayings=(said,), delay_s=0.01)
            with services(transcriber=hearing, writer=writer):
                async with PhoneCall() as phone:
                    await phone.until_quiet()
                    await phone.say("MMMMMMMM")
                    await phone.until(lambda: len(phone.events("mark")) > 3)
                    await phone.until_quiet()
                return (await phone.turns())[1]

        turn: Turn = async_to_sync(call)()
        return turn

    def test_the_receptionist_answers_a_question_of_the_numbers_own(self) -> None:
        turn = self.turn("יש לכם מעלית", Receptionist)
        self.assertTrue(turn.answered.startswith("יש מעלית, ליד הכניסה. "), turn.answered)
        passage = {"heading": "יש אצלכם מעלית", "words": "יש מעלית, ליד הכניסה."}
        self.assertEqual(turn.knowledge, [passage])

    def test_what_it_has_no_answer_to_looks_nothing_up(self) -> None:
        turn = self.turn("מה שעות הפתיחה", Receptionist)
        self.assertEqual((turn.knowledge, turn.found_ms), (None, None))


@tag("protocol")
class ModelCallTests(TransactionTestCase):
    async def answer(self, said: str) -> tuple[Turn, str]:
        """The turn, and the instructions under which it was answered."""
        hearing = tuned(FakeTranscriber, sayings=(said,), delay_s=0.01)
        with services(transcriber=hearing, writer=OpenAiWriter):
            async with served() as server, PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMMMMM")
                await phone.until(lambda: len(phone.events("mark")) > 3)
                await phone.until_quiet()
            turn = (await phone.turns())[1]
        return turn, str(server.requests[-1]["messages"][0]["content"])

    async def test_a_model_is_told_what_was_found_and_the_turn_keeps_it(self) -> None:
        await sync_to_async(a_dentist)()
        turn, told = await self.answer("כמה עולה אצלכם סתימה")
        assert turn.knowledge
        self.assertEqual((turn.knew, len(turn.knowledge)), ("found", 3))
        for passage in turn.knowledge:
            self.assertIn(f"{passage['heading']}\n{passage['words']}", told)
        self.assertIn("350 ל-600", str(turn.knowledge[:2]))
        assert turn.knowledge_latency is not None
        assert turn.llm_ttft is not None
        self.assertLessEqual(turn.knowledge_latency, turn.llm_ttft)

    async def test_where_all_of_it_was_told_the_turn_says_so(self) -> None:
        number = await PhoneNumber.objects.acreate(number=DIALLED, name="מרפאה")
        await sync_to_async(KnownText(number=number, name="א", text="בשישי סגור.").save)()
        turn, told = await self.answer("פתוח בשישי")
        self.assertIn("בשישי סגור.", told)
        self.assertEqual((turn.knew, turn.knowledge, turn.found_ms), ("told", [], None))
