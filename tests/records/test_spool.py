"""What the database does not have yet stands on the disk, and is taken in once, by one."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.test import TestCase, override_settings
from django.utils import timezone

from calls.models import Call, JournalPart
from calls.privacy.keeping import Days
from calls.process.server_process import this_process
from calls.records import record_line, recovery, retention, spool
from calls.records.record_line import RecordLine, RecordPart
from calls.records.spool import Spool
from calls.records.turn_in_progress import TurnInProgress
from tests.dashboard.call_rows import a_call
from tuning.turns.events import Heard

A_DEAD_PROCESS = "elsewhere:1"


class SpoolTestCase(TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        given = override_settings(VAR_DIR=Path(folder.name))
        given.enable()
        self.addCleanup(given.disable)
        started_at = timezone.now()
        self.call = a_call(ended_at=None, started_at=started_at, process=A_DEAD_PROCESS)

    def line(self, number: int, call_sid: str = "", **what: object) -> RecordLine:
        part = RecordPart([(20.0 * number, Heard(20 * number, 0))], **what)  # type: ignore[arg-type]
        return record_line.encode(call_sid or self.call.call_sid, number, part, A_DEAD_PROCESS)

    def turn(self, number: int, said: str) -> TurnInProgress:
        return TurnInProgress(number, self.call.profile.newest.pk, "short silence", said)

    def files(self) -> list[Path]:
        return sorted(spool.folder().iterdir()) if spool.folder().exists() else []

    def left_by_a_dead_process(self, *lines: RecordLine) -> Path:
        mine = Spool()
        mine.append(lines)
        mine.close()
        (path,) = self.files()
        return path


class FileTests(SpoolTestCase):
    def test_only_its_owner_reads_it_whatever_the_umask(self) -> None:
        was = os.umask(0)
        self.addCleanup(os.umask, was)
        path = self.left_by_a_dead_process(self.line(0))
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o700)

    def test_a_line_goes_when_the_database_has_it(self) -> None:
        mine, lines = Spool(), [self.line(0), self.line(1)]
        mine.append(lines)
        mine.drop(lines[:1])
        mine.drop(lines[1:])
        (path,) = self.files()
        self.assertEqual(path.read_bytes(), b"")
        mine.close()
        self.assertEqual(self.files(), [])

    def test_what_the_database_has_does_not_pile_up_beside_what_it_lacks(self) -> None:
        mine, waiting = Spool(), self.line(0)
        mine.append([waiting])
        big = replace(self.line(1), text=self.line(1).text + b" " * spool.SLACK_BYTES)
        mine.append([big])
        mine.drop([big])
        (path,) = self.files()
        self.assertEqual(path.read_bytes(), waiting.text + b"\n")
        self.assertEqual(list(spool.abandoned()), [])  # the new file is locked as the old one was
        mine.close()

    def test_a_full_disk_is_said_and_made_good_when_it_has_room(self) -> None:
        mine = Spool()
        spool.folder().parent.chmod(0o700)
        spool.folder().write_text("no folder")
        with self.assertLogs("calls.records.spool", "ERROR"):
            mine.append([self.line(0)])
        self.assertIn("spool", mine.failure)
        spool.folder().unlink()
        mine._rewritten_s -= spool.TRY_AGAIN_S
        mine.append([self.line(1)])
        self.assertEqual(mine.failure, "")
        (path,) = self.files()
        self.assertEqual(len(path.read_bytes().splitlines()), 2)
        mine.close()


class TakingInTests(SpoolTestCase):
    def test_a_living_process_keeps_what_is_its_own(self) -> None:
        mine = Spool()
        mine.append([self.line(0)])
        recovery.recover()
        self.assertFalse(JournalPart.objects.exists())
        self.assertEqual(len(self.files()), 1)
        mine.close()

    def test_what_a_dead_process_left_is_written_and_its_call_ended(self) -> None:
        said = self.turn(1, "שלום")
        self.left_by_a_dead_process(
            self.line(0, turns={1: said}), self.line(1, open_turn=self.turn(2, "מחר"))
        )
        recovery.recover()
        self.call.refresh_from_db()
        self.assertEqual(self.call.ended_why, Call.Ended.LOST)
        self.assertEqual([turn.said for turn in self.call.turns.all()], ["שלום", "מחר"])
        self.assertEqual(len(list(self.call.journal())), 2)
        self.assertEqual(self.files(), [])

    def test_who_held_the_call_is_kept_and_so_is_the_turn_of_theirs_that_went_on(self) -> None:
        hold = {"who": "dana", "from_ms": 10, "until_ms": None, "ended": "", "note": ""}
        turn = replace(self.turn(1, "שלום"), person="dana", answered="שלום, מדברת דנה")
        self.left_by_a_dead_process(
            self.line(0, fields={"was_held": True, "holds": [hold]}), self.line(1, open_turn=turn)
        )
        recovery.recover()
        self.call.refresh_from_db()
        ended = hold | {"until_ms": 20, "ended": "call over"}  # where the journal ends
        self.assertEqual((self.call.was_held, self.call.holds), (True, [ended]))
        kept = self.call.turns.get()
        self.assertEqual((kept.person, kept.answered), ("dana", "שלום, מדברת דנה"))

    def test_holds_of_calls_that_nobody_else_ends_end_with_them_and_others_go_on(self) -> None:
        before = {"who": "noa", "from_ms": 1, "until_ms": 5, "ended": "handed back", "note": ""}
        hold = {"who": "dana", "from_ms": 900, "until_ms": None, "ended": "", "note": ""}
        given: dict[str, Any] = {"was_held": True, "holds": [before, hold], "ended_at": None}
        lost = a_call(2, **given, process=f"{this_process().rpartition(':')[0]}:{2**30}")
        held = a_call(3, **given, ended_why="", process=this_process())
        recovery.recover()
        for call, last in ((lost, hold | {"until_ms": 900, "ended": "call over"}), (held, hold)):
            call.refresh_from_db()
            self.assertEqual(call.holds, [before, last])

    def test_taking_in_twice_changes_nothing(self) -> None:
        lines = [self.line(number, turns={1: self.turn(1, "שלום")}) for number in range(3)]
        record_line.write(self.call.call_sid, lines[:2])  # and killed before it was taken away
        for _time in range(2):
            self.left_by_a_dead_process(*lines)
            recovery.recover()
        self.assertEqual(len(list(self.call.journal())), 3)
        self.assertEqual(self.call.turns.count(), 1)
        parts = [(part.number, part.last) for part in JournalPart.objects.all()]
        self.assertEqual(parts, [(0, 1), (2, 2)])

    def test_a_line_that_was_cut_short_costs_itself_only(self) -> None:
        path = self.left_by_a_dead_process(self.line(0), self.line(1))
        path.write_bytes(path.read_bytes()[:-20])
        with self.assertLogs("calls.records.spool", "WARNING"):
            recovery.recover()
        self.assertEqual(len(list(self.call.journal())), 1)

    def test_one_record_that_is_refused_stays_and_keeps_no_other(self) -> None:
        unknown = replace(self.turn(1, "שלום"), revision=10**6, outcome="x" * 10**4)
        bad = self.line(0, turns={1: replace(unknown, number=-1)})
        other = a_call(2, ended_at=None, started_at=timezone.now(), process=A_DEAD_PROCESS)
        self.left_by_a_dead_process(bad, self.line(0, other.call_sid))
        with self.assertLogs("calls.records.recovery", "ERROR"):
            recovery.recover()
        other.refresh_from_db()
        self.assertEqual(other.ended_why, Call.Ended.LOST)
        self.assertEqual(len(self.files()), 1)
        self.assertIn(self.files()[0].name, recovery.failure)
        self.addCleanup(setattr, recovery, "failure", "")

    def test_a_call_that_was_forgotten_does_not_come_back(self) -> None:
        self.left_by_a_dead_process(self.line(0))
        self.call.delete()
        recovery.recover()
        self.assertFalse(JournalPart.objects.exists())
        self.assertEqual(self.files(), [])

    def test_retention_reaches_the_spool(self) -> None:
        old = timezone.now() - timedelta(days=91)
        Call.objects.filter(pk=self.call.pk).update(rang_at=old, started_at=old)
        line = self.line(0, turns={1: self.turn(1, "סוד")})
        aged = json.dumps(json.loads(line.text) | {"at": old.isoformat()}).encode()
        self.left_by_a_dead_process(replace(line, text=aged))
        self.assertEqual(retention.forget(Days.of("90")), 1)
        self.assertFalse(Call.objects.filter(pk=self.call.pk).exists())
        self.assertEqual(self.files(), [])

    def test_one_claimant_only(self) -> None:
        path = self.left_by_a_dead_process(self.line(0))
        holds = (
            "import fcntl, sys; file = open(sys.argv[1]); fcntl.flock(file, fcntl.LOCK_EX);"
            "print(flush=True); input()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", holds, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout
            other.stdout.readline()
            self.assertEqual(list(spool.abandoned()), [])
            other.communicate(b"\n")
        self.assertEqual(len(list(spool.abandoned())), 1)


class NobodyEndedItTests(TestCase):
    def test_what_twilio_calls_completed_is_closed_a_while_later(self) -> None:
        now = timezone.now()
        over = a_call(ended_at=None, started_at=now, completed_at=now - timedelta(minutes=3))
        just_over = a_call(2, ended_at=None, started_at=now, completed_at=now)
        Call.close_completed()
        over.refresh_from_db()
        just_over.refresh_from_db()
        self.assertEqual((over.ended_at, over.ended_why), (over.completed_at, Call.Ended.LOST))
        self.assertIsNone(just_over.ended_at)
