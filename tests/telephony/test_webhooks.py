"""Twilio's webhooks and the health page."""

from __future__ import annotations

from xml.etree import ElementTree

from django.test import TestCase, override_settings

from calls.models import Call
from calls.process.log import masked
from calls.records import unwritten
from calls.voice import live

FORM = {"CallSid": "CA1", "From": "+972501234567", "To": "+97231234567"}


class AnswerTest(TestCase):
    def test_the_call_is_connected_to_our_stream_with_its_own_token(self) -> None:
        answer = self.client.post("/twilio/voice", FORM)
        twiml = ElementTree.fromstring(answer.content)
        connect = twiml.find("Connect")
        assert connect is not None
        stream, parameter = connect.find("Stream"), connect.find("Stream/Parameter")
        assert stream is not None
        assert parameter is not None
        self.assertEqual(connect.get("action"), "/twilio/after")
        self.assertEqual(stream.get("url"), "wss://testserver/twilio/media")
        self.assertEqual(stream.get("statusCallback"), "https://testserver/twilio/stream")
        call = Call.objects.get()
        self.assertEqual((parameter.get("name"), parameter.get("value")), ("token", call.token))
        self.assertEqual((call.call_sid, call.profile.name), ("CA1", "balanced"))

    def test_ringing_again_makes_a_new_token(self) -> None:
        self.client.post("/twilio/voice", FORM)
        first = Call.objects.get().token
        self.client.post("/twilio/voice", FORM)
        self.assertNotEqual(Call.objects.get().token, first)

    def test_a_request_without_a_call_is_refused(self) -> None:
        for call_sid in ("", " ", "C" * 65):
            answer = self.client.post("/twilio/voice", FORM | {"CallSid": call_sid})
            self.assertEqual(answer.status_code, 400)

    @override_settings(MAX_CALLS=0)
    def test_more_calls_than_allowed_are_politely_refused(self) -> None:
        answer = self.client.post("/twilio/voice", FORM)
        self.assertIn("כל הקווים תפוסים", answer.content.decode())
        self.assertIn("<Hangup />", answer.content.decode())
        self.assertEqual(Call.objects.get().ended_why, "refused")

    def test_a_server_that_is_stopping_takes_no_calls(self) -> None:
        live.is_draining = True
        self.addCleanup(setattr, live, "is_draining", False)
        self.assertIn("<Say", self.client.post("/twilio/voice", FORM).content.decode())
        self.assertEqual(self.client.get("/healthz").json()["status"], "draining")

    def test_callers_numbers_are_masked_in_the_log(self) -> None:
        with self.assertLogs("calls", "INFO") as log:
            self.client.post("/twilio/voice", FORM)
        self.assertNotIn("1234567", "".join(log.output))
        self.assertIn("+97250•••••67", "".join(log.output))
        self.assertEqual(masked("anonymous"), "an•••••us")
        self.assertEqual(masked("12"), "•••")


class AfterTest(TestCase):
    def after(self, ended_why: str) -> str:
        call = Call.ring("CA1", "", "")
        Call.objects.filter(pk=call.pk).update(ended_why=ended_why)
        return self.client.post("/twilio/after", {"CallSid": "CA1"}).content.decode()

    def test_a_call_that_said_goodbye_is_hung_up(self) -> None:
        for why in ("goodbye", "time up", "caller hung up"):
            self.assertIn("<Response><Hangup /></Response>", self.after(why))

    def test_a_call_that_broke_ends_in_a_spoken_apology(self) -> None:
        for why in ("", "failed", "shutdown"):
            text = self.after(why)
            self.assertIn('language="he-IL"', text)
            self.assertIn("סליחה", text)
            self.assertIn("<Hangup />", text)

    def test_a_call_that_found_no_room_is_told_so(self) -> None:
        text = self.after("refused")
        self.assertIn("כל הקווים תפוסים", text)
        self.assertNotIn("סליחה", text)

    def test_a_call_that_nobody_knows_ends_in_an_apology_too(self) -> None:
        answer = self.client.post("/twilio/after", {"CallSid": "CA9"})
        self.assertIn("סליחה", answer.content.decode())


class HealthTest(TestCase):
    def test_it_says_what_could_not_be_written_yet(self) -> None:
        unwritten.reasons["CA1"] = "disk full"
        self.addCleanup(unwritten.reasons.clear)
        self.assertEqual(self.client.get("/healthz").json()["unwritten"], ["1 call: disk full"])
