"""The record of a call: written off the audio path, and lost in no failure of the database."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async
from django.db import connection

from calls.language.language import words_of
from calls.models import Call, JournalPart, Turn
from calls.records import record_line, unwritten
from calls.records.recorder import Recorder
from calls.records.turn_in_progress import TurnInProgress
from calls.services import Message
from tests.phone import PhoneCall, services
from tests.virtual_time import VirtualTimeTestCase
from tuning.models import Revision
from tuning.turns import journal, replay
from tuning.turns.events import CallBegan, Heard, Prompt
from tuning.turns.profile import Profile


class RecorderTest(VirtualTimeTestCase):
    def setUp(self) -> None:
        self.call = Call.ring("CA1", "+972501234567", "")
        self.newest: list[Revision] = []

    def recorder(self) -> Recorder:
        return Recorder(self.call, lambda: None, self.newest.append, lambda: None)

    def turn(self, number: int = 0, **fields: str) -> TurnInProgress:
        return TurnInProgress(number, self.call.profile.newest.pk, "greeting", **fields)  # type: ignore[arg-type]

    def rename_turns(self, old: str, new: str) -> None:
        with connection.schema_editor() as schema:
            schema.alter_db_table(Turn, old, new)

    async def test_turns_and_journal_are_written_in_order(self) -> None:
        writing = self.recorder()
        revision = self.call.profile_id
        writing.note(CallBegan(0, revision, Profile(), 7), 0.0)
        writing.note(Prompt(0, "greeting", "greeting"), 0.1)
        writing.keep(await sync_to_async(self.turn)(answered="שלום"))
        writing.note(Heard(20, 0, -60), 21.0)
        await writing.finish(ended_why="goodbye")
        lines = await sync_to_async(lambda: list(self.call.journal()))()
        entries = list(journal.read(lines))
        self.assertEqual(replay.decide(entries, words_of), replay.recorded(entries))
        self.assertIn('"wall_ms": 21.0', lines[-1])
        call = await Call.objects.aget()
        self.assertEqual((call.ended_why, call.replays), ("goodbye", True))
        self.assertEqual((await Turn.objects.aget()).answered, "שלום")
        self.assertEqual(len(self.newest), await JournalPart.objects.acount())

    async def test_a_message_is_kept_at_once_and_only_once(self) -> None:
        writing = self.recorder()
        for number in ("054", "054", "050"):
            writing.keep_message(Message("דנה", number, "לחזור אליי"))
        await writing.finish(ended_why="goodbye")
        kept = (await Call.objects.aget()).messages
        self.assertEqual([each["number"] for each in kept], ["054", "050"])
        self.assertEqual(kept[0]["reason"], "לחזור אליי")

    async def test_a_journal_that_was_tampered_with_does_not_replay(self) -> None:
        writing = self.recorder()
        writing.note(CallBegan(0, 1, Profile(), 7), 0.0)
        writing.note(Prompt(0, "apology", "greeting"), 0.1)
        with self.assertLogs("calls.records.post_call", "ERROR"):
            await writing.finish(ended_why="goodbye")
        self.assertFalse((await Call.objects.aget()).replays)

    async def test_what_the_database_refuses_is_written_when_it_is_back(self) -> None:
        table = Turn._meta.db_table
        turn = await sync_to_async(self.turn)(answered="שלום")
        await sync_to_async(self.rename_turns)(table, "gone")
        writing = self.recorder()
        with self.assertLogs("calls.records.unwritten", "ERROR") as log:
            writing.keep(turn)
            async with asyncio.timeout(5):
                while "CA1" not in unwritten.reasons:
                    await asyncio.sleep(0.01)
        self.assertIn(table, unwritten.reasons["CA1"])
        self.assertIn("trying again", log.output[0])
        await sync_to_async(self.rename_turns)("gone", table)
        await writing.finish(ended_why="goodbye")
        self.assertEqual((await Turn.objects.aget()).answered, "שלום")
        self.assertEqual(unwritten.reasons, {})

    async def test_writing_the_same_part_twice_changes_nothing(self) -> None:
        part = record_line.RecordPart([(0.0, Heard(20, 0))], {0: await sync_to_async(self.turn)()})
        line = record_line.encode("CA1", 0, part, "here:1")
        for _time in range(2):
            await sync_to_async(record_line.write)("CA1", [line])
        self.assertEqual(await JournalPart.objects.acount(), 1)
        self.assertEqual(await Turn.objects.acount(), 1)


class WholeCallTest(VirtualTimeTestCase):
    async def test_the_journal_of_a_call_holds_every_frame_and_replays(self) -> None:
        with services():
            async with PhoneCall() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM" + "_" * 10)
            call = await phone.ended()
        lines = await sync_to_async(lambda: list(call.journal()))()
        entries = list(journal.read(lines))
        frames = [entry for entry in entries if isinstance(entry, Heard)]
        self.assertEqual(len(frames), call.frames_in)
        self.assertTrue(call.replays)
