"""A test call from the dashboard: asked for, placed by a worker, and shown as it is."""

from __future__ import annotations

from typing import Any

from django.test import Client, SimpleTestCase, TestCase, override_settings, tag
from django.utils import timezone, translation

from calls.records import recording
from calls.simulator import dashboard_call, utterances
from calls.simulator.dashboard_call import TAKEN_WITHIN, TEST_CALLER, TestCall
from calls.telephony.phone_number import PhoneNumber
from dashboard.models import AuditEvent
from dashboard.numbers.number_forms import TestCallForm
from tests.dashboard.browser import Operator, chromium
from tests.dashboard.call_rows import a_call, a_turn
from tests.dashboard.operators import a_person
from tests.fakes import TONE
from tests.server import Server

NUMBER = "+972771234567"
NOWHERE = "http://127.0.0.1:9/twilio/voice"


class StateTests(TestCase):
    def setUp(self) -> None:
        self.number = PhoneNumber.objects.create(number=NUMBER, name="מרפאה", records=True)
        self.client = Client()
        self.client.force_login(a_person("admin"))

    def ask(self, said: str = "booking") -> TestCall:
        return TestCall.ask(self.number, by=None, said=said)

    @override_settings(TEST_CALL_WEBHOOK=NOWHERE)
    def test_a_server_that_does_not_answer_is_said_in_words(self) -> None:
        answer = self.client.post(
            f"/en/numbers/{self.number.pk}/call/", {"said": "hours"}, follow=True
        )
        self.assertContains(answer, "It failed:")
        self.assertContains(answer, "127.0.0.1:9")
        event = AuditEvent.objects.get()
        self.assertEqual((event.action, event.what), ("test call", NUMBER))

    def test_a_call_that_no_worker_takes_says_so(self) -> None:
        placed = self.ask()
        self.assertEqual(placed.state, "asked")
        placed.asked_at -= TAKEN_WITHIN
        placed.save()
        self.assertEqual(placed.state, "untaken")
        page = self.client.get(f"/en/test-calls/{placed.pk}/")
        self.assertContains(page, "No worker has taken it.")

    def test_the_state_follows_the_call(self) -> None:
        placed = self.ask()
        placed.claimed_at = timezone.now()
        self.assertEqual(placed.state, "ringing")
        call = a_call(1, call_sid=placed.call_sid, caller=TEST_CALLER, ended_at=None)
        self.assertEqual(placed.state, "in progress")
        call.ended_at = timezone.now()
        call.save()
        self.assertEqual(placed.state, "ended")

    def test_polling_stops_when_the_call_is_over(self) -> None:
        placed = self.ask()
        address, asked = f"/en/test-calls/{placed.pk}/", {"HX-Request": "true"}
        self.assertEqual(self.client.get(address, headers=asked).status_code, 200)
        TestCall.objects.update(failure="no answer")
        self.assertEqual(self.client.get(address, headers=asked).status_code, 286)

    @override_settings(TEST_CALL_WEBHOOK=NOWHERE)
    def test_two_workers_place_a_call_once(self) -> None:
        placed = self.ask()
        self.assertEqual(
            [dashboard_call.place(placed.pk), dashboard_call.place(placed.pk)], [True, False]
        )

    def test_a_recorded_caller_says_each_line_again(self) -> None:
        call = a_call(1, number=self.number)
        a_turn(call, 1)
        recording.write(recording.path_of(call), 0, TONE * 2 * 600)
        self.addCleanup(recording.forget, call)
        (line,) = dashboard_call.caller_lines(call)
        self.assertEqual((line.speech_from_ms, line.text), (200, "אני רוצה לקבוע תור ליום שלישי"))
        page = self.client.get(f"/en/numbers/{self.number.pk}/").content.decode()
        self.assertIn(f'<option value="{call.pk}">', page)

    def test_no_choice_is_offered_twice(self) -> None:
        call = a_call(1, number=self.number)
        a_turn(call, 1)
        a_call(2, number=self.number, caller=TEST_CALLER)  # prepared, and there already
        for language in ("he", "en"):
            with translation.override(language):
                choices: Any = TestCallForm(sees_personal=True).fields["said"]
                offered = [f"{label}" for _title, group in choices.choices for _, label in group]
            self.assertEqual(len(offered), len(set(offered)), offered)
            self.assertEqual(len(offered), len(utterances.conversations()) + 1)

    def test_a_recorded_caller_is_named_by_the_time_of_the_pages_and_their_words(self) -> None:
        call = a_call(1, number=self.number)
        a_turn(call, 1)
        page = self.client.get(f"/en/numbers/{self.number.pk}/").content.decode()
        said = page[page.index('<select name="said"') :]
        option = said[said.index(f'<option value="{call.pk}">') :].split("</option>")[0]
        self.assertIn(f"{timezone.localtime(call.rang_at):%H:%M:%S}", option)
        self.assertIn("אני רוצה לקבוע תור", option)
        self.assertNotIn(call.call_sid, option)

    def test_a_recording_that_is_gone_is_said(self) -> None:
        placed = self.ask(f"{a_call(1, number=self.number).pk}")
        dashboard_call.place(placed.pk)
        placed.refresh_from_db()
        self.assertIn("holds no words of its caller", placed.failure)

    def test_a_test_call_is_marked_and_not_counted_in_the_hour(self) -> None:
        call = a_call(1, caller=TEST_CALLER)
        self.assertTrue(call.is_test)
        self.assertFalse(a_call(2).is_test)

    def test_only_those_who_may_place_one_do(self) -> None:
        self.client.force_login(a_person("operator", "noa"))
        answer = self.client.post(f"/en/numbers/{self.number.pk}/call/", {"said": "hours"})
        self.assertEqual(answer.status_code, 403)
        self.assertFalse(TestCall.objects.exists())


@tag("browser")
class WholeCallTests(SimpleTestCase):
    def test_from_the_number_s_page_to_an_answered_call(self) -> None:
        with Server("tests.fake_settings") as server, chromium() as browser:
            server.manage(
                "shell", "-c",
                "from calls.models import PhoneNumber;"
                f"PhoneNumber.objects.create(number='{NUMBER}', name='clinic')",
            )  # fmt: skip
            operator = Operator(browser, server, language="en")
            page = operator.visit("numbers/")
            page.get_by_role("link", name="clinic").press("Enter")
            page.get_by_label("What the caller says").select_option("hours")
            page.get_by_role("button", name="Call it").press("Enter")
            page.wait_for_url("**/test-calls/*/")
            page.locator("#test-call-link").wait_for(timeout=20_000)
            page.get_by_text("It has ended.").wait_for(timeout=90_000)
            self.assertEqual(operator.complaints, [])
            (call,) = server.rows("select caller, called, ended_at from calls_call")
            self.assertEqual((call["caller"], call["called"]), (TEST_CALLER, NUMBER))
            self.assertTrue(server.rows("select id from calls_turn where number > 0"))
            operator.leave()
