"""Golden journals: every scripted call is decided, answered and sent as it was recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any, get_args

from django.test import SimpleTestCase

from calls.language.language import words_of
from tests.recordings.calls import CALLS
from tests.recordings.scripted import ADAPTIVE, FIXED, FOLDER, Call
from tuning.turns import journal
from tuning.turns.events import Action, CallBegan, Event
from tuning.turns.replay import decide, recorded


def began(lines: Sequence[str]) -> CallBegan:
    first = journal.load(lines[0])
    assert isinstance(first, CallBegan)
    return first


def entry(line: str) -> tuple[float, Event | Action]:
    """What a line says, under whatever names its kinds and fields have today."""
    return json.loads(line)["wall_ms"], journal.load(line)


class RecordingTests(SimpleTestCase):
    def assert_same(
        self,
        call: Call,
        what: str,
        was: Sequence[str],
        now: Sequence[str],
        read: Callable[..., Any],
    ) -> None:
        for number, (before, after) in enumerate(zip_longest(was, now), 1):
            if before is None or after is None or read(before) != read(after):
                self.fail(
                    f"{call.path}: line {number} of its {what} is another.\n"
                    f"recorded: {before}\n"
                    f"     now: {after}"
                )

    def test_every_call_decides_sends_and_records_what_it_did(self) -> None:
        for call in CALLS:
            with self.subTest(call.path):
                was = call.recorded()
                now = call.make(began(was.journal).profile)
                self.assert_same(call, "journal", was.journal, now.journal, entry)
                self.assert_same(call, "output", was.sent, now.sent, json.loads)
                self.assert_same(call, "turns", was.turns, now.turns, json.loads)

    def test_every_journal_replays_to_itself(self) -> None:
        for call in CALLS:
            entries = list(journal.read(call.recorded().journal))
            with self.subTest(call.path):
                self.assertEqual(decide(entries, words_of), recorded(entries))

    def test_no_recording_is_left_without_its_script(self) -> None:
        kept = {path for call in CALLS for path in call.files.values()}
        self.assertEqual(set(FOLDER.glob("*/*.jsonl")), kept)

    def test_they_hold_every_kind_of_event_and_action_under_both_rules(self) -> None:
        kinds = set()
        for call in CALLS:
            entries = list(journal.read(call.recorded().journal))
            kinds |= {(call.rule, type(each)) for each in entries}
        seen = {kind for _rule, kind in kinds}
        self.assertEqual(seen, {*get_args(Event), *get_args(Action)})
        self.assertEqual({rule for rule, _kind in kinds}, {FIXED, ADAPTIVE})
