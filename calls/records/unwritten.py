"""What this process has recorded and the database does not have yet.

About once a second, and at once when a turn is decided or closed, what the calls have gathered is
put into the spool by one thread; another brings it into the database, once a turn and at a call's
end, and tries again for as long as that refuses. No socket and no caller waits for either, and
nothing that becomes of them takes anything away here. `failures()` is what /healthz says of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.db import InterfaceError, OperationalError, close_old_connections

from calls import tasks
from calls.process.server_process import this_process
from calls.records import recovery, spool
from calls.records.record_line import RecordLine, RecordPart, encode, write

if TYPE_CHECKING:
    from calls.records.recorder import Recorder

logger = logging.getLogger(__name__)

SPOOL_S = 0.9
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0)
ROOM_BYTES = 512_000_000
"""Held in memory, and in the spool, at most: 40 calls gather 220 MB in an hour."""
AWAY = OperationalError, InterfaceError
"""The database itself, not what one call brings."""

reasons: dict[str, str] = {}
"""By call_sid, why the record of a call could not be written yet."""

_spooler = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")
_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")
_current: Unwritten | None = None


def of_this_process() -> Unwritten:
    global _current
    if _current is None or not _current.is_alive:
        _current = Unwritten()
    return _current


def record_of(call_sid: str) -> Recorder | None:
    """That of a call's newest stream, if the database does not have all of it."""
    records = _current.records if _current and _current.is_alive else []
    return next((one for one in reversed(records) if one.call_sid == call_sid), None)


def failures() -> list[str]:
    """What is unwritten and why, for /healthz."""
    counted = Counter(reasons.values())
    told = [f"{count} call{'s' * (count > 1)}: {why}" for why, count in sorted(counted.items())]
    return told + [why for why in (_current and _current.spool_failure, recovery.failure) if why]


async def all_written(limit_s: float) -> int:
    """Wait until the database has everything; how many records it still lacks after that."""
    if _current is None or not _current.is_alive:
        return 0
    waiting = [asyncio.ensure_future(record.is_written.wait()) for record in _current.records]
    if not waiting:
        return 0
    _done, pending = await asyncio.wait(waiting, timeout=limit_s)
    for task in pending:
        task.cancel()
    if pending and _current.spool_failure:
        logger.error("%d records are lost with this process: %s", len(pending), failures())
    elif pending:
        logger.warning("%d records stay in the spool, for the next process here", len(pending))
    return len(pending)


class Unwritten:
    """Of one event loop; it lives while there is anything to write."""

    def __init__(self) -> None:
        self.records: list[Recorder] = []
        """The oldest first: an older stream of a call ends before a newer one goes on."""
        self._ending: list[Recorder] = []
        """Written, and about to be settled."""
        self._loop = asyncio.get_running_loop()
        self._spool = spool.Spool()
        self._held_bytes = 0
        self._wake, self._due = asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._job: asyncio.Task[None] | None = None

    @property
    def is_alive(self) -> bool:
        is_running = self._job is not None and not self._job.done()
        return is_running and self._loop is asyncio.get_running_loop()

    @property
    def spool_failure(self) -> str:
        return self._spool.failure

    def add(self, record: Recorder) -> None:
        self.records.append(record)
        if self._job is None:
            self._job = self._loop.create_task(self._keep_on())

    def spool_soon(self) -> None:
        self._wake.set()

    async def _keep_on(self) -> None:
        writing = self._loop.create_task(self._write_on())
        try:
            while self.records:
                await self._spool_now()
                with suppress(TimeoutError):
                    # Not wait_for: before Python 3.12 that forgets a cancellation when it is woken.
                    async with asyncio.timeout(SPOOL_S):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            writing.cancel()
            self._spool.close()

    # Into the spool.

    async def _spool_now(self) -> None:
        has_room = self._held_bytes < ROOM_BYTES
        taken = [(record, *got) for record in self.records if (got := record.take(has_room))]
        if not taken:
            return
        lines = await self._in(_spooler, self._put, taken)
        for (record, _number, part), line in zip(taken, lines, strict=True):
            record.spooled(line, part.is_due)
            self._held_bytes += len(line.text)
            if part.is_due and (sound := record.take_sound()):
                await self._in(_spooler, record.context.copy().run, record.write_sound, *sound)
        if not has_room:
            logger.error("The journals of calls have gaps: %d MB wait", self._held_bytes / 1e6)
        if any(part.is_due for _record, _number, part in taken):
            self._due.set()

    def _put(self, taken: list[tuple[Recorder, int, RecordPart]]) -> list[RecordLine]:
        process = this_process()
        lines = [encode(record.call_sid, number, part, process) for record, number, part in taken]
        self._spool.append(lines)
        return lines

    # Into the database.

    async def _write_on(self) -> None:
        tries = 0
        while True:
            await self._due.wait()
            self._due.clear()
            if await self._write_all(is_first_try=not tries):
                tries = 0
                continue
            await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
            tries += 1
            self._due.set()

    async def _write_all(self, is_first_try: bool) -> bool:
        """Everything that is due; False: some of it was refused."""
        due = [record for record in self.records if record.is_due]
        is_done = True
        for number, record in enumerate(due):
            try:
                await self._write(record)
            except Exception as error:
                is_done = False
                if is_first_try:
                    logger.error("Not recorded yet, trying again: %s", error)
                # One call's record may be at fault, and must not keep the others'.
                waiting = due[number:] if isinstance(error, AWAY) else [record]
                reasons.update((each.call_sid, f"{error}") for each in waiting)
                if isinstance(error, AWAY):
                    break
        return is_done

    async def _write(self, record: Recorder) -> None:
        lines = list(record.lines)
        newest = await self._in(
            _writer, record.context.copy().run, _once, write, record.call_sid, lines
        )
        if record.written(lines):
            self._due.set()
        self._held_bytes -= sum(len(line.text) for line in lines)
        reasons.pop(record.call_sid, None)
        if record.gap:
            reasons[record.call_sid] = record.gap
        if newest:
            record.found_newest(newest)
        await self._in(_spooler, self._spool.drop, lines)
        if record.is_all_written and record not in self._ending:
            self._ending.append(record)
            self._beside(self._end(record))

    async def _end(self, record: Recorder) -> None:
        # A broker that is down must cost nothing but its time-out, and no other call's record.
        await asyncio.to_thread(_once, tasks.settle_later, record.call_pk)
        reasons.pop(record.call_sid, None)
        record.is_written.set()
        self.records.remove(record)
        self._ending.remove(record)
        self._wake.set()

    def _beside(self, job: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in(self, thread: ThreadPoolExecutor, job: Callable[..., Any], *args: Any) -> Any:
        return await self._loop.run_in_executor(thread, job, *args)


def _once(job: Callable[..., Any], *args: Any) -> Any:
    """With a connection of its own: none is kept that the database has meanwhile forgotten."""
    try:
        return job(*args)
    finally:
        close_old_connections()
