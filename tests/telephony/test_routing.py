"""A call is answered as the number that it dialled says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from xml.etree import ElementTree

from asgiref.sync import sync_to_async
from django.db import connection
from django.test import Client, TestCase, override_settings
from django.utils import timezone

from calls.language.hebrew import HEBREW
from calls.language.hebrew.instructions import ONLY_MESSAGE
from calls.models import TOKEN_LIFETIME, Call
from calls.services import By, CalledNumber, Farewell, HistoryLine
from calls.services.openai.writer import OpenAiWriter
from calls.services.receptionist.writer import Receptionist
from calls.telephony.phone_number import PhoneNumber
from calls.voice import live
from tests.fakes import FakeWriter
from tests.phone import PhoneCall, services
from tests.virtual_time import VirtualTimeTestCase
from tuning.models import TimingProfile

NUMBER = "+972771234567"


def ring(called: str = NUMBER, call_sid: str = "CA1", client: Client | None = None) -> str:
    form = {"CallSid": call_sid, "From": "+972501234567", "To": called}
    return (client or Client()).post("/twilio/voice", form).content.decode()


def a_number(**fields: object) -> PhoneNumber:
    return PhoneNumber.objects.create(**{"number": NUMBER, "name": "מרפאת אלון", **fields})


def a_closed_number(**fields: object) -> PhoneNumber:
    """Closed yesterday, today and tomorrow."""
    number = a_number(**fields)
    for days in (-1, 0, 1):
        number.closed_days.create(date=(timezone.localtime() + timedelta(days=days)).date())
    return number


class KnownNumberTest(TestCase):
    def test_a_call_runs_on_its_numbers_profile(self) -> None:
        a_number(profile=TimingProfile.objects.get(name="brisk"))
        self.assertIn("<Stream", ring())
        found = Call.objects.values_list("profile__name", "number__name")
        self.assertEqual(found.get(), ("brisk", "מרפאת אלון"))

    def test_a_number_without_a_profile_takes_the_one_for_new_calls(self) -> None:
        a_number()
        ring()
        self.assertEqual(Call.objects.get().profile.name, "balanced")

    def test_the_webhook_answers_with_few_questions_to_the_database(self) -> None:
        a_number()
        # Old calls closed; number, hours, closed days, profile; the call's row (5); the room.
        with self.assertNumQueries(12):
            ring()


class UnknownNumberTest(TestCase):
    @override_settings(UNKNOWN_NUMBER="refuse")
    def test_it_is_refused_politely_and_the_log_and_the_list_say_so(self) -> None:
        a_number()
        with self.assertLogs("calls.telephony.answering", "WARNING") as log:
            twiml = ring("+972779999999")
        self.assertNotIn("<Stream", twiml)
        self.assertIn("המספר שחויג אינו פעיל", twiml)
        self.assertIn("<Hangup />", twiml)
        self.assertIn("+972779999999 is not one of our numbers", log.output[0])
        call = Call.objects.get()
        self.assertEqual((call.ended_why, call.token), ("unknown number", ""))
        self.assertIsNotNone(call.ended_at)

    @override_settings(UNKNOWN_NUMBER="default")
    def test_for_a_first_try_it_is_taken_as_the_settings_say(self) -> None:
        self.assertIn("<Stream", ring("+972779999999"))
        self.assertIsNone(Call.objects.get().number)


class ClosedTest(TestCase):
    def test_its_text_is_said_and_nothing_is_streamed(self) -> None:
        a_closed_number(closed_text="סגור היום & מחר.")
        twiml = ring()
        self.assertIn("סגור היום &amp; מחר.", twiml)
        self.assertNotIn("<Stream", twiml)
        self.assertEqual(Call.objects.get().ended_why, "closed")

    def test_without_a_text_a_usual_one_is_said(self) -> None:
        a_closed_number()
        self.assertIn(HEBREW.notices.closed, ring())

    def test_the_agent_answers_and_only_takes_a_message(self) -> None:
        a_closed_number(when_closed="message", business="מרפאת שיניים.")
        self.assertIn("<Stream", ring())
        call = Call.objects.get()
        self.assertTrue(call.is_after_hours)
        self.assertTrue(call.as_called.takes_message)
        self.assertEqual(call.as_called.opening("שלום."), HEBREW.notices.closed_message)

    def test_it_is_forwarded_with_a_time_out(self) -> None:
        a_closed_number(when_closed="forward", forward_to="+972541111111")
        dial = ElementTree.fromstring(ring()).find("Dial")
        assert dial is not None
        self.assertEqual((dial.get("timeout"), dial.get("action")), ("25", "/twilio/forwarded"))
        self.assertEqual(dial.findtext("Number"), "+972541111111")
        self.assertEqual(Call.objects.get().ended_why, "forwarded")

    def test_where_nobody_answers_the_caller_is_told_so(self) -> None:
        a_closed_number(when_closed="forward", forward_to="+972541111111", closed_text="אין מענה.")
        ring()
        for became in ("no-answer", "busy", "failed", ""):
            form = {"CallSid": "CA1", "DialCallStatus": became}
            answer = self.client.post("/twilio/forwarded", form).content.decode()
            self.assertIn("אין מענה.", answer)
            self.assertEqual(Call.objects.get().ended_why, "unanswered")

    def test_after_a_forwarded_conversation_nothing_is_said(self) -> None:
        a_closed_number(when_closed="forward", forward_to="+972541111111")
        for became, why in (("completed", "forwarded"), ("canceled", "hung up early")):
            ring()
            form = {"CallSid": "CA1", "DialCallStatus": became}
            answer = self.client.post("/twilio/forwarded", form).content.decode()
            self.assertIn("<Response><Hangup /></Response>", answer)
            self.assertEqual(Call.objects.get().ended_why, why)


class WriterTest(TestCase):
    async def opening(self, writer: OpenAiWriter | Receptionist) -> str:
        pieces = [piece async for piece in writer.write(())]
        return "".join(piece for piece in pieces if isinstance(piece, str))

    @override_settings(OPENAI_BASE_URL="http://127.0.0.1:9/v1")  # a greeting asks nobody
    async def test_every_writer_says_that_it_is_recorded_and_then_greets(self) -> None:
        called = PhoneNumber(greeting="מרפאת אלון, שלום.", records=True).as_called()
        for writer in (OpenAiWriter(called), Receptionist(called)):
            words = await self.opening(writer)
            with self.subTest(writer.name):
                self.assertTrue(words.startswith(f"{HEBREW.notices.recorded} מרפאת אלון, שלום."))

    async def test_the_model_is_told_that_only_a_message_is_taken(self) -> None:
        called = PhoneNumber(business="מרפאת שיניים.").as_called(takes_message=True)
        self.assertTrue(OpenAiWriter(called)._business.startswith("מרפאת שיניים."))
        self.assertIn(ONLY_MESSAGE, OpenAiWriter(called)._business)

    async def test_the_embedded_receptionist_takes_a_message_and_says_goodbye(self) -> None:
        receptionist = Receptionist(PhoneNumber().as_called(takes_message=True))
        self.assertIn("מה ההודעה?", await self.opening(receptionist))
        said = [HistoryLine(By.CALLER, words) for words in ("לחזור אליי", "0501234567", "כן")]
        pieces = [piece async for piece in receptionist.write(said)]
        self.assertEqual(pieces[-1], Farewell())
        self.assertIn("ההודעה נרשמה", "".join(each for each in pieces if isinstance(each, str)))


class RoomTest(VirtualTimeTestCase):
    @override_settings(MAX_CALLS=3)
    def test_of_a_burst_only_as_many_are_taken_as_there_is_room_for(self) -> None:
        def one(number: int) -> bool:
            try:
                return "<Stream" in ring(call_sid=f"CA{number}")
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as callers:
            taken = sum(callers.map(one, range(12)))
        self.assertEqual(taken, 3)
        self.assertEqual(Call.objects.filter(ended_why="refused").count(), 9)

    @override_settings(MAX_CALLS=1)
    def test_a_ringing_call_that_is_given_up_makes_room(self) -> None:
        self.assertIn("<Stream", ring(call_sid="CA1"))
        self.assertIn("תפוסים", ring(call_sid="CA2"))
        Client().post("/twilio/status", {"CallSid": "CA1", "CallStatus": "canceled"})
        self.assertIn("<Stream", ring(call_sid="CA3"))
        Call.objects.update(token_at=timezone.now() - TOKEN_LIFETIME)
        self.assertIn("<Stream", ring(call_sid="CA4"))

    @override_settings(MAX_CALLS=1)
    def test_the_same_call_may_ring_again(self) -> None:
        self.assertIn("<Stream", ring())
        self.assertIn("<Stream", ring())

    @override_settings(MAX_CALLS=1)
    def test_a_call_that_rings_elsewhere_takes_no_room_here(self) -> None:
        ring(call_sid="CA1")
        Call.objects.update(process="another-host:1")
        self.assertIn("<Stream", ring(call_sid="CA2"))

    @override_settings(MAX_CALLS=1)
    async def test_a_call_in_progress_takes_its_room_once(self) -> None:
        with services():
            async with PhoneCall("CA1"):
                self.assertIn("תפוסים", await sync_to_async(ring)(call_sid="CA2"))
        self.assertEqual(live.calls, {})


class BriefedCallTest(VirtualTimeTestCase):
    async def test_the_services_of_a_call_are_briefed_by_its_number(self) -> None:
        called_numbers: list[CalledNumber] = []

        class Briefed(FakeWriter):
            def __init__(self, called: CalledNumber) -> None:
                called_numbers.append(called)
                super().__init__()

        await sync_to_async(a_number)(number="+97233333333", hints="אלון", records=True)
        with services(writer=Briefed):
            async with PhoneCall() as phone:
                await phone.until_quiet()
        self.assertEqual(called_numbers[0].hints, ("אלון",))
        self.assertEqual(called_numbers[0].notice, HEBREW.notices.recorded)
