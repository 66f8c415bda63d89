"""The record of one call, gathered without making the caller wait.

note(), keep() and update() only append, on the event loop. The record belongs to the process
(calls.records.unwritten), not to the socket: it is spooled and written whatever happens to the
call's task.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.utils import timezone

from calls.models import Call
from calls.records import recording, unwritten
from calls.records.record_line import RecordLine, RecordPart
from calls.records.recording import Recording
from calls.records.turn_in_progress import TurnInProgress
from calls.services import Message
from tuning.models import Revision
from tuning.turns.events import Action, CallPerson, Event, HandOver, Prompt, Reply

logger = logging.getLogger(__name__)

FLUSH_ENTRIES = 1500
"""Half a minute of frames: a part of the journal is no longer."""
HANDED_ON = (
    *("holds", "was_held", "messages"),
    *("asked_person_at", "asked_person_why", "person_waited_ms", "awaited"),
)
"""What the call holds to which another stream of it adds."""


class Recorder:
    def __init__(
        self,
        call: Call,
        changed: Callable[[], None],
        newest: Callable[[Revision], None],
        open_turn: Callable[[], TurnInProgress | None],
    ) -> None:
        """`changed` is called when an operator would see something new; `newest` with the
        newest revision of the call's profile, as found with every write. `open_turn` tells how the
        turn that goes on stands."""
        self._call, self.changed = call, changed
        self.found_newest, self._open_turn = newest, open_turn
        self._part, self._lost = RecordPart(), 0
        self.next_number = call.first_part
        """Of the line that what is gathered now will be."""
        self.next_turn = call.first_turn
        self._taken = 0
        """Lines that were taken, and are not in the database yet,"""
        self.lines: list[RecordLine] = []
        """and those of them that have been spooled."""
        self.is_due = False
        """Some of them are to be written now."""
        self.is_over = False
        """Nothing more will come."""
        self.is_written = asyncio.Event()
        """It is over, and the database has all of it."""
        is_recorded = call.number is not None and call.number.records
        self._recording = Recording() if is_recorded else None
        self._heard_ms = 0
        self._sound_begins: int | None = None
        """Where in the file: after what an older stream of the call has left."""
        self.gap = ""
        """Why its sound cannot be written now."""
        self.context = contextvars.copy_context()
        """With the call's id, for the log."""
        self._unwritten = unwritten.of_this_process()
        self._unwritten.add(self)

    @property
    def call_sid(self) -> str:
        return self._call.call_sid

    @property
    def call_pk(self) -> int:
        return self._call.pk

    def hand_on(self, call: Call) -> None:
        """To another stream of the call, what the database cannot know yet."""
        call.first_turn = max(call.first_turn, self.next_turn)
        call.first_part = max(call.first_part, self.next_number)
        for name in HANDED_ON:
            setattr(call, name, getattr(self._call, name))

    def note(self, entry: Event | Action, wall_ms: float) -> None:
        self._part.entries.append((wall_ms, entry))
        if isinstance(entry, Reply | Prompt):
            self._unwritten.spool_soon()
        elif isinstance(entry, CallPerson):
            self._person_called(entry.why)
        elif isinstance(entry, HandOver) and self._call.asked_person_at:
            self.update(person_came=entry.who)
        elif len(self._part.entries) >= FLUSH_ENTRIES:
            self._part.is_due = True

    def _person_called(self, why: str) -> None:
        """For the first time in the call."""
        if self._call.asked_person_at is None:
            self._call.asked_person_at, self._call.asked_person_why = timezone.now(), why
            self.update(asked_person_at=self._call.asked_person_at, asked_person_why=why)

    def hear(self, at_ms: int, frame: bytes) -> None:
        if self._recording:
            self._recording.hear(at_ms, frame)
            self._heard_ms = at_ms

    def speak(self, from_ms: int, audio: bytes) -> None:
        if self._recording:
            self._recording.speak(from_ms, audio)

    def fall_silent(self, at_ms: int) -> None:
        if self._recording:
            self._recording.fall_silent(at_ms)

    def keep(self, turn: TurnInProgress) -> None:
        if turn.number not in self._part.turns:
            logger.info("%s", turn)
        self._part.turns[turn.number] = turn
        self.next_turn = max(self.next_turn, turn.number + 1)
        self._write_soon()
        self.changed()

    def keep_message(self, message: Message) -> None:
        kept = asdict(message)
        if kept not in self._call.messages:
            self._call.messages = [*self._call.messages, kept]
            self.update(messages=self._call.messages)
            self.changed()

    def update(self, **fields: Any) -> None:
        """Write these fields of the call's row."""
        self._part.fields |= fields
        self._write_soon()

    def end(self, **fields: Any) -> None:
        """The rest, and the call's end: nothing can take them back from here on."""
        if self._lost:
            gap = f"{self._lost} entries of its journal were lost: the database was away too long"
            fields["failure"] = "; ".join(filter(None, (fields.get("failure"), gap)))
        self.update(ended_at=timezone.now(), **fields)
        self.is_over = True

    async def finish(self, **fields: Any) -> None:
        """End it; returns when it is written."""
        self.end(**fields)
        await self.is_written.wait()

    def take(self, keeps_entries: bool) -> tuple[int, RecordPart] | None:
        """What has happened since the last time, and its number; None: nothing.

        keeps_entries: there is room for the journal; turns and fields are kept in any case.
        """
        part, self._part = self._part, RecordPart()
        if not part:
            return None
        part.turns = {number: replace(turn) for number, turn in part.turns.items()}
        part.open_turn = self._open_turn()
        if not keeps_entries:
            self._lost += len(part.entries)
            part.entries.clear()
        number, self.next_number = self.next_number, self.next_number + 1
        self._taken += 1
        return number, part

    def spooled(self, line: RecordLine, is_due: bool) -> None:
        """What was taken last."""
        self.lines.append(line)
        self.is_due |= is_due

    def written(self, lines: Sequence[RecordLine]) -> bool:
        """The database has these, the oldest; whether more have come meanwhile."""
        del self.lines[: len(lines)]
        self._taken -= len(lines)
        self.is_due = bool(self.lines)
        return self.is_due

    @property
    def is_all_written(self) -> bool:
        return self.is_over and not self._part and not self._taken

    def take_sound(self) -> tuple[int, bytes] | None:
        return self._recording.take(self._heard_ms) if self._recording else None

    def write_sound(self, begins: int, audio: bytes) -> None:
        """Whatever goes wrong, a full disk first of all, costs the recording, never the record."""
        path: Path = recording.path_of(self._call)
        try:
            if self._sound_begins is None:
                self._sound_begins = recording.length_of(path)
            recording.write(path, self._sound_begins + begins, audio)
        except Exception as error:
            if not self.gap:
                logger.error("The recording has a gap: %s", error)
            self.gap = f"its recording: {error}"
        else:
            self.gap = ""

    def _write_soon(self) -> None:
        self._part.is_due = True
        self._unwritten.spool_soon()
