"""A Twilio number is pointed at this server, through Twilio's own client."""

from __future__ import annotations

from io import StringIO

from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings, tag

from calls.telephony.phone_number import PhoneNumber
from tests.servers import free_port
from tests.servers.twilio_api import ACCOUNT, TwilioApi

NUMBER = "+972771234567"
VOICE_URL = "https://voice.example/twilio/voice"


@tag("protocol")
class ConnectNumberTest(TestCase):
    def setUp(self) -> None:
        self.twilio = TwilioApi()
        self.enterContext(self.twilio)
        self.twilio.add(NUMBER)

    def connect(self, *arguments: str, **changed: str) -> str:
        given = {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": "ie1-token, us1-token",
            "PUBLIC_HOST": "voice.example",
            "TWILIO_API_ORIGIN": self.twilio.origin,
        }
        said = StringIO()
        with override_settings(**given | changed):
            call_command("connect_number", *(arguments or (NUMBER,)), stdout=said)
        return said.getvalue()

    def refusal(self, *arguments: str, **changed: str) -> str:
        with self.assertRaises(CommandError) as caught:
            self.connect(*arguments, **changed)
        return str(caught.exception)

    def test_ireland_asks_us_about_the_numbers_calls_and_takes_them(self) -> None:
        said = self.connect()
        number = self.twilio.numbers["ie1"][NUMBER]
        self.assertEqual((number["voice_url"], number["voice_method"]), (VOICE_URL, "POST"))
        self.assertEqual(number["status_callback"], "https://voice.example/twilio/status")
        self.assertEqual(number["status_callback_method"], "POST")
        self.assertEqual(self.twilio.routes, {NUMBER: "ie1"})
        self.assertEqual(self.twilio.numbers["us1"][NUMBER]["voice_url"], "")
        self.assertIn(f"IE1 asks {VOICE_URL} about calls to {NUMBER}", said)

    def test_its_url_is_set_before_its_calls_go_there(self) -> None:
        self.connect()
        updates = [each for each in self.twilio.asked if each.startswith("POST")]
        self.assertEqual(
            updates, ["POST api.dublin.ie1.twilio.com", *["POST routes.twilio.com"] * 2]
        )

    def test_an_application_or_a_trunk_is_not_asked_any_more(self) -> None:
        self.twilio.add(NUMBER, voice_application_sid="AP1", voice_url="https://old.example/x")
        said = self.connect()
        self.assertEqual(self.twilio.numbers["ie1"][NUMBER]["voice_application_sid"], "")
        self.assertIn("before: https://old.example/x", said)

    def test_another_region_can_be_chosen(self) -> None:
        self.connect(NUMBER, "--region=us1")
        self.assertEqual(self.twilio.numbers["us1"][NUMBER]["voice_url"], VOICE_URL)
        self.assertEqual(self.twilio.routes, {NUMBER: "us1"})

    def test_the_number_becomes_one_of_ours_once(self) -> None:
        self.connect()
        known = PhoneNumber.objects.get()
        self.assertEqual((known.number, known.name), (NUMBER, "(077) 123-4567"))
        PhoneNumber.objects.update(name="מרפאת אלון")
        self.assertIn("stays as it is", self.connect())
        self.assertEqual(PhoneNumber.objects.get().name, "מרפאת אלון")

    def test_what_is_missing_is_named_with_what_it_is(self) -> None:
        words = self.refusal(TWILIO_AUTH_TOKEN="", PUBLIC_HOST="", TWILIO_ACCOUNT_SID="")
        for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "PUBLIC_HOST"):
            self.assertIn(name, words)
        self.assertEqual(self.twilio.asked, [])

    def test_a_number_is_understood_as_it_is_dialled(self) -> None:
        self.connect("077-1234567")
        self.assertEqual(PhoneNumber.objects.get().number, NUMBER)

    def test_what_is_no_number_is_refused_before_twilio_is_asked(self) -> None:
        self.assertIn("077-123: This number has too few digits", self.refusal("077-123"))
        self.assertEqual(self.twilio.asked, [])

    def test_a_number_that_the_account_does_not_have_is_named(self) -> None:
        words = self.refusal("+972770000000")
        self.assertIn(f"the account {ACCOUNT} has no number +972770000000", words)
        self.assertFalse(PhoneNumber.objects.exists())

    def test_refused_credentials_are_told_with_where_to_find_the_regions_token(self) -> None:
        words = self.refusal(TWILIO_AUTH_TOKEN="a-secret-of-us1")
        self.assertIn("refused TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN in IE1", words)
        self.assertNotIn("a-secret", words)

    def test_without_us1s_token_the_region_must_be_set_by_hand(self) -> None:
        words = self.refusal(TWILIO_AUTH_TOKEN="ie1-token")
        self.assertIn("Calls may still go to another region", words)
        self.assertIn("Active numbers, +972771234567, Region: IE1", words)
        self.assertEqual(self.twilio.numbers["ie1"][NUMBER]["voice_url"], VOICE_URL)

    def test_what_twilio_refuses_is_told_in_its_words(self) -> None:
        del self.twilio.numbers["us1"][NUMBER]  # it cannot be routed then
        words = self.refusal()
        self.assertIn("The requested resource +972771234567 was not found", words)
        self.assertIn("https://www.twilio.com/docs/errors/20404", words)

    def test_twilio_that_is_not_reached_is_told(self) -> None:
        words = self.refusal(TWILIO_API_ORIGIN=f"http://127.0.0.1:{free_port()}")
        self.assertIn("Twilio was not reached", words)
