"""The numbers that only demos dial."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.test import TestCase

from calls.knowledge.in_call import knowledge_of
from calls.knowledge.known_text import KnownAnswer
from calls.management.commands.call import number_to_call
from calls.records.seeding import NUMBERS
from calls.services import By, CalledNumber, HistoryLine
from calls.services.known import Looked
from calls.services.receptionist.writer import Receptionist
from calls.simulator import demo_numbers, utterances
from calls.telephony.phone_number import PhoneNumber


class DemoNumberTests(TestCase):
    def test_it_is_made_once_and_left_as_an_operator_changes_it(self) -> None:
        dialled = demo_numbers.number_of("knowledge")
        KnownAnswer.objects.all().delete()
        PhoneNumber.objects.update(name="שלנו")
        self.assertEqual(demo_numbers.number_of("knowledge"), dialled)
        self.assertEqual(PhoneNumber.objects.get().name, "שלנו")
        self.assertFalse(KnownAnswer.objects.exists())

    def test_no_invented_call_came_to_one(self) -> None:
        """What is seeded would be found in its place, and knows nothing."""
        self.assertEqual({*demo_numbers.numbers()} & {number for number, *_ in NUMBERS}, set())

    def test_other_conversations_do_not_dial_it(self) -> None:
        self.assertIsNone(demo_numbers.number_of("booking"))
        before = number_to_call()
        self.assertNotEqual(demo_numbers.number_of("knowledge"), before)
        self.assertEqual(number_to_call(), before)


class KnowledgeDemoTests(TestCase):
    async def test_what_the_number_knows_is_told_and_what_not_is_not_known(self) -> None:
        dialled = await sync_to_async(demo_numbers.number_of)("knowledge")
        number = await PhoneNumber.objects.aget(number=dialled)
        knowledge = await sync_to_async(knowledge_of)(number.pk)
        receptionist, history = Receptionist(CalledNumber(knowledge=knowledge)), list[HistoryLine]()
        found, said = list[int | None](), utterances.conversation("knowledge")
        for line in said:
            history.append(HistoryLine(By.CALLER, line.text))
            pieces = [piece async for piece in receptionist.write(history)]
            looked = [len(each.passages) for each in pieces if isinstance(each, Looked)]
            found.append(looked[0] if looked else None)
        self.assertEqual(found, [1, 1, 0, None])
        expected = {each.wording for each in knowledge.questions}
        self.assertEqual([line.text in expected for line in said], [True, True, False, False])
        self.assertEqual([line.outside for line in said], [False, False, True, False])
