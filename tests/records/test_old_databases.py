"""A database of an earlier day is migrated with rows in it, and they mean what they meant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from django.conf import settings
from django.test import SimpleTestCase, tag


def migrated(state: str) -> dict[str, Any]:
    """What tests/records/old_database.py tells of the rows that it made in this state."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/old.sqlite3"
        done = subprocess.run(
            [sys.executable, "-m", "tests.records.old_database", state],
            cwd=settings.BASE_DIR, env=os.environ | {"DATABASE_URL": url, "VAR_DIR": folder},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise AssertionError(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@tag("protocol")
class FirstTests(SimpleTestCase):
    """calls and tuning as they first landed: calls 0001, tuning 0001."""

    told: dict[str, Any]
    call: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.told = migrated("first")
        cls.call = cls.told["calls"]["CA1"]

    def test_the_profile_that_was_the_default_still_is(self) -> None:
        self.assertEqual(self.told["default"], "ours")

    def test_a_revision_keeps_its_knobs_and_has_the_default_of_later_ones(self) -> None:
        self.assertNotIn("endpointing", self.told["knobs"])
        self.assertEqual(
            self.told["values"],
            {"barge_in_ms": 300, "reply_refractory_ms": 400, "endpointing": "fixed"},
        )

    def test_a_call_ended_when_and_as_it_did(self) -> None:
        self.assertEqual(
            (self.call["seconds"], self.call["ended_why"], self.call["replays"]),
            (60, "goodbye", True),
        )

    def test_a_call_from_before_calls_were_settled_is_still_to_be_settled(self) -> None:
        self.assertEqual((self.call["settled"], self.call["counted_to"]), (False, 0))

    def test_a_turn_has_its_words_and_its_latencies(self) -> None:
        self.assertEqual(self.call["turns"], [[1, "אפשר לקבוע תור", "completed", 260]])
        self.assertEqual(self.call["response_ms"], [1200])
        self.assertEqual(self.call["content_ms"], [1200], "there were no openers then")
        self.assertEqual(*self.call["slowest_ms"])

    def test_its_words_are_found(self) -> None:
        self.assertEqual(self.told["found"], [self.call["pk"]])

    def test_its_journal_is_whole_and_decided_again(self) -> None:
        self.assertEqual((self.call["parts"], self.call["lines"]), ([[0, 0], [1, 1]], 305))
        self.assertEqual(
            self.call["decided"],
            ["Prompt", "Reply", "Fill", "Prompt", "StopReply", "Reply", "HangUp"],
        )


@tag("protocol")
class BeforeLinesTests(SimpleTestCase):
    """Before tokens were dated (0015) and lines of records numbered (0017): calls 0014."""

    told: dict[str, Any]
    settled: dict[str, Any]
    ringing: dict[str, Any]
    unsettled: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.told = migrated("before_lines")
        cls.settled, cls.ringing, cls.unsettled = cls.told["calls"].values()

    def test_a_part_of_a_journal_is_one_line_of_the_record(self) -> None:
        for call in (self.settled, self.unsettled):
            self.assertEqual(call["parts"], [[number, number] for number in range(5)])
            self.assertEqual(call["lines"], 5)

    def test_of_a_settled_call_every_turn_has_been_counted(self) -> None:
        self.assertEqual((self.settled["settled"], self.settled["counted_to"]), (True, 4))

    def test_of_a_call_that_is_not_settled_none_has(self) -> None:
        self.assertEqual((self.unsettled["settled"], self.unsettled["counted_to"]), (False, 0))

    def test_a_call_that_rings_keeps_its_token(self) -> None:
        self.assertEqual((self.ringing["token"], self.settled["token"]), ("one-time", ""))

    def test_calls_belong_to_their_number(self) -> None:
        self.assertEqual({call["number"] for call in self.told["calls"].values()}, {"מרפאה"})

    def test_the_words_of_turns_are_still_found(self) -> None:
        self.assertEqual(self.told["found"], [self.settled["pk"], self.unsettled["pk"]])

    def test_a_draft_keeps_what_was_changed_and_belongs_to_no_window(self) -> None:
        self.assertEqual(self.told["drafts"], [[{"barge_in_ms": 400}, ""]])
