"""Stores that go away while callers hang up: no turn that anybody heard is lost, no call stays
open, and /healthz says what waits for as long as it does.
"""

from __future__ import annotations

from django.test import SimpleTestCase, tag

from tests.faults import outages
from tests.faults.outages import Outcome


@tag("protocol")
class OutageTests(SimpleTestCase):
    def assert_nothing_lost(self, outcome: Outcome) -> None:
        self.assertEqual(outcome.errors, [])
        self.assertEqual(len(outcome.heard), outages.CALLS)
        self.assertGreater(sum(outcome.heard), outages.CALLS / 2)
        self.assertEqual((outcome.lost, outcome.left_open, outcome.not_replaying), (0, 0, 0))
        self.assertEqual(outcome.afterwards, [])

    def test_callers_hang_up_while_sqlite_is_locked(self) -> None:
        outcome = outages.sqlite_locked()
        self.assert_nothing_lost(outcome)
        self.assertIn("database is locked", " ".join(outcome.while_away))

    def test_callers_hang_up_while_postgresql_is_gone(self) -> None:
        outcome = outages.postgresql_gone()
        self.assert_nothing_lost(outcome)
        self.assertIn("20 calls", " ".join(outcome.while_away))

    def test_callers_hang_up_while_the_disk_is_full(self) -> None:
        outcome = outages.disk_full()
        self.assert_nothing_lost(outcome)
        self.assertTrue(outcome.while_away)

    def test_the_process_is_killed_in_every_moment_of_a_turn(self) -> None:
        outcome = outages.killed()
        self.assert_nothing_lost(outcome)
        self.assertGreaterEqual(set(outcome.states), outages.MOMENTS)
