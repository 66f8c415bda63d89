"""The record of a call, written where no caller waits for it.

note(), keep() and changed() only append, on the event loop; one thread of the process writes, once
a turn and at the end. What cannot be written (a full disk, a database that is down) is kept and
tried again, and `unwritten` says so on /healthz and in the log: nothing is lost while the process
lives.
"""

from __future__ import annotations

import asyncio
import contextvars
import gzip
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import close_old_connections, transaction
from django.utils import timezone

from calls import recording, tasks
from calls.audience import Audience
from calls.models import Call, JournalPart, Turn
from calls.recording import Recording
from calls.services import Message
from calls.turn_record import TurnRecord
from tuning import journal
from tuning.events import Action, Event
from tuning.models import Revision

logger = logging.getLogger(__name__)

FLUSH_ENTRIES = 1500
"""Half a minute of frames: how much of a journal a crash could lose."""
GZIP_LEVEL = 6
"""A third of the time that the highest takes, for a twentieth more bytes."""
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0)
unwritten: dict[str, str] = {}
"""By CallSid, why the record of a call could not be written yet."""

_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")


@dataclass(slots=True)
class Part:
    """What one write takes."""

    entries: list[tuple[float, Event | Action]] = field(default_factory=list)
    turns: dict[int, TurnRecord] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    """Of the call's own row."""

    def __bool__(self) -> bool:
        return bool(self.entries or self.turns or self.fields)


class Recorder:
    def __init__(
        self, call: Call, changed: Callable[[], None], newest: Callable[[Revision], None]
    ) -> None:
        """`changed` is called when an operator would see something new; `newest` with the
        newest revision of the call's profile, as found with every write."""
        self._call, self.changed, self._newest = call, changed, newest
        self._part, self._written = Part(), 0
        is_recorded = call.number is not None and call.number.records
        self._recording = Recording() if is_recorded else None
        self.audience = Audience(call.pk, changed)
        self._heard_ms = 0
        self._sound_begins: int | None = None
        """Where in the file: after what an older stream of the call has left."""
        self._gap = ""
        """Why its sound cannot be written now."""
        self._wake = asyncio.Event()
        self._is_over = False
        self._task = asyncio.create_task(self._run())

    def note(self, entry: Event | Action, wall_ms: float) -> None:
        self._part.entries.append((wall_ms, entry))
        if len(self._part.entries) >= FLUSH_ENTRIES:
            self._wake.set()

    def hear(self, at_ms: int, frame: bytes) -> None:
        self.audience.hear(at_ms, frame)
        if self._recording:
            self._recording.hear(at_ms, frame)
            self._heard_ms = at_ms

    def speak(self, from_ms: int, audio: bytes) -> None:
        self.audience.speak(from_ms, audio)
        if self._recording:
            self._recording.speak(from_ms, audio)

    def fall_silent(self, at_ms: int) -> None:
        self.audience.fall_silent(at_ms)
        if self._recording:
            self._recording.fall_silent(at_ms)

    def keep(self, turn: TurnRecord) -> None:
        if turn.number not in self._part.turns:
            logger.info("%s", turn)
        self._part.turns[turn.number] = turn
        self._wake.set()
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
        self._wake.set()

    async def finish(self, **fields: Any) -> None:
        """Write the rest, and the call's end. Returns when it is written."""
        self._is_over = True
        self.update(ended_at=timezone.now(), **fields)
        await self._task

    async def _run(self) -> None:
        while not (self._is_over and not self._part):
            await self._wake.wait()
            self._wake.clear()
            part, self._part = self._part, Part()
            if part and self._recording:
                await self._write_sound(*self._recording.take(self._heard_ms))
            if part:
                await self._write_for_sure(part)
        unwritten.pop(self._call.call_sid, None)
        # A broker that is down must cost nothing but its time-out, and no other call's record.
        await asyncio.to_thread(_once, tasks.settle_later, self._call.pk)

    async def _write_sound(self, begins: int, audio: bytes) -> None:
        """Whatever goes wrong, a full disk first of all, costs the recording, never the record."""
        path = recording.path_of(self._call)
        try:
            if self._sound_begins is None:
                self._sound_begins = await self._in_thread(recording.length_of, path)
            await self._in_thread(recording.write, path, self._sound_begins + begins, audio)
        except Exception as error:
            if not self._gap:
                logger.error("The recording has a gap: %s", error)
            self._gap = f"its recording: {error}"
        else:
            self._gap = ""

    async def _write_for_sure(self, part: Part) -> None:
        tries = 0
        while True:
            try:
                number = self._call.first_part + self._written
                newest = await self._in_thread(write, self._call.pk, number, part)
            except Exception as error:
                retry_s = RETRY_S[min(tries, len(RETRY_S) - 1)]
                if not tries:
                    logger.error("Not recorded yet, trying again: %s", error)
                unwritten[self._call.call_sid] = f"{error}"
                tries += 1
                await asyncio.sleep(retry_s)
            else:
                unwritten.pop(self._call.call_sid, None)
                if self._gap:
                    unwritten[self._call.call_sid] = self._gap
                self._written += 1
                self._newest(newest)
                return

    async def _in_thread(self, job: Callable[..., Any], *args: Any) -> Any:
        run = contextvars.copy_context().run  # the call's id, for the log
        return await asyncio.get_running_loop().run_in_executor(_writer, run, _once, job, *args)


def _once(job: Callable[..., Any], *args: Any) -> Any:
    """With a connection of its own: none is kept that the database has meanwhile forgotten."""
    try:
        return job(*args)
    finally:
        close_old_connections()


def write(call_pk: int, number: int, part: Part) -> Revision:
    """Write a part; returns the newest revision of the call's profile. Safe to run twice."""
    text = "\n".join(journal.dump(entry, wall_ms) for wall_ms, entry in part.entries)
    lines = gzip.compress(text.encode(), GZIP_LEVEL)  # before the database is locked
    with transaction.atomic():
        if text:
            JournalPart.objects.update_or_create(
                call_id=call_pk, number=number, defaults={"lines": lines}
            )
        for turn in part.turns.values():
            values = asdict(turn)
            del values["number"]
            values["revision_id"] = values.pop("revision")
            Turn.objects.update_or_create(call_id=call_pk, number=turn.number, defaults=values)
        if part.fields:
            Call.objects.filter(pk=call_pk).update(**part.fields)
        profile_pk = Call.objects.values_list("profile", flat=True).get(pk=call_pk)
        return Revision.objects.filter(profile=profile_pk).latest()
