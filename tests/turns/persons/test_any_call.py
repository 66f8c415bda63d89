"""What must hold of every call that persons step in to."""

from __future__ import annotations

from typing import ClassVar

from django.test import SimpleTestCase

from calls.language.language import words_of
from tests.random_calls import random_call
from tests.script import ScriptedCall
from tuning.turns import journal
from tuning.turns.events import (
    Event,
    Fill,
    HandedBack,
    HandOver,
    Overhear,
    Prompt,
    Refuse,
    Reply,
    Resume,
    Say,
    Think,
    TookOver,
)
from tuning.turns.replay import decide, recorded


class AnyCallTests(SimpleTestCase):
    """Whatever happens, in any order."""

    calls: ClassVar[list[ScriptedCall]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.calls = [random_call(seed, persons=True) for seed in range(150)]

    def test_a_call_replays_from_its_journal_to_itself(self) -> None:
        for call in self.calls:
            entries = list(journal.read(map(journal.dump, call.entries)))
            self.assertEqual(decide(entries, words_of), recorded(entries))

    def test_while_a_person_has_the_floor_the_agent_is_silent(self) -> None:
        silent, has_floor = 0, False
        for call in self.calls:
            has_floor = False
            for entry in call.entries:
                match entry:
                    case HandOver():
                        has_floor = True
                    case HandedBack(who="dana"):
                        has_floor = False
                    case Reply() | Prompt() | Say() | Resume() | Fill() | Think():
                        self.assertFalse(has_floor, entry)
                    case Overhear():
                        silent += has_floor
        self.assertGreater(silent, 50)

    def test_turns_are_numbered_in_order(self) -> None:
        for call in self.calls:
            kinds = Reply | Prompt | Say | HandOver | Overhear
            turns = [each.turn for each in call.actions if isinstance(each, kinds)]
            self.assertEqual(turns, list(range(len(turns))))

    def test_nobody_gets_the_floor_before_the_caller_was_told(self) -> None:
        given = 0
        for call in self.calls:
            asked: Event | None = None
            told = False
            for entry in call.entries:
                match entry:
                    case TookOver():
                        asked = entry if asked is None else asked
                    case HandOver():
                        given += 1
                        assert isinstance(asked, TookOver)
                        self.assertTrue(told or not asked.notice or self.was_told(call))
                        asked = None
                    case Refuse() | HandedBack():
                        asked = None
                    case Say(why="notice"):
                        told = True
        self.assertGreater(given, 100)

    def was_told(self, call: ScriptedCall) -> bool:
        return any(NOTICE_WORDS in each.text for each in call.of(Say))


NOTICE_WORDS = "אדם מהצוות שומע את השיחה."
"""As of random_calls."""
