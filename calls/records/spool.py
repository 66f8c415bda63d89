"""Records that are not in the database yet, kept on this machine's disk: VAR_DIR/spool.

Rule: a file belongs to one process, which holds its lock as long as it lives. Lines are only
appended, and are removed once the database has them. A dead process's file is taken in by whoever
can lock it. The files contain callers' words, so only their owner can read them.

Nothing is forced to the disk: what a process wrote survives its death, but not a power failure.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from calls.records.record_line import RecordLine, decode

logger = logging.getLogger(__name__)

SLACK_BYTES = 1_000_000
"""So much that the database has already may stand in the file,"""
SLACK_S = 60.0
"""and for so long."""
TRY_AGAIN_S = 5.0
"""How often a disk that was full is tried again."""
FINISHED, UNFINISHED = ".jsonl", ".new"


def folder() -> Path:
    return Path(settings.VAR_DIR) / "spool"


class Spool:
    """This process's file. Used by one thread at a time; its methods never raise OSError."""

    def __init__(self) -> None:
        self._path = folder() / f"{os.getpid()}-{time.time_ns()}{FINISHED}"
        self._fd: int | None = None
        self._held: dict[tuple[str, int], RecordLine] = {}
        self._held_bytes = self._file_bytes = 0
        self._rewritten_s = time.monotonic()
        self.failure = ""
        """Why the file does not hold what it should; empty: it does."""

    def append(self, lines: Sequence[RecordLine]) -> None:
        self._held.update((line.key, line) for line in lines)
        self._held_bytes += sum(len(line.text) + 1 for line in lines)
        if self.failure:
            self.try_again()
            return
        try:
            if self._fd is None:
                self._fd = _made(self._path, [])
            self._file_bytes += _write(self._fd, lines)
        except OSError as error:
            self._failed(error)

    def drop(self, lines: Iterable[RecordLine]) -> None:
        """The database has these."""
        for line in lines:
            if self._held.pop(line.key, None):
                self._held_bytes -= len(line.text) + 1
        slack_bytes = self._file_bytes - self._held_bytes
        if not self._held:
            self._empty()
        elif slack_bytes > SLACK_BYTES or (
            slack_bytes > 0 and time.monotonic() - self._rewritten_s > SLACK_S
        ):
            self._rewrite()

    def try_again(self) -> None:
        """Whether the disk takes now what it refused before."""
        if self.failure and time.monotonic() - self._rewritten_s > TRY_AGAIN_S:
            self._rewrite()

    def close(self) -> None:
        """Leave the file to whoever comes next, if there is anything in it."""
        if self._fd is not None:
            if not self._held:
                self._path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = None

    def _empty(self) -> None:
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
        self._file_bytes, self.failure = 0, ""

    def _rewrite(self) -> None:
        """Only what the database lacks, in a new file in the place of the old one."""
        self._rewritten_s = time.monotonic()
        try:
            fd = _made(self._path, list(self._held.values()))
        except OSError as error:
            self._failed(error)
            return
        if self._fd is not None:
            os.close(self._fd)
        self._fd, self._file_bytes, self.failure = fd, self._held_bytes, ""

    def _failed(self, error: OSError) -> None:
        if not self.failure:
            logger.error("The spool %s cannot be written: %s", self._path.parent, error.strerror)
        self.failure = f"{self._path.parent}: {error.strerror}"


def _made(path: Path, lines: Sequence[RecordLine]) -> int:
    """A locked file of these lines, in the place of what was there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_suffix(UNFINISHED)
    fd = os.open(new, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)  # before anybody could find it
        _write(fd, lines)
        new.rename(path)
    except OSError:
        new.unlink(missing_ok=True)
        os.close(fd)
        raise
    return fd


def _write(fd: int, lines: Sequence[RecordLine]) -> int:
    """Bytes written: all of them."""
    data = b"".join(line.text + b"\n" for line in lines)
    written = 0
    while written < len(data):
        written += os.write(fd, memoryview(data)[written:])
    return written


@dataclass(slots=True)
class Abandoned:
    """A dead process's file, locked."""

    path: Path
    lines: list[RecordLine]

    def keep(self, lines: Sequence[RecordLine]) -> None:
        """Only these, for another time; none: the file goes."""
        if lines:
            os.close(_made(self.path, lines))
        else:
            self.path.unlink(missing_ok=True)


@contextmanager
def _claimed(path: Path) -> Iterator[Abandoned | None]:
    """None: its process lives, or somebody else takes it in."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        if not os.fstat(file.fileno()).st_nlink:  # taken in since it was opened
            yield None
            return
        yield Abandoned(path, list(_lines(path, file)))


def abandoned() -> Iterator[Abandoned]:
    """What dead processes left, one file at a time."""
    for path in folder().glob(f"*{UNFINISHED}"):  # what it was to replace is whole
        with _claimed(path) as file:
            if file:
                file.keep([])
    for path in sorted(folder().glob(f"*{FINISHED}")):
        with _claimed(path) as file:
            if file:
                yield file


def _lines(path: Path, file: Iterable[bytes]) -> Iterator[RecordLine]:
    for text in file:
        try:
            yield decode(text.rstrip(b"\n"))
        except (ValueError, KeyError, TypeError, zlib.error):
            # The last one, where its process died or its disk was full while it was written.
            logger.warning("A broken line of %s is left out", path.name)
