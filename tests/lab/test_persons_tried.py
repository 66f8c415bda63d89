"""Recorded calls that a person stepped in to, under other knobs."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.lab.test_trying import BALANCED, UNHURRIED, answered, under
from tests.script import ScriptedCall
from tests.turns.persons.calls import hand_back, take_over
from tuning.turns.events import Reply


class PersonsTriedTests(SimpleTestCase):
    def test_a_person_who_took_over_meanwhile_is_what_was_heard_instead(self) -> None:
        for is_heard in (True, False):
            call = ScriptedCall.listening(BALANCED)
            call.says("מה השעות", 700)
            call.wait_for(Reply)
            if is_heard:
                call.reply_begins()
            call.silence(300)
            take_over(call)
            call.says("שלום", 700)
            call.silence(3000)
            hand_back(call)
            call.reply_is_heard()
            call.says("תודה", 700)
            answered(call)
            was, now = under(call, None).turns, under(call, UNHURRIED).turns
            self.assertEqual([each.said for each in was], ["מה השעות", "תודה"])
            self.assertEqual([each.said for each in now], ["מה השעות", "תודה"])
            self.assertEqual(now[0].decided_ms - was[0].decided_ms, 1300 - 720)
            self.assertTrue(now[0].is_unseen)
